"""Files in memory: what every generator returns, written and compared in one place."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

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
                raise ValueError(f"{path!r} is no path inside a tree")
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

    def write(self, root: Path, *, owned: Iterable[str] = ()) -> dict[str, State]:
        """Write the files below `root`, each beside its place and then into it; return what became
        of every path.

        Files that are right are not touched. `owned` are directories, relative to `root`, that hold
        nothing but this tree: other files there are removed.

        Raises:
            OSError: a file cannot be written; those before it are in place, whole.

        """
        states: dict[str, State] = {}
        for path, file in self._files.items():
            place = root / path
            if _same(place, file):
                states[path] = "identical"
                continue
            states[path] = "changed" if os.path.lexists(place) else "create"
            replace(place, file)
        for path in self._extra(root, owned):
            (root / path).unlink()
            states[path] = "removed"
        return states

    def check(self, root: Path, *, owned: Iterable[str] = ()) -> list[Difference]:
        """Return where `root` differs from this tree, sorted by path; see `write` for `owned`."""
        differences = [Difference(path, "extra") for path in self._extra(root, owned)]
        for path, file in self._files.items():
            if not _same(root / path, file):
                there = os.path.lexists(root / path)
                differences.append(Difference(path, "changed" if there else "missing"))
        return sorted(differences)

    def _extra(self, root: Path, owned: Iterable[str]) -> list[str]:
        there: set[str] = set()
        for directory in owned:
            for path in (root / directory).rglob("*"):
                if path.is_symlink() or not path.is_dir():
                    there.add(path.relative_to(root).as_posix())
        return sorted(there - self._files.keys())


def replace(path: Path, file: File) -> None:
    """Write one file so that its path holds, at any moment, the old bytes or the new ones; parents
    are made.

    Raises:
        OSError: it cannot be written; nothing is left beside it.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if file.is_link:
        _replace_by_link(path, file.data.decode())
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(file.data)
            os.fchmod(stream.fileno(), file.mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _replace_by_link(path: Path, target: str) -> None:
    """Write a symbolic link, as `replace` writes a file."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as directory:
        link = Path(directory, path.name)
        link.symlink_to(target)
        link.replace(path)


def _same(path: Path, file: File) -> bool:
    """Tell whether a file is as it should be. Of the mode, only what git keeps counts: whether it
    can be executed.
    """
    try:
        if file.is_link:
            return path.is_symlink() and str(path.readlink()).encode() == file.data
        if path.is_symlink() or not path.is_file():
            return False
        return path.read_bytes() == file.data and bool(path.stat().st_mode & 0o100) == bool(
            file.mode & 0o100
        )
    except NotADirectoryError:
        return False
