"""A layer that is the same everywhere is built at one place, and lies in images of every other."""

from __future__ import annotations

import hashlib

import pytest

from tests.integration.tiny import SHARED, Tiny, with_once

pytestmark = pytest.mark.docker
EARLY, LATE = "shared@trixie-amd64-early", "top@trixie-amd64-late"


def holds(tiny: Tiny, cell: str, path: str, text: str) -> bool:
    """Tell whether a file of a cell holds this text."""
    return tiny.facts(cell).entries[path].digest == hashlib.sha256(text.encode()).hexdigest()


def test_one_cell_is_in_images_of_every_value(tiny: Tiny) -> None:
    with_once(tiny)
    plan = tiny.plan("pair:*late")
    assert EARLY in plan
    assert "ground@trixie-amd64-early" in plan, "what it is built on is built for it"
    assert not [node for node in plan if node.startswith("shared@") and node != EARLY]
    tiny.build("pair:*late")
    assert holds(tiny, EARLY, "opt/shared/seen", "early\n")
    assert holds(tiny, LATE, "opt/top", "late\nearly\n"), (
        "what stands on it is built on the image's own layers"
    )
    assert EARLY not in tiny.to_build()
    digests = tiny.digests()
    tiny.build()
    assert tiny.digests()[EARLY] == digests[EARLY]
    assert holds(tiny, LATE.replace("late", "early"), "opt/top", "early\nearly\n")


def test_it_writes_nothing_that_another_place_may_have_otherwise(tiny: Tiny) -> None:
    with_once(tiny)
    tiny.layer("shared", SHARED.replace("/usr/local/bin/shared]", "/usr/local/bin/other]"))
    tiny.done("lock")
    ended = tiny.run("build", EARLY)
    assert ended.code == 1
    assert (
        f"{EARLY}, which is built once for several points, writes outside its `once.paths`:"
        " /usr/local/bin/shared" in ended.said
    )
    tiny.layer("shared", SHARED)
    assert tiny.build(EARLY).code == 0
