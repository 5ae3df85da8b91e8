"""What each path of a delta came with: the package that moves when it does.

An origin is `kind:name`: a Debian *source* package, whose packages move together, a Python
distribution, a package of npm, R or Julia, an archive of Java, a program in Go. Origins decide only
on how a delta is divided (see `builder.cells.chunks`), never on what it holds.
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping

from packaging.utils import canonicalize_name

from builder.debian import stanzas
from builder.debian.scan import Scan
from builder.kinds.table import BY_NAME
from builder.oci.model import DIRECTORY, HARDLINK, WHITEOUT, Entry

INFO = re.compile(r"var/lib/dpkg/info/([^/:]+)(?::[^/.]+)?\.[^/.]+")
RECORD = re.compile(r"(?:(.+)/)?([^/]+?)-[^/-]+\.dist-info/RECORD")
MANY = ""
"""What stands for several origins."""
MOST_RECORD = 64 << 20
"""Bytes of a distribution's list of files that is read."""

Read = Callable[[str], Iterator[bytes]]
"""From a path to the bytes of its file."""


def origins(
    scanned: Scan,
    entries: Mapping[str, Entry],
    owners: Mapping[str, str],
    status: str,
    read: Read,
) -> dict[str, str]:
    """Return path -> origin, for the entries that have one; directories have none.

    `owners` are the Debian packages of paths, `status` is what the delta adds to dpkg's status.
    What no package lists belongs to the package that alone has files in its directory.
    """
    found = dict(_debian(entries, owners, status))
    for path, origin in _listed(entries, read):
        found.setdefault(path, origin)
    trees: dict[str, str] = {}
    for path, told in scanned.packages.items():
        if path not in entries:
            continue
        kind, name, _ = told[0]
        origin = f"{kind}:{name}"
        trace = BY_NAME[kind].trace
        if trace is not None and trace.tree:
            trees.setdefault(posixpath.dirname(path), origin)
        else:
            found.setdefault(path, origin)
    paths = [path for path, entry in entries.items() if entry.type not in {DIRECTORY, WHITEOUT}]
    for path in paths:
        if path not in found and (top := _nearest(path, trees)):
            found[path] = top
    alone = _alone(found)
    for path in paths:
        if path not in found and (top := _nearest(path, alone)):
            found[path] = top
    _keep_links(entries, found)
    return found


def _debian(
    entries: Mapping[str, Entry], owners: Mapping[str, str], status: str
) -> Iterator[tuple[str, str]]:
    """Yield the origin of each path of a Debian package, and of what dpkg knows of it."""
    sources = {}
    for name, fields in stanzas.by_name(status).items():
        sources[name] = fields.get("Source", name).partition(" ")[0]
    for path in entries:
        match = INFO.fullmatch(path)
        package = match[1] if match else owners.get(path)
        if package in sources:
            yield path, f"deb:{sources[package]}"


def _listed(entries: Mapping[str, Entry], read: Read) -> Iterator[tuple[str, str]]:
    """Yield the origin of each path that a Python distribution lists."""
    for record, entry in entries.items():
        match = RECORD.fullmatch(record)
        if match is None or entry.type in {DIRECTORY, WHITEOUT} or entry.size > MOST_RECORD:
            continue
        origin = f"python:{canonicalize_name(match[2])}"
        text = b"".join(read(record)).decode("utf-8", "replace")
        for row in csv.reader(text.splitlines()):
            path = posixpath.normpath(posixpath.join(match[1] or "", row[0])) if row else ""
            if path in entries and entries[path].type != DIRECTORY:
                yield path, origin


def _nearest(path: str, tops: Mapping[str, str]) -> str:
    """Return the origin of the nearest directory above that has one, if it is a single one."""
    while path := posixpath.dirname(path):
        if path in tops:
            return tops[path]
    return MANY


def _alone(found: Mapping[str, str]) -> dict[str, str]:
    """Return the directories in which, at any depth, an origin has files, and which one: the only
    one, or `MANY`.
    """
    having: dict[str, str] = {}
    for path, origin in found.items():
        top = path
        while top := posixpath.dirname(top):
            if having.setdefault(top, origin) != origin:
                having[top] = MANY
    return having


def _keep_links(entries: Mapping[str, Entry], found: dict[str, str]) -> None:
    """Give each hard link the origin of the path whose bytes it shares."""
    for path, entry in entries.items():
        if entry.type == HARDLINK:
            found.pop(path, None)
            if entry.link in found:
                found[path] = found[entry.link]
