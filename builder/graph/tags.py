"""The tags under which images are published, computed once a run, by `tags` of catalog.yaml.

    {tag}       the image's own tag, by which charts name it: py3.13
    {exact}     the same with the exact versions of the lock: py3.13.5
    {date}      the day of the lock: 2026.11.27
    {digest}    the first digits of the image's digest: what has it never changes

The day is that of the lock, and not of a clock: the same lock has the same tags, whenever and
however often it is pushed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from builder.catalog import naming
from builder.catalog.expand import Matrix, tag
from builder.catalog.lifecycle_rules import DATE, DIGEST, EXACT, TAG
from builder.catalog.load import Loaded
from builder.catalog.matrix import Point
from builder.catalog.mix import is_mix
from builder.catalog.reader import Keys
from builder.catalog.suggest import nearest
from builder.errors import InputError, Problem
from builder.graph.model import Graph, ImagePoint
from builder.lock.backport import built as packages_built
from builder.lock.model import Lock

OWN = "{tag}"
DIGITS = 12
"""Hex digits of a digest in a tag."""
VERSION = re.compile(r"(?:[0-9]+:|v)?([0-9]+(?:\.[0-9]+)*)")
"""The version of a package without its epoch and what its distribution adds."""


class Tag(NamedTuple):
    """One tag of an image."""

    text: str
    fixed: bool = False
    """Whether it is of one content for ever."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """An image that wants a tag, and the text of `tags` by which it does."""

    image: ImagePoint
    index: int


@dataclass(slots=True)
class _Policy:
    """The tags of one catalog, and what its lock says of versions."""

    loaded: Loaded
    graph: Graph
    lock: Lock | None
    digests: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    entries: dict[str, Matrix] = field(default_factory=dict)
    """Name of an image -> its matrix."""
    exact: dict[tuple[str, str], str] = field(default_factory=dict)
    """Axis and value -> exact version, as far as it is known."""

    def parts(self, image: ImagePoint) -> dict[str, str]:
        """Return what is known of the parts of an image's tags."""
        parts = {TAG: image.tag}
        if self.lock is not None:
            parts[DATE] = self.lock.moment[:10].replace("-", ".")
            # A lock that does not have the image yet says nothing of its versions.
            if all(cell in self.lock.cells for cell in image.cells):
                parts[EXACT] = self._exact_tag(self.entries[image.name], image.point)
        if image.id in self.digests:
            parts[DIGEST] = self.digests[image.id].rpartition(":")[2][:DIGITS]
        return parts

    def _exact_tag(self, matrix: Matrix, point: Point) -> str:
        catalog = self.loaded.catalog
        exact = {axis: self.exact.get((axis, value), value) for axis, value in point.items()}
        labels = {
            axis: {value: naming.fill(catalog.axes[axis].label, {"value": value})}
            for axis, value in exact.items()
        }
        return tag(catalog, labels, matrix, exact)

    def find_versions(self, lock: Lock) -> None:
        """Look in the lock for the exact version of each value whose axis says where it is."""
        for axis, entry in self.loaded.catalog.axes.items():
            for value in entry.values if entry.exact is not None else ():
                package = naming.fill(entry.exact or "", {"value": value})
                held = self._held(lock, axis, value)
                version = VERSION.match(held.get(package, ""))
                if version is not None:
                    self.exact[axis, value] = version[1]
                elif held:
                    hint = nearest(package, held)
                    message = f"no image at {axis} {value} has the package {package}"
                    path = ("axes", axis, "exact")
                    self.problems.append(self.loaded.source.problem(path, message, hint))

    def _held(self, lock: Lock, axis: str, value: str) -> dict[str, str]:
        """Return the packages of the images at a value, as `<kind>:<name>`, with their versions."""
        cells: set[str] = set()
        for image in self.graph.images.values():
            if image.point.get(axis) == value:
                cells.update(image.cells)
        held: dict[str, str] = {}
        # A package may be in cells of several releases: that of the cell which is at the value.
        for cell in sorted(cells, key=lambda name: self.graph.cells[name].point.get(axis) == value):
            for name in lock.cells[cell].artifacts if cell in lock.cells else ():
                artifact = lock.artifacts[name]
                held[f"{artifact.kind}:{artifact.name}"] = artifact.version
                for built in packages_built([artifact]).values():
                    held[f"{built.kind}:{built.name}"] = built.version
        return held

    def claims(self, image: ImagePoint, *, is_default: bool) -> Iterator[tuple[Tag, _Claim]]:
        """Yield the tags that an image wants, as far as their parts are known."""
        parts = self.parts(image)
        for index, template in enumerate(self.loaded.catalog.tags):
            names = set(naming.names(template))
            of_each = bool(names & {TAG, EXACT, DIGEST})
            if names <= parts.keys() and (of_each or is_default):
                text = naming.fill(template, parts)
                yield Tag(text, fixed=DIGEST in names), _Claim(image, index)

    def path(self, claim: _Claim) -> Keys:
        """Return where catalog.yaml says that an image wants a tag."""
        if self.loaded.catalog.tags[claim.index] == OWN:
            return ("images", self.entries[claim.image.name].member.entry, "tag")
        return ("tags", claim.index)

    def conflict(self, text: str, first: _Claim, second: _Claim) -> Problem:
        """Return the problem that two images of one name want one tag."""
        file, said = self.loaded.source, []
        for claim in (first, second):
            named, line, column = file.site(self.path(claim))
            template = self.loaded.catalog.tags[claim.index]
            said.append(f"{claim.image.id} by {template!r} ({named}:{line}:{column})")
        name = second.image.name
        message = f"two images of {name!r} claim the tag {text!r}: {' and '.join(said)}"
        return file.problem(self.path(second), message, "change one of the two")


def published(
    loaded: Loaded,
    graph: Graph,
    lock: Lock | None = None,
    digests: Mapping[str, str] | None = None,
) -> dict[str, tuple[Tag, ...]]:
    """Return the tags of each image of a whole graph, its own first. Those that need what is not
    known are left out: the lock, or the digest of the image (`digests`, by id).

    Raises:
        InputError: two images of one name claim one tag; a tag is too long; the lock has no package
        from which an exact version should come.

    """
    policy = _Policy(loaded, graph, lock, digests or {})
    policy.entries = {matrix.name: matrix for matrix in loaded.matrices}
    if lock is not None:
        policy.find_versions(lock)
    defaults = default_versions(graph)
    tags: dict[str, dict[str, Tag]] = {
        name: {OWN: Tag(image.tag)} for name, image in graph.images.items()
    }
    taken: dict[tuple[str, str], _Claim] = {}
    # What the catalog does not list is no part of its policy, and has no tag but its own.
    listed = {name: image for name, image in graph.images.items() if not is_mix(name)}
    for name, image in listed.items():
        for wanted, claim in policy.claims(image, is_default=defaults.get(image.name) == name):
            first = taken.setdefault((image.name, wanted.text), claim)
            if first.image.id != name:
                policy.problems.append(policy.conflict(wanted.text, first, claim))
            elif not naming.TAG.fullmatch(wanted.text):
                message = f"{wanted.text!r} cannot be a tag of {name}"
                hint = f"at most 128 {naming.TAG_HINT}"
                path = policy.path(claim)
                policy.problems.append(loaded.source.problem(path, message, hint))
            else:
                tags[name].setdefault(wanted.text, wanted)
    if policy.problems:
        raise InputError(policy.problems)
    return {name: _distinct(own) for name, own in tags.items()}


def default_versions(graph: Graph) -> dict[str, str]:
    """Return the image, by id, that each name stands for: the first that is neither a preview nor
    yanked. A name without such an image is left out.
    """
    defaults: dict[str, str] = {}
    for name, image in graph.images.items():
        if image.standing.may_be_default:
            defaults.setdefault(image.name, name)
    return defaults


def _distinct(tags: Mapping[str, Tag]) -> tuple[Tag, ...]:
    return tuple({tag.text: tag for tag in tags.values()}.values())
