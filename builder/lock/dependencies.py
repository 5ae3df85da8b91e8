"""What packages depend on, read from the metadata of each kind, and the path from a request to a
package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.parser import HeaderParser
from typing import Any

from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from builder.lock.npm import entries

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Debian's names of architectures to those of Python's markers."""
DEPENDS = ("Pre-Depends", "Depends")
ALTERNATIVES = re.compile(r"\s*[,|]\s*")
NAME_IN_RELATION = re.compile(r"[a-z0-9][a-z0-9+.-]*")
MODULES = "node_modules/"

Neighbours = Callable[[str], Iterable[str]]
"""What a package depends on directly."""


def path(starts: Iterable[str], goals: Iterable[str], neighbours: Neighbours) -> tuple[str, ...]:
    """Return a shortest path from one of several packages to a goal, both ends included; empty if
    there is none.
    """
    wanted = set(goals)
    came_from: dict[str, str] = {}
    queue = list(dict.fromkeys(starts))
    seen = set(queue)
    for package in queue:
        if package in wanted:
            return _back(package, came_from)
        for other in neighbours(package):
            if other not in seen:
                seen.add(other)
                came_from[other] = package
                queue.append(other)
    return ()


def _back(package: str, came_from: Mapping[str, str]) -> tuple[str, ...]:
    way = [package]
    while way[-1] in came_from:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


def debian(stanzas: Mapping[str, Mapping[str, str]]) -> Mapping[str, list[str]]:
    """Return what each of several installed packages depends on: name -> names, all of them
    installed. A virtual package depends on those that provide it.

    `stanzas` holds the fields of each package by its name.
    """
    providers: dict[str, list[str]] = {name: [name] for name in stanzas}
    for name, fields in stanzas.items():
        for virtual in _related(fields.get("Provides", "")):
            providers.setdefault(virtual, []).append(name)
    needs = {name: names for name, names in providers.items() if name not in stanzas}
    for name, fields in stanzas.items():
        needs[name] = []
        for other in _related(", ".join(fields.get(field, "") for field in DEPENDS)):
            needs[name] += providers.get(other, [])
    return needs


def _related(relation: str) -> Iterator[str]:
    """Yield the packages that a relation names: `a (>= 1) | b:any, c` -> a, b, c."""
    for part in ALTERNATIVES.split(relation):
        if match := NAME_IN_RELATION.match(part):
            yield match[0]


def python(metadata: Mapping[str, str], version: str, arch: str) -> Mapping[str, list[str]]:
    """Return what each of several distributions depends on, on one Python: name -> names.

    `metadata` holds the METADATA of each distribution by its normalized name. A distribution with
    an extra is a node of its own, `name[extra]`.
    """
    environment = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": MACHINES.get(arch, arch),
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }
    needs: dict[str, list[str]] = {}
    for name, text in metadata.items():
        headers = HeaderParser().parsestr(text)
        requirements = [str(value) for value in headers.get_all("Requires-Dist", [])]
        needs[name] = list(_required(requirements, {**environment, "extra": ""}))
        for extra in headers.get_all("Provides-Extra", []):
            asked = {**environment, "extra": str(extra)}
            needs[f"{name}[{extra}]"] = [name, *_required(requirements, asked)]
    return needs


def python_nodes(requirement: str) -> list[str]:
    """Return the distributions that a requirement asks for, its extras first."""
    try:
        wanted = Requirement(requirement)
    except InvalidRequirement:
        return []
    name = canonicalize_name(wanted.name)
    return [*(f"{name}[{extra}]" for extra in sorted(wanted.extras)), name]


def _required(requirements: Iterable[str], environment: dict[str, str]) -> Iterator[str]:
    for text in requirements:
        try:
            requirement = Requirement(text)
            is_needed = requirement.marker is None or requirement.marker.evaluate(environment)
        except (InvalidRequirement, UndefinedEnvironmentName):
            continue
        if is_needed:
            yield from python_nodes(text)


def npm(lock: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """Return what each package of a package-lock.json depends on: its place -> places."""
    packages = dict(entries(lock))
    needs: dict[str, list[str]] = {}
    for place, entry in packages.items():
        wanted = [*entry.get("dependencies", {}), *entry.get("optionalDependencies", {})]
        places = [_resolved(name, place, packages) for name in wanted]
        needs[place] = [other for other in places if other]
    return needs


def _resolved(name: str, place: str, packages: Mapping[str, Any]) -> str:
    """Return where Node.js finds a package that one at `place` asks for; empty if it
    finds none.
    """
    directory = place
    while True:
        candidate = f"{directory}/{MODULES}{name}" if directory else f"{MODULES}{name}"
        if candidate in packages:
            return candidate
        if not directory:
            return ""
        directory = directory.rpartition(MODULES)[0].rstrip("/")
