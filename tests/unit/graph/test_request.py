"""Where a layer asks for what."""

from __future__ import annotations

import pytest

from builder.catalog.source import parse
from builder.errors import Problem
from builder.graph.request import Documents, Request
from tests.unit.resolve.test_resolve import cell

LAYER = """\
description: x
apt: [first, second]
python:
  - app>=1
  - when: {debian: trixie}
    packages: [other, app>=2]
  - when: {debian: bookworm}
    packages: [other]
npm:
  tool: ^1
"""
DOCUMENTS = Documents(
    layers={"x": parse(LAYER.encode(), "x/layer.yaml")},
    catalog=parse(b"axes:\n  debian:\n    values: {trixie: }\n", "catalog.yaml"),
)


@pytest.mark.parametrize(
    ("key", "text", "release", "place"),
    [
        ("apt", "second", "trixie", (2, 14)),
        ("python", "app>=1", "trixie", (4, 5)),
        ("python", "app>=2", "trixie", (6, 23)),
        ("python", "other", "trixie", (6, 16)),
        ("python", "other", "bookworm", (8, 16)),
        ("npm", "tool", "trixie", (10, 3)),
        ("apt", "came-along", "trixie", (2, 1)),
        ("build", "nothing", "trixie", (1, 1)),
    ],
)
def test_a_request_has_a_place(key: str, text: str, release: str, place: tuple[int, int]) -> None:
    request = Request(cell("x", debian=release), key, text)
    assert DOCUMENTS.problem(request, "is wrong", "mend it") == Problem(
        "x/layer.yaml", *place, "is wrong", "mend it"
    )
    assert DOCUMENTS.place(request) == f"x/layer.yaml:{place[0]}"


def test_a_value_of_an_axis_has_a_place() -> None:
    assert DOCUMENTS.of_value("debian", "trixie", "is wrong") == Problem(
        "catalog.yaml", 3, 14, "is wrong"
    )


def test_without_documents_the_layer_is_named() -> None:
    request = Request(cell("x"), "apt", "first")
    assert Documents().problem(request, "is wrong") == Problem("x/layer.yaml", 0, 0, "is wrong")
    assert Documents().place(request) == "x/layer.yaml"
