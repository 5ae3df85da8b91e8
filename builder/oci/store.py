"""The store: an OCI image layout on disk. It needs no server; several processes may use it at once.

    store = Store.open(path)
    store.put_bytes(data, media_type) -> Descriptor
    store.put_file(path, media_type, digest) -> Descriptor
    store.read(descriptor) -> bytes, verified
    store.open_blob(descriptor) -> stream, verified at its end
    store.tag({"cell/<key>": descriptor})
    store.find("image/<name>:<tag>") -> Descriptor | None
    store.refs("cell/") -> {ref: descriptor}
    store.untag(refs)
    store.gc(grace) -> bytes freed

A blob is written beside and renamed when its hash is known, so a blob that exists is whole unless
a disk or a person damaged it. Damage is noticed by size when a ref is looked up, by hash when bytes
are read; the blob is removed then, so that whatever made it makes it again. `index.json` is
replaced whole, under a lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from builder import confined, documents
from builder.errors import IntegrityError
from builder.oci.blob import (
    VerifyingReader,
    blobs_of,
    descriptor_json,
    digest_of,
    disk,
)
from builder.oci.layout import INDEX as INDEX_FILE
from builder.oci.layout import Layout
from builder.oci.model import INDEX, MANIFEST, REF_NAME, Descriptor
from builder.oci.refs import items_of, readable, refs_from

LOCK = "index.lock"
GRACE = 3600.0
"""Seconds that a blob nobody refers to is left alone: its writer may be about to tag it."""
ODD = (FileNotFoundError, confined.LinkError, confined.KindError)
MEND = "run `catalog verify --store --repair`"


class Store:
    """An OCI image layout. Safe for several threads and processes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.layout = Layout(root)
        self._index = root / INDEX_FILE
        self._guard = threading.Lock()
        self._cached: tuple[tuple[int, int, int], dict[str, Descriptor]] | None = None

    @classmethod
    def open(cls, root: Path) -> Store:
        """Open the layout at `root`, and make it when it is not there.

        Raises:
            BuilderError: the directory cannot be written, or holds something else than an OCI image
            layout of version 1.0.0.

        """
        store = cls(root)
        with disk(root):
            store.layout.make()
        return store

    def path(self, digest: str) -> Path:
        """Return where the blob of this digest is or would be.

        Raises:
            IntegrityError: it is not a digest.

        """
        return self.layout.path(digest)

    def staging(self) -> Path:
        """Return a new empty directory on the store's own file system, for work in progress. The
        caller removes it.
        """
        with disk(self.root):
            return self.layout.staging()

    def put_bytes(self, data: bytes, media_type: str) -> Descriptor:
        """Store these bytes."""
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        descriptor = Descriptor(media_type, digest, len(data))
        with disk(self.root):
            if not self._renew(descriptor):
                self.layout.put(digest, data)
        return descriptor

    def put_file(self, file: Path, media_type: str, digest: str = "") -> Descriptor:
        """Move a file of the store's file system into the store (copied from elsewhere), by its
        hash.

        Raises:
            IntegrityError: `digest` is given and the file's is another; the file stays where it is.

        """
        actual = digest_of(file)
        if digest and actual != digest:
            message = f"{file.name}: expected {digest}, found {actual}"
            raise IntegrityError(message)
        with disk(self.root):
            descriptor = Descriptor(media_type, actual, file.stat().st_size)
            if self._renew(descriptor):
                file.unlink()
            else:
                self.layout.adopt(file, actual)
        return descriptor

    def has(self, descriptor: Descriptor) -> bool:
        """Tell whether the blob is there with its full size (its hash is checked when it is
        read).
        """
        try:
            with disk(self.root, but=(FileNotFoundError,)):
                return self.layout.size(descriptor.digest) == descriptor.size
        except FileNotFoundError:
            return False

    def intact(self, manifest: Descriptor) -> bool:
        """Tell whether a manifest is readable and every blob it names is there with its full
        size.
        """
        if not self.has(manifest):
            return False
        try:
            return all(self.has(blob) for blob in blobs_of(self.read_json(manifest)))
        except IntegrityError:
            return False

    def read(self, descriptor: Descriptor) -> bytes:
        """Return a blob's bytes.

        Raises:
            IntegrityError: it is missing, truncated or not what its digest says. It has been
            removed.

        """
        if descriptor.size > documents.MOST:
            raise IntegrityError(
                f"blob {descriptor.digest} has {descriptor.size} bytes, more than any document",
                hint=MEND,
            )
        with self.open_blob(descriptor) as stream:
            return stream.read()

    def read_json(self, descriptor: Descriptor) -> Any:  # noqa: ANN401  JSON is what it is
        """Return a blob's JSON document.

        Raises:
            IntegrityError: as `read` does; or it is not JSON, or too deep.

        """
        try:
            return documents.from_json(self.read(descriptor))
        except documents.DocumentError as error:
            message = f"blob {descriptor.digest} {error}"
            raise IntegrityError(message, hint=MEND) from None

    @contextlib.contextmanager
    def open_blob(self, descriptor: Descriptor) -> Iterator[IO[bytes]]:
        """Open a blob; its hash is checked as it is read, and complained of at its end.

        Raises:
            IntegrityError: it is missing, truncated or not what its digest says. It has been
            removed.

        """
        try:
            with disk(self.root, but=ODD):
                raw = self.layout.stream(descriptor.digest)
        except FileNotFoundError:
            raise IntegrityError(
                f"blob {descriptor.digest} is missing from {self.root}", hint="run the build again"
            ) from None
        except (confined.LinkError, confined.KindError) as error:
            message = f"blob {descriptor.digest} {error.strerror}: {error.filename}"
            raise IntegrityError(message, hint=MEND) from None
        with raw:
            try:
                yield VerifyingReader(raw, descriptor)  # type: ignore[misc]
            except IntegrityError:
                self.layout.remove(self.path(descriptor.digest).name)
                raise

    def verify(self, descriptor: Descriptor) -> Path:
        """Check a blob's hash and return its path. Raises as `read` does."""
        with self.open_blob(descriptor) as stream:
            while stream.read(1 << 20):
                pass
        return self.path(descriptor.digest)

    def find(self, ref: str) -> Descriptor | None:
        """Return what a ref names; None when there is no such ref, or something it stands for is
        missing or truncated.
        """
        descriptor = self._refs().get(ref)
        return descriptor if descriptor is not None and self.intact(descriptor) else None

    def refs(self, prefix: str = "") -> dict[str, Descriptor]:
        """Return the refs that start with `prefix`, sorted. Nothing is checked but the index
        itself.
        """
        return {ref: manifest for ref, manifest in self._refs().items() if ref.startswith(prefix)}

    def tag(self, refs: Mapping[str, Descriptor]) -> None:
        """Let each ref name its manifest, all at once; an annotation of a descriptor is kept in the
        index.
        """
        with self._changing() as index:
            index.update(refs)

    def untag(self, refs: Iterable[str]) -> None:
        """Forget these refs; their blobs stay until `gc`."""
        with self._changing() as index:
            for ref in refs:
                index.pop(ref, None)

    def mend(self, refs: Iterable[str]) -> None:
        """Forget these refs, and all entries of the index that are none; blobs stay."""
        with disk(self.root), confined.lock(self.root, LOCK) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                items = items_of(confined.read(self.root, INDEX_FILE, documents.MOST))
            except (FileNotFoundError, documents.DocumentError, IntegrityError):
                items = []
            kept = readable(items)
            for ref in refs:
                kept.pop(ref, None)
            self._write_index(kept)

    def gc(self, grace: float = GRACE) -> int:
        """Remove blobs that no ref leads to, and what dead processes left; return the bytes freed.

        Blobs that changed within `grace` seconds stay; so does work in progress, with any grace.
        """
        freed = 0
        with self._changing() as index:
            kept = self._reachable(index.values())
            limit = time.time() - grace
            for name, about in self.layout.blobs():
                if name not in kept and about.st_mtime <= limit:
                    self.layout.remove(name)
                    freed += about.st_size
            if grace <= 0:
                freed += self.layout.clear(limit)
        return freed

    def unreachable(self, *, without: Collection[str] = ()) -> int:
        """Return the bytes of the blobs to which no ref but those of `without` leads."""
        refs = {ref: manifest for ref, manifest in self.refs().items() if ref not in without}
        kept = self._reachable(refs.values())
        return sum(about.st_size for name, about in self.layout.blobs() if name not in kept)

    def clear(self) -> None:
        """Remove all work in progress, if nobody writes (see `builder.oci.writers`)."""
        with disk(self.root):
            self.layout.clear()

    def _reachable(self, manifests: Iterable[Descriptor]) -> set[str]:
        kept: set[str] = set()
        todo = list(manifests)
        while todo:
            manifest = todo.pop()
            name = manifest.digest.removeprefix("sha256:")
            if name in kept:
                continue
            kept.add(name)
            with contextlib.suppress(IntegrityError):
                blobs = blobs_of(self.read_json(manifest))
                todo += [blob for blob in blobs if blob.media_type in {MANIFEST, INDEX}]
                plain = [blob for blob in blobs if blob.media_type not in {MANIFEST, INDEX}]
                kept.update(blob.digest.removeprefix("sha256:") for blob in plain)
        return kept

    def _refs(self) -> dict[str, Descriptor]:
        try:
            stat = self._index.lstat()
        except FileNotFoundError:
            return {}
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        with self._guard:
            if self._cached is None or self._cached[0] != stamp:
                self._cached = (stamp, self._load_index())
            return self._cached[1]

    def _load_index(self) -> dict[str, Descriptor]:
        try:
            with disk(self.root, but=(FileNotFoundError,)):
                return refs_from(confined.read(self.root, INDEX_FILE, documents.MOST))
        except FileNotFoundError:
            return {}
        except (documents.DocumentError, IntegrityError) as error:
            raise IntegrityError(f"{self._index} is damaged: {error}", hint=MEND) from None

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Descriptor]]:
        """Give the refs as they are now, and write them back, with every other process kept out
        meanwhile.
        """
        with disk(self.root), confined.lock(self.root, "index.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self._load_index()
            after = dict(before)
            yield after
            if after != before or any(after[r].annotations != before[r].annotations for r in after):
                self._write_index(after)

    def _write_index(self, refs: Mapping[str, Descriptor]) -> None:
        items = [
            descriptor_json(
                replace(refs[ref], annotations={**refs[ref].annotations, REF_NAME: ref})
            )
            for ref in sorted(refs)
        ]
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": items}
        self.layout.write(INDEX_FILE, json.dumps(document, separators=(",", ":")).encode())

    def _renew(self, descriptor: Descriptor) -> bool:
        """Tell whether the blob is there, and make it young again, so that `gc` leaves it to
        whoever is about to tag it.
        """
        # Not while `gc` looks at ages and removes what is old.
        with confined.lock(self.root, LOCK) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            return self.layout.renew(descriptor.digest) and self.has(descriptor)
