"""Which packages of which kind a delta holds, read from the files that package managers leave
behind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from builder.debian import stanzas
from builder.debian.scan import LIST, NPM, PYTHON, R, usr
from builder.oci.model import DIRECTORY, Entry


def found_in(texts: Mapping[str, str], status: str) -> dict[str, dict[str, str]]:
    """Return kind -> name -> version, sorted; `status` is the contribution to dpkg's status file,
    `texts` what a scan kept.
    """
    inventory: dict[str, dict[str, str]] = {
        "deb": stanzas.versions(status),
        "python": {},
        "r": {},
        "npm": {},
    }
    for path, text in sorted(texts.items()):
        if PYTHON.fullmatch(path):
            _put(inventory["python"], _field(text, "Name"), _field(text, "Version"))
        elif R.fullmatch(path):
            _put(inventory["r"], _field(text, "Package"), _field(text, "Version"))
        elif NPM.fullmatch(path):
            _put(inventory["npm"], *_npm(text))
    return {kind: dict(sorted(names.items())) for kind, names in inventory.items() if names}


def owners(texts: Mapping[str, str], entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return path -> Debian package, sorted, for what a package's list of files names; directories
    belong to many.
    """
    paths = {path for path, entry in entries.items() if entry.type != DIRECTORY}
    owner_of: dict[str, str] = {}
    for path, text in texts.items():
        if package := LIST.fullmatch(path):
            names = (usr(line.removeprefix("/")) for line in text.splitlines())
            owner_of.update((name, package[1]) for name in names if name in paths)
    return dict(sorted(owner_of.items()))


def _put(names: dict[str, str], name: str, version: str) -> None:
    if name and version:
        names[name] = version


def _field(text: str, name: str) -> str:
    match = re.search(rf"^{name}:[ \t]*(.*)$", text, re.MULTILINE)
    return match[1].strip() if match else ""


def _npm(text: str) -> tuple[str, str]:
    try:
        value = json.loads(text)
    except ValueError:
        return "", ""
    return (
        (str(value.get("name", "")), str(value.get("version", "")))
        if isinstance(value, dict)
        else ("", "")
    )
