"""Old releases leave a registry, and with them what nothing else needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from builder.charts.archive import unpack
from builder.errors import BuilderError, counted
from builder.events import Monitor, Step
from builder.release import pull, shelf, spent
from builder.release.document import ReleasedChart
from builder.release.shelf import MARKS, Place, Released
from builder.tools import contents
from builder.tools.referrers import detach

T = TypeVar("T")
R = TypeVar("R")
PINNED = re.compile(rb"sha256:[0-9a-f]{64}")
"""How the values of a chart name an image by its digest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """One manifest to remove; the tags that name it go with it."""

    repository: str
    digest: str
    tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Retirement:
    """What leaves a registry, in this order."""

    charts: tuple[Removal, ...]
    images: tuple[Removal, ...]
    releases: tuple[Removal, ...]
    """The newest first."""
    kept: Mapping[str, str]
    """Images of those releases that stay, as `<name>@<digest>`, and why."""
    cells: tuple[Removal, ...] = ()
    """The cells that only those images have."""


def retire(
    place: Place, *, keep: int, since: datetime | None = None, with_charts: bool = False
) -> Retirement:
    """Look at the registry, and return what may leave it: releases beyond the newest `keep` that
    are older than `since`, and their images and cells as far as nothing else needs them. The
    release that is public, the one before, the one staged last and the one in promotion always
    stay.

    An image stays that a release kept names, that a version of a chart in the registry pins by its
    digest, or that has a tag which no such release gave it. Versions of charts stay, as somebody
    may have installed them, unless `with_charts` is true: then those go that only these releases
    have.

    Raises:
        BuilderError: the registry does not answer, or refuses.
        IntegrityError: a release in it is none, or a chart.

    """
    every = shelf.all_of(place)
    marked = {place.registry.manifest(place.releases, mark) for mark in MARKS}
    gone = {
        tag: released
        for number, (tag, released) in enumerate(every.items())
        if number >= keep
        and released.digest not in marked
        and (since is None or released.release.moment < since)
    }
    stays = [released for tag, released in every.items() if tag not in gone]
    leaving = _charts(place, gone.values(), stays) if with_charts else ()
    needed = _needed(place, every.values(), stays, {removal.digest for removal in leaving})
    images, kept = _images(place, gone.values(), needed)
    return Retirement(
        cells=_cells(place, images, every.values()),
        charts=leaving,
        images=images,
        releases=tuple(
            Removal(repository=place.releases, digest=released.digest, tags=(tag,))
            for tag, released in gone.items()
        ),
        kept=kept,
    )


def remove(place: Place, retirement: Retirement, monitor: Monitor) -> None:
    """Remove it. Releases go last, because what else goes is found by them: run again after an
    interrupt, it removes the rest.

    Raises:
        BuilderError: the registry does not answer, or lets nothing be removed; or one of the
        releases was promoted meanwhile.

    """
    leaving = {removal.digest: removal.tags[0] for removal in retirement.releases}
    for mark in sorted(MARKS):
        name = leaving.get(place.registry.manifest(place.releases, mark))
        if name:
            message = f"the release {name} is {mark} now, and nothing was removed"
            raise BuilderError(message, hint="run it again")
    parts = (
        ("chart", retirement.charts),
        ("cell", retirement.cells),
        ("image", retirement.images),
        ("release", retirement.releases),
    )
    for what, removals in parts:
        _each(place, removals, lambda one: _remove(place, one))
        if removals:
            monitor(Step(place.releases, "done", f"{counted(len(removals), what)} removed"))


def _remove(place: Place, removal: Removal) -> None:
    """Remove a manifest, and before it what is said of it: nobody would find that any more."""
    detach(place.registry, removal.repository, removal.digest)
    place.registry.delete(removal.repository, removal.digest)


def _cells(
    place: Place, images: Iterable[Removal], every: Iterable[Released]
) -> tuple[Removal, ...]:
    """Return the cells that leave with images; an index goes before the builds that it names."""
    gone = {(one.repository, one.digest) for one in images}
    stay: set[tuple[str, str]] = set()
    for released in every:
        for name, digest in released.release.images.items():
            stay.add((place.image(name)[0], digest))
    return tuple(
        Removal(repository=one.repository, digest=one.digest, tags=(one.tag,) if one.tag else ())
        for one in spent.cells(place, gone, stay - gone)
    )


def _charts(
    place: Place, gone: Collection[Released], stays: Iterable[Released]
) -> tuple[Removal, ...]:
    """Return the versions of charts that only releases have that go."""
    found: dict[tuple[str, str], ReleasedChart] = {}
    for released in gone:
        for name, chart in released.release.charts.items():
            found[name, chart.digest] = chart
    for released in stays:
        for name, chart in released.release.charts.items():
            found.pop((name, chart.digest), None)
    return tuple(
        Removal(repository=place.chart(name), digest=digest, tags=(chart.tag,))
        for (name, digest), chart in sorted(found.items())
    )


def _needed(
    place: Place,
    every: Collection[Released],
    stays: Iterable[Released],
    leaving: Collection[str],
) -> dict[str, str]:
    """Return the digests of the images that something needs which stays, and what that is."""
    needed: dict[str, str] = {}
    names = set[str]().union(*(released.release.charts for released in every))
    versions: list[tuple[str, str]] = []
    for name in sorted(names):
        versions += [(name, tag) for tag in _tags(place, place.chart(name))]
    for (name, tag), digests in zip(
        versions, _each(place, versions, lambda one: _pinned(place, *one, leaving)), strict=True
    ):
        needed |= dict.fromkeys(digests, f"the chart {name} {tag} pins it")
    for released in stays:
        why = f"the release {released.release.tag} has it"
        needed |= dict.fromkeys(released.release.images.values(), why)
    return needed


def _pinned(place: Place, name: str, tag: str, leaving: Collection[str]) -> set[str]:
    """Return the digests that a version of a chart in the registry names."""
    digest = place.registry.manifest(place.chart(name), tag)
    if not digest or digest in leaving:
        return set()
    archive = pull.content(place, name, digest)
    found: set[str] = set()
    for path, file in unpack(archive, f"{name} {tag}").items():
        if path.endswith((".yaml", ".json")):
            found.update(match.decode() for match in PINNED.findall(file.data))
    return found


def _images(
    place: Place, gone: Collection[Released], needed: Mapping[str, str]
) -> tuple[tuple[Removal, ...], dict[str, str]]:
    """Return the images to remove, and why others stay."""
    given: dict[tuple[str, str], set[str]] = {}
    for released in gone:
        for image, digest in released.release.images.items():
            given.setdefault((place.image(image)[0], digest), set())
        for tag, image in released.release.tags.items():
            repository, text = place.image(tag)
            given[repository, released.release.images[image]].add(text)
    repositories = sorted({repository for repository, _ in given})
    named = {repository: _named(place, repository) for repository in repositories}
    removals, kept = [], {}
    for (repository, digest), own in sorted(given.items()):
        tags = sorted(tag for tag, one in named[repository].items() if one == digest)
        others = [tag for tag in tags if tag not in own]
        why = needed.get(digest) or (f"it has the tag {others[0]}" if others else "")
        if why:
            kept[f"{repository}@{digest}"] = why
        elif place.registry.manifest(repository, digest):
            removals.append(Removal(repository=repository, digest=digest, tags=tuple(tags)))
    return tuple(removals), kept


def _named(place: Place, repository: str) -> dict[str, str]:
    """Return what each tag of a repository names."""
    tags = _tags(place, repository)
    digests = _each(place, tags, lambda tag: place.registry.manifest(repository, tag))
    return dict(zip(tags, digests, strict=True))


def _tags(place: Place, repository: str) -> list[str]:
    return contents.tags(place.registry, repository)


def _each(place: Place, values: Collection[T], do: Callable[[T], R]) -> list[R]:
    with ThreadPoolExecutor(max(1, place.jobs)) as pool:
        return list(pool.map(do, values))
