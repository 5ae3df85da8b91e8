"""The directories and files of an OCI image layout (image-layout.md, version 1.0.0), below a root.

    oci-layout            the version of the layout
    index.json            refs
    blobs/sha256/<hex>    blobs
    ingest/               work in progress

Whatever is done is done below the root by descriptors: no name from a document and no link that
somebody put there leads anywhere else. What is synced outlasts a power cut.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from builder import confined, documents, settle
from builder.errors import BuilderError
from builder.oci.blob import checked_digest

VERSION = "1.0.0"
LAYOUT, INDEX = "oci-layout", "index.json"
BLOBS, INGEST = "blobs/sha256", "ingest"
OURS = {LAYOUT, INDEX, "blobs", INGEST, "index.lock", "writers.lock", "uses", "uses.lock", "held"}
"""What a store may hold before it says that it is one: its making may have been interrupted."""
READ_ONLY, SMALL = 0o444, 1 << 16
ELSEWHERE = "set CATALOG_STORE to another directory"


class Layout:
    """A layout on disk. Safe for several threads and processes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._unsynced: set[str] = set()
        self._guard = threading.Lock()

    def make(self) -> None:
        """Make what is missing.

        Raises:
            BuilderError: the directory is something else, or a layout of another version.
            OSError: it cannot be written, or a link is in the way.

        """
        settle.directories(self.root)
        if not self.check():
            there = {path.name for path in self.root.iterdir() if not path.name.startswith(".")}
            strange = sorted(there - OURS)
            if strange:
                raise BuilderError(
                    f"{self.root} is not a store: it holds {strange[0]}", hint=ELSEWHERE
                )
        for path in (BLOBS, INGEST):
            with confined.directory(self.root, path, make=True, settled=True):
                pass
        if not self.check():
            self.write(LAYOUT, f'{{"imageLayoutVersion":"{VERSION}"}}'.encode())

    def check(self) -> bool:
        """Tell whether there is a layout of this version; False where none says so.

        Raises:
            BuilderError: it is of another version, or says nothing that can be read.

        """
        place = self.root / LAYOUT
        try:
            document = documents.from_json(confined.read(self.root, LAYOUT, SMALL))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except documents.DocumentError as error:
            hint = f'write {{"imageLayoutVersion":"{VERSION}"}} there, or {ELSEWHERE}'
            raise BuilderError(f"{place} {error}", hint=hint) from None
        version = document.get("imageLayoutVersion") if isinstance(document, dict) else None
        if version != VERSION:
            raise BuilderError(
                f"{place} says that the layout has version {version!r}, and this program reads"
                f" {VERSION}",
                hint=f"use the program that wrote it, or {ELSEWHERE}",
            )
        return True

    def path(self, digest: str) -> Path:
        """Return where the blob of this digest is or would be.

        Raises:
            IntegrityError: it is not a digest.

        """
        return self.root / BLOBS / _name(digest)

    def size(self, digest: str) -> int | None:
        """Return the bytes of a blob; None where it is not there, or no file."""
        try:
            with confined.directory(self.root, BLOBS) as blobs:
                about = os.stat(_name(digest), dir_fd=blobs, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return about.st_size if stat.S_ISREG(about.st_mode) else None

    def stream(self, digest: str) -> IO[bytes]:
        """Open a blob. Raises OSError where it is not there, or no file."""
        return confined.opened(self.root, f"{BLOBS}/{_name(digest)}")

    def blobs(self) -> Iterator[tuple[str, os.stat_result]]:
        """Yield the names in the directory of blobs, with what is known of each."""
        if not os.path.lexists(self.root / BLOBS):
            return
        with confined.directory(self.root, BLOBS) as blobs:
            for name in confined.names(blobs):
                try:
                    yield name, os.stat(name, dir_fd=blobs, follow_symlinks=False)
                except FileNotFoundError:
                    # Somebody else removed it meanwhile.
                    continue

    def remove(self, name: str) -> int:
        """Remove what is in the directory of blobs under a name; return the bytes that it freed."""
        return confined.remove(self.root, f"{BLOBS}/{name}")

    def renew(self, digest: str) -> bool:
        """Make a blob young, so that it is not removed before it is referred to; tell whether it is
        there.
        """
        with confined.directory(self.root, BLOBS) as blobs:
            try:
                os.utime(_name(digest), dir_fd=blobs, follow_symlinks=False)
            except FileNotFoundError:
                return False
        # Whoever wrote it may not have come to sync it.
        self._later(digest)
        return True

    def put(self, digest: str, data: bytes) -> None:
        """Write a blob beside, and give it its name. It is synced later, see `sync`."""
        with (
            confined.directory(self.root, INGEST) as ingest,
            confined.directory(self.root, BLOBS) as blobs,
            settle.beside(ingest, "blob") as (stream, new),
        ):
            stream.write(data)
            os.fchmod(stream.fileno(), READ_ONLY)
            stream.close()
            os.rename(new, _name(digest), src_dir_fd=ingest, dst_dir_fd=blobs)
        self._later(digest)

    def adopt(self, file: Path, digest: str) -> None:
        """Move a file to be a blob; it is copied from another file system. It is synced later."""
        file.chmod(READ_ONLY)
        with confined.directory(self.root, BLOBS) as blobs:
            try:
                os.rename(file, _name(digest), dst_dir_fd=blobs)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                self._copy(file, digest, blobs)
        self._later(digest)

    def _copy(self, file: Path, digest: str, blobs: int) -> None:
        with (
            confined.directory(self.root, INGEST) as ingest,
            settle.beside(ingest, "blob") as (stream, new),
        ):
            with file.open("rb") as source:
                shutil.copyfileobj(source, stream)
            os.fchmod(stream.fileno(), READ_ONLY)
            stream.close()
            os.rename(new, _name(digest), src_dir_fd=ingest, dst_dir_fd=blobs)
        file.unlink()

    def write(self, name: str, data: bytes) -> None:
        """Replace a file of the root, once all blobs that it may name are on the disk."""
        self.sync()
        with (
            confined.directory(self.root) as root,
            confined.directory(self.root, INGEST) as ingest,
            settle.beside(ingest, name) as (stream, new),
        ):
            stream.write(data)
            os.fchmod(stream.fileno(), 0o644)
            settle.sync(stream)
            os.rename(new, name, src_dir_fd=ingest, dst_dir_fd=root)
            os.fsync(root)

    def sync(self) -> None:
        """Wait until the blobs that were written since are on the disk, with their names."""
        with self._guard:
            names, self._unsynced = self._unsynced, set()
        if not names:
            return
        with confined.directory(self.root, BLOBS) as blobs:
            for name in sorted(names):
                _sync(blobs, name)
            os.fsync(blobs)

    def staging(self) -> Path:
        """Return a new empty directory for work in progress."""
        with confined.directory(self.root, INGEST):
            return Path(tempfile.mkdtemp(dir=self.root / INGEST))

    def clear(self, before: float | None = None, *, kept: Collection[str] = ()) -> int:
        """Remove all work in progress, or what did not change since a time; return the bytes that
        it freed.
        """
        freed = 0
        with confined.directory(self.root, INGEST) as ingest:
            for name in confined.names(ingest):
                if name not in kept and _is_older(ingest, name, before):
                    freed += confined.remove_at(ingest, name)
        return freed

    def _later(self, digest: str) -> None:
        with self._guard:
            self._unsynced.add(_name(digest))


def _name(digest: str) -> str:
    return checked_digest(digest).removeprefix("sha256:")


def _sync(blobs: int, name: str) -> None:
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=blobs)
    except FileNotFoundError:
        # It was removed since: damaged, or nobody's.
        return
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _is_older(handle: int, name: str, moment: float | None) -> bool:
    if moment is None:
        return True
    try:
        return os.stat(name, dir_fd=handle, follow_symlinks=False).st_mtime <= moment
    except FileNotFoundError:
        return False
