"""The points of a matrix: values of some axes that fulfil every constraint; and why others are
absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from builder.catalog.conditions import ALWAYS, Condition, holds

MAX_POINTS = 100_000
MAX_STEPS = 2_000_000
Point = Mapping[str, str]


class TooManyPointsError(Exception):
    """A matrix has more points than any real catalog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """Where `given` holds, `wants` must hold; without `wants`, there is no point where `given`
    holds.
    """

    given: Condition = ALWAYS
    wants: Condition | None = None
    because: str
    rule: str = ""
    """Which rule of the catalog it comes from, e.g. exclude.0."""

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes that decide, each once."""
        return tuple(dict.fromkeys(axis for axis, _ in (*self.given, *(self.wants or ()))))

    def forbids(self, point: Point) -> bool:
        """Tell whether a point that has all of the constraint's axes is forbidden."""
        return holds(self.given, point) and (self.wants is None or not holds(self.wants, point))


@dataclass(frozen=True, slots=True)
class Hole:
    """Points that are absent: all that agree with `point`, which holds the deciding axes only."""

    point: Point
    because: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """The points of one matrix, in the order of the axes' values, and what is missing."""

    points: tuple[Point, ...]
    holes: tuple[Hole, ...]


def points(axes: Mapping[str, Sequence[str]], constraints: Sequence[Constraint]) -> Points:
    """Return the points over these axes that no constraint forbids.

    A constraint is tested as soon as its axes have values, so what it forbids is never expanded.

    Raises:
        TooManyPointsError: there are more than 100,000.

    """
    names = list(axes)
    tests: list[list[_Test]] = [[] for _ in range(len(names) + 1)]
    for constraint in constraints:
        deciding = constraint.axes
        tests[max((names.index(axis) + 1 for axis in deciding), default=0)].append(
            (constraint, deciding)
        )
    search = _PointSearch(axes, tests)
    search.extend({}, 0)
    return Points(tuple(search.points), tuple(search.holes.values()))


_Test = tuple[Constraint, tuple[str, ...]]


class _PointSearch:
    """Depth first over the axes; one per matrix."""

    def __init__(self, axes: Mapping[str, Sequence[str]], tests: Sequence[Sequence[_Test]]) -> None:
        self.points: list[Point] = []
        self.holes: dict[tuple[object, ...], Hole] = {}
        self._axes, self._tests, self._steps = list(axes.items()), tests, 0

    def extend(self, point: dict[str, str], depth: int) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS or len(self.points) > MAX_POINTS:
            raise TooManyPointsError
        forbidden = [entry for entry in self._tests[depth] if entry[0].forbids(point)]
        for test, deciding in forbidden:
            part = {axis: point[axis] for axis in point if axis in deciding}
            self.holes.setdefault(
                (*part.items(), test.because, test.rule), Hole(part, test.because, test.rule)
            )
        if forbidden:
            return
        if depth == len(self._axes):
            self.points.append(dict(point))
            return
        axis, values = self._axes[depth]
        for value in values:
            self.extend({**point, axis: value}, depth + 1)


def compatible(
    axes: Mapping[str, Sequence[str]], constraints: Sequence[Constraint], wanted: Condition
) -> bool:
    """Tell whether some point that no constraint forbids fulfils a condition.

    Raises:
        TooManyPointsError: there are too many to tell.

    """
    fixed = dict(wanted)
    narrowed = {
        axis: [value for value in values if axis not in fixed or value in fixed[axis]]
        for axis, values in axes.items()
    }
    return set(fixed) <= set(axes) and bool(points(narrowed, constraints).points)


Cache = Callable[[Mapping[str, Sequence[str]], tuple[Constraint, ...]], Points]


def remembered() -> Cache:
    """Return `points` with a cache: most images have the same axes and constraints as others."""
    known: dict[tuple[object, ...], Points] = {}

    def lookup(axes: Mapping[str, Sequence[str]], constraints: tuple[Constraint, ...]) -> Points:
        key = (tuple(axes), constraints)
        if key not in known:
            known[key] = points(axes, constraints)
        return known[key]

    return lookup
