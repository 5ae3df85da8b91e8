"""Which packages of a layer share a chunk: decided once, then kept, in the lock."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from builder.catalog.suggest import nearest
from builder.errors import InputError, Problem, counted, listed
from builder.events import Monitor, Note
from builder.fetch.transfer import place
from builder.graph.model import Graph
from builder.lock import chunks
from builder.lock.model import Artifact, Lock, layer_of
from builder.settings import Settings

LISTED = 8


def with_chunks(
    graph: Graph,
    lock: Lock,
    previous: Lock | None,
    settings: Settings,
    monitor: Monitor,
    *,
    budget: int,
    rebalance: Sequence[str] = (),
) -> Lock:
    """Return the lock with the chunks of all layers.

    What the previous lock decided stays: a new package joins where it costs least, one that is gone
    leaves. A layer that is new to the lock, or that `rebalance` (globs over layers) names, is
    divided anew, so that no image has more OCI layers than the budget, if others leave room. One
    that the previous lock has without chunks stays whole, as its cells would be built again.

    Raises:
        InputError: a glob names no layer.

    """
    layers = list(dict.fromkeys(layer_of(cell) for cell in graph.cells if cell in lock.cells))
    _check(rebalance, layers)
    before = chunks.present(lock, previous.chunks) if previous else {}
    again = {name for name in layers if any(fnmatchcase(name, glob) for glob in rebalance)}
    locked = {layer_of(cell) for cell in previous.cells} if previous else set()
    whole = [name for name in layers if name in locked - again and name not in before]
    anew = [name for name in layers if name in again or name not in {*before, *whole}]

    def size_of(artifact: Artifact) -> int:
        return _size(artifact, settings)

    sizes = {name: chunks.weights(lock, name, size_of) for name in layers}
    decided = [name for name in layers if name not in {*anew, *whole}]
    made = {name: chunks.kept(before[name], sizes[name]) for name in decided}
    images = {tuple(sorted(map(layer_of, image.cells))) for image in graph.images.values()}
    costs = {name: chunks.costs(sizes[name]) for name in anew}
    fixed: dict[str, chunks.Grouping] = {**made, **{name: {} for name in whole}}
    for name, number in chunks.within(costs, fixed, images, budget).items():
        made[name] = chunks.divided(sizes[name], number) if number > 1 else {}
    result = replace(lock, chunks=dict(sorted(made.items())))
    _tell(result, whole, size_of, anew, monitor)
    for sentence in over(graph, result, budget):
        monitor(Note(sentence, "warning"))
    return result


def undecided(graph: Graph, lock: Lock) -> Iterator[str]:
    """Yield what the lock does not say of which packages share a chunk: of whole layers in one
    sentence, and of packages in one for each layer.
    """
    held: dict[str, set[str]] = {}
    for cell in graph.cells:
        names = held.setdefault(layer_of(cell), set())
        for artifact in lock.cells[cell].artifacts:
            names.add(chunks.origin(lock.artifacts[artifact]))
    new = [layer for layer in held if layer not in lock.chunks]
    if new:
        yield f"the lock does not say which packages share a chunk, of {listed(new, LISTED)}"
    for layer, grouping in lock.chunks.items():
        missing = sorted(held.get(layer, set()) - grouping.keys() - {""})
        if grouping and missing:
            yield f"{layer}: the lock has no chunk for {listed(missing, LISTED)}"


def over(graph: Graph, lock: Lock, budget: int) -> Iterator[str]:
    """Yield a sentence for each image that may have more OCI layers than its budget."""
    for image in graph.images.values():
        groupings = [lock.chunks.get(layer_of(cell), {}) for cell in image.cells]
        number = chunks.of_image(groupings)
        if number > budget:
            yield (
                f"{image.id} may have {number} layers, and `layer_budget` is {budget}: run"
                " `catalog lock --rebalance`, or raise it"
            )


def _check(globs: Collection[str], layers: Collection[str]) -> None:
    problems = [
        Problem("--rebalance", 0, 0, f"there is no layer {glob!r}", nearest(glob, layers))
        for glob in globs
        if not any(fnmatchcase(name, glob) for name in layers)
    ]
    if problems:
        raise InputError(problems)


def _size(artifact: Artifact, settings: Settings) -> int:
    """Return the bytes of an artifact, as the lock or the cache has it; 0 if neither does."""
    if artifact.size:
        return artifact.size
    try:
        return place(artifact, settings.cache).lstat().st_size
    except OSError:
        return 0


def _tell(
    lock: Lock,
    whole: Sequence[str],
    size_of: chunks.SizeOf,
    anew: Collection[str],
    monitor: Monitor,
) -> None:
    """Tell what is whole as nobody has decided on it, and of what sizes nobody knew."""
    if whole:
        sentence = f"{counted(len(whole), 'layer')} of an older lock stay whole"
        hint = (
            "`catalog lock --rebalance` divides them into chunks, and their cells are built again"
        )
        monitor(Note(f"{sentence}; {hint}"))
    held: set[str] = set()
    for cell, piece in lock.cells.items():
        if layer_of(cell) in anew and lock.chunks.get(layer_of(cell)):
            held.update(piece.artifacts)
    artifacts = [lock.artifacts[name] for name in held]
    unknown = [one for one in artifacts if chunks.origin(one) and not size_of(one)]
    if unknown:
        number = f"{len(unknown)} packages"
        sentence = f"the sizes of {number} are not known before they are fetched, so each counts as"
        hint = "`catalog fetch` and `catalog lock --rebalance` divide them better"
        monitor(Note(f"{sentence} {chunks.UNKNOWN >> 20} MiB; {hint}"))
