"""`catalog verify --store`: whether everything in a store can be read and is what it says, and
mending by removing what is not, so that it is built again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from builder import confined
from builder.cells import inputs, loadable, records
from builder.errors import IntegrityError
from builder.execute import uses
from builder.execute.project import IMAGES, image_of
from builder.oci.blob import disk
from builder.oci.check import Fault, blob_faults, index_faults, layout_faults, ref_faults
from builder.oci.model import Descriptor
from builder.oci.shelf import Shelf, owner_of, short
from builder.oci.store import Store
from builder.sbom import contents

SHORT = 12
"""Hex digits of a key that are shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """What is wrong in a store."""

    faults: tuple[Fault, ...]
    blobs: int
    refs: int
    """How many there are."""
    lost: tuple[str, ...]
    """What has to be built again, in words."""


def examine(store: Store, jobs: int, names: Mapping[str, str]) -> Condition:
    """Look at every blob, fact, ref and use. `names` are the cells of known keys.

    Raises:
        BuilderError: the store cannot be read, or is of another version.

    """
    with disk(store.root):
        faults = list(layout_faults(store))
        of_index, refs = index_faults(store)
        of_blobs = blob_faults(store, jobs)
        damaged = {fault.name for fault in of_blobs}
        of_refs = list(ref_faults(store, refs, damaged))
        broken = {fault.name for fault in of_refs}
        of_facts = list(_fact_faults(store, refs, broken))
        faults += [*of_index, *of_blobs, *of_refs, *of_facts, *_use_faults(store)]
        gone = sorted(broken | {fault.name for fault in of_facts})
        lost = [_named(store, ref, refs[ref], names, damaged) for ref in gone if not _is_note(ref)]
        if any(fault.kind == "index" for fault in of_index):
            lost.append("all cells and images: no ref is left")
        return Condition(
            faults=tuple(faults),
            blobs=sum(1 for _ in store.layout.blobs()),
            refs=len(refs),
            lost=tuple(lost),
        )


def repair(store: Store, condition: Condition) -> None:
    """Remove what is wrong, so that whatever made it makes it again.

    Raises:
        BuilderError: the store cannot be written.

    """
    with disk(store.root):
        kinds = {fault.kind for fault in condition.faults}
        if "layout" in kinds:
            store.layout.make()
        if "index" in kinds:
            confined.remove(store.root, "index.json")
        refs = [fault.name for fault in condition.faults if fault.kind == "ref"]
        store.mend(refs)
        for fault in condition.faults:
            if fault.kind == "blob":
                store.layout.remove(fault.name)
            elif fault.kind == "use":
                confined.remove(store.root, fault.path)


def _fact_faults(store: Store, refs: Mapping[str, Descriptor], broken: set[str]) -> Iterator[Fault]:
    """Yield the refs whose blobs are whole, and say something that cannot be understood."""
    for ref, manifest in refs.items():
        if ref in broken:
            continue
        try:
            why = _understood(store, ref, manifest)
        except IntegrityError as error:
            why = error.message
        if why:
            yield Fault(path="index.json", message=f"{ref}: {why}", kind="ref", name=ref)


def _understood(store: Store, ref: str, manifest: Descriptor) -> str:
    """Say what is wrong with what a ref names, beyond its bytes."""
    name, owner = short(ref), owner_of(ref)
    if name.startswith(records.PREFIX):
        known = records.facts(store, manifest)
        return "" if records.ref(known.key) == name else f"is of the key {known.key}"
    if name.startswith(loadable.PREFIX):
        loadable.understood(store, manifest)
        return ""
    if name.startswith(contents.PREFIX):
        contents.understood(store, manifest)
        return ""
    own = Shelf(store.root, owner) if owner else store
    if (
        name.startswith(inputs.PREFIX)
        and inputs.recall(own, name.removeprefix(inputs.PREFIX)) is None
    ):
        return "the inputs of a build cannot be read"
    if name.startswith(IMAGES):
        document = store.read_json(manifest)
        if not isinstance(document, dict) or "config" not in document:
            return "is not a manifest of an image"
    return ""


def _use_faults(store: Store) -> Iterator[Fault]:
    for name, about in confined.files(store.root, uses.DIRECTORY):
        path = f"{uses.DIRECTORY}/{name}"
        if what := confined.kind(about):
            yield Fault(path=path, message=f"is {what}, not a file", kind="use")
        elif name.startswith(".") or not name.endswith(".json"):
            yield Fault(path=path, message="is nothing that a build leaves", kind="use")
        elif not uses.is_sound(store, name):
            yield Fault(path=path, message="does not say what a build leads to", kind="use")


def _is_note(ref: str) -> bool:
    """Tell whether a ref is of something that is noted of a cell, and made again without it."""
    return short(ref).startswith((inputs.PREFIX, loadable.PREFIX, contents.PREFIX))


def _named(
    store: Store,
    ref: str,
    manifest: Descriptor,
    names: Mapping[str, str],
    damaged: Collection[str],
) -> str:
    """Return what a ref stands for, in words. Reading what is damaged would remove it."""
    if short(ref).startswith(IMAGES):
        return f"image {image_of(short(ref))}"
    if not short(ref).startswith(records.PREFIX):
        return ref
    key = short(ref).removeprefix(records.PREFIX)
    cell = names.get(key, "")
    if not cell and manifest.digest.removeprefix("sha256:") not in damaged:
        cell = _title(store, manifest)
    # Where the manifest is lost, the name is lost with it.
    return f"cell {cell} ({key[:SHORT]})" if cell else f"cell {key[:SHORT]}"


def _title(store: Store, manifest: Descriptor) -> str:
    """Return the cell that a manifest says it is of; empty where it says nothing."""
    try:
        document = store.read_json(manifest)
    except IntegrityError:
        return ""
    annotations = document.get("annotations") if isinstance(document, dict) else None
    title = annotations.get(records.TITLE) if isinstance(annotations, dict) else None
    return title if isinstance(title, str) else ""
