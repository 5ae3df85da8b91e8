"""What stands in front of the programs that make system accounts while a cell is built, so that
each account gets the id that the lock has for it.

All of it is mounted under /artifacts/accounts for the time of a step, and nothing stays. adduser
reads pools of ids; useradd and groupadd are told the id; systemd-sysusers finds each file of a
package with its ids filled in, under the same name in a directory that it prefers.
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
"""Program -> the file that stands in front of it, and the Debian package that holds the program."""
SYSUSERS = "sysusers.d"
_FILES = Path(__file__).parent / "templates" / "accounts"


def accounts(
    ids: Mapping[str, int], installed: Collection[str], sysusers: Mapping[str, str]
) -> Tree:
    """Return the files; none where there are no ids.

    `installed` are the Debian packages that the cell or what it stands on has. A script may ask
    whether a program is there, so nothing stands in front of one that is not. `sysusers` are the
    files in usr/lib/sysusers.d of the cell's packages, by name.
    """
    if not ids:
        return Tree({})
    files = {
        "ids": File("".join(f"{name}:{ids[name]}\n" for name in sorted(ids)).encode()),
        "adduser.conf": File((_FILES / "adduser.conf").read_bytes()),
        # Always a directory, so that it can be copied without asking.
        f"{SYSUSERS}/README": File(b"See sysusers.d(5). Each file has the ids of the lock.\n"),
    }
    for program, (wrapper, package) in PROGRAMS.items():
        if package in installed:
            files[f"bin/{program}"] = File((_FILES / wrapper).read_bytes(), 0o755)
    for name, text in sysusers.items():
        files[f"{SYSUSERS}/{name}"] = File(with_ids(text, ids).encode())
    return Tree(files)
