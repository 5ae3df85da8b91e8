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
import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from builder.errors import IntegrityError
from builder.oci.blob import (
    VerifyingReader,
    blobs_of,
    descriptor_from,
    descriptor_json,
    digest_of,
    disk,
)
from builder.oci.model import INDEX, MANIFEST, REF_NAME, Descriptor

LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
LOCK = "index.lock"
GRACE = 3600.0
"""Seconds that a blob nobody refers to is left alone: its writer may be about to tag it."""


class Store:
    """An OCI image layout. Safe for several threads and processes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._blobs = root / "blobs" / "sha256"
        self._index = root / "index.json"
        self._guard = threading.Lock()
        self._cached: tuple[tuple[int, int, int], dict[str, Descriptor]] | None = None

    @classmethod
    def open(cls, root: Path) -> Store:
        """Open the layout at `root`, and make it when it is not there.

        Raises:
            BuilderError: the directory cannot be written, or holds something else than an OCI image
            layout.

        """
        store = cls(root)
        with disk(root):
            store._blobs.mkdir(parents=True, exist_ok=True)
            (root / "ingest").mkdir(exist_ok=True)
            if not (root / "oci-layout").exists():
                store._replace(root / "oci-layout", LAYOUT)
        return store

    def path(self, digest: str) -> Path:
        """Return where the blob of this digest is or would be. Nothing is checked."""
        return self._blobs / digest.removeprefix("sha256:")

    def staging(self) -> Path:
        """Return a new empty directory on the store's own file system, for work in progress. The
        caller removes it.
        """
        with disk(self.root):
            return Path(tempfile.mkdtemp(dir=self.root / "ingest"))

    def put_bytes(self, data: bytes, media_type: str) -> Descriptor:
        """Store these bytes."""
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        descriptor = Descriptor(media_type, digest, len(data))
        with disk(self.root):
            if not self._renew(descriptor):
                self._replace(self.path(digest), data, sync=False)
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
                self._adopt(file, self.path(actual))
        return descriptor

    def has(self, descriptor: Descriptor) -> bool:
        """Tell whether the blob is there with its full size (its hash is checked when it is
        read).
        """
        try:
            return self.path(descriptor.digest).stat().st_size == descriptor.size
        except FileNotFoundError:
            return False

    def intact(self, manifest: Descriptor) -> bool:
        """Tell whether a manifest is readable and every blob it names is there with its full
        size.
        """
        if not self.has(manifest):
            return False
        try:
            document = json.loads(self.read(manifest))
        except IntegrityError:
            return False
        return all(self.has(blob) for blob in blobs_of(document))

    def read(self, descriptor: Descriptor) -> bytes:
        """Return a blob's bytes.

        Raises:
            IntegrityError: it is missing, truncated or not what its digest says. It has been
            removed.

        """
        with self.open_blob(descriptor) as stream:
            return stream.read()

    def read_json(self, descriptor: Descriptor) -> Any:  # noqa: ANN401  JSON is what it is
        """Return a blob's JSON document. Raises as `read` does."""
        return json.loads(self.read(descriptor))

    @contextlib.contextmanager
    def open_blob(self, descriptor: Descriptor) -> Iterator[IO[bytes]]:
        """Open a blob; its hash is checked as it is read, and complained of at its end.

        Raises:
            IntegrityError: it is missing, truncated or not what its digest says. It has been
            removed.

        """
        path = self.path(descriptor.digest)
        try:
            raw = path.open("rb")
        except FileNotFoundError:
            raise IntegrityError(
                f"blob {descriptor.digest} is missing from {self.root}", hint="run the build again"
            ) from None
        with raw:
            try:
                yield VerifyingReader(raw, descriptor)  # type: ignore[misc]
            except IntegrityError:
                path.unlink(missing_ok=True)
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

    def gc(self, grace: float = GRACE) -> int:
        """Remove blobs that no ref leads to, and what dead processes left; return the bytes freed.

        Blobs that changed within `grace` seconds stay; so does work in progress, with any grace.
        """
        freed = 0
        with self._changing() as index:
            kept = self._reachable(index.values())
            limit = time.time() - grace
            for blob in os.scandir(self._blobs):
                if blob.name not in kept and blob.stat().st_mtime <= limit:
                    freed += blob.stat().st_size
                    Path(blob.path).unlink()
            for left in os.scandir(self.root / "ingest") if grace <= 0 else ():
                if left.stat().st_mtime <= limit:
                    freed += _remove(Path(left.path))
        return freed

    def unreachable(self, *, without: Collection[str] = ()) -> int:
        """Return the bytes of the blobs to which no ref but those of `without` leads."""
        refs = {ref: manifest for ref, manifest in self.refs().items() if ref not in without}
        kept = self._reachable(refs.values())
        blobs = [blob for blob in os.scandir(self._blobs) if blob.name not in kept]
        return sum(blob.stat().st_size for blob in blobs)

    def clear(self) -> None:
        """Remove all work in progress, if nobody writes (see `builder.oci.writers`)."""
        with disk(self.root):
            for left in os.scandir(self.root / "ingest"):
                _remove(Path(left.path))

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
            stat = self._index.stat()
        except FileNotFoundError:
            return {}
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        with self._guard:
            if self._cached is None or self._cached[0] != stamp:
                self._cached = (stamp, self._load_index())
            return self._cached[1]

    def _load_index(self) -> dict[str, Descriptor]:
        try:
            manifests = json.loads(self._index.read_bytes())["manifests"]
            return {item["annotations"][REF_NAME]: descriptor_from(item) for item in manifests}
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError):
            raise IntegrityError(
                f"{self._index} is damaged",
                hint="remove it: the next build finds what it needs to build again",
            ) from None

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Descriptor]]:
        """Give the refs as they are now, and write them back, with every other process kept out
        meanwhile.
        """
        with disk(self.root), (self.root / LOCK).open("w") as lock:
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
        self._replace(self._index, json.dumps(document, separators=(",", ":")).encode())

    def _renew(self, descriptor: Descriptor) -> bool:
        """Tell whether the blob is there, and make it young again, so that `gc` leaves it to
        whoever is about to tag it.
        """
        # Not while `gc` looks at ages and removes what is old.
        with (self.root / LOCK).open("w") as lock, contextlib.suppress(FileNotFoundError):
            fcntl.flock(lock, fcntl.LOCK_SH)
            os.utime(self.path(descriptor.digest))
            return self.has(descriptor)
        return False

    def _adopt(self, file: Path, target: Path) -> None:
        file.chmod(0o444)
        try:
            file.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            handle, copy = tempfile.mkstemp(dir=self.root / "ingest")
            os.close(handle)
            shutil.copyfile(file, copy)
            self._adopt(Path(copy), target)
            file.unlink()

    def _replace(self, target: Path, data: bytes, *, sync: bool = True) -> None:
        handle, name = tempfile.mkstemp(dir=self.root / "ingest")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                if sync:
                    os.fsync(file.fileno())
            Path(name).chmod(0o444 if target.parent == self._blobs else 0o644)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _remove(path: Path) -> int:
    """Remove a file or a directory, and return the bytes that were in it and in nothing else."""
    files = [path, *path.rglob("*")] if path.is_dir() and not path.is_symlink() else [path]
    stats = [file.lstat() for file in files]
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    return sum(stat.st_size for stat in stats if stat.st_nlink == 1)
