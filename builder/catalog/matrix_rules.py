"""What must be true of images at their points: some point, a tag of its own for each, rules that match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from builder.catalog import abi, naming
from builder.catalog.conditions import Condition, both, condition, written
from builder.catalog.draft import Draft
from builder.catalog.expand import Expansion, Labels, Matrix, tag
from builder.catalog.family import Member
from builder.catalog.matrix import Constraint, Point, TooManyPointsError, compatible
from builder.catalog.model import Rule
from builder.errors import Problem


def check_points(draft: Draft, matrix: Matrix) -> Iterator[Problem]:
    """Yield an image without a point, unless a rule removes it as a whole."""
    whole = any(not hole.point and hole.rule for hole in matrix.holes)
    if matrix.points or whole:
        return
    reasons = dict.fromkeys(hole.because for hole in matrix.holes)
    why = "; ".join(list(reasons)[:5])
    yield draft.source.problem(("images", matrix.member.entry), f"the image {matrix.name!r} has no point: {why}", "relax one of these", key=True)


def check_tags(draft: Draft, known: Labels, matrix: Matrix) -> Iterator[Problem]:
    """Yield tags that are none, and tags that two points of an image have."""
    image, entry = matrix.member.image, matrix.member.entry
    path = ("images", entry, "tag") if image.tag is not None else ("images", entry)
    by_tag: dict[str, Point] = {}
    for point in matrix.points:
        text = tag(draft.catalog, known, matrix, point)
        if not text:
            yield draft.source.problem(
                path, f"{matrix.name!r} has an empty tag: none of its axes has `tag: true`", "give it a `tag`", key=image.tag is None
            )
            return
        if not naming.TAG.fullmatch(text):
            hint = "at most 128 letters, digits, '_', '.' and '-', not first '.' or '-'"
            yield draft.source.problem(path, f"{text!r} cannot be a tag", hint, key=image.tag is None)
            return
        if text in by_tag:
            two = f"{written(by_tag[text])} and {written(point)}"
            differing = [axis for axis in point if point[axis] != by_tag[text][axis]]
            message = f"two images are called {matrix.name}:{text}, at {two}"
            yield draft.source.problem(path, message, f"let the tag hold {{{differing[0]}}}", key=image.tag is None)
            return
        by_tag[text] = point


def check_ids(draft: Draft, known: Labels, matrices: Sequence[Matrix], axes: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    """Yield labels that, joined, name two points alike: 'a-b' with 'c', 'a' with 'b-c'."""
    ambiguous = [axis for axis, labels in known.items() if any("-" in label for label in labels.values())]
    seen: dict[tuple[tuple[str, ...], str], Point] = {}
    for combination in dict.fromkeys(axes.values()) if ambiguous else ():
        for point in {tuple(m.items()): m for matrix in matrices if set(combination) <= set(matrix.stack.axes) for m in matrix.points}.values():
            part = {axis: point[axis] for axis in combination}
            joined = naming.cell_id("", known, part)
            other = seen.setdefault((combination, joined), part)
            if other != part:
                message = f"labels joined are {joined.lstrip('@')!r} both at {written(other)} and at {written(part)}"
                yield draft.source.problem(("axes", ambiguous[0]), message, "change the label of an axis", key=True)


def check_abi(draft: Draft, matrices: Sequence[Matrix], axes: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    """Yield ABI templates that have no value, or one that could not stand in a tag, at some point."""
    asking = {name for name, layer in draft.layers.items() if layer.abi and name in axes}
    held = ((matrix, name) for matrix in matrices for name in matrix.stack.layers if name in asking)
    cells = dict.fromkeys((name, tuple([point[axis] for axis in axes[name]])) for matrix, name in held for point in matrix.points)
    for name, values in cells:
        yield from _abi(draft, name, dict(zip(axes[name], values, strict=True)))


def _abi(draft: Draft, name: str, point: Point) -> Iterator[Problem]:
    for index, template in enumerate(draft.layers[name].abi):
        path = ("abi", index)
        try:
            value = abi.render(template, point, draft.catalog.axes)
        except abi.AbiError as error:
            yield draft.sources[name].problem(path, f"has no value at {written(point)}: {error}")
            return
        if not naming.TAG.fullmatch(value):
            hint = "letters, digits, '_', '.' and '-', not first '.' or '-'"
            yield draft.sources[name].problem(path, f"{value!r} (at {written(point)}) cannot be the name of an ABI", hint)
            return


def check_rules(draft: Draft, expansion: Expansion, members: Sequence[Member], matrices: Sequence[Matrix]) -> Iterator[Problem]:
    """Yield `exclude` and `require` rules that match nothing."""
    used = {hole.rule for matrix in matrices for hole in matrix.holes}
    for kind, rules in (("exclude", draft.catalog.exclude), ("require", draft.catalog.require)):
        for number, rule in enumerate(rules):
            if f"{kind}.{number}" in used or any(axis not in draft.catalog.axes for axis in rule.when):
                continue
            reason = _matches(expansion, members, kind, rule)
            if reason:
                yield draft.source.problem((kind, number), f"this rule matches nothing: {reason}", "remove it, or correct the names")


def _matches(expansion: Expansion, members: Sequence[Member], kind: str, rule: Rule) -> str:
    """Return why a rule matches no point, or nothing if it does."""
    reason = "no image has such a name" if rule.layer is None else "no image has such a layer"
    asked = condition(rule.when)
    for member in members:
        stacked = expansion.stack(member)
        joins = expansion.joins(rule, member, stacked)
        if not joins:
            continue
        if reason.startswith("no image has such"):
            reason = f"no image it concerns depends on {' and '.join(rule.when)}"
        if kind == "require" and any(axis in stacked.axes for axis in rule.when):
            return ""
        if kind == "exclude" and rule.when.keys() <= set(stacked.axes):
            reason = "no point it concerns exists anyway"
            others = [test for test in expansion.constraints(member, stacked) if not test.rule]
            if any(_compatible(expansion, stacked.axes, others, both((asked, where))) for where in joins):
                return ""
    return reason


def _compatible(expansion: Expansion, axes: tuple[str, ...], constraints: Sequence[Constraint], wanted: Condition) -> bool:
    try:
        return compatible(expansion.values(axes), constraints, wanted)
    except TooManyPointsError:
        return True
