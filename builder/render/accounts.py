"""Wrappers of the programs that make system accounts while a cell is built, so that each account
gets its id from the lock.

They are mounted under /artifacts/accounts during a step, and nothing of them stays. adduser reads
pools of ids; useradd and groupadd get the id as an argument; systemd-sysusers reads a copy of each
package's file, with the ids filled in, in a directory that takes precedence.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from builder.lock.scripts import with_ids
from builder.tree import File, Tree

ACCOUNTS = "accounts"
"""Where the files are under /artifacts."""
PROGRAMS: Mapping[str, tuple[str, str]] = {
    "adduser": ("adduser", "adduser"),
    "addgroup": ("adduser", "adduser"),
    "useradd": ("useradd", "passwd"),
    "groupadd": ("useradd", "passwd"),
}
"""Program -> the file of its wrapper, and the Debian package that has the program."""
SYSUSERS = "sysusers.d"
_FILES = Path(__file__).parent / "templates" / "accounts"


def accounts(
    ids: Mapping[str, int], installed: Collection[str], sysusers: Mapping[str, str]
) -> Tree:
    """Return the files; none if there are no ids.

    `installed` are the Debian packages that the cell or what it stands on has. Scripts check
    whether a program is there, so one that is missing gets no wrapper. `sysusers` are the
    files in usr/lib/sysusers.d of the cell's packages, by name.
    """
    if not ids:
        return Tree({})
    files = {
        "ids": File("".join(f"{name}:{ids[name]}\n" for name in sorted(ids)).encode()),
        "adduser.conf": File((_FILES / "adduser.conf").read_bytes()),
        # The directory always exists, so that it can be copied without a check.
        f"{SYSUSERS}/README": File(b"See sysusers.d(5). Each file has the ids of the lock.\n"),
    }
    for program, (wrapper, package) in PROGRAMS.items():
        if package in installed:
            files[f"bin/{program}"] = File((_FILES / wrapper).read_bytes(), 0o755)
    for name, text in sysusers.items():
        files[f"{SYSUSERS}/{name}"] = File(with_ids(text, ids).encode())
    return Tree(files)
