"""Which files a Julia package brings along on a machine: what its Artifacts.toml names (Pkg's
manual, "Artifacts").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from builder.documents import DocumentError, from_toml
from builder.lock.julia import TREE, JuliaError

FILES = ("JuliaArtifacts.toml", "Artifacts.toml")
"""Of a package, the first of which counts."""
PROJECTS = ("JuliaProject.toml", "Project.toml")
# Debian's names of architectures to Julia's; the others are the same.
MACHINES = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "armhf": "armv7l",
    "i386": "i686",
    "ppc64el": "powerpc64le",
}
HERE = {"os": "linux", "libc": "glibc", "cxxstring_abi": "cxx11"}
"""Tags of a platform, and what they are where images run."""
FORTRAN = "5"
"""The major version of libgfortran since GCC 8."""
NAME_LENGTH = 100


def project(data: bytes) -> tuple[str, str, str]:
    """Return name, UUID and version that a Project.toml says; empty where it says none.

    Raises:
        JuliaError: it is damaged.

    """
    told = _table(data)
    name, uuid, version = (told.get(key, "") for key in ("name", "uuid", "version"))
    if not (isinstance(name, str) and isinstance(uuid, str) and isinstance(version, str)):
        raise JuliaError("name, uuid or version is not a text")
    return name, uuid, version


def trees(data: bytes, architecture: str, julia: str) -> Iterator[tuple[str, str]]:
    """Yield name and git tree hash of what an Artifacts.toml names for Linux on an `architecture`
    of Debian's and a version of Julia, sorted, without what Julia fetches when it is used (lazy).

    Raises:
        JuliaError: it is damaged.

    """
    machine = MACHINES.get(architecture, architecture)
    series = ".".join(julia.split(".")[:2])
    for name, told in sorted(_table(data).items()):
        found = {_tree(name, one) for one in _entries(told, name) if _fits(one, machine, series)}
        for tree in sorted(found):
            yield re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:NAME_LENGTH], tree


def _table(data: bytes) -> dict[str, Any]:
    try:
        return from_toml(data)
    except DocumentError as error:
        raise JuliaError(error.why) from None


def _entries(told: object, name: str) -> list[Mapping[str, Any]]:
    """Return the entries of an artifact: one for each platform, or one for all."""
    entries: list[object] = told if isinstance(told, list) else [told]
    tables = [one for one in entries if isinstance(one, dict)]
    if len(tables) < len(entries):
        raise JuliaError(f"{name[:80]!r} is not a table")
    return [one for one in tables if one.get("lazy") is not True]


def _tree(name: str, entry: Mapping[str, Any]) -> str:
    tree = entry.get("git-tree-sha1")
    if not isinstance(tree, str) or not TREE.fullmatch(tree):
        raise JuliaError(f"{name[:80]!r} has no git-tree-sha1")
    return tree


def _fits(entry: Mapping[str, Any], machine: str, series: str) -> bool:
    """Tell whether an entry is for a machine: each tag that it has is the machine's."""
    tags = {key: str(entry[key]) for key in (*HERE, "arch") if key in entry}
    fortran, julia = (str(entry.get(key, "")) for key in ("libgfortran_version", "julia_version"))
    return (
        tags.items() <= {**HERE, "arch": machine}.items()
        and fortran.partition(".")[0] in {"", FORTRAN}
        and ".".join(julia.split(".")[:2]) in {"", series}
        and "sanitize" not in entry
    )
