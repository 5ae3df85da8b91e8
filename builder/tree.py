"""Files in memory: what every generator returns, written and compared in one place."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from builder import confined, settle

State = Literal["create", "identical", "changed", "removed"]
Kind = Literal["missing", "changed", "extra"]


@dataclass(frozen=True, slots=True)
class File:
    """A file's bytes and permission bits, or a symbolic link (`File.link`)."""

    data: bytes
    mode: int = 0o644

    @classmethod
    def link(cls, target: str) -> File:
        """Return a symbolic link, written as git writes it: its target is its content."""
        return cls(target.encode(), stat.S_IFLNK)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """A path on which a directory differs from a tree. `missing` and `changed`: writing the tree
    makes it right; `extra`: removes it.
    """

    path: str
    kind: Kind

    def __str__(self) -> str:
        """`path: kind`."""
        return f"{self.path}: {self.kind}"


class Tree(Mapping[str, File]):
    """Relative POSIX path -> file, sorted by path. Never changes.

    Raises:
        ValueError: a path is absolute, leaves the root, is not in its shortest form, or is a
        directory of another.

    """

    __slots__ = ("_files",)

    def __init__(self, files: Mapping[str, File]) -> None:
        directories: set[str] = set()
        for path in files:
            directories.update(str(parent) for parent in PurePosixPath(path).parents)
        for path in files:
            if (
                not path
                or path != str(PurePosixPath(path))
                or path.startswith("/")
                or "\0" in path
                or {"..", "."} & set(path.split("/"))
            ):
                raise ValueError(f"{path!r} is not a path inside a tree")
            if path in directories:
                raise ValueError(f"{path!r} is both a file and a directory")
        self._files = dict(sorted(files.items()))

    def __getitem__(self, path: str) -> File:
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __repr__(self) -> str:
        return f"Tree({list(self._files)})"

    def merged(self, other: Mapping[str, File]) -> Tree:
        """Return this tree with another's files; on one path, the other's."""
        return Tree({**self._files, **other})

    def below(self, directory: str) -> Tree:
        """Return this tree inside a directory."""
        return Tree({f"{directory}/{path}": file for path, file in self._files.items()})

    def write(
        self, root: Path, *, owned: Iterable[str] = (), settled: bool = True
    ) -> dict[str, State]:
        """Write the files below `root`, each beside its place and then into it; return what became
        of every path.

        Files that are right are not touched. `owned` are directories, relative to `root`, that hold
        nothing but this tree: other files there are removed. No link is followed on the way to a
        file. Not `settled`, a power cut may lose what was written: enough for a while.

        Raises:
            OSError: a file cannot be written, or a link is in the way; those before it are in
            place, whole.

        """
        states: dict[str, State] = {}
        settle.directories(root)
        for path, file in self._files.items():
            if _same(root, path, file):
                states[path] = "identical"
                continue
            states[path] = "changed" if _there(root, path) else "create"
            parent, name = os.path.split(path)
            with confined.directory(root, parent, make=True) as handle:
                _put(handle, name, file, settled=settled)
        for path in self._extra(root, owned):
            confined.remove(root, path)
            states[path] = "removed"
        if settled:
            settle.sync_names(_holders(root, states))
        return states

    def check(self, root: Path, *, owned: Iterable[str] = ()) -> list[Difference]:
        """Return where `root` differs from this tree, sorted by path; see `write` for `owned`."""
        differences = [Difference(path, "extra") for path in self._extra(root, owned)]
        for path, file in self._files.items():
            if not _same(root, path, file):
                differences.append(Difference(path, "changed" if _there(root, path) else "missing"))
        return sorted(differences)

    def _extra(self, root: Path, owned: Iterable[str]) -> list[str]:
        there: set[str] = set()
        for directory in owned:
            top = PurePosixPath(directory)
            inside = "" if top == PurePosixPath() else top.as_posix()
            there.update((top / path).as_posix() for path, _ in confined.files(root, inside))
        return sorted(there - self._files.keys())


def replace(path: Path, file: File) -> None:
    """Write one file so that its path holds, at any moment, the old bytes or the new ones, and
    after a power cut the new ones; parents are made.

    Raises:
        OSError: it cannot be written; nothing is left beside it.

    """
    settle.directories(path.parent)
    with confined.directory(path.parent) as handle:
        _put(handle, path.name, file, settled=True)


def _put(handle: int, name: str, file: File, *, settled: bool) -> None:
    if file.is_link:
        settle.put_link(handle, name, file.data.decode(), settled=settled)
    else:
        settle.put(handle, name, file.data, file.mode, settled=settled)


def _holders(root: Path, states: Mapping[str, State]) -> set[Path]:
    """Return the directories in which something changed, and those above them up to the root."""
    holders: set[Path] = set()
    for path, state in states.items():
        if state == "identical":
            continue
        for parent in PurePosixPath(path).parents:
            if (root / parent).is_dir():
                holders.add(root / parent)
    return holders


def _there(root: Path, path: str) -> bool:
    return os.path.lexists(root / path)


def _same(root: Path, path: str, file: File) -> bool:
    """Tell whether a file is as it should be. Of the mode, only what git keeps counts: whether it
    can be executed.

    Raises:
        LinkError: a directory on the way is a link.

    """
    parent, name = os.path.split(path)
    try:
        with confined.directory(root, parent) as handle:
            if file.is_link:
                return os.readlink(name, dir_fd=handle) == file.data.decode()
            with confined.opened_at(handle, name, root / path) as stream:
                is_program = os.fstat(stream.fileno()).st_mode & 0o100
                return stream.read() == file.data and bool(is_program) == bool(file.mode & 0o100)
    except confined.LinkError as error:
        if Path(error.filename) == root / path:
            return False
        raise
    except confined.KindError:
        return False
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.EINVAL}:
            return False
        raise
