"""Rules on range sliders: two nodes, one `down` and one `up`, drawn as one slider."""

from __future__ import annotations

from collections.abc import Iterator

from builder.charts.onyxia.expression import references
from builder.charts.onyxia.javascript import parse_float, to_text
from builder.charts.onyxia.model import Consequence, SchemaNode, Violation
from builder.charts.onyxia.rule import rule
from builder.charts.onyxia.source import join
from builder.charts.onyxia.subject import Subject, together
from builder.charts.onyxia.validation import show


@rule(Consequence.FORM)
def range_id(subject: Subject) -> Iterator[Violation]:
    """Each end of a range slider has a `sliderRangeId`."""
    for node in subject.nodes:
        if "sliderExtremity" in node.keywords and node.text("sliderRangeId") is None:
            yield Violation(
                node.pointer,
                f"{node.name} is one end of a range slider, but has no sliderRangeId",
                "give both ends the same",
            )


@rule(Consequence.FORM)
def range_pair(subject: Subject) -> Iterator[Violation]:
    """A range slider has exactly one `down` and one `up` with the same `sliderRangeId`."""
    ends: dict[str, dict[str, list[SchemaNode]]] = {}
    for node in subject.nodes:
        extremity, name = node.text("sliderExtremity"), node.text("sliderRangeId")
        if extremity is not None and name is not None:
            ends.setdefault(name, {"down": [], "up": []})[extremity].append(node)
    for name, extremities in ends.items():
        down, up = len(extremities["down"]), len(extremities["up"])
        if down != up:
            place = (extremities["down"] + extremities["up"])[-1]
            yield Violation(
                place.pointer,
                f"the range slider {name} has {down} down and {up} up",
                "give it one of each, with the same sliderRangeId",
            )


@rule(Consequence.FORM)
def range_hidden(subject: Subject) -> Iterator[Violation]:
    """Both ends of a range slider are hidden under the same conditions."""
    for name, down, up in _pairs(subject):
        if _conditions(subject, down) != _conditions(subject, up):
            message = (
                f"the ends {down.name} and {up.name} of the range slider {name} are not hidden"
                " together"
            )
            yield Violation(
                down.pointer,
                message,
                "hide the object that holds both, or both by the same absolute path",
            )


@rule(Consequence.FORM)
def range_step(subject: Subject) -> Iterator[Violation]:
    """At least one end of a range slider has a `sliderStep`."""
    for name, down, up in _pairs(subject):
        if down.number("sliderStep") is None and up.number("sliderStep") is None:
            yield Violation(down.pointer, f"no end of the range slider {name} has a sliderStep")


@rule(Consequence.FORM)
def range_steps(subject: Subject) -> Iterator[Violation]:
    """Both ends of a range slider have the same `sliderStep`."""
    yield from _different(subject, "sliderStep")


@rule(Consequence.FORM)
def range_unit(subject: Subject) -> Iterator[Violation]:
    """Both ends of a range slider have the same `sliderUnit`."""
    yield from _different(subject, "sliderUnit")


@rule(Consequence.FORM)
def range_order(subject: Subject) -> Iterator[Violation]:
    """The low end of a range slider does not start above its high end."""
    occurrences: list[tuple[str, str, str]] = []
    for context in subject.computed:
        for name, down, up in _pairs(subject):
            low, high = (_number(end, subject.values_of(end, context)) for end in (down, up))
            if low is not None and high is not None and low > high:
                words = (
                    f"the range slider {name} starts with {down.name} at {to_text(low)} above"
                    f" {up.name} at {to_text(high)}"
                )
                occurrences.append((down.pointer, words, context))
    for pointer, words in together(occurrences):
        yield Violation(pointer, words, "lower the first default, or raise the second")


# Whether this happens depends on what a region sets, which a chart cannot know.
@rule(Consequence.FORM, severity="warning")
def range_request(subject: Subject) -> Iterator[Violation]:
    """If a region may set the low end of a range slider, the default of the high end is
    `sliderMax`: the region may set only the one.
    """
    for name, down, up in _pairs(subject):
        most, limit = down.number("sliderMax"), _number(up, [up.default])
        read = references(down.expression) if isinstance(down.expression, str) else ()
        paths = [str(reference) for reference in read if reference.path[0] == "region"]
        if paths and most is not None and limit is not None and limit < most:
            message = (
                f"a region whose {paths[0]} is above {show(up.default)}, the default of {up.name},"
                f" breaks the range slider {name}"
            )
            unit = up.text("sliderUnit") or ""
            yield Violation(
                up.pointer,
                message,
                f"make the default of {up.name} its sliderMax: {to_text(most)}{unit}",
            )


@rule(Consequence.LATER)
def range_group(subject: Subject) -> Iterator[Violation]:
    """Both ends of a range slider are in one group below the root, other than `global` or that of a
    dependency: moving the slider looks for that group.
    """
    names = {"global", *dependencies(subject)}
    for name, down, up in _pairs(subject):
        group: list[str] = []
        for one, other in zip(down.path[:-1], up.path[:-1], strict=False):
            if one != other:
                break
            group.append(one)
        if not group or (len(group) == 1 and group[0] in names):
            where = (
                f"share only {group[0]}, which the form treats separately"
                if group
                else "are in no common object"
            )
            yield Violation(
                down.pointer,
                f"the ends {down.name} and {up.name} of the range slider {name} {where}",
                "put both into one object",
            )


@rule(Consequence.SILENT)
def range_title(subject: Subject) -> Iterator[Violation]:
    """The title of a range slider is that of its `down`: a different one on its `up` is not
    shown.
    """
    for name, down, up in _pairs(subject):
        title = up.text("title")
        if title is not None and title != down.text("title"):
            message = (
                f"the title {show(title)} of {up.name} is not shown: the range slider {name} is"
                f" called {show(down.text('title'))}"
            )
            yield Violation(join(up.pointer, "title"), message, "give both the same title")


def dependencies(subject: Subject) -> list[str]:
    """Return the names of the charts on which this one depends."""
    given = subject.metadata.get("dependencies")
    entries = (
        [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []
    )
    return [str(entry.get("alias") or entry.get("name", "")) for entry in entries]


def _pairs(subject: Subject) -> Iterator[tuple[str, SchemaNode, SchemaNode]]:
    """Yield the range sliders that have both ends, in the order of the form."""
    ends = [
        node
        for node in subject.nodes
        if "sliderExtremity" in node.keywords and node.text("sliderRangeId") is not None
    ]
    high = [node for node in ends if node.text("sliderExtremity") == "up"]
    for down in ends:
        match = next(
            (up for up in high if up.text("sliderRangeId") == down.text("sliderRangeId")), None
        )
        if down.text("sliderExtremity") == "down" and match is not None:
            high.remove(match)
            yield str(down.text("sliderRangeId")), down, match


def _conditions(subject: Subject, node: SchemaNode) -> set[str]:
    """Return the conditions that hide a node or its parents, each with an absolute path."""
    conditions: set[str] = set()
    for one in (node, *subject.lineage(node)):
        hidden = one.keywords.get("hidden", False)
        if one.onyxia.get("hidden") is True or hidden is True:
            conditions.add("always")
        elif isinstance(hidden, dict):
            path = str(hidden["path"]).split("/")
            absolute = [*one.path[:-1], *path] if hidden.get("isPathRelative") else path
            conditions.add(f"{'/'.join(absolute)}={show(hidden['value'])}")
    return {"always"} if "always" in conditions else conditions


def _different(subject: Subject, keyword: str) -> Iterator[Violation]:
    for name, down, up in _pairs(subject):
        low, high = down.keywords.get(keyword), up.keywords.get(keyword)
        if low is not None and high is not None and low != high:
            message = (
                f"the ends of the range slider {name} have the {keyword} {show(low)} and"
                f" {show(high)}"
            )
            yield Violation(join(up.pointer, keyword), message, "give both the same")


def _number(node: SchemaNode, values: list[object]) -> float | None:
    value = values[0] if values else None
    if isinstance(value, str):
        return parse_float(value.removesuffix(node.text("sliderUnit") or ""))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
