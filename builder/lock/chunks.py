"""Chunks: which packages of a layer share an OCI layer of its cells' deltas.

A package that moves ships its chunk again, and no other. So a large package has a chunk for itself,
and small ones are together. The lock keeps which origin is in which chunk, for each layer: what is
decided stays, a new package joins where it costs least, and one that is gone leaves. An origin is
`kind:name`, as files of a delta tell it later (see `builder.cells.origins`): a Debian *source*
package, a Python distribution, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import accumulate

from builder.lock.ecosystem import source
from builder.lock.model import Artifact, Lock, layer_of

MOST = 12
"""Chunks of a delta, beside the one of what belongs to no package."""
LEAST = 16 << 20
"""Bytes of a delta's packages, as they are fetched: a smaller delta is one layer. A node pulls that
much in about a second, and a layer costs a request, an unpacking, and a place in each image's
budget."""
GAIN = 512 << 10
"""Bytes that one chunk more has to save of what a package that moves ships, on average: a node
pulls as much while it asks for one more layer and unpacks it."""
UNKNOWN = 1 << 20
"""Bytes that a package is taken to have if nobody knows."""
PYTHON = frozenset({"python", "shared", "wheel", "sdist"})
NAMED = frozenset({"npm", "r", "julia", "maven"})

Grouping = Mapping[str, int]
"""Origin -> number of its chunk, from 1."""
SizeOf = Callable[[Artifact], int]
"""From an artifact to its bytes, 0 if they are not known."""


def origin(artifact: Artifact) -> str:
    """Return what the files of an artifact are known by in a delta; empty if nothing tells them
    from others there.
    """
    if artifact.kind == "deb":
        return f"deb:{source(artifact)}"
    if artifact.kind == "backport":
        return f"deb:{artifact.name}"
    if artifact.kind in PYTHON:
        return f"python:{artifact.name}"
    return f"{artifact.kind}:{artifact.name}" if artifact.kind in NAMED else ""


def of_cell(lock: Lock, cell: str) -> dict[str, int]:
    """Return the chunks of the origins that a cell holds, sorted; nothing if its delta is whole."""
    grouping = lock.chunks.get(layer_of(cell), {})
    if not grouping:
        return {}
    held = {origin(lock.artifacts[name]) for name in lock.cells[cell].artifacts}
    return {name: grouping[name] for name in sorted(held & grouping.keys())}


def weights(lock: Lock, layer: str, size_of: SizeOf) -> dict[str, int]:
    """Return origin -> bytes, sorted, of a layer's packages: of the cell in which they are most."""
    heaviest: dict[str, int] = {}
    for cell, piece in lock.cells.items():
        if layer_of(cell) != layer:
            continue
        here: dict[str, int] = {}
        for artifact in (lock.artifacts[name] for name in piece.artifacts):
            if name := origin(artifact):
                here[name] = here.get(name, 0) + (size_of(artifact) or UNKNOWN)
        for name, size in here.items():
            heaviest[name] = max(size, heaviest.get(name, 0))
    return dict(sorted(heaviest.items()))


def costs(sizes: Mapping[str, int]) -> list[float]:
    """Return what packages of these sizes cost in one chunk, in two, and so on: the bytes that all
    ship if each moves once. It ends where one chunk more saves too little.
    """
    sums = [0, *accumulate(sorted(sizes.values()))]
    least, _ = _one_more(_nothing(sums), sums)
    told = [least[-1]]
    while len(told) < min(MOST, len(sizes)) and sums[-1] >= LEAST:
        least, _ = _one_more(least, sums)
        if told[-1] - least[-1] < GAIN * len(sizes):
            break
        told.append(least[-1])
    return told


def divided(sizes: Mapping[str, int], number: int) -> dict[str, int]:
    """Return the best grouping of packages into so many chunks, whatever was before.

    Each package is taken to move as often as any other. Then what it ships is, on average, the sum
    over the chunks of their packages times their bytes, and that is least where packages of
    similar size are together.
    """
    names = sorted(sizes, key=lambda name: (sizes[name], name))
    ends = _ends([sizes[name] for name in names], min(number, len(names)))
    return {name: 1 + sum(place >= end for end in ends) for place, name in sorted(enumerate(names))}


def kept(before: Grouping, sizes: Mapping[str, int]) -> dict[str, int]:
    """Return a grouping for the packages that there are now: those that have a chunk stay in it,
    the others join where they cost least, the largest first.
    """
    now = {name: before[name] for name in sizes.keys() & before.keys()}
    bytes_in = dict.fromkeys(before.values(), 0)
    members = dict.fromkeys(before.values(), 0)
    for name, number in now.items():
        bytes_in[number] += sizes[name]
        members[number] += 1
    for name in sorted(sizes.keys() - now.keys(), key=lambda name: (-sizes[name], name)):
        if not bytes_in:
            break
        number = min(bytes_in, key=lambda n: (bytes_in[n] + sizes[name] * (members[n] + 1), n))
        now[name] = number
        bytes_in[number] += sizes[name]
        members[number] += 1
    return dict(sorted(now.items()))


def united(
    base: Mapping[str, Grouping], ours: Mapping[str, Grouping], theirs: Mapping[str, Grouping]
) -> dict[str, Grouping]:
    """Return the groupings of two branches by layer, in either order: what one side changed is
    taken from it, and where both did, the smaller number.
    """
    joined: dict[str, Grouping] = {}
    for layer in sorted(ours.keys() | theirs.keys()):
        sides = [side[layer] for side in (ours, theirs) if layer in side]
        if len(sides) == 1 and sides[0] == base.get(layer):
            continue
        was, one, other = (side.get(layer, {}) for side in (base, ours, theirs))
        numbers: dict[str, int] = {}
        for name in sorted(one.keys() | other.keys()):
            held = [side[name] for side in (one, other) if name in side]
            moved = [number for number in held if number != was.get(name)]
            # Where one side alone has it still, as it was, the other took it out.
            if moved or len(held) > 1:
                numbers[name] = min(moved or held)
        joined[layer] = numbers
    return joined


def present(lock: Lock, grouping: Mapping[str, Grouping]) -> dict[str, Grouping]:
    """Return groupings without the layers and the origins that a lock does not have."""
    there: dict[str, set[str]] = {}
    for cell, piece in lock.cells.items():
        names = there.setdefault(layer_of(cell), set())
        names.update(origin(lock.artifacts[name]) for name in piece.artifacts)
    return {
        layer: {name: number for name, number in numbers.items() if name in there[layer]}
        for layer, numbers in sorted(grouping.items())
        if layer in there
    }


def of_image(groupings: Iterable[Grouping]) -> int:
    """Return how many OCI layers an image of deltas of these groupings has at most, with its
    seal.
    """
    return 1 + sum(map(_count, groupings))


def within(
    told: Mapping[str, Sequence[float]],
    decided: Mapping[str, Grouping],
    images: Collection[tuple[str, ...]],
    budget: int,
) -> dict[str, int]:
    """Return how many chunks each of these layers may have, by their `costs`, so that no image has
    more OCI layers than its budget: where it would, one goes where that costs least. `images` are
    the names of each image's layers; of those `decided`, nothing changes.
    """
    numbers = {name: len(steps) for name, steps in told.items()}
    fixed = {name: _count(grouping) for name, grouping in decided.items()}

    def held(name: str) -> int:
        return fixed[name] if name in fixed else numbers[name] + (numbers[name] > 1)

    def loss(name: str) -> tuple[float, str]:
        steps, number = told[name], numbers[name]
        saved = 2 if number == 2 else 1
        return (steps[number - 2] - steps[number - 1]) / saved, name

    for image in sorted(images):
        while sum(map(held, image)) + 1 > budget:
            divisible = [name for name in image if numbers.get(name, 1) > 1]
            if not divisible:
                break
            numbers[min(divisible, key=loss)] -= 1
    return numbers


def _count(grouping: Grouping) -> int:
    """Return how many OCI layers a delta of this grouping has at most."""
    return len(set(grouping.values())) + 1 if grouping else 1


def _ends(sizes: Sequence[int], number: int) -> list[int]:
    """Return where to cut ascending sizes into so many runs, so that the sum of each run's length
    times its bytes is least.
    """
    sums = [0, *accumulate(sizes)]
    least = _nothing(sums)
    cuts: list[list[int]] = []
    for _ in range(number):
        least, where = _one_more(least, sums)
        cuts.append(where)
    ends: list[int] = []
    end = len(sizes)
    for where in reversed(cuts[1:]):
        end = where[end]
        ends.append(end)
    return ends


def _nothing(sums: Sequence[int]) -> list[float]:
    """Return the cost of each beginning without any run."""
    return [0, *[float("inf")] * (len(sums) - 1)]


def _one_more(before: Sequence[float], sums: Sequence[int]) -> tuple[list[float], list[int]]:
    """Return the least cost of each beginning with one run more, and where that run begins. The
    best beginning never goes back as the end goes on, so halves are solved between the bounds
    that their middle sets.
    """
    least: list[float] = [float("inf")] * len(before)
    where = [0] * len(before)
    spans: list[tuple[int, int, int, int]] = [(1, len(before) - 1, 0, len(before) - 1)]
    while spans:
        first, last, low, high = spans.pop()
        if first > last:
            continue
        end = (first + last) // 2
        least[end], where[end] = min(
            (before[start] + (end - start) * (sums[end] - sums[start]), start)
            for start in range(low, min(end - 1, high) + 1)
        )
        spans += [(first, end - 1, low, where[end]), (end + 1, last, where[end], high)]
    return least, where
