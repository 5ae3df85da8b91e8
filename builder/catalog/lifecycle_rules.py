"""Rules about what is stated of versions and images: days, successors, and the tags of a push."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from builder.catalog import naming
from builder.catalog.axes import Axis, Lifecycle
from builder.catalog.draft import Draft, repeated
from builder.catalog.family import FamilyMember
from builder.catalog.model import Image
from builder.catalog.reader import Keys
from builder.catalog.suggest import nearest
from builder.errors import Problem

KEYS = ("status", "eol", "yanked", "successor")
"""The keys that say how long a version or an image is for use: none decides where it exists."""
TAG, EXACT, DATE, DIGEST = "tag", "exact", "date", "digest"
PARTS = (TAG, EXACT, DATE, DIGEST)
"""What the texts of `tags` may hold."""


def check_versions(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with what is stated of the values of axes."""
    for name, axis in draft.catalog.axes.items():
        yield from _exact(draft, name, axis)
        for value, details in axis.values.items():
            if details is None:
                continue
            path = ("axes", name, "values", value)
            yield from _lifecycle(draft, path, details)
            if details.successor is not None:
                yield from _follows(draft, name, value, details.successor)


def check_entry(draft: Draft, entry: str, image: Image) -> Iterator[Problem]:
    """Yield what is wrong with what an entry of `images` states of itself."""
    path: Keys = ("images", entry)
    yield from _lifecycle(draft, path, image)
    if image.successor is not None:
        known = [*image.product]
        yield from _template(draft, (*path, "successor"), image.successor, known)


def check_successors(
    draft: Draft, by_entry: Mapping[str, Sequence[FamilyMember]], names: Collection[str]
) -> Iterator[Problem]:
    """Yield successors that are no image, or the image itself; `names` are those of all images."""
    for entry, images in by_entry.items():
        successor = draft.catalog.images[entry].successor
        path = ("images", entry, "successor")
        # An entry without images, or with a wrong template, is reported already.
        known = images[0].choices if images else {}
        if not images or successor is None or any(_template(draft, path, successor, known)):
            continue
        for member in images:
            name = naming.fill(successor, member.choices)
            if name == member.name:
                message = f"{name!r} cannot be its own successor"
                yield draft.yaml.problem(path, message, "name another image")
            elif name not in names:
                hint = nearest(name, names, what="images")
                message = f"the successor of {member.name!r} is no image: {name!r}"
                yield draft.yaml.problem(path, message, hint)


def check_tags(draft: Draft) -> Iterator[Problem]:
    """Yield texts of `tags` that cannot be tags, and a list that lacks {tag}."""
    path: Keys = ("tags",)
    templates = draft.catalog.tags
    for index, template in enumerate(templates):
        wrong = list(_template(draft, (*path, index), template, PARTS))
        yield from wrong
        sample = "" if wrong else naming.fill(template, dict.fromkeys(PARTS, "1"))
        if sample and not naming.TAG.fullmatch(sample):
            message = f"{template!r} cannot be a tag"
            yield draft.yaml.problem((*path, index), message, naming.TAG_HINT)
    yield from repeated(draft.yaml, path, templates)
    if "{tag}" not in templates and draft.sure(*path):
        message = "'{tag}' is missing, and charts name images by it"
        yield draft.yaml.problem(path, message, 'add "{tag}"', key=True)


def _exact(draft: Draft, name: str, axis: Axis) -> Iterator[Problem]:
    if axis.exact is not None:
        yield from _template(draft, ("axes", name, "exact"), axis.exact, ("value",))


def _lifecycle(draft: Draft, path: Keys, stated: Lifecycle) -> Iterator[Problem]:
    if stated.eol is not None:
        try:
            date.fromisoformat(stated.eol)
        except ValueError as error:
            message = f"{stated.eol!r} is no day: {error}"
            yield draft.yaml.problem((*path, "eol"), message)
    if stated.yanked is not None and stated.status != "active":
        message = f"what is yanked cannot be in {stated.status} as well"
        yield draft.yaml.problem((*path, "status"), message, "remove `status`", key=True)


def _follows(draft: Draft, name: str, value: str, successor: str) -> Iterator[Problem]:
    """Yield what is wrong with the successor of a value of an axis."""
    values = draft.catalog.axes[name].values
    path = ("axes", name, "values", value, "successor")
    if successor == value:
        message = f"{name} {value} cannot be its own successor"
        yield draft.yaml.problem(path, message, "name another value")
    elif successor not in values:
        if draft.sure("axes", name, "values", successor):
            message = f"the axis {name!r} has no value {successor!r}"
            yield draft.yaml.problem(path, message, nearest(successor, values, what="values"))
    elif (details := values[successor]) is not None and details.yanked is not None:
        message = f"{name} {successor} is yanked itself: {details.yanked}"
        yield draft.yaml.problem(path, message, "name a value that is on offer")


def _template(draft: Draft, path: Keys, template: str, known: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong with a template that may hold some names."""
    try:
        used = naming.names(template)
    except ValueError as error:
        yield draft.yaml.problem(path, f"{template!r} is not a template: {error}")
        return
    for name in dict.fromkeys(used):
        if name not in known:
            hint = nearest(name, known)
            yield draft.yaml.problem(path, f"unknown {{{name}}}", hint)
