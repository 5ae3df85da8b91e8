"""The files of a catalog that a fork of it needs, as one archive, with the same bytes for the same
files; and back.

A catalog that is itself a fork goes with its own files and its own `extends`: who reads it fetches
what it extends as it did, with the digest or the signatures that it asks for, and sees which level
says what. Only a catalog that it extends by a path goes with it, in the same place beside it.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from builder import confined
from builder.catalog.levels import NAME, Level, Levels
from builder.catalog.model import Catalog
from builder.catalog.signer_rules import of_upstream
from builder.charts.archive import EPOCH
from builder.charts.load import RESERVED, SERVICE
from builder.charts.load import SOURCE as TEMPLATES
from builder.charts.sources import ChartPlace, sources
from builder.errors import BuilderError, IntegrityError
from builder.lock.model import NAME as LOCK
from builder.oci.blob import disk
from builder.record.digests import NAME as DIGESTS
from builder.release.document import FOLDER
from builder.tools import git
from builder.tools.members import check_tar
from builder.tree import File, Tree

MOST = 256 << 20
"""Bytes of an archive."""
PIECE = 1 << 20
PROGRAM, PLAIN = 0o755, 0o644
TWICE = (FileExistsError, NotADirectoryError)
"""What writing a file raises where one of its name is there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """The files of a catalog."""

    files: Tree
    directory: str
    """The one of them that holds catalog.yaml."""
    ignored: tuple[str, ...]
    """What git ignores, and is not among the files therefore."""


def gather(levels: Levels) -> Gathered:
    """Return the files that a fork needs of a catalog without problems: catalog.yaml, layers, what
    charts are made from, keys, the lock and the digests. What is made from these is none of them.

    Raises:
        BuilderError: they cannot be read, or lie so that nobody could put them elsewhere.

    """
    found: dict[Path, Path] = {}
    ignored: list[str] = []
    roots: list[Path] = []
    for level, charts in zip(levels.levels, sources(levels).places, strict=True):
        if level.within is not None:
            continue
        _check_movable(level)
        roots += [_absolute(level.root), _absolute(charts.shared)]
        paths = sorted(set(_paths(level, charts)))
        unwanted = git.ignored(level.root, paths)
        ignored += [(level.root / path).as_posix() for path in sorted(unwanted)]
        wanted = [level.root / path for path in paths if path not in unwanted]
        found |= {_absolute(path): path for path in wanted}
        found[_absolute(level.root / NAME)] = level.path
    top = Path(os.path.commonpath(roots))
    files = {at.relative_to(top).as_posix(): _file(path, top) for at, path in found.items()}
    return Gathered(
        files=Tree(files), directory=_directory(levels.own, top), ignored=tuple(ignored)
    )


def pack(files: Tree) -> bytes:
    """Return files as an archive: by path, without owners and times, and not compressed, as no two
    versions of a compressor agree.

    Raises:
        BuilderError: they are too large.

    """
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(files):
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(files[path].data), files[path].mode
            member.mtime = EPOCH
            archive.addfile(member, io.BytesIO(files[path].data))
    data = stream.getvalue()
    if len(data) > MOST:
        message = f"the files of the catalog have {len(data) / 1e6:,.0f} MB, at most {MOST >> 20}"
        raise BuilderError(message, hint="name large files under `archives`")
    return data


def unpack(file: Path, name: str, target: Path) -> None:
    """Write the files of an archive below a new directory; `name` is how errors call it.

    Raises:
        IntegrityError: it is none, is damaged, or holds what leads out of it, a link or a device.
        BuilderError: the disk is full, or cannot be written.

    """
    target.mkdir()
    try:
        with disk(target, but=TWICE), tarfile.open(file, "r:", errorlevel=2) as archive:
            for member in check_tar(archive, name, links=False, most=MOST):
                _write(archive, member, target)
    except TWICE as error:
        inside = Path(str(error.filename)).relative_to(target).as_posix()
        raise IntegrityError(f"{name} holds {inside!r} twice") from None
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise IntegrityError(f"{name} is not an archive that can be read: {error}") from None


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    stream = archive.extractfile(member) or io.BytesIO()
    path = member.name.removeprefix("./")
    with confined.create(target, path, PROGRAM if member.mode & 0o100 else PLAIN) as made:
        left = member.size
        while piece := stream.read(min(PIECE, left)):
            made.write(piece)
            left -= len(piece)
    if left:
        raise EOFError(f"{path} is cut off")


def _check_movable(level: Level) -> None:
    extends = level.says.extends
    if isinstance(extends, str) and Path(extends).is_absolute():
        message = f"{level.path} extends {extends}, a path that only this machine has"
        raise BuilderError(message, hint="write `extends` as a path from the directory of the fork")


def _directory(own: Level, top: Path) -> str:
    directory = _absolute(own.root).relative_to(top).as_posix()
    directory = "" if directory == "." else directory
    if not FOLDER.fullmatch(directory):
        message = f"the directory {directory!r} cannot be named by the `extends` of a fork"
        raise BuilderError(message, hint="rename it: letters, digits, '.', '_', '-'")
    return directory


def _paths(level: Level, charts: ChartPlace) -> Iterator[str]:
    """Yield the files that a level has, as paths from its directory."""
    root = level.root
    for path, _ in confined.files(root, _layers(level)):
        _, part, *_ = *path.split("/"), ""
        is_of_an_editor = path.startswith(".") or part.startswith(".") or part.endswith("~")
        if part and not is_of_an_editor:
            yield f"{_layers(level)}/{path}"
    parts = [(one, sorted(RESERVED)) for one in (charts.directory, charts.shared)]
    parts += [(one.parent, [TEMPLATES]) for one in charts.directory.glob(f"*/{SERVICE}")]
    for one in charts.directory.glob(f"*/{SERVICE}"):
        yield one.relative_to(root).as_posix()
    for directory, names in (*parts, (root, [LOCK])):
        for name in names:
            for path, _ in confined.files(directory, name):
                yield os.path.relpath(directory / name / path, root)
    yield from (path for path in _named(level) if (root / path).is_file())


def _layers(level: Level) -> str:
    data = level.document.data
    named = data.get("layers") if isinstance(data, dict) else None
    return named if isinstance(named, str) else str(Catalog.model_fields["layers"].default)


def _named(level: Level) -> Iterator[str]:
    """Yield single files beside catalog.yaml: digests, and the keys of repositories and signers."""
    yield DIGESTS
    data = level.document.data
    repositories = data.get("repositories") if isinstance(data, dict) else None
    for one in repositories.values() if isinstance(repositories, dict) else ():
        if isinstance(one, dict) and isinstance(one.get("key"), str):
            yield one["key"]
    signers = of_upstream(level)
    yield from signers.keys if signers else ()


def _absolute(path: Path) -> Path:
    return Path(os.path.normpath(path.absolute()))


def _file(path: Path, top: Path) -> File:
    if not path.resolve().is_relative_to(top.resolve()):
        raise BuilderError(f"{path} is a link to the outside", hint="copy the file instead")
    mode = PROGRAM if path.stat().st_mode & 0o100 else PLAIN
    return File(confined.regular(path), mode)
