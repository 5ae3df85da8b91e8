"""A chart as an archive that Helm accepts, with the same bytes for the same files; and back."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator

from builder.errors import IntegrityError
from builder.tree import File, Tree

EPOCH = 315532800
"""Time of every file: 1980-01-01, as in images."""
FIRST = "Chart.yaml"
MAX_BYTES = 20 << 20
"""Helm refuses larger charts too."""


def archive(name: str, tree: Tree) -> bytes:
    """Return `<name>-<version>.tgz`: the files below a directory `<name>`, Chart.yaml first, then
    by path, without owners or times.
    """
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(tree, key=lambda path: (path != FIRST, path)):
            file = tree[path]
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size, member.mode, member.mtime = len(file.data), file.mode, EPOCH
            tar.addfile(member, io.BytesIO(file.data))
    return gzip.compress(stream.getvalue(), compresslevel=9, mtime=0)


def unpack(data: bytes, source: str) -> Tree:
    """Return the files of a chart's archive, without its directory; `source` names it in an error.

    Raises:
        IntegrityError: it is not the archive of a chart, or is larger than a chart may be.

    """
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
            tree = Tree(dict(_files(tar, source)))
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error) as error:
        raise IntegrityError(f"{source} is not the archive of a chart: {error}") from None
    if FIRST not in tree:
        raise IntegrityError(f"{source} is not the archive of a chart: it has no {FIRST}")
    return tree


def _files(tar: tarfile.TarFile, source: str) -> Iterator[tuple[str, File]]:
    size = 0
    for member in tar:
        _, _, path = member.name.partition("/")
        if member.isdir() or (member.isreg() and not path):
            continue
        stream = tar.extractfile(member) if member.isreg() else None
        if stream is None:
            message = f"{source} holds {member.name!r}, which is a link or a device, not a file"
            raise IntegrityError(message)
        size += member.size
        if size > MAX_BYTES:
            raise IntegrityError(f"{source} unpacks to more than {MAX_BYTES >> 20} MiB")
        yield path, File(stream.read(), member.mode & 0o777)
