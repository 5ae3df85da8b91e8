"""From images to matrices: the constraints of each image, its points, and a tag for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from builder.catalog import naming
from builder.catalog.conditions import ALWAYS, Condition, both, condition, holds, spell
from builder.catalog.family import FamilyMember
from builder.catalog.matrix import Cache, Constraint, Hole, Point
from builder.catalog.model import Catalog, Layer
from builder.catalog.rule import Rule
from builder.catalog.stack import Layers, Stack, stack
from builder.catalog.standing import Standing, standing

Labels = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """An image with its layers and its points."""

    member: FamilyMember
    stack: Stack
    points: tuple[Point, ...]
    holes: tuple[Hole, ...]
    catalog: Catalog

    @property
    def name(self) -> str:
        """The image's name."""
        return self.member.name

    def layers(self, point: Point) -> tuple[str, ...]:
        """Return the layers at a point, bottom first: glue joins where its `when` holds, and that
        of lifecycles where something is stated.
        """
        if not self.stack.joined:
            return self.stack.layers
        holding = {name for name, where in self.stack.joined.items() if holds(where, point)}
        if self.stack.lifecycle and not self.standing(point).stated:
            holding -= self.stack.lifecycle
        return self.stack.at(holding)

    def standing(self, point: Point) -> Standing:
        """Return how the image stands at a point, without a successor."""
        return standing(self.catalog, self.member.image, point)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """Turns members into matrices; prepared once for a catalog."""

    catalog: Catalog
    layers: Mapping[str, Layer]
    arranged: Layers
    axes: tuple[Constraint, ...]
    cache: Cache
    stacks: dict[tuple[str, ...], Stack] = field(default_factory=dict)
    """Stacks computed so far, by the layers asked for."""

    def stack(self, member: FamilyMember) -> Stack:
        """Return the image's layers."""
        if member.asked not in self.stacks:
            made = stack(self.arranged, member.asked, self.catalog.axes)
            self.stacks[member.asked] = made
        return self.stacks[member.asked]

    def values(self, axes: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the values of some axes."""
        return {axis: tuple(self.catalog.axes[axis].values) for axis in axes}

    def constraints(self, member: FamilyMember, stacked: Stack) -> tuple[Constraint, ...]:
        """Return every constraint on the image's points."""
        return (
            *(test for test in self.axes if set(test.axes) <= set(stacked.axes)),
            *self._own(member, stacked),
            *self._required(member, stacked),
            *self._excluded(member, stacked),
        )

    def matrix(self, member: FamilyMember) -> Matrix:
        """Return the image with its points.

        Raises:
            TooManyPointsError: see `builder.catalog.matrix.points`.

        """
        stacked = self.stack(member)
        known = self.cache(self.values(stacked.axes), self.constraints(member, stacked))
        return Matrix(
            member=member,
            stack=stacked,
            points=known.points,
            holes=known.holes,
            catalog=self.catalog,
        )

    def joins(self, rule: Rule, member: FamilyMember, stacked: Stack) -> Sequence[Condition]:
        """Return where a rule concerns an image: at no point, at every one, or where one of these
        conditions holds.
        """
        if rule.image is not None and not fnmatchcase(member.name, rule.image):
            return ()
        if rule.layer is None:
            return (ALWAYS,)
        matching = [name for name in stacked.layers if fnmatchcase(name, rule.layer)]
        where = [stacked.joined.get(name, ALWAYS) for name in matching]
        return (ALWAYS,) if ALWAYS in where else tuple(dict.fromkeys(where))

    def _own(self, member: FamilyMember, stacked: Stack) -> Iterator[Constraint]:
        for name in stacked.layers:
            when = self.layers[name].when
            if when and name not in stacked.joined:
                wants = condition(when)
                yield Constraint(
                    wants=wants, because=f"the layer {name} exists at {spell(wants)} only"
                )
        if member.image.when:
            wants = condition(member.image.when)
            yield Constraint(wants=wants, because=f"the image is asked for at {spell(wants)} only")

    def _required(self, member: FamilyMember, stacked: Stack) -> Iterator[Constraint]:
        for number, rule in enumerate(self.catalog.require):
            # A condition on an axis that the image does not have does not concern it.
            wants = tuple(entry for entry in condition(rule.when) if entry[0] in stacked.axes)
            for given in self.joins(rule, member, stacked) if wants else ():
                yield Constraint(
                    given=given, wants=wants, because=rule.because, rule=f"require.{number}"
                )

    def _excluded(self, member: FamilyMember, stacked: Stack) -> Iterator[Constraint]:
        for number, rule in enumerate(self.catalog.exclude):
            if not rule.when.keys() <= set(stacked.axes):
                continue
            for given in self.joins(rule, member, stacked):
                where = both((given, condition(rule.when)))
                yield Constraint(given=where, because=rule.because, rule=f"exclude.{number}")


def axis_constraints(catalog: Catalog) -> tuple[Constraint, ...]:
    """Return what the `when` of axis values demands, one constraint for each axis named there."""
    constraints: list[Constraint] = []
    for axis, dimension in catalog.axes.items():
        for value, details in dimension.values.items():
            if details is None:
                continue
            given = ((axis, frozenset({value})),)
            for entry in condition(details.when):
                because = details.because or f"{axis} {value} exists with {spell((entry,))} only"
                constraints.append(Constraint(given=given, wants=(entry,), because=because))
    return tuple(constraints)


def tag(catalog: Catalog, known: Labels, matrix: Matrix, point: Point) -> str:
    """Return the tag of an image at a point: its template filled in, or the labels of its axes.

    A point may hold other versions than the axes do, exact ones, if `known` has their labels.
    """
    template = matrix.member.image.tag
    if template is None:
        return naming.default_tag(catalog, known, point)
    return naming.fill(template, {**matrix.member.choices, **point})
