"""Whether a store is whole: its layout, its index, every blob by its hash, and what refs lead
to.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from builder import confined, documents
from builder.errors import IntegrityError
from builder.oci.blob import CHUNK, DIGEST, blobs_of
from builder.oci.layout import BLOBS, INDEX, INGEST, LAYOUT
from builder.oci.model import INDEX as INDEX_TYPE
from builder.oci.model import MANIFEST, Descriptor
from builder.oci.refs import items_of, ref_from
from builder.oci.store import Store

Kind = Literal["layout", "index", "entry", "blob", "ref", "use"]


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Fault:
    """One thing that is wrong in a store."""

    path: str
    """The file, below the store."""
    message: str
    kind: Kind
    """What mends it: layout, index: it is written anew; entry: it is left out of the index; blob,
    use: the file is removed; ref: it is forgotten."""
    name: str = ""
    """The ref, or the name of the blob or file, that is removed."""


def layout_faults(store: Store) -> Iterator[Fault]:
    """Yield what is wrong with the layout's own file.

    Raises:
        BuilderError: it is of another version, which nothing here can mend.

    """
    if not store.layout.check():
        message = "is missing: nothing says that this is an OCI image layout"
        yield Fault(path=LAYOUT, message=message, kind="layout")
    for path in (BLOBS, INGEST):
        if not os.path.lexists(store.root / path):
            yield Fault(path=path, message="is missing", kind="layout")


def index_faults(store: Store) -> tuple[list[Fault], dict[str, Descriptor]]:
    """Return what is wrong with the index, and the refs that are right."""
    try:
        items = items_of(confined.read(store.root, INDEX, documents.MOST))
    except FileNotFoundError:
        return [], {}
    except OSError as error:
        return [Fault(path=INDEX, message=error.strerror or "cannot be read", kind="index")], {}
    except (documents.DocumentError, IntegrityError) as error:
        return [Fault(path=INDEX, message=f"cannot be read: {error}", kind="index")], {}
    faults: list[Fault] = []
    refs: dict[str, Descriptor] = {}
    for number, item in enumerate(items):
        try:
            ref, manifest = ref_from(item)
        except IntegrityError as error:
            message = f"entry {number + 1} is not a ref: {error}"
            faults.append(Fault(path=INDEX, message=message, kind="entry"))
            continue
        refs[ref] = manifest
    return faults, refs


def blob_faults(store: Store, jobs: int) -> list[Fault]:
    """Return the files among the blobs that are not what their names say; every byte is read."""
    there = list(store.layout.blobs())
    with ThreadPoolExecutor(jobs) as pool:
        verdicts = pool.map(lambda one: _verdict(store, one[0]), there)
        return [
            Fault(path=f"{BLOBS}/{name}", message=why, kind="blob", name=name)
            for (name, _), why in zip(there, verdicts, strict=True)
            if why
        ]


def ref_faults(
    store: Store, refs: Mapping[str, Descriptor], damaged: Collection[str]
) -> Iterator[Fault]:
    """Yield the refs that lead to something that is damaged, missing or of another size."""
    known: dict[str, str] = {}
    for ref, manifest in refs.items():
        if manifest.digest not in known:
            known[manifest.digest] = next(_lacking(store, manifest, damaged), "")
        if why := known[manifest.digest]:
            yield Fault(path=INDEX, message=f"{ref}: {why}", kind="ref", name=ref)


def _verdict(store: Store, name: str) -> str:
    """Say what is wrong with a blob; nothing when it is right."""
    digest = f"sha256:{name}"
    if not DIGEST.fullmatch(digest):
        return "is not a blob: its name is not a sha256"
    hashed = hashlib.sha256()
    try:
        with store.layout.stream(digest) as stream:
            while piece := stream.read(CHUNK):
                hashed.update(piece)
    except FileNotFoundError:
        # A running build removed it meanwhile.
        return ""
    except OSError as error:
        return error.strerror or "cannot be read"
    actual = hashed.hexdigest()
    return "" if actual == name else f"is damaged: its bytes hash to sha256:{actual}"


def _lacking(store: Store, manifest: Descriptor, damaged: Collection[str]) -> Iterator[str]:
    """Yield what a manifest leads to and is not there, itself included."""
    todo = [manifest]
    seen: set[str] = set()
    while todo:
        blob = todo.pop()
        name = blob.digest.removeprefix("sha256:")
        if name in seen:
            continue
        seen.add(name)
        size = store.layout.size(blob.digest)
        if name in damaged:
            yield f"leads to {blob.digest}, which is damaged"
        elif size is None:
            yield f"leads to {blob.digest}, which is not in the store"
        elif size != blob.size:
            yield f"leads to {blob.digest}, which has {size} bytes instead of {blob.size}"
        elif blob is manifest or blob.media_type in {MANIFEST, INDEX_TYPE}:
            try:
                todo += blobs_of(store.read_json(blob))
            except IntegrityError as error:
                yield f"leads to {blob.digest}, which is not a manifest: {error}"
