"""What pam-auth-update writes: /etc/pam.d/common-* and its state. A package adds a module to them,
for example systemd's.
"""

from __future__ import annotations

from builder.debian.merger import Table

QUESTION = "libpam-runtime/profiles"
BEGIN, END = (
    '# and here are more per-package modules (the "Additional" block)\n',
    "# end of pam-auth-update config\n",
)
FRAME = "the file around the additional modules"
FIRST = ("null", "unix")


def rank(name: str) -> tuple[bool, bool, str]:
    """Order profiles: `null` and `unix` first, because of their priority."""
    return (name != FIRST[0], name != FIRST[1], name)


def parse(text: str) -> Table:
    """Parse a common-* file: each line of its additional block is a key, the rest is one value."""
    head, begin, rest = text.partition(BEGIN)
    block, end, tail = rest.partition(END)
    if not begin or not end:
        return {FRAME: text} if text else {}
    return {FRAME: head + BEGIN + END + tail} | {
        " ".join(line.split()): "" for line in block.splitlines() if line.strip()
    }


def dump(table: Table) -> str:
    """Write a common-* file; pam_unix comes first in its additional block."""
    if not table:
        return ""
    lines = sorted(
        (key for key in table if key != FRAME), key=lambda line: ("pam_unix.so" not in line, line)
    )
    head, begin, tail = table.get(FRAME, BEGIN + END).partition(BEGIN)
    return head + begin + "".join("\t".join(line.split(" ", 2)) + "\n" for line in lines) + tail


def is_frame(key: str) -> bool:
    """Tell whether a key is the file around the modules."""
    return key == FRAME


def parse_state(text: str) -> Table:
    """Parse /var/lib/pam/<type>: profile -> its lines."""
    table: Table = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("Module: "):
            name = line.removeprefix("Module: ")
            table[name] = ""
        else:
            table[name] = table.get(name, "") + line + "\n"
    return table


def dump_state(table: Table) -> str:
    """Write /var/lib/pam/<type>."""
    return "".join(f"Module: {name}\n{table[name]}" for name in sorted(table, key=rank))


def parse_seen(text: str) -> Table:
    """Parse /var/lib/pam/seen: profiles, one a line."""
    return dict.fromkeys(text.split(), "")


def dump_seen(table: Table) -> str:
    """Write /var/lib/pam/seen."""
    return "".join(f"{name}\n" for name in sorted(table, key=rank))


def join_profiles(one: str, other: str) -> str:
    """Join two lists of enabled profiles, in debconf's form."""
    names = {name.strip() for name in f"{one},{other}".split(",")} - {""}
    return ", ".join(sorted(names, key=rank))
