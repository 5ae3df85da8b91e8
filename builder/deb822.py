"""Files made of stanzas, as Debian's tools and R write them (deb822(5)): `Field: value` lines,
further lines of a value indented, a blank line between stanzas.
"""

from __future__ import annotations

import re
from collections.abc import Collection

BLANK = re.compile(r"\n(?:[ \t]*\n)+")


def stanzas(text: str) -> list[str]:
    """Return the stanzas of a text, in its order, without the line breaks around them."""
    parts = (part.strip("\n") for part in BLANK.split(text))
    return [part for part in parts if part.strip()]


def field(stanza: str, name: str) -> str | None:
    """Return the first line of a field's value; None where the stanza does not have the field.

    Names of fields are the same in upper and lower case.
    """
    line = re.search(rf"^{re.escape(name)}:[ \t]*(.*)$", stanza, re.MULTILINE | re.IGNORECASE)
    return line[1].strip() if line else None


def fields(stanza: str) -> dict[str, str]:
    """Return all fields by name as it is written; further lines of a value stay in it, indented.

    Comments (lines that begin with `#`) are left out.
    """
    values: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in {" ", "\t"} and name:
            values[name] += "\n" + line
        else:
            name, _, value = line.partition(":")
            values[name] = value.strip()
    return values


def without(stanza: str, names: Collection[str]) -> str:
    """Return the stanza without some fields, ending with a line break."""
    kept = []
    leave_out = False
    for line in stanza.rstrip("\n").splitlines(keepends=True):
        if line[:1] not in {" ", "\t"}:
            leave_out = line.partition(":")[0] in names
        if not leave_out:
            kept.append(line)
    return "".join(kept).rstrip("\n") + "\n"
