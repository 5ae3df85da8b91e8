"""What must be true of axes, images and families, each taken by itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from builder.catalog import family, naming
from builder.catalog.draft import Draft, check_when, repeated
from builder.catalog.model import Image, Rule
from builder.catalog.reader import Step
from builder.catalog.suggest import nearest
from builder.catalog.words import NAME
from builder.errors import Problem

RESERVED = {"axes", "value"}
NAME_PATTERN = re.compile(NAME)


def check_axes(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with axes: labels that are no part of a tag or not each their own,
    conditions on nothing.
    """
    for name, axis in draft.catalog.axes.items():
        path: tuple[Step, ...] = ("axes", name)
        if name in RESERVED:
            yield draft.source.problem(
                path, f"no axis can be called {name!r}: templates use the word", key=True
            )
        yield from _label(draft, name, axis.label)
        for value, details in axis.values.items():
            when = details.when if details else {}
            yield from check_when(draft, draft.source, (*path, "values", value, "when"), when)
            if name in when:
                yield draft.source.problem(
                    (*path, "values", value, "when", name),
                    f"a value of {name!r} cannot depend on {name!r} itself",
                    key=True,
                )


def _label(draft: Draft, name: str, template: str) -> Iterator[Problem]:
    path = ("axes", name, "label")
    unknown = list(_unknown(draft, path, template, {"value"}))
    if unknown:
        yield from unknown
        return
    by_label: dict[str, str] = {}
    for value in draft.catalog.axes[name].values:
        label = naming.fill(template, {"value": value})
        where = path if template != "{value}" else ("axes", name, "values", value)
        if not naming.TAG.fullmatch(label):
            yield draft.source.problem(
                where,
                f"the label {label!r} of {name} {value} cannot stand in a tag",
                "letters, digits, '_', '.' and '-', not first '.' or '-'",
            )
        elif label in by_label:
            yield draft.source.problem(
                path,
                f"{by_label[label]!r} and {value!r} have the same label {label!r}",
                "let the label hold {value}",
            )
        by_label[label] = value


def check_entry(
    draft: Draft, entry: str, image: Image, axes: Collection[str] | None
) -> Iterator[Problem]:
    """Yield what is wrong with one entry of `images`. `axes` are those that its images may depend
    on, if they are certain.
    """
    text, path = draft.source, ("images", entry)
    yield from _layers(draft, (*path, "layers"), image.layers)
    for parameter, choices in image.product.items():
        for choice, layers in choices.items():
            yield from _layers(draft, (*path, "product", parameter, choice), layers)
    yield from check_when(draft, text, (*path, "when"), image.when, having=axes, who=entry)
    known = {*image.product, *draft.catalog.axes}
    if image.tag is not None:
        yield from _unknown(draft, (*path, "tag"), image.tag, known, axes=axes, who=entry)
    yield from _unknown(
        draft, (*path, "description"), image.description, known, axes=axes, who=entry
    )
    for label, template in image.labels.items():
        yield from _unknown(draft, (*path, "labels", label), template, known, axes=axes, who=entry)


def _layers(draft: Draft, path: tuple[Step, ...], layers: tuple[str, ...]) -> Iterator[Problem]:
    for index, name in enumerate(layers):
        if name not in draft.known:
            yield draft.source.problem(
                (*path, index), f"unknown layer {name!r}", nearest(name, draft.known, what="layers")
            )
    yield from repeated(draft.source, path, layers)


def check_parameters(draft: Draft, entry: str, image: Image) -> Iterator[Problem]:
    """Yield where the name of a family and its parameters do not agree."""
    text, path = draft.source, ("images", entry)
    try:
        used = naming.names(entry)
    except ValueError as error:
        yield text.problem(path, f"the name {entry!r} is no template: {error}", key=True)
        return
    for name in dict.fromkeys(used):
        if name not in image.product:
            yield text.problem(
                path,
                f"the name holds {{{name}}}, which `product` does not give",
                nearest(name, image.product, what="parameters"),
                key=True,
            )
    for name, choices in image.product.items():
        here = (*path, "product", name)
        if name not in used:
            yield text.problem(
                here,
                f"the name does not hold {{{name}}}, so its images would have one name",
                f"write {{{name}}} in the name",
                key=True,
            )
        if name in draft.catalog.axes or name in RESERVED:
            yield text.problem(here, f"no parameter can be called {name!r}: an axis is", key=True)
        if not choices:
            yield text.problem(
                here,
                f"the parameter {name!r} has no choices, so there are no images",
                "add a choice",
            )
    if family.size(image) > family.MAX_MEMBERS:
        yield text.problem(
            path,
            f"means {family.size(image)} images; at most {family.MAX_MEMBERS} can be",
            key=True,
        )


def _unknown(
    draft: Draft,
    path: tuple[Step, ...],
    template: str,
    known: Collection[str],
    *,
    axes: Collection[str] | None = None,
    who: str = "",
) -> Iterator[Problem]:
    try:
        used = naming.names(template)
    except ValueError as error:
        yield draft.source.problem(path, f"{template!r} is no template: {error}")
        return
    for name in dict.fromkeys(used):
        if name not in known:
            yield draft.source.problem(path, f"unknown {{{name}}}", nearest(name, known))
        elif axes is not None and name in draft.catalog.axes and name not in axes:
            yield draft.source.problem(
                path,
                f"{who} does not depend on the axis {name!r}",
                f"it depends on: {', '.join(axes)}",
            )


def check_rule(draft: Draft, path: tuple[Step, ...], rule: Rule) -> Iterator[Problem]:
    """Yield what is wrong with the words of a rule."""
    yield from check_when(draft, draft.source, (*path, "when"), rule.when)
    if path[0] == "require" and not rule.when:
        yield draft.source.problem(
            path, "requires nothing: `when` is empty", "say which points are kept"
        )


def check_names(draft: Draft, members: Mapping[str, list[family.Member]]) -> Iterator[Problem]:
    """Yield names that are none, and names that two images have. `members` are the images by
    entry.
    """
    first: dict[str, str] = {}
    for entry, found in members.items():
        for member in found:
            name, path = member.name, ("images", entry)
            if not NAME_PATTERN.fullmatch(name) or len(name) > 100:
                yield draft.source.problem(
                    path,
                    f"{name!r} is not a name: lower-case letters and digits, with single '.', '_'"
                    " or '-' between them",
                    key=True,
                )
            if not member.asked:
                yield draft.source.problem(
                    path, f"the image {name!r} has no layers", "add `layers`", key=True
                )
            if name in first:
                yield draft.source.problem(
                    path,
                    f"two images are called {name!r}: one from {first[name]!r}, one from {entry!r}",
                    "rename one",
                    key=True,
                )
            first.setdefault(name, entry)
