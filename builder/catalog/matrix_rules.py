"""Rules about images at their points: each image has a point, each point its own tag, and each rule
of the catalog matches something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from builder.catalog import abi, naming
from builder.catalog.conditions import Condition, both, condition, spell, written
from builder.catalog.draft import Draft
from builder.catalog.expand import Expansion, Labels, Matrix, tag
from builder.catalog.family import FamilyMember
from builder.catalog.image_rules import check_globs, check_rule
from builder.catalog.matrix import Point, TooManyPointsError, compatible
from builder.catalog.rule import Rule
from builder.catalog.stack import Layers, Stack, running
from builder.errors import Problem


def check_points(draft: Draft, matrix: Matrix) -> Iterator[Problem]:
    """Yield an image without a point, unless a rule removes it as a whole."""
    whole = any(not hole.point and hole.rule for hole in matrix.holes)
    if matrix.points or whole:
        return
    reasons = dict.fromkeys(hole.because for hole in matrix.holes)
    why = "; ".join(list(reasons)[:5])
    yield draft.yaml.problem(
        ("images", matrix.member.entry),
        f"the image {matrix.name!r} has no point: {why}",
        "relax one of these",
        key=True,
    )


def check_bottom(draft: Draft, member: FamilyMember, stacked: Stack) -> Iterator[Problem]:
    """Yield an image that stands on two layers made by bootstrap: it has only one root."""
    bottoms = [name for name in stacked.layers if draft.layers[name].bootstrap]
    if len(bottoms) > 1:
        message = (
            f"the image {member.name!r} stands on {' and on '.join(bottoms)}, each made by"
            " bootstrap"
        )
        hint = "ask for layers that stand on one of them"
        yield draft.yaml.problem(("images", member.entry), message, hint, key=True)


def check_service(
    draft: Draft, layers: Layers, member: FamilyMember, stacked: Stack
) -> Iterator[Problem]:
    """Yield an image that could run several services and does not say which, or names another."""
    chosen, path = member.image.service, ("images", member.entry, "service")
    services = running(layers, stacked.layers)
    is_told = chosen is not None and chosen not in draft.known
    if chosen in stacked.layers or is_told or not draft.sure(*path):
        return
    if len(services) > 1:
        message = f"the image {member.name!r} has several services: {', '.join(services)}"
        hint = f"say in the image which one it runs, for example `service: {services[0]}`"
        yield draft.yaml.problem(("images", member.entry), message, hint, key=True)
    elif chosen in draft.known and not member.choices:
        # In a family, the choice is for those members that have it.
        message = f"the image {member.name!r} does not have the layer {chosen!r}"
        yield draft.yaml.problem(path, message, "remove `service`: no choice is needed")


def check_tags(draft: Draft, known: Labels, matrix: Matrix) -> Iterator[Problem]:
    """Yield invalid tags, and tags that two points of an image have."""
    image, entry = matrix.member.image, matrix.member.entry
    is_default = image.tag is None
    path = ("images", entry) if is_default else ("images", entry, "tag")
    by_tag: dict[str, Point] = {}
    for point in matrix.points:
        text = tag(draft.catalog, known, matrix, point)
        if not text:
            message = f"{matrix.name!r} has an empty tag: none of its axes has `tag: true`"
            yield draft.yaml.problem(path, message, "give it a `tag`", key=is_default)
            return
        if not naming.TAG.fullmatch(text):
            hint = f"at most 128 {naming.TAG_HINT}"
            yield draft.yaml.problem(path, f"{text!r} cannot be a tag", hint, key=is_default)
            return
        if text in by_tag:
            other = by_tag[text]
            differing = [axis for axis in point if point[axis] != other[axis]]
            message = (
                f"two images are called {matrix.name}:{text}, at {written(other)} and"
                f" {written(point)}"
            )
            hint = (
                f"give the image a `tag` with {{{differing[0]}}}"
                if is_default
                else f"put {{{differing[0]}}} into the tag"
            )
            yield draft.yaml.problem(path, message, hint, key=is_default)
            return
        by_tag[text] = point


def check_ids(
    draft: Draft, known: Labels, matrices: Sequence[Matrix], axes: Mapping[str, tuple[str, ...]]
) -> Iterator[Problem]:
    """Yield labels that, joined, are the same for two points: 'a-b' and 'c', 'a' and 'b-c'."""
    ambiguous = [name for name, labels in known.items() if "-" in "".join(labels.values())]
    if not ambiguous:
        return
    seen: dict[tuple[tuple[str, ...], str], Point] = {}
    for combination in dict.fromkeys(axes.values()):
        for part in _parts(matrices, combination):
            joined = naming.cell_id("", known, part)
            other = seen.setdefault((combination, joined), part)
            if other != part:
                message = (
                    f"the joined labels are {joined.lstrip('@')!r} both at {written(other)} and at"
                    f" {written(part)}"
                )
                hint = "change the label of an axis"
                yield draft.yaml.problem(("axes", ambiguous[0]), message, hint, key=True)


def _parts(matrices: Sequence[Matrix], axes: tuple[str, ...]) -> Iterator[Point]:
    """Yield the values that points have on some axes, each combination once."""
    seen: set[tuple[str, ...]] = set()
    for matrix in matrices:
        if not set(axes) <= set(matrix.stack.axes):
            continue
        for point in matrix.points:
            values = tuple([point[axis] for axis in axes])
            if values not in seen:
                seen.add(values)
                yield dict(zip(axes, values, strict=True))


def check_abi(
    draft: Draft, matrices: Sequence[Matrix], axes: Mapping[str, tuple[str, ...]]
) -> Iterator[Problem]:
    """Yield ABI templates that have no value at some point, or one that cannot be part of a tag."""
    for name, layer in draft.layers.items():
        if not layer.abi or name not in axes:
            continue
        points = list(_parts([one for one in matrices if name in one.stack.layers], axes[name]))
        for index, template in enumerate(layer.abi):
            # The rules about layers report what is not a template.
            at = points if abi.sound(template) else []
            problems = (_abi(draft, name, index, point) for point in at)
            first = next((problem for problem in problems if problem is not None), None)
            if first is not None:
                yield first


def _abi(draft: Draft, name: str, index: int, point: Point) -> Problem | None:
    path = ("abi", index)
    try:
        value = abi.render(draft.layers[name].abi[index], point, draft.catalog.axes)
    except abi.AbiError as error:
        return draft.readings[name].yaml.problem(path, f"has no value at {written(point)}: {error}")
    if naming.TAG.fullmatch(value):
        return None
    message = f"{value!r} (at {written(point)}) cannot be the name of an ABI"
    return draft.readings[name].yaml.problem(path, message, naming.TAG_HINT)


def check_rules(
    draft: Draft, expansion: Expansion, members: Sequence[FamilyMember]
) -> Iterator[Problem]:
    """Yield `exclude` and `require` rules that match nothing, `members` being all images. Rules
    that are wrong in another way are skipped.
    """
    names = [member.name for member in members]
    for kind, rules in (("exclude", draft.catalog.exclude), ("require", draft.catalog.require)):
        for number, rule in enumerate(rules):
            path = (kind, number)
            wrong = [*check_rule(draft, path, rule), *check_globs(draft, path, rule, names)]
            # One of upstream may be about what this catalog leaves out.
            if wrong or not draft.sure(*path) or draft.is_upstream(*path):
                continue
            reason = _Rule(expansion, kind, rule).unmatched(members)
            if reason:
                message = f"this rule matches nothing: {reason}"
                yield draft.yaml.problem(path, message, "remove it, or correct the names")


class _Rule:
    """One rule, looking for something to match."""

    def __init__(self, expansion: Expansion, kind: str, rule: Rule) -> None:
        self._expansion, self._kind, self._rule = expansion, kind, rule
        self._asked = condition(rule.when)
        self._empty: set[tuple[object, ...]] = set()

    def unmatched(self, members: Sequence[FamilyMember]) -> str:
        """Return why the rule matches no point, or nothing if it does."""
        concerned = False
        for member in members:
            stacked = self._expansion.stack(member)
            joins = self._expansion.joins(self._rule, member, stacked)
            concerned = concerned or bool(joins)
            if joins and self._has_axes(stacked):
                exists = (self._exists(member, stacked, where) for where in joins)
                if self._kind == "require" or any(exists):
                    return ""
        if concerned:
            return f"none of its images has a point with {spell(self._asked)}"
        return (
            "no image has such a name" if self._rule.layer is None else "no image has such a layer"
        )

    def _has_axes(self, stacked: Stack) -> bool:
        axes = self._rule.when.keys()
        return (
            bool(axes & set(stacked.axes)) if self._kind == "require" else axes <= set(stacked.axes)
        )

    def _exists(self, member: FamilyMember, stacked: Stack, where: Condition) -> bool:
        """Tell whether an image would have a point that the rule matches, were there no rules."""
        constraints = tuple(
            test for test in self._expansion.constraints(member, stacked) if not test.rule
        )
        wanted = both((self._asked, where))
        key = (stacked.axes, constraints, wanted)
        if key in self._empty:
            return False
        try:
            exists = compatible(self._expansion.values(stacked.axes), constraints, wanted)
        except TooManyPointsError:
            return True
        if not exists:
            self._empty.add(key)
        return exists
