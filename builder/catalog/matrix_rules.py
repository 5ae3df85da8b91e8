"""What must be true of images at their points: some point, a tag of its own for each, rules that
match.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from builder.catalog import abi, naming
from builder.catalog.conditions import Condition, both, condition, spell, written
from builder.catalog.draft import Draft
from builder.catalog.expand import Expansion, Labels, Matrix, tag
from builder.catalog.family import Member
from builder.catalog.image_rules import check_rule
from builder.catalog.matrix import Point, TooManyPointsError, compatible
from builder.catalog.model import Rule
from builder.catalog.stack import Stack
from builder.errors import Problem


def check_points(draft: Draft, matrix: Matrix) -> Iterator[Problem]:
    """Yield an image without a point, unless a rule removes it as a whole."""
    whole = any(not hole.point and hole.rule for hole in matrix.holes)
    if matrix.points or whole:
        return
    reasons = dict.fromkeys(hole.because for hole in matrix.holes)
    why = "; ".join(list(reasons)[:5])
    yield draft.source.problem(
        ("images", matrix.member.entry),
        f"the image {matrix.name!r} has no point: {why}",
        "relax one of these",
        key=True,
    )


def check_bottom(draft: Draft, matrix: Matrix) -> Iterator[Problem]:
    """Yield an image that stands on two layers made by bootstrap: there is one root to put layers
    on.
    """
    bottoms = [name for name in matrix.stack.layers if draft.layers[name].bootstrap]
    if len(bottoms) > 1:
        message = (
            f"the image {matrix.name!r} stands on {' and on '.join(bottoms)}, each made by"
            " bootstrap"
        )
        yield draft.source.problem(
            ("images", matrix.member.entry),
            message,
            "ask for layers that stand on one of them",
            key=True,
        )


def check_tags(draft: Draft, known: Labels, matrix: Matrix) -> Iterator[Problem]:
    """Yield tags that are none, and tags that two points of an image have."""
    image, entry = matrix.member.image, matrix.member.entry
    path = ("images", entry, "tag") if image.tag is not None else ("images", entry)
    by_tag: dict[str, Point] = {}
    for point in matrix.points:
        text = tag(draft.catalog, known, matrix, point)
        if not text:
            yield draft.source.problem(
                path,
                f"{matrix.name!r} has an empty tag: none of its axes has `tag: true`",
                "give it a `tag`",
                key=image.tag is None,
            )
            return
        if not naming.TAG.fullmatch(text):
            hint = "at most 128 letters, digits, '_', '.' and '-', not first '.' or '-'"
            yield draft.source.problem(
                path, f"{text!r} cannot be a tag", hint, key=image.tag is None
            )
            return
        if text in by_tag:
            two = f"{written(by_tag[text])} and {written(point)}"
            differing = [axis for axis in point if point[axis] != by_tag[text][axis]]
            message = f"two images are called {matrix.name}:{text}, at {two}"
            yield draft.source.problem(
                path, message, f"let the tag hold {{{differing[0]}}}", key=image.tag is None
            )
            return
        by_tag[text] = point


def check_ids(
    draft: Draft, known: Labels, matrices: Sequence[Matrix], axes: Mapping[str, tuple[str, ...]]
) -> Iterator[Problem]:
    """Yield labels that, joined, name two points alike: 'a-b' with 'c', 'a' with 'b-c'."""
    ambiguous = [
        axis for axis, labels in known.items() if any("-" in label for label in labels.values())
    ]
    seen: dict[tuple[tuple[str, ...], str], Point] = {}
    for combination in dict.fromkeys(axes.values()) if ambiguous else ():
        for point in {
            tuple(m.items()): m
            for matrix in matrices
            if set(combination) <= set(matrix.stack.axes)
            for m in matrix.points
        }.values():
            part = {axis: point[axis] for axis in combination}
            joined = naming.cell_id("", known, part)
            other = seen.setdefault((combination, joined), part)
            if other != part:
                message = (
                    f"labels joined are {joined.lstrip('@')!r} both at {written(other)} and at"
                    f" {written(part)}"
                )
                yield draft.source.problem(
                    ("axes", ambiguous[0]), message, "change the label of an axis", key=True
                )


def check_abi(
    draft: Draft, matrices: Sequence[Matrix], axes: Mapping[str, tuple[str, ...]]
) -> Iterator[Problem]:
    """Yield ABI templates that have no value, or one that could not stand in a tag, at some
    point.
    """
    asking = {name for name, layer in draft.layers.items() if layer.abi and name in axes}
    held = ((matrix, name) for matrix in matrices for name in matrix.stack.layers if name in asking)
    cells = dict.fromkeys(
        (name, tuple([point[axis] for axis in axes[name]]))
        for matrix, name in held
        for point in matrix.points
    )
    wrong: set[tuple[str, int]] = set()
    for name, values in cells:
        point = dict(zip(axes[name], values, strict=True))
        for index, template in enumerate(draft.layers[name].abi):
            problem = (
                _abi(draft, name, index, point)
                if (name, index) not in wrong and abi.sound(template)
                else None
            )
            if problem:
                wrong.add((name, index))
                yield problem


def _abi(draft: Draft, name: str, index: int, point: Point) -> Problem | None:
    path = ("abi", index)
    try:
        value = abi.render(draft.layers[name].abi[index], point, draft.catalog.axes)
    except abi.AbiError as error:
        return draft.sources[name].problem(path, f"has no value at {written(point)}: {error}")
    if naming.TAG.fullmatch(value):
        return None
    hint = "letters, digits, '_', '.' and '-', not first '.' or '-'"
    return draft.sources[name].problem(
        path, f"{value!r} (at {written(point)}) cannot be the name of an ABI", hint
    )


def check_rules(draft: Draft, expansion: Expansion, members: Sequence[Member]) -> Iterator[Problem]:
    """Yield `exclude` and `require` rules that match nothing. Rules whose conditions are wrong are
    passed over.
    """
    for kind, rules in (("exclude", draft.catalog.exclude), ("require", draft.catalog.require)):
        for number, rule in enumerate(rules):
            if next(check_rule(draft, (kind, number), rule), None):
                continue
            reason = _Rule(expansion, kind, rule).unmatched(members)
            if reason:
                yield draft.source.problem(
                    (kind, number),
                    f"this rule matches nothing: {reason}",
                    "remove it, or correct the names",
                )


class _Rule:
    """One rule, looking for something to match."""

    def __init__(self, expansion: Expansion, kind: str, rule: Rule) -> None:
        self._expansion, self._kind, self._rule = expansion, kind, rule
        self._asked = condition(rule.when)
        self._empty: set[tuple[object, ...]] = set()

    def unmatched(self, members: Sequence[Member]) -> str:
        """Return why the rule matches no point, or nothing if it does."""
        concerned = False
        for member in members:
            stacked = self._expansion.stack(member)
            joins = self._expansion.joins(self._rule, member, stacked)
            if not joins or not self._has_axes(stacked):
                concerned = concerned or bool(joins)
                continue
            if self._kind == "require" or any(
                self._exists(member, stacked, where) for where in joins
            ):
                return ""
            concerned = True
        if concerned:
            return f"no image that it concerns has a point with {spell(self._asked)}"
        return (
            "no image has such a name" if self._rule.layer is None else "no image has such a layer"
        )

    def _has_axes(self, stacked: Stack) -> bool:
        axes = self._rule.when.keys()
        return (
            bool(axes & set(stacked.axes)) if self._kind == "require" else axes <= set(stacked.axes)
        )

    def _exists(self, member: Member, stacked: Stack, where: Condition) -> bool:
        """Tell whether an image would have a point that the rule matches, were there no rules."""
        constraints = tuple(
            test for test in self._expansion.constraints(member, stacked) if not test.rule
        )
        wanted = both((self._asked, where))
        key = (stacked.axes, constraints, wanted)
        if key in self._empty:
            return False
        try:
            found = compatible(self._expansion.values(stacked.axes), constraints, wanted)
        except TooManyPointsError:
            return True
        if not found:
            self._empty.add(key)
        return found
