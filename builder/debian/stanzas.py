"""Files made of stanzas as tables: dpkg's status, apt's states, debconf's questions."""

from __future__ import annotations

from builder import deb822
from builder.debian import pam
from builder.debian.merger import Disagreement, Table, equal


def by_name(text: str) -> dict[str, dict[str, str]]:
    """Return the fields of each package of a status file, or of a contribution to one, by name."""
    parsed = [deb822.fields(stanza) for stanza in deb822.stanzas(text)]
    return {stanza["Package"]: stanza for stanza in parsed if "Package" in stanza}


def packages(text: str) -> Table:
    """Parse /var/lib/dpkg/status: `name:architecture` -> stanza."""
    table = {}
    for stanza in deb822.stanzas(text):
        name, architecture = _field(stanza, "Package"), _field(stanza, "Architecture")
        table[f"{name}:{architecture}"] = stanza
    return table


def versions(text: str) -> dict[str, str]:
    """Return name -> version of the installed packages of a status file or of a contribution to
    one.
    """
    installed = {}
    for stanza in deb822.stanzas(text):
        if _field(stanza, "Status").endswith(" installed"):
            installed[_field(stanza, "Package")] = _field(stanza, "Version")
    return installed


def auto(text: str) -> Table:
    """Parse /var/lib/apt/extended_states: `name:architecture` -> 1 or 0."""
    return {
        f"{_field(s, 'Package')}:{_field(s, 'Architecture')}": _field(s, "Auto-Installed")
        for s in deb822.stanzas(text)
    }


def dump_auto(table: Table) -> str:
    """Write extended_states."""
    lines = (
        f"Package: {name}\nArchitecture: {architecture}\nAuto-Installed: {value}\n\n"
        for (name, _, architecture), value in (
            (key.partition(":"), value) for key, value in sorted(table.items())
        )
    )
    return "".join(lines)


def join_auto(_key: str, one: str, other: str) -> str:
    """Join: a package that any layer asked for by name is not automatic."""
    return min(one, other)


def only_auto(table: Table) -> Table:
    """Keep only automatic packages, because apt lists no others."""
    return {key: value for key, value in table.items() if value == "1"}


def manual(_key: str, _value: str) -> str:
    """Return the state of a package that is no longer listed as automatic: asked for by name."""
    return "0"


def questions(text: str) -> Table:
    """Parse debconf's config.dat and templates.dat: name -> stanza."""
    return {_field(stanza, "Name"): stanza for stanza in deb822.stanzas(text)}


def join_question(key: str, one: str, other: str) -> str:
    """Join the owners of a question or template, and the profiles of PAM; everything else must be
    equal.
    """
    mine, theirs = deb822.fields(one), deb822.fields(other)
    both = f"{mine.get('Owners', '')},{theirs.get('Owners', '')}"
    owners = {owner.strip() for owner in both.split(",")}
    mine["Owners"] = theirs["Owners"] = ", ".join(sorted(owners - {""}))
    if key == pam.QUESTION:
        for stanza in (mine, theirs):
            stanza.pop("Variables", None)  # pam-auth-update sets them whenever it asks
        mine["Value"] = theirs["Value"] = pam.join_profiles(
            mine.get("Value", ""), theirs.get("Value", "")
        )
    equal(key, _text(mine), _text(theirs))
    return _text(mine)


def ordered_owners(text: str) -> Table:
    """Parse questions, with sorted owners, so that equal questions are equal texts."""
    return {key: join_question(key, stanza, stanza) for key, stanza in questions(text).items()}


def dump(table: Table) -> str:
    """Write stanzas, sorted by key."""
    return "".join(table[key] + "\n\n" for key in sorted(table))


def _field(stanza: str, name: str) -> str:
    value = deb822.field(stanza, name)
    if value is None:
        raise Disagreement(f"a stanza without {name}: {stanza.splitlines()[0]!r}")
    return value


def _text(fields: dict[str, str]) -> str:
    """Write a stanza, its name first, then its fields sorted: debconf's order is random."""
    names = sorted(fields, key=lambda name: (name != "Name", name))
    return "\n".join(
        f"{name}:{fields[name]}" if fields[name][:1] == "\n" else f"{name}: {fields[name]}"
        for name in names
    )
