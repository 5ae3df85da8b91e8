"""What moved between two states of a catalog: packages by layer, and the images that change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain

from builder.graph.direct import is_direct
from builder.graph.moved import (
    DOWN,
    Blobs,
    CellNote,
    Fate,
    ImageNote,
    ImageState,
    LayerNote,
    Notes,
    PackageNote,
    State,
)
from builder.lock.bound import reach
from builder.lock.difference import Change, difference
from builder.lock.ecosystem import GO_MOD, SECURITY, osv_packages, release_of
from builder.lock.model import Artifact, Lock, layer_of
from builder.lock.osv import Advisories, Advisory, OsvPackage
from builder.lock.version import debian_parts, newest


def asked_of(before: State, after: State) -> set[OsvPackage]:
    """Return the packages that moved, as databases of vulnerabilities name them."""
    packages: set[OsvPackage] = set()
    for change in _changes(before, after):
        packages |= _osv(before, change) | _osv(after, change)
    return packages


def notes(
    before: State,
    after: State,
    *,
    advisories: Collection[Advisory] | None = None,
    size: Callable[[Artifact], int] = lambda artifact: artifact.size,
) -> Notes:
    """Return what moved. `advisories` are all that may affect a package that moved, None where no
    database is at hand; `size` returns the bytes of an artifact's file, 0 where nobody knows.
    """
    known = Advisories(advisories or ())
    by_layer: dict[str, list[PackageNote]] = {}
    for change in _changes(before, after):
        for layer, among in _by_layer(change.cells).items():
            part = Change(change.kind, change.name, change.old, change.new, among)
            by_layer.setdefault(layer, []).append(_package(before, after, part, known, size))
    cells = _cells(before, after)
    names = dict.fromkeys([*_layers(after, before), *by_layer])
    changed = [name for name in names if name in by_layer or name in cells]
    return Notes(
        old=before.name,
        new=after.name,
        old_moment=before.lock.moment,
        new_moment=after.lock.moment,
        layers=tuple(
            LayerNote(
                name=name,
                cells=cells.get(name, ()),
                packages=tuple(by_layer.get(name, ())),
                count=sum(layer_of(cell) == name for cell in after.lock.cells),
            )
            for name in changed
        ),
        images=_images(before, after) if before.graph and after.graph else None,
        checked=advisories is not None,
    )


def _changes(before: State, after: State) -> Iterator[Change]:
    """Yield what moved, without the descriptions of Go's modules beside their files."""
    for change in difference(before.lock, after.lock):
        if not change.name.endswith(GO_MOD):
            yield change


def _by_layer(cells: Iterable[str]) -> dict[str, tuple[str, ...]]:
    by_layer: dict[str, tuple[str, ...]] = {}
    for cell in cells:
        layer = layer_of(cell)
        by_layer[layer] = (*by_layer.get(layer, ()), cell)
    return by_layer


def _layers(*states: State) -> list[str]:
    """Return the names of all layers, bottom first where catalogs are known."""
    names: list[str] = []
    for state in states:
        names += [layer_of(cell) for cell in (state.graph.cells if state.graph else ())]
        names += [layer_of(cell) for cell in sorted(state.lock.cells)]
    return names


def _package(
    before: State,
    after: State,
    change: Change,
    advisories: Advisories,
    size: Callable[[Artifact], int],
) -> PackageNote:
    old, new = _artifacts(before.lock, change), _artifacts(after.lock, change)
    archive = change.what == "moved" and any(one.origin == SECURITY for one in new)
    closes: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    if change.what == "moved":
        was, now = _osv(before, change), _osv(after, change)
        former, later = advisories.affecting(was), advisories.affecting(now)
        closes = _named(one for name, one in former.items() if name not in later)
        opens = _named(one for name, one in later.items() if name not in former)
    return PackageNote(
        change=change.what,
        kind=change.kind,
        name=change.name,
        old=change.old,
        new=change.new,
        cells=change.cells,
        direct=_direct(after if new else before, change),
        step=_step(change.kind, old, new) if change.what == "moved" else "",
        old_size=_size(old, size),
        new_size=_size(new, size),
        archive=archive,
        only=archive and _upstream(old) == _upstream(new),
        closes=closes,
        opens=opens,
    )


def _artifacts(lock: Lock, change: Change) -> list[Artifact]:
    """Return what the cells of a change have of its package, each once."""
    held: dict[str, Artifact] = {}
    for cell in change.cells:
        piece = lock.cells.get(cell)
        for identifier in piece.artifacts if piece else ():
            artifact = lock.artifacts[identifier]
            if (artifact.kind, artifact.name) == (change.kind, change.name):
                held[identifier] = artifact
    return list(held.values())


def _osv(state: State, change: Change) -> set[OsvPackage]:
    release = release_of(state.lock, change.cells[0], state.releases)
    named = (osv_packages(artifact, release) for artifact in _artifacts(state.lock, change))
    return set(chain.from_iterable(named))


def _upstream(artifacts: Sequence[Artifact]) -> set[tuple[int, str]]:
    """Return the epochs and upstream versions of Debian packages."""
    return {debian_parts(artifact.version)[:2] for artifact in artifacts}


def _named(advisories: Iterable[Advisory]) -> tuple[str, ...]:
    """Return the names of advisories; several may be about one vulnerability."""
    return tuple(sorted(set(chain.from_iterable(one.names for one in advisories))))


def _step(kind: str, old: Sequence[Artifact], new: Sequence[Artifact]) -> str:
    """Return how far a package moved: the newest of its versions, where it has several."""
    was = newest(kind, [artifact.version for artifact in old])
    now = newest(kind, [artifact.version for artifact in new])
    if was != now and newest(kind, [was, now]) == was:
        return DOWN
    return str(reach(kind, was, now))


def _size(artifacts: Sequence[Artifact], size: Callable[[Artifact], int]) -> int | None:
    sizes = [size(artifact) for artifact in artifacts]
    return sum(sizes) if sizes and all(sizes) else None


def _direct(state: State, change: Change) -> bool | None:
    """Tell whether a layer asks for a package. Only of Debian's does a lock say so itself."""
    if state.graph is not None:
        cells = [state.graph.cells[cell] for cell in change.cells if cell in state.graph.cells]
        return any(is_direct(cell, change.kind, change.name) for cell in cells)
    if change.kind != "deb":
        return None
    pieces = [state.lock.cells[cell] for cell in change.cells if cell in state.lock.cells]
    return any(change.name not in piece.auto for piece in pieces)


def _cells(before: State, after: State) -> dict[str, tuple[CellNote, ...]]:
    """Return the cells that change, by layer."""
    by_layer: dict[str, tuple[CellNote, ...]] = {}
    if before.graph is None or after.graph is None:
        return by_layer
    for cell in dict.fromkeys([*after.keys, *before.keys]):
        fate = _fate(before.keys.get(cell), after.keys.get(cell))
        if fate == "same":
            continue
        pull = _pull(before.blobs.get(cell), after.blobs.get(cell), is_new=fate == "added")
        note = CellNote(cell=cell, change=fate, pull=pull)
        by_layer[layer_of(cell)] = (*by_layer.get(layer_of(cell), ()), note)
    return by_layer


def _images(before: State, after: State) -> tuple[ImageNote, ...]:
    made = []
    for image in dict.fromkeys([*after.images, *before.images]):
        old, new = before.images.get(image), after.images.get(image)
        fate = _fate(_made_of(before, old), _made_of(after, new))
        blobs = new.blobs if new else None
        pull = _pull(old.blobs if old else None, blobs, is_new=fate == "added")
        made.append(
            ImageNote(
                image=image,
                change=fate,
                layers=_moved_layers(before, after, image) if fate == "changed" else (),
                pull=None if fate == "removed" else pull,
                size=sum(blobs.values()) if blobs is not None else None,
            )
        )
    return tuple(made)


def _fate(old: object, new: object) -> Fate:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    return "same" if old == new else "changed"


def _made_of(state: State, image: ImageState | None) -> object:
    """Return what decides on the bytes of an image."""
    if image is None:
        return None
    return image.about, [state.keys.get(cell) for cell in image.cells]


def _moved_layers(before: State, after: State, image: str) -> tuple[str, ...]:
    cells = dict.fromkeys([*after.images[image].cells, *before.images[image].cells])
    gone = {cell for cell in cells if cell not in after.images[image].cells}
    moved = [
        layer_of(cell)
        for cell in cells
        if cell in gone or before.keys.get(cell) != after.keys.get(cell)
    ]
    return tuple(dict.fromkeys(moved))


def _pull(old: Blobs | None, new: Blobs | None, *, is_new: bool) -> int | None:
    """Return the bytes of the blobs that only the new one has; of one that is new, of all."""
    if new is None or (old is None and not is_new):
        return None
    return sum(size for digest, size in new.items() if digest not in (old or {}))
