"""Why an image is absent at some point, and which of its points is nearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from builder.catalog.expand import Matrix
from builder.catalog.load import Loaded
from builder.catalog.matrix import Hole, Point
from builder.catalog.suggest import nearest
from builder.errors import InputError, Problem
from builder.graph.model import Absent, Graph, ImagePoint

ARGUMENT = "--at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The image's points that match what was asked; if there are none, why, and its nearest
    point.
    """

    images: tuple[ImagePoint, ...]
    reasons: tuple[Absent, ...] = ()
    nearest: ImagePoint | None = None


def point(loaded: Loaded, name: str, text: str) -> Point:
    """Return what `--at` says, e.g. "python=3.13,debian=bookworm", as a part of a point of the
    image `name`.

    Raises:
        InputError: an entry is not `axis=value`, an axis is unknown or not one of the image, or a
        value is unknown.

    """
    matrix = _matrix(loaded, name)
    known = {axis: loaded.catalog.axes[axis].values for axis in matrix.stack.axes}
    chosen: dict[str, str] = {}
    problems: list[Problem] = []
    for entry in text.split(","):
        if not entry.strip():
            continue
        axis, equals, value = (part.strip() for part in entry.partition("="))
        if not equals:
            message = f"{entry.strip()!r} is not axis=value"
            problems.append(_problem(message, "for example: debian=bookworm"))
        elif axis not in known:
            hint = nearest(axis, known, what="its axes")
            problems.append(_problem(f"{name} does not depend on an axis {axis!r}", hint))
        elif value not in known[axis]:
            hint = nearest(value, known[axis], what="values")
            problems.append(_problem(f"the axis {axis!r} has no value {value!r}", hint))
        elif chosen.setdefault(axis, value) != value:
            hint = "name one value for each axis"
            problems.append(_problem(f"{axis!r} is given twice", hint))
    if problems:
        raise InputError(problems)
    return chosen


def explain(loaded: Loaded, graph: Graph, name: str, at: Point) -> Answer:
    """Return an image's points that match `at`; if there are none, the reasons and the nearest
    point.
    """
    images = [image for image in graph.images.values() if image.name == name]
    agreeing = tuple(image for image in images if _agreement(image.point, at) == len(at))
    if agreeing:
        return Answer(images=agreeing)
    matrix = _matrix(loaded, name)
    holes = [
        hole
        for hole in matrix.holes
        if all(at.get(axis, value) == value for axis, value in hole.point.items())
    ]
    near = max(images, key=lambda image: _agreement(image.point, at), default=None)
    # If what was asked is reason enough, the other reasons do not matter.
    decisive = [hole for hole in holes if hole.point.keys() <= at.keys()] or holes
    return Answer(images=(), reasons=tuple(_absent(name, hole) for hole in decisive), nearest=near)


def _matrix(loaded: Loaded, name: str) -> Matrix:
    return next(matrix for matrix in loaded.matrices if matrix.name == name)


def _agreement(have: Mapping[str, str], want: Mapping[str, str]) -> int:
    return sum(have.get(axis) == value for axis, value in want.items())


def _absent(name: str, hole: Hole) -> Absent:
    return Absent(name, hole.point, hole.because)


def _problem(message: str, hint: str) -> Problem:
    return Problem(ARGUMENT, 0, 0, message, hint)
