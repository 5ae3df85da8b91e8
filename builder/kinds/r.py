"""R packages: from CRAN and repositories like it, and those that come inside Debian's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO

from builder.catalog.reader import Key
from builder.catalog.scalars import quoted
from builder.catalog.source import YamlFile
from builder.deb822 import field, fields
from builder.errors import Problem
from builder.kinds import requests
from builder.kinds.model import ArtifactKind, Bytes, Described, Statement, Trace
from builder.lock.cran import KIND, installation
from builder.lock.description import BASE, R, requirement
from builder.lock.model import Artifact

KEY = "cran"
DESCRIPTION = re.compile(r"(?:.*/)?(?:library|site-library)/[^/]+/DESCRIPTION")
ROOT, ORDER = "cran", "cran.txt"
"""Where the build finds sources under /artifacts, and the file that lists them: a line for each
package, with its name and its file."""


def _check(text: YamlFile, path: tuple[Key, ...], package: str) -> Iterator[Problem]:
    wanted = requirement(package)
    if wanted is None:
        yield text.problem(
            path,
            f"{quoted(package)} is not an R package, or one with a version as a DESCRIPTION has it",
            "for example: config, config (>= 0.3) or config (== 0.3.1)",
        )
    elif wanted.name == R or wanted.name in BASE:
        yield text.problem(path, f"{wanted.name} is a part of R itself", "remove it")


def _place(artifact: Artifact) -> PurePosixPath:
    return PurePosixPath(ROOT, artifact.locator.rpartition("/")[2])


def _order(artifacts: Iterable[Artifact]) -> Mapping[str, str]:
    """Return the order in which packages are installed: each after those that it needs."""
    sources = installation(one for one in artifacts if one.kind == KIND)
    lines = [f"{one.name} {_place(one).name}\n" for one in sources]
    return {ORDER: "".join(lines)} if lines else {}


NEEDED = ("Depends", "Imports", "LinkingTo")
"""Fields of packages without which one cannot be used ("Writing R Extensions")."""
MOST = 4 << 20
"""Bytes of a description that are read."""


def _installed(_path: str, size: int, read: Bytes) -> Iterator[tuple[str, str]]:
    text = read(0, size).decode("utf-8", "replace")
    yield field(text, "Package") or "", field(text, "Version") or ""


def _described(path: str, stream: IO[bytes]) -> Iterator[Described]:
    values = fields(stream.read(MOST).decode("utf-8", "replace"))
    name, version = values.get("Package", ""), values.get("Version", "")
    licence = " ".join(values.get("License", "").split())
    if name and version:
        yield Described(
            kind="r",
            name=name,
            version=version,
            path=path,
            licences=(licence,) if licence else (),
            requires=tuple(_needed(values)),
        )


def _needed(values: Mapping[str, str]) -> Iterator[str]:
    for name in NEEDED:
        for word in values.get(name, "").split(","):
            package = word.partition("(")[0].strip()
            if package and package != "R":
                yield package


R_PACKAGES = ArtifactKind(
    name=KIND,
    key=KEY,
    wishes=requests.wishes(KEY),
    check=requests.check(KEY, _check),
    place=_place,
    template="cran.j2",
    installed=True,
    of_one_release="they are installed into the R of one release",
    follows=_order,
    trace=Trace(ends=("DESCRIPTION",), path=DESCRIPTION, read=_installed, tree=True),
    statement=Statement(ends=("/DESCRIPTION",), path=DESCRIPTION, read=_described),
    url="cran",
)
