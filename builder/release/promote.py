"""A release is made public: its tags are moved, in an order in which nobody ever meets a chart
whose images are not there.

Images and charts are in the registry by digest since the release was staged. A registry moves no
two tags at once; so the release's own document is what a reader resolves to get one consistent set,
and its tag `current` moves last. Charts name their images by digest, or by a tag that is there
already.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from builder.errors import BuilderError, IntegrityError, counted, listed
from builder.events import Monitor, Note, Step
from builder.oci.model import MANIFEST
from builder.release.shelf import BEGUN, CURRENT, FORMER, Place, Released, get
from builder.tools import contents

SHOWN = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A tag that a promotion moves."""

    repository: str
    tag: str
    old: str
    """Digest; empty where the tag is new."""
    new: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Promotion:
    """What a promotion does: `images`, then `charts`."""

    released: Released
    images: tuple[Move, ...]
    charts: tuple[Move, ...]
    former: Released | None
    """What is public until then."""
    begun: str
    """Digest of the release whose promotion was begun last; empty where none was."""

    @property
    def is_done(self) -> bool:
        """Whether all of it is public already, and nothing else was begun since."""
        is_current = self.former is not None and self.former.digest == self.released.digest
        is_last = self.begun == self.released.digest
        return is_current and is_last and not self.images and not self.charts


def prepare(place: Place, released: Released, *, back: bool = False) -> Promotion:
    """Look at the registry, and return what a promotion would do. `back` allows an older release
    than the one that is public.

    Raises:
        BuilderError: the registry does not answer; or the release is older than what is public.
        IntegrityError: the registry lacks a part of the release, or has other bytes under a version
        of one of its charts.

    """
    release = released.release
    former = get(place, CURRENT)
    if former is not None and former.release.moment > release.moment and not back:
        message = (
            f"{release.tag} is older than {former.release.tag}, which is public: tags would move"
            " backwards"
        )
        raise BuilderError(message, hint=f"run `catalog rollback {release.tag}` if that is meant")
    with ThreadPoolExecutor(max(1, place.jobs)) as pool:
        there = list(pool.map(lambda one: _image(place, *one), release.images.items()))
        named = [(tag, release.images[image]) for tag, image in release.tags.items()]
        images = list(pool.map(lambda one: _due(place, *place.image(one[0]), one[1]), named))
        wanted = [(name, chart.tag, chart.digest) for name, chart in release.charts.items()]
        charts = list(pool.map(lambda one: _chart(place, *one), wanted))
    lacking = [problem for problem in (*there, *(why for _, why in charts)) if problem]
    if lacking:
        message = f"{release.tag} cannot be promoted: " + listed(lacking, SHOWN, "; ")
        raise IntegrityError(message, hint="stage it again with `catalog publish`")
    return Promotion(
        released=released,
        images=tuple(move for move in images if move is not None),
        charts=tuple(move for move, _ in charts if move is not None),
        former=former,
        begun=place.registry.manifest(place.releases, BEGUN),
    )


def promote(place: Place, promotion: Promotion, monitor: Monitor) -> None:
    """Move the tags. What an interrupt leaves is finished by running it again, or undone by
    promoting what was public before.

    Raises:
        BuilderError: the registry does not answer, or refuses; or another promotion ran meanwhile.

    """
    released, registry = promotion.released, place.registry
    if promotion.is_done:
        monitor(Note(f"{released.release.tag} is public already"))
        return
    _mark(place, BEGUN, released.digest)
    for moves, what in ((promotion.images, "tag of images"), (promotion.charts, "chart")):
        with ThreadPoolExecutor(max(1, place.jobs)) as pool:
            list(pool.map(lambda move: _move(place, move), moves))
        if moves:
            monitor(Step(place.releases, "running", f"{counted(len(moves), what)} moved"))
    begun = registry.manifest(place.releases, BEGUN)
    if begun != released.digest:
        other = get(place, BEGUN)
        name = other.release.tag if other else begun
        message = f"{name} was promoted at the same time: the tags are of one or the other"
        raise BuilderError(message, hint="run `catalog promote` again with the one that is meant")
    former = promotion.former
    if former is not None and former.digest != released.digest:
        _mark(place, FORMER, former.digest)
    _mark(place, CURRENT, released.digest)
    monitor(Step(place.releases, "done", f"{released.release.tag} is public"))


def before(place: Place) -> str:
    """Return the tag of the release to go back to: the one that is public where a promotion was
    interrupted, as its tags may be of both; else the one that was public before.

    Raises: as `builder.release.shelf.get`.
    """
    return CURRENT if interrupted(place) and get(place, CURRENT) else FORMER


def interrupted(place: Place) -> Released | None:
    """Return the release whose promotion was begun and not finished, if there is one.

    Raises: as `builder.release.shelf.get`.
    """
    begun = get(place, BEGUN)
    current = get(place, CURRENT)
    if begun is None or (current is not None and current.digest == begun.digest):
        return None
    return begun


def _image(place: Place, name: str, digest: str) -> str:
    """Return why an image cannot be made public; empty where it can."""
    repository, _ = place.image(name)
    is_there = place.registry.manifest(repository, digest) == digest
    return "" if is_there else f"the registry has no image {name}@{digest}"


def _chart(place: Place, name: str, tag: str, digest: str) -> tuple[Move | None, str]:
    repository = place.chart(name)
    if place.registry.manifest(repository, digest) != digest:
        return None, f"the registry has no chart {name}@{digest}"
    move = _due(place, repository, tag, digest)
    if move is not None and move.old:
        return None, f"the chart {name} {tag} is published as {move.old}, and would be {digest}"
    return move, ""


def _due(place: Place, repository: str, tag: str, digest: str) -> Move | None:
    old = place.registry.manifest(repository, tag)
    return None if old == digest else Move(repository=repository, tag=tag, old=old, new=digest)


def _mark(place: Place, tag: str, digest: str) -> None:
    _move(place, Move(repository=place.releases, tag=tag, old="", new=digest))


def _move(place: Place, move: Move) -> None:
    data = contents.manifest(place.registry, move.repository, move.new)
    if data is None:
        raise IntegrityError(f"{move.repository}@{move.new} is no longer in the registry")
    place.registry.put_manifest(move.repository, move.tag, data, MANIFEST)
