"""Work shared out over several machines: which images each builds and tests, and what is built
before, because more than one needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from builder.graph.model import Graph, ImagePoint
from builder.lock.model import Lock

SECONDS = 20.0
"""What any cell takes."""
BYTES_A_SECOND = 3_000_000
"""What is unpacked, scanned and compressed in a second on two processors, in compressed bytes."""
TESTS = 40.0
"""Seconds that the tests of an image take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """What one machine does."""

    images: tuple[str, ...]
    seconds: float
    """How long it takes, as predicted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shards:
    """All that is to be done."""

    first: tuple[str, ...]
    """The cells that more than one shard needs: to be built before them."""
    seconds: float
    """How long these take, as predicted."""
    shards: tuple[Shard, ...]
    """The longest first. There may be fewer than were asked for."""


def durations(graph: Graph, lock: Lock) -> dict[str, float]:
    """Return how many seconds the build of each cell takes, as predicted from the bytes of its
    artifacts.
    """
    found = {}
    for cell in graph.cells:
        names = lock.cells[cell].artifacts if cell in lock.cells else ()
        size = sum(lock.artifacts[name].size for name in names)
        found[cell] = SECONDS + size / BYTES_A_SECOND
    return found


def shards(
    graph: Graph, images: Collection[str], seconds: Mapping[str, float], count: int
) -> Shards:
    """Share images out over at most `count` machines, so that the last one ends early. `seconds` is
    how long the build of each cell takes; cells without are there already.

    The same input gives the same result. The longest image comes first (longest processing time
    first; R. L. Graham, 1969), and goes where all would end earliest.
    """
    chosen = [graph.images[name] for name in images]
    sharing = _Sharing(chosen, seconds=seconds, count=count)
    for image in sorted(chosen, key=lambda image: (-sharing.alone(image.cells), image.id)):
        sharing.take(image)
    first = tuple(cell for cell in graph.cells if cell in seconds and sharing.is_first(cell))
    found = []
    for part, load in zip(sharing.images, sharing.loads, strict=True):
        if part:
            found.append(Shard(images=tuple(part), seconds=load))
    found.sort(key=lambda shard: (-shard.seconds, shard.images))
    return Shards(first=first, seconds=sharing.alone(first), shards=tuple(found))


class _Sharing:
    """Images as they are shared out, one after the other."""

    def __init__(
        self, images: Sequence[ImagePoint], *, seconds: Mapping[str, float], count: int
    ) -> None:
        self._seconds = seconds
        cells = dict.fromkeys(chain.from_iterable(image.cells for image in images))
        self._whole = self.alone(cells) + TESTS * len(images)
        """Seconds of all the work."""
        self._holders: dict[str, set[int]] = {}
        """Cell -> the shards that have images with it."""
        self._first = 0.0
        self.loads = [0.0] * count
        """Seconds of each shard, without what is built before."""
        self.images: list[list[str]] = [[] for _ in range(count)]

    def alone(self, cells: Collection[str]) -> float:
        """Return how many seconds some cells take."""
        return sum(self._seconds.get(cell, 0.0) for cell in cells)

    def is_first(self, cell: str) -> bool:
        """Tell whether a cell is built before, as several shards need it."""
        return len(self._holders.get(cell, ())) > 1

    def take(self, image: ImagePoint) -> None:
        """Give an image to the shard with which all would end earliest."""
        best = min(range(len(self.loads)), key=lambda shard: self._end(shard, image))
        self._first, self.loads = self._with(best, image)
        self.images[best].append(image.id)
        for cell in image.cells:
            self._holders.setdefault(cell, set()).add(best)

    def _end(self, shard: int, image: ImagePoint) -> tuple[float, float, int]:
        """Return when all would end with an image in a shard; for a tie, when the longest that has
        work now would, and the shard's number.
        """
        first, loads = self._with(shard, image)
        # What is still to come is shared by all.
        share = (self._whole - first) / len(loads)
        return first + max(*loads, share), max(loads), shard

    def _with(self, shard: int, image: ImagePoint) -> tuple[float, list[float]]:
        """Return the seconds before, and those of each shard, with an image in a shard."""
        first, loads = self._first, list(self.loads)
        loads[shard] += TESTS
        for cell in image.cells:
            seconds, holders = self._seconds.get(cell, 0.0), self._holders.get(cell, set())
            if not holders:
                loads[shard] += seconds
            elif len(holders) == 1 and shard not in holders:
                (other,) = holders
                loads[other] -= seconds
                first += seconds
        return first, loads
