"""A disk that forgets: what a power cut leaves of a directory, at every moment.

Between two calls of fsync nothing gets to the disk that POSIX promises. So the disk is looked at
after each: a file has the bytes that it had when it was synced last, and a directory the names. A
kinder disk, which most file systems are, also keeps names as they come, but not the bytes behind
them: the worst that a rename without a sync can meet.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

Names = dict[str, int]


@dataclass
class Moment:
    """What is on the disk at a moment."""

    bytes: dict[int, bytes]
    names: dict[int, Names]
    """Of directories that were synced."""
    live: dict[int, Names]
    """Of all directories, as they were then."""
    modes: dict[int, int]
    reported: int
    """How much was reported done until then."""


@dataclass
class Disk:
    """Records what is synced below a directory."""

    root: Path
    moments: list[Moment] = field(default_factory=list)
    reported: int = 0
    _bytes: dict[int, bytes] = field(default_factory=dict)
    _names: dict[int, Names] = field(default_factory=dict)

    def begin(self) -> None:
        """Take what is there for synced."""
        for folder, _, names, handle in os.fwalk(self.root):
            self._names[os.fstat(handle).st_ino] = _listing(handle)
            for name in names:
                path = Path(folder, name)
                if path.is_file() and not path.is_symlink():
                    self._bytes[path.stat().st_ino] = path.read_bytes()
        self._look()

    def synced(self, handle: int) -> None:
        """Take down what a descriptor has now."""
        about = os.fstat(handle)
        if stat.S_ISDIR(about.st_mode):
            self._names[about.st_ino] = _listing(handle)
        else:
            self._bytes[about.st_ino] = Path(f"/proc/self/fd/{handle}").read_bytes()
        self._look()

    def report(self) -> None:
        """Say that something is done: it must outlast a cut from now on."""
        self.reported += 1
        self._look()

    def after_cuts(self, target: Path) -> Iterator[tuple[Path, int]]:
        """Yield what each moment's cut leaves, on both kinds of disk, and what was reported by
        then.
        """
        for number, moment in enumerate(self.moments):
            for kind in ("names", "live"):
                place = target / f"{number}-{kind}"
                place.mkdir(parents=True)
                names = moment.names if kind == "names" else moment.live
                _restore(self.root.stat().st_ino, place, names, moment)
                yield place, moment.reported

    def _look(self) -> None:
        live: dict[int, Names] = {}
        modes: dict[int, int] = {}
        for _, folders, names, handle in os.fwalk(self.root):
            live[os.fstat(handle).st_ino] = _listing(handle)
            for name in (*folders, *names):
                about = os.stat(name, dir_fd=handle, follow_symlinks=False)
                modes[about.st_ino] = about.st_mode
        before = self.moments[-1].modes if self.moments else {}
        self.moments.append(
            Moment(dict(self._bytes), dict(self._names), live, before | modes, self.reported)
        )


def _listing(handle: int) -> Names:
    names = {}
    for name in os.listdir(handle):
        names[name] = os.stat(name, dir_fd=handle, follow_symlinks=False).st_ino
    return names


def _restore(inode: int, place: Path, names: dict[int, Names], moment: Moment) -> None:
    for name, inner in names.get(inode, {}).items():
        mode = moment.modes.get(inner, stat.S_IFREG)
        if stat.S_ISDIR(mode):
            (place / name).mkdir()
            _restore(inner, place / name, names, moment)
        elif stat.S_ISREG(mode):
            (place / name).write_bytes(moment.bytes.get(inner, b""))


@contextmanager
def recorded(root: Path) -> Iterator[Disk]:
    """Record what is synced below a directory while the context lasts."""
    disk = Disk(root)
    disk.begin()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", disk.synced)
        yield disk
