"""What is said on a machine that cannot have a cluster."""

from __future__ import annotations

import pytest

from tests.kind.cluster import missing
from tests.kind.conftest import PROGRAMS, node_image

pytestmark = pytest.mark.kind


def test_programs_that_are_not_installed_are_named() -> None:
    assert missing(["docker", "kind-of-nothing"], node_image()) == "not installed: kind-of-nothing"


def test_a_node_image_that_is_not_there_is_named() -> None:
    assert missing(PROGRAMS, "kindest/node:v0.0.0") == "the node image kindest/node:v0.0.0 is not in the Docker engine"


def test_this_machine_lacks_nothing() -> None:
    assert missing(PROGRAMS, node_image()) == ""
