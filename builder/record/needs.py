"""What R packages, Maven artifacts and Go modules depend on. A lock tells it of R packages; of the
others, it is as far as this machine can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from builder.lock.cran import needed
from builder.lock.julia import needed as needed_by_julia
from builder.lock.maven import COMES_ALONG
from builder.lock.model import Artifact
from builder.lock.pom import Module, Pom, PomError, Poms, effective, parse

POMS = Path("maven", "poms")
"""Where `catalog lock` keeps the POMs that it reads, below the cache."""
GO_MOD = "/go.mod"
TOOLCHAIN = "golang.org/toolchain"
# A line of go.mod that requires a module, inside of a block or not.
REQUIRED = re.compile(r"\s*(?:require\s+)?([^\s()/]+\.[^\s()]+)\s+v[^\s]+(\s*//\s*indirect)?.*")
BLOCK = re.compile(r"^require\s*\((.*?)^\)|^require\s+([^(\s].*)$", re.MULTILINE | re.DOTALL)


def kept_poms(cache: Path) -> Poms:
    """Return what gives the POMs that are in the cache; None for those that are not."""

    def pom(module: Module) -> Pom | None:
        path = cache / POMS / module.path / f"{module.artifact}-{module.version}.pom"
        if not module.sound() or not path.is_file():
            return None
        try:
            return parse(path.read_text("utf-8", "replace"))
        except PomError:
            return None

    return pom


def r(artifacts: Iterable[Artifact]) -> Mapping[str, Sequence[str]]:
    """Return what each locked R package depends on: name -> names, all of them locked."""
    locked = {artifact.name: artifact for artifact in artifacts}
    return {
        name: [other for other in needed(artifact) if other in locked]
        for name, artifact in locked.items()
    }


def julia(artifacts: Iterable[Artifact]) -> Mapping[str, Sequence[str]]:
    """Return what each locked Julia package depends on: name -> names, all of them locked."""
    locked = {artifact.name: artifact for artifact in artifacts}
    return {
        name: [other for other in needed_by_julia(artifact) if other in locked]
        for name, artifact in locked.items()
    }


def maven(artifacts: Iterable[Artifact], poms: Poms) -> Mapping[str, Sequence[str]]:
    """Return what each locked Maven artifact depends on: name -> names, all of them locked. One
    whose POM is not known is left out.
    """
    versions = {artifact.name: artifact.version for artifact in artifacts}
    needs: dict[str, list[str]] = {}
    for name, version in versions.items():
        group, _, project = name.partition(":")
        described = poms(Module(group, project, version))
        if described is None:
            continue
        try:
            entries = effective(described, poms).dependencies
        except PomError:
            continue
        along = [entry for entry in entries if entry.scope in COMES_ALONG and not entry.optional]
        names = [entry.module.name for entry in along]
        needs[name] = [other for other in names if other in versions]
    return needs


def go(files: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """Return what each Go module depends on: path -> paths; `files` has the text of each one's
    go.mod.

    A go.mod also lists what its dependencies need, as `// indirect`. Such an entry counts only if
    no other go.mod requires the module directly: the way leads through the one that does.
    """
    direct: dict[str, list[str]] = {}
    indirect: dict[str, list[str]] = {}
    for module, text in files.items():
        required = list(_required(text))
        direct[module] = [path for path, is_indirect in required if not is_indirect]
        indirect[module] = [path for path, is_indirect in required if is_indirect]
    explained = set[str]().union(*direct.values())
    return {
        module: [*direct[module], *(path for path in indirect[module] if path not in explained)]
        for module in files
    }


def _required(text: str) -> Iterator[tuple[str, bool]]:
    for block in BLOCK.finditer(text):
        for line in (block[1] or block[2]).splitlines():
            if match := REQUIRED.fullmatch(line):
                yield match[1], bool(match[2])
