"""Julia packages from a package server, and the files that they bring along (artifacts)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO

from builder.catalog.reader import Key
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.documents import DocumentError, from_toml
from builder.errors import Problem
from builder.kinds import requests
from builder.kinds.model import ArtifactKind, Bytes, Described, Statement, Trace
from builder.lock.julia import FILES, KIND, UUID, in_order, request, tree_of, uuid_of
from builder.lock.model import Artifact

KEY = "julia"
ROOT, ORDER = "julia", "julia.txt"
"""Where the build finds archives under /artifacts, and the file that lists them: a line for each,
`artifact TREE` or `package TREE NAME UUID`, and each package after those that it needs."""
# A depot has them as packages/NAME/SLUG, and the slug says which release it is.
PROJECT = re.compile(r"(?:.*/)?packages/[^/]+/[A-Za-z0-9]{4,5}/(?:Julia)?Project\.toml")
ENDS = ("Project.toml",)
MOST = 1 << 20


def _check(text: YamlFile, path: tuple[Key, ...], package: str) -> Iterator[Problem]:
    if request(package) is not None:
        return
    message = f"{quoted(package)} is not a Julia package, or one with what its versions may be"
    hint = "for example: CSV, CSV@0.10 or CSV@=0.10.15, as in [compat] of a Project.toml"
    yield text.problem(path, message, hint)


def name_of(package: str) -> str:
    """Return the package that a request names."""
    return re.split("[=@]", package, maxsplit=1)[0]


def _place(artifact: Artifact) -> PurePosixPath:
    return PurePosixPath(ROOT, f"{tree_of(artifact)}.tar")


def _order(artifacts: Iterable[Artifact]) -> Mapping[str, str]:
    given = list(artifacts)
    trees = sorted({tree_of(one) for one in given if one.kind == FILES})
    lines = [f"artifact {tree}\n" for tree in trees]
    for one in in_order(item for item in given if item.kind == KIND):
        lines.append(f"package {tree_of(one)} {one.name} {uuid_of(one)}\n")
    return {ORDER: "".join(lines)} if lines else {}


def _installed(_path: str, size: int, read: Bytes) -> Iterator[tuple[str, str]]:
    told = _told(read(0, min(size, MOST)))
    yield told.get("name", ""), told.get("version", "")


def _described(path: str, stream: IO[bytes]) -> Iterator[Described]:
    data = stream.read(MOST)
    told = _told(data)
    name, version, uuid = (told.get(key, "") for key in ("name", "version", "uuid"))
    if name and version:
        yield Described(
            kind=KIND,
            name=name,
            version=version,
            path=path,
            requires=_needed(data),
            uuid=uuid if UUID.fullmatch(uuid) else "",
        )


def _told(data: bytes) -> dict[str, str]:
    """Return the texts of a Project.toml; nothing where it is damaged."""
    return {key: value for key, value in _table(data).items() if isinstance(value, str)}


def _needed(data: bytes) -> tuple[str, ...]:
    needed = _table(data).get("deps", {})
    return tuple(sorted(needed)) if isinstance(needed, dict) else ()


def _table(data: bytes) -> Mapping[str, object]:
    try:
        return from_toml(data, most=MOST)
    except DocumentError:
        return {}


JULIA = ArtifactKind(
    name=KIND,
    key=KEY,
    wishes=requests.wishes(KEY),
    check=requests.check(KEY, _check),
    package=name_of,
    place=_place,
    template="julia.j2",
    installed=True,
    follows=_order,
    trace=Trace(ends=ENDS, path=PROJECT, read=_installed, tree=True),
    statement=Statement(ends=ENDS, path=PROJECT, read=_described),
    url="julia",
)
# What packages bring along comes with them: no layer asks for it.
ARTIFACT = ArtifactKind(name=FILES, place=_place)
