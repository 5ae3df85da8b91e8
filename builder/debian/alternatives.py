"""Debian's alternatives: /var/lib/dpkg/alternatives/<name>, and the links that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from builder.debian.merger import Disagreement, Table, equal

DATABASE = "var/lib/dpkg/alternatives/"
LINKS = "etc/alternatives/"
STATUS, MASTER, SLAVE, CHOICE = "status", "link", "slave ", "choice "


def parse(text: str) -> Table:
    """Parse a database file: status, master link, `slave <name>` -> link, `choice <path>` ->
    priority and slaves' files.
    """
    if not text.strip():
        return {}
    lines = iter(text.splitlines())
    table = {STATUS: next(lines), MASTER: next(lines)}
    names = []
    while name := next(lines, ""):
        names.append(name)
        table[SLAVE + name] = next(lines)
    while path := next(lines, ""):
        priority = next(lines)
        files = {name: next(lines, "") for name in names}
        table[CHOICE + path] = _value(priority, files)
    return table


def dump(table: Table) -> str:
    """Write the database file; slaves by name, choices by path."""
    if not table:
        return ""
    names = sorted(key.removeprefix(SLAVE) for key in table if key.startswith(SLAVE))
    out = [table.get(STATUS, "auto"), table.get(MASTER, "")]
    for name in names:
        out += [name, table[SLAVE + name]]
    out.append("")
    for key in sorted(key for key in table if key.startswith(CHOICE)):
        priority, files = _choice(table[key])
        out += [key.removeprefix(CHOICE), priority, *(files.get(name, "") for name in names)]
    return "\n".join([*out, "", ""])


def join(key: str, one: str, other: str) -> str:
    """Join: the status is manual if it is in one of them, and a choice has the slaves of both, as
    when it is installed again with more of them; everything else must be equal.
    """
    if key == STATUS:
        return max(one, other)
    if not key.startswith(CHOICE):
        return equal(key, one, other)
    (mine, files), (theirs, more) = _choice(one), _choice(other)
    return _value(equal(key, mine, theirs), _united(key, files, more))


def _united(key: str, files: dict[str, str], more: dict[str, str]) -> dict[str, str]:
    """Return the files of one choice's slaves, of which both give the same for those they share."""
    for slave in files.keys() & more.keys():
        equal(f"{key}, {slave}", files[slave], more[slave])
    return files | more


def managed(text: str) -> set[str]:
    """Return the paths, without leading slash, of the links outside /etc/alternatives that this
    database file may lead to.
    """
    table = parse(text)
    return {
        value.removeprefix("/")
        for key, value in table.items()
        if key == MASTER or key.startswith(SLAVE)
    }


def is_header(key: str) -> bool:
    """Tell whether a key belongs to the header, without which choices cannot be written."""
    return not key.startswith(CHOICE)


def is_manual(text: str) -> bool:
    """Tell whether the choice was made by hand."""
    return text.startswith("manual")


def links(
    name: str, text: str, chosen: str, exists: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    """Yield (path without leading slash, target) of every link, as update-alternatives makes them.

    `chosen` is the choice made by hand, or empty; `exists` tells whether an absolute path
    exists.

    Raises:
        Disagreement: the choice made by hand is not one of the choices.

    """
    table = parse(text)
    choices = {
        key.removeprefix(CHOICE): _choice(value)
        for key, value in table.items()
        if key.startswith(CHOICE)
    }
    if not choices:
        return
    best = chosen or min(choices, key=lambda path: (-int(choices[path][0]), path))
    if best not in choices:
        raise Disagreement(f"{name} is set to {best}, which is not one of its choices")
    yield LINKS + name, best
    yield table[MASTER].removeprefix("/"), f"/{LINKS}{name}"
    for slave, file in sorted(choices[best][1].items()):
        if exists(file):
            yield LINKS + slave, file
            yield table[SLAVE + slave].removeprefix("/"), f"/{LINKS}{slave}"


def _value(priority: str, files: dict[str, str]) -> str:
    """Return what a table has of a choice; `_choice` reads it."""
    there = (f"{name}={file}" for name, file in sorted(files.items()) if file)
    return "\n".join([priority, *there])


def _choice(value: str) -> tuple[str, dict[str, str]]:
    priority, *files = value.split("\n")
    return priority, dict(line.split("=", 1) for line in files)
