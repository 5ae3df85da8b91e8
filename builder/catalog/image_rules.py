"""Rules about axes, images and families, each taken by itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from builder.catalog import family, naming
from builder.catalog.draft import Draft, check_when, depends_on, repeated
from builder.catalog.family import FamilyMember
from builder.catalog.model import Image
from builder.catalog.reader import Keys
from builder.catalog.rule import Rule
from builder.catalog.suggest import nearest
from builder.catalog.words import NAME
from builder.errors import Problem

RESERVED = {"axes", "value"}
NAME_PATTERN = re.compile(NAME)
MAX_NAME = 100
VALUE = "value"
"""Stands for the value in the label of an axis."""


def check_axes(draft: Draft) -> Iterator[Problem]:
    """Yield axes with a reserved name, and wrong conditions of their values."""
    for name, axis in draft.catalog.axes.items():
        path: Keys = ("axes", name)
        if name in RESERVED:
            message = f"an axis cannot be called {name!r}: templates use that name"
            yield draft.yaml.problem(path, message, key=True)
        for value, details in axis.values.items():
            when = details.when if details else {}
            here = (*path, "values", value, "when")
            yield from check_when(draft, draft.yaml, here, when)
            if name in when:
                message = f"a value of {name!r} cannot depend on {name!r} itself"
                yield draft.yaml.problem((*here, name), message, key=True)


def check_labels(draft: Draft) -> Iterator[Problem]:
    """Yield labels of axes that cannot be a part of a tag, and those of two values."""
    for name, axis in draft.catalog.axes.items():
        path = ("axes", name, "label")
        unknown = list(_template(draft, path, axis.label, {VALUE}))
        if not unknown:
            # An axis has a name, too, but a label is of one value of one axis.
            others = [one for one in naming.names(axis.label) if one != VALUE]
            hint = f"a label is made of {{{VALUE}}} and nothing else that varies"
            unknown = [draft.yaml.problem(path, f"unknown {{{one}}}", hint) for one in others]
        yield from unknown or _labels(draft, name, axis.label)


def _labels(draft: Draft, name: str, template: str) -> Iterator[Problem]:
    by_label: dict[str, str] = {}
    for value in draft.catalog.axes[name].values:
        label = naming.fill(template, {VALUE: value})
        is_default = template == f"{{{VALUE}}}"
        where = ("axes", name, "values", value) if is_default else ("axes", name, "label")
        if not naming.TAG.fullmatch(label):
            message = f"the label {label!r} of {name} {value} cannot be part of a tag"
            yield draft.yaml.problem(where, message, naming.TAG_HINT, key=is_default)
        elif label in by_label:
            message = f"{by_label[label]!r} and {value!r} have the same label {label!r}"
            yield draft.yaml.problem(where, message, "put {value} into the label")
        by_label[label] = value


def check_layers(draft: Draft, entry: str, image: Image) -> Iterator[Problem]:
    """Yield layers that an entry of `images` asks for and that do not exist, or that it asks for
    twice.
    """
    for keys, layers in _lists(image):
        path = ("images", entry, *keys)
        for index, name in enumerate(layers):
            if name in draft.dropped:
                message = f"{entry} asks for the layer {name!r}, which is dropped here"
                hint = f"drop the image too, or patch it: images: {{{entry}: …}}"
                yield Problem(*draft.dropped[name], message, hint)
            elif name not in draft.known and draft.all_known:
                hint = nearest(name, draft.known, what="layers")
                yield draft.yaml.problem((*path, index), f"unknown layer {name!r}", hint)
        yield from repeated(draft.yaml, path, layers)


def asked(image: Image) -> frozenset[str]:
    """Return the layers that an entry's images ask for, all together."""
    names: set[str] = set()
    for _, layers in _lists(image):
        names.update(layers)
    return frozenset(names)


def _lists(image: Image) -> Iterator[tuple[Keys, tuple[str, ...]]]:
    """Yield the lists of layers in an entry, with their paths there."""
    yield ("layers",), image.layers
    for parameter, choices in image.product.items():
        for choice, layers in choices.items():
            yield ("product", parameter, choice), layers


def check_service(draft: Draft, entry: str, image: Image) -> Iterator[Problem]:
    """Yield a `service` that is not a layer, or not a service."""
    name, path = image.service, ("images", entry, "service")
    if name is None:
        return
    if name not in draft.known:
        services = [layer for layer in draft.layers if draft.layers[layer].service]
        if draft.all_known:
            hint = nearest(name, services, what="services")
            yield draft.yaml.problem(path, f"unknown layer {name!r}", hint)
    elif name in draft.layers:
        reading, is_service = draft.readings[name], draft.layers[name].service
        if reading.sure("service") and not is_service:
            hint = f"add `service: true` to {reading.yaml.file}"
            yield draft.yaml.problem(path, f"the layer {name!r} is not a service", hint)


def check_conditions(
    draft: Draft, entry: str, image: Image, axes: Collection[str] | None
) -> Iterator[Problem]:
    """Yield what is wrong with the `when` of an entry. `axes` are those that its images may depend
    on, if they are certain.
    """
    path = ("images", entry, "when")
    yield from check_when(draft, draft.yaml, path, image.when, having=axes, who=entry)


def check_texts(
    draft: Draft, entry: str, image: Image, axes: Collection[str] | None
) -> Iterator[Problem]:
    """Yield what is wrong with the templates of an entry: tag, description and labels."""
    path = ("images", entry)
    texts: dict[Keys, str] = {(*path, "description"): image.description}
    if image.tag is not None:
        texts[*path, "tag"] = image.tag
    for label, template in image.labels.items():
        texts[*path, "labels", label] = template
    known = {*image.product, *draft.catalog.axes}
    for where, template in texts.items():
        yield from _template(draft, where, template, known, axes=axes, who=entry)


def check_parameters(draft: Draft, entry: str, image: Image) -> Iterator[Problem]:
    """Yield where the name of a family does not match its parameters."""
    path = ("images", entry)
    try:
        used = naming.names(entry)
    except ValueError as error:
        message = f"the name {entry!r} is not a template: {error}"
        yield draft.yaml.problem(path, message, key=True)
        return
    for name in dict.fromkeys(used):
        if name not in image.product and draft.sure(*path, "product", name):
            message = f"the name has {{{name}}}, which is not a parameter in `product`"
            hint = nearest(name, image.product, what="parameters")
            yield draft.yaml.problem(path, message, hint, key=True)
    for name, choices in image.product.items():
        here = (*path, "product", name)
        if name not in used:
            message = f"the name has no {{{name}}}, so several images would have the same name"
            yield draft.yaml.problem(here, message, f"put {{{name}}} into the name", key=True)
        is_axis = name in draft.catalog.axes
        if is_axis or name in RESERVED:
            what = "an axis has that name" if is_axis else "templates use that name"
            message = f"a parameter cannot be called {name!r}: {what}"
            yield draft.yaml.problem(here, message, key=True)
        if not choices and draft.sure(*here):
            message = f"the parameter {name!r} has no choices, so there are no images"
            yield draft.yaml.problem(here, message, "add a choice")
    if family.size(image) > family.MAX_MEMBERS:
        message = f"stands for {family.size(image)} images; the limit is {family.MAX_MEMBERS}"
        yield draft.yaml.problem(path, message, key=True)


def _template(
    draft: Draft,
    path: Keys,
    template: str,
    known: Collection[str],
    *,
    axes: Collection[str] | None = None,
    who: str = "",
) -> Iterator[Problem]:
    """Yield unknown names in a template, and axes that `who` does not have."""
    try:
        used = naming.names(template)
    except ValueError as error:
        yield draft.yaml.problem(path, f"{template!r} is not a template: {error}")
        return
    for name in dict.fromkeys(used):
        if name in known:
            if axes is not None and name in draft.catalog.axes and name not in axes:
                message = f"{who} does not depend on the axis {name!r}"
                yield draft.yaml.problem(path, message, depends_on(axes))
        elif draft.lacks_axis(name) and draft.sure(*path[:2], "product", name):
            yield draft.yaml.problem(path, f"unknown {{{name}}}", nearest(name, known))


def check_rule(draft: Draft, path: Keys, rule: Rule) -> Iterator[Problem]:
    """Yield what is wrong with a rule by itself."""
    yield from check_when(draft, draft.yaml, (*path, "when"), rule.when)
    if path[0] == "require" and not rule.when and draft.sure(*path, "when"):
        message = "this rule requires nothing: `when` is empty"
        yield draft.yaml.problem(path, message, "say which points are kept")


def check_globs(
    draft: Draft, path: Keys, rule: Rule, names: Collection[str] | None
) -> Iterator[Problem]:
    """Yield a rule whose globs match no image, or no layer. `names` are those of all images, if
    they are certain.
    """
    known = {"image": names, "layer": draft.known if draft.all_known else None}
    for what, glob in (("image", rule.image), ("layer", rule.layer)):
        choices = known[what]
        # One of upstream may be about what this catalog leaves out.
        if (
            glob is None
            or choices is None
            or draft.is_upstream(*path)
            or any(fnmatchcase(name, glob) for name in choices)
        ):
            continue
        message = f"this rule matches nothing: no {what} is called {glob!r}"
        hint = nearest(glob, choices, what=f"{what}s")
        yield draft.yaml.problem((*path, what), message, hint)


def check_names(draft: Draft, members: Mapping[str, Sequence[FamilyMember]]) -> Iterator[Problem]:
    """Yield invalid names, and names that two images have. `members` are the images by
    entry.
    """
    first: dict[str, str] = {}
    for entry, images in members.items():
        path = ("images", entry)
        for member in images:
            name = member.name
            if not NAME_PATTERN.fullmatch(name) or len(name) > MAX_NAME:
                message = (
                    f"{name!r} is not a name: lower-case letters and digits, with single '.', '_'"
                    " or '-' between them"
                )
                yield draft.yaml.problem(path, message, key=True)
            has_layers = member.asked or not _layers_are_sure(draft, entry)
            if not has_layers:
                message = f"the image {name!r} has no layers"
                yield draft.yaml.problem(path, message, "add `layers`", key=True)
            if name in first:
                message = (
                    f"two images are called {name!r}: one from {first[name]!r}, one from {entry!r}"
                )
                yield draft.yaml.problem(path, message, "rename one", key=True)
            first.setdefault(name, entry)


def _layers_are_sure(draft: Draft, entry: str) -> bool:
    return all(draft.sure("images", entry, key) for key in ("layers", "product"))
