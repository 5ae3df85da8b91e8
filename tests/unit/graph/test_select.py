"""Patterns name a part of the graph; what is absent is explained."""

from __future__ import annotations

import pytest

from builder.catalog.load import Loaded
from builder.errors import InputError
from builder.graph.explain import explain, point
from builder.graph.model import Graph
from builder.graph.select import select, unknown


@pytest.mark.parametrize(
    ("patterns", "images"),
    [
        (["python:py3.13"], ["python:py3.13"]),
        (["python"], ["python:py3.13", "python:py3.11"]),
        (["*-r:*r4.5"], ["lab-r:py3.13-r4.5", "code-r:r4.5"]),
        (["code-r", "python:*3.11"], ["python:py3.11", "code-r:r4.5", "code-r:r4.2"]),
        (["c?de-[r]"], ["code-r:r4.5", "code-r:r4.2"]),
        (["base@trixie*"], []),
    ],
)
def test_patterns(patterns: list[str], images: list[str], whole: Graph) -> None:
    assert list(select(whole, patterns).images) == images


def test_a_part_holds_the_cells_that_it_needs_and_no_others(whole: Graph) -> None:
    part = select(whole, ["python:py3.13"])
    assert tuple(part.cells) == whole.images["python:py3.13"].cells
    assert {absent.name for absent in part.absent} == {"python"}


def test_a_cell_comes_with_what_it_stands_on(whole: Graph) -> None:
    part = select(whole, ["lab@*py3.13"])
    cell = whole.cells["lab@trixie-py3.13"]
    assert tuple(part.cells) == (*cell.ancestors, cell.id)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("lab@trixie-py3.13", "'lab@trixie-py3.13' is a cell, but an image is expected"),
        ("lab@*", "'lab@*' is a pattern for cells, but images are expected"),
    ],
)
def test_where_images_are_meant_a_cell_is_refused(whole: Graph, pattern: str, message: str) -> None:
    """A command that takes images would find nothing to do, and say that all is well."""
    with pytest.raises(InputError) as raised:
        select(whole, ["python", pattern], cells=False)
    assert [problem.message for problem in raised.value.problems] == [message]


def test_everything_is_selected_by_nothing(whole: Graph) -> None:
    assert select(whole, []) is whole
    assert select(whole, ["*"]) == whole


def test_every_pattern_that_names_nothing_is_reported_with_the_nearest_name(whole: Graph) -> None:
    with pytest.raises(InputError) as raised:
        select(whole, ["leb-r", "python", "python:py3.12", "lab@trixie-py3.1", "zzz"])
    assert (
        str(raised.value) == "PATTERN: no cell matches 'lab@trixie-py3.1'\n  hint: did you mean"
        " 'lab@trixie-py3.13'?\nPATTERN: no image matches 'leb-r'\n  hint: did you mean"
        " 'lab-r'?\nPATTERN: no image matches 'python:py3.12'\n  hint: did you mean"
        " 'python:py3.13'?\nPATTERN: no image matches 'zzz'\n  hint: images: base, code-python,"
        " code-r, lab-python, lab-r, python"
    )


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("leb-*", "did you mean 'lab-python'?"),
        ("*-pyhton", "did you mean 'code-python'?"),
        ("pyhton:*", "did you mean 'python:py3.11'?"),
        ("leb@*", "did you mean 'lab@bookworm-py3.11'?"),
    ],
)
def test_a_glob_that_matches_nothing_is_reported_with_the_nearest_name(
    whole: Graph, pattern: str, hint: str
) -> None:
    with pytest.raises(InputError) as raised:
        select(whole, [pattern])
    assert [problem.hint for problem in raised.value.problems] == [hint]


def test_a_cell_where_an_image_is_expected_is_not_its_own_hint(whole: Graph) -> None:
    problem = unknown(whole, "lab@trixie-py3.13", "NAME")
    assert str(problem) == (
        "NAME: 'lab@trixie-py3.13' is a cell, but an image is expected\n"
        "  hint: it is in lab-python:py3.13, lab-r:py3.13-r4.5"
    )


def test_why_a_point_is_absent_and_which_is_nearest(loaded: Loaded, whole: Graph) -> None:
    answer = explain(
        loaded, whole, "python", point(loaded, "python", "python=3.13, debian=bookworm")
    )
    assert not answer.images
    assert [reason.because for reason in answer.reasons] == ["3.13 is the Python of trixie"]
    assert answer.nearest is not None
    assert answer.nearest.id == "python:py3.13"


def test_reasons_that_only_together_decide(loaded: Loaded, whole: Graph) -> None:
    answer = explain(loaded, whole, "lab-r", {"python": "3.13", "r": "4.2"})
    assert {reason.because for reason in answer.reasons} == {
        "3.13 is the Python of trixie",
        "r 4.2 exists with debian bookworm only",
    }


def test_points_that_are_there(loaded: Loaded, whole: Graph) -> None:
    assert [
        image.id for image in explain(loaded, whole, "python", {"debian": "bookworm"}).images
    ] == ["python:py3.11"]
    assert len(explain(loaded, whole, "python", {}).images) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python", "--at: 'python' is not axis=value\n  hint: for example: debian=bookworm"),
        (
            "pyhton=3.13",
            "--at: python does not depend on an axis 'pyhton'\n  hint: did you mean 'python'?",
        ),
        ("r=4.5", "--at: python does not depend on an axis 'r'\n  hint: its axes: debian, python"),
        (
            "debian=trixy",
            "--at: the axis 'debian' has no value 'trixy'\n  hint: did you mean 'trixie'?",
        ),
        (
            "debian=trixie,debian=bookworm",
            "--at: 'debian' is given twice\n  hint: name one value for each axis",
        ),
    ],
)
def test_points_that_are_none(text: str, expected: str, loaded: Loaded) -> None:
    with pytest.raises(InputError) as raised:
        point(loaded, "python", text)
    assert str(raised.value) == expected
