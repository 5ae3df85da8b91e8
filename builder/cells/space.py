"""What takes space in an image: packages and files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from builder.cells.tree import held_by
from builder.debian.model import Facts
from builder.oci.model import FILE

IN_SITE_PACKAGES = re.compile(r"(?:^|.*/)(?:site|dist)-packages/(?P<top>[^/]+)(?:/.*)?", re.DOTALL)
IN_NODE_MODULES = re.compile(
    r"(?P<root>(?:.*?/)?node_modules)/(?P<name>@[^/]+/[^/]+|[^/]+)/.*", re.DOTALL
)
IN_R_LIBRARY = re.compile(r"(?:.*/)?R/(?:site-)?library/(?P<name>[^/]+)/.*", re.DOTALL)
SUFFIX = re.compile(
    r"(?:-[^-]+\.(?:dist|egg)-info|\.libs|\.py|\.pth|\.data|(?:\.(?:cpython-[^.]*|abi3))?\.so)$"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageSize:
    """A package with its files in one layer."""

    kind: str
    """deb, python, npm, r; `files` if no package is known."""
    name: str
    cell: str
    size: int
    """Bytes of its files, unpacked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LargeFile:
    """A file of an image."""

    path: str
    cell: str
    """The cell whose file counts."""
    size: int
    again_in: tuple[str, ...] = ()
    """Other cells with the same file."""


def packages(stack: Sequence[Facts]) -> list[PackageSize]:
    """Return the size of each package, the largest first. Files without a package are counted by
    the first two directories of their paths.
    """
    sizes: Counter[tuple[str, str, str]] = Counter()
    for facts in stack:
        for path, entry in facts.entries.items():
            if entry.type == FILE:
                sizes[(*_owner(path, facts), facts.cell)] += entry.size
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return [
        PackageSize(kind=kind, name=name, cell=cell, size=size)
        for (kind, name, cell), size in ordered
        if size
    ]


def files(stack: Sequence[Facts], limit: int) -> list[LargeFile]:
    """Return the largest files of an image, each once."""
    sizes: dict[str, int] = {}
    for facts in stack:
        for path, entry in facts.entries.items():
            if entry.type == FILE and entry.size:
                sizes[path] = max(entry.size, sizes.get(path, 0))
    largest = sorted(sizes, key=lambda path: (-sizes[path], path))
    return [_file(stack, path) for path in largest[:limit]]


def _file(stack: Sequence[Facts], path: str) -> LargeFile:
    holder = held_by(stack, path)
    assert holder is not None  # noqa: S101  one of the stack has the path
    entry = holder.entries[path]
    again = tuple(
        facts.cell
        for facts in stack
        if facts is not holder
        and path in facts.entries
        and facts.entries[path].digest == entry.digest
    )
    return LargeFile(path=path, cell=holder.cell, size=entry.size, again_in=again)


def _owner(path: str, facts: Facts) -> tuple[str, str]:
    """Return the kind and the name of the package that a file belongs to."""
    if path in facts.owners:
        return "deb", facts.owners[path]
    if match := IN_NODE_MODULES.fullmatch(path):
        return "npm", match["name"]
    if match := IN_SITE_PACKAGES.fullmatch(path):
        return "python", _distribution(match["top"])
    if match := IN_R_LIBRARY.fullmatch(path):
        return "r", match["name"]
    return "files", "/" + "/".join(path.split("/")[:-1][:2])


def _distribution(top: str) -> str:
    """Return the name of a file or directory of site-packages without what installers add to it."""
    return SUFFIX.sub("", top).replace("-", "_").lower()
