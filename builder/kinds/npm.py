"""npm packages, installed with all that they depend on into a directory of the layer's own, their
programs on PATH.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO, Any

from builder.catalog.model import Layer
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.documents import DocumentError, from_json
from builder.errors import Problem
from builder.kinds.model import ArtifactKind, Bytes, Described, Point, Statement, Trace
from builder.lock.model import Artifact
from builder.redact import redact

PACKAGE = re.compile(r"(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*")
# Only packages in the first node_modules: those inside other packages belong to these.
MANIFEST = re.compile(r"(?:(?!node_modules/).)*/node_modules/(?:@[^/]+/)?[^/@]+/package\.json")

ANYWHERE = re.compile(r"(?:.*/)?package\.json")
MOST = 4 << 20
"""Bytes of a manifest that is read."""
SHOWN = 200
"""Characters of a statement on its licence: no more than a sentence."""


def _wishes(layer: Layer, _point: Point) -> object:
    return {"installed": dict(sorted(layer.npm.items()))} if layer.npm else None


def _check(text: YamlFile, layer: Layer) -> Iterator[Problem]:
    for package, version in layer.npm.items():
        if not PACKAGE.fullmatch(package):
            yield text.problem(
                ("npm", package), f"{quoted(package)} is not the name of an npm package", key=True
            )
        if redact(version) != version:
            yield text.problem(
                ("npm", package),
                f"{quoted(version)} is a URL with a user or a query, which would be in the lock for"
                " all to read",
                "npm's own configuration holds what a registry wants to know",
            )
        if not version.strip():
            yield text.problem(
                ("npm", package),
                "expected a version specifier, found the text ''",
                "for any version: '*'",
            )


def _place(artifact: Artifact) -> PurePosixPath:
    """Return where npm's own cache stores the content with this digest."""
    algorithm, _, value = artifact.digest.partition(":")
    return PurePosixPath(
        "npm", "_cacache", "content-v2", algorithm, value[:2], value[2:4], value[4:]
    )


def _installed(_path: str, size: int, read: Bytes) -> Iterator[tuple[str, str]]:
    try:
        manifest = from_json(read(0, size), most=MOST)
    except DocumentError:
        return
    if isinstance(manifest, dict):
        yield str(manifest.get("name", "")), str(manifest.get("version", ""))


def _described(path: str, stream: IO[bytes]) -> Iterator[Described]:
    try:
        manifest = from_json(stream.read(MOST + 1), most=MOST)
    except DocumentError:
        return
    if not isinstance(manifest, dict):
        return
    name, version = manifest.get("name"), manifest.get("version")
    if isinstance(name, str) and PACKAGE.fullmatch(name) and isinstance(version, str) and version:
        needed = manifest.get("dependencies")
        licence = "; ".join(_licences(manifest))[:SHOWN]
        yield Described(
            kind="npm",
            name=name,
            version=version,
            path=path,
            licences=(licence,) if licence else (),
            requires=tuple(map(str, needed)) if isinstance(needed, Mapping) else (),
        )


def _licences(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a manifest says of its licence: a text, or as manifests of before did."""
    stated = manifest.get("license") or manifest.get("licenses")
    several: Iterable[object] = stated if isinstance(stated, list) else [stated]
    for one in several:
        licence = one.get("type") if isinstance(one, Mapping) else one
        if isinstance(licence, str) and licence:
            yield " ".join(licence.split())


NPM = ArtifactKind(
    name="npm",
    key="npm",
    wishes=_wishes,
    check=_check,
    place=_place,
    template="npm.j2",
    trace=Trace(ends=("package.json",), path=MANIFEST, read=_installed, tree=True),
    statement=Statement(ends=("package.json",), path=ANYWHERE, read=_described),
    url="npm",
)
