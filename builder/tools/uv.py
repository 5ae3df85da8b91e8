"""uv's resolver: from Python requirements to exact files."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import uv
from pydantic import BaseModel

from builder.errors import FetchError
from builder.tools import process

PROJECT = "pyproject.toml"
NOBODY = "catalog-requirements"
"""How uv calls what asks for packages."""


class _File(BaseModel):
    url: str
    size: int = 0
    hashes: dict[str, str]


class _Package(BaseModel):
    name: str
    version: str
    wheels: list[_File] = []
    sdist: _File | None = None


class _Lock(BaseModel):
    packages: list[_Package] = []


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexFile:
    """A file that an index offers."""

    file: str
    url: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """A resolved distribution, its wheels that may fit, and its source, if it was asked for."""

    name: str
    version: str
    wheels: tuple[IndexFile, ...]
    sdist: IndexFile | None = None
    index: str = ""
    """The further index that it comes from, by name; empty for the usual one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Uv:
    """Where to resolve: an index, or the one that uv itself is configured with, and the addresses
    of further ones, for packages that are taken from these alone.
    """

    cache: Path
    index: str | None = None
    further: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: Path | None = None

    def compile(
        self,
        requirements: Sequence[str],
        *,
        python: str | None = None,
        platform: str | None = None,
        constraints: Mapping[str, str] | None = None,
        limits: Mapping[str, str] | None = None,
        bounds: Iterable[str] = (),
        preferences: Mapping[str, str] | None = None,
        dependencies: bool = True,
        sdists: bool = False,
        sources: Mapping[str, str] | None = None,
    ) -> tuple[Distribution, ...]:
        """Resolve requirements to distributions, sorted by name. `sources` are packages that come
        from a further index, and from no other: name -> index. Each must be among the requirements.

        `constraints` are versions that must hold, `limits` the highest versions that may be
        chosen, `bounds` requirements on what is chosen that ask for nothing, and `preferences`
        versions to keep if the requirements allow it. With `sdists`, a version may have no wheel;
        what it depends on is then not asked. Without `platform`, there are wheels for every
        platform; without `python`, for this machine's version and later ones.

        Raises:
            ToolError: there is no resolution, or the index could not be fetched.

        """
        with TemporaryDirectory() as name:
            directory = Path(name)
            (directory / "constraints.txt").write_text(
                _pins("==", constraints)
                + _pins("<=", limits)
                + "".join(f"{bound}\n" for bound in sorted(bounds))
            )
            output = directory / "pylock.toml"
            if preferences:
                output.write_text(_preferences(preferences))
            argv = [
                *(
                    uv.find_uv_bin(),
                    "pip",
                    "compile",
                    "--quiet",
                    "--no-header",
                    "--no-annotate",
                    "--no-python-downloads",
                ),
                *(
                    "--format",
                    "pylock.toml",
                    "--generate-hashes",
                    "--output-file",
                    output,
                ),
                *(
                    "--constraints",
                    directory / "constraints.txt",
                    "--cache-dir",
                    self.cache,
                    *_target(platform, python),
                ),
                *(() if dependencies and not sdists else ("--no-deps",)),
                *(() if sdists else ("--only-binary", ":all:")),
                PROJECT if sources else "-",
            ]
            if sources:
                project = _project(requirements, sources, self.further)
                (directory / PROJECT).write_text(project)
            lines = "\n".join(requirements).encode()
            process.run(argv, stdin=lines, env=self._environment(), cwd=directory)
            return _read(output.read_text(), sources or {})

    def _environment(self) -> dict[str, str]:
        environment = {"SSL_CERT_FILE": str(self.ca_bundle)} if self.ca_bundle else {}
        if self.index:
            # The URL is not on the command line, because it may hold a password.
            environment["UV_DEFAULT_INDEX"] = self.index
        return environment


def _target(platform: str | None, python: str | None) -> Iterator[str]:
    """Yield the arguments that say for what to resolve."""
    # This process's own interpreter: uv would start every one that is on PATH to choose.
    yield from ("--python", sys.executable)
    yield from ("--python-platform", platform) if platform else ("--universal",)
    if python:
        yield from ("--python-version", python)


def _project(
    requirements: Sequence[str], sources: Mapping[str, str], addresses: Mapping[str, str]
) -> str:
    """Return a pyproject.toml with requirements, some of which have an index of their own. It is a
    file of its owner's alone: an address may hold a password.
    """
    lines = ["[project]", f'name = "{NOBODY}"', 'version = "0"']
    # JSON's texts and lists are TOML's, too.
    lines += [f"dependencies = {json.dumps(list(requirements))}", "[tool.uv.sources]"]
    lines += [f"{json.dumps(name)} = {{index = {json.dumps(sources[name])}}}" for name in sources]
    for index in sorted(set(sources.values())):
        lines += ["[[tool.uv.index]]", f"name = {json.dumps(index)}"]
        lines += [f"url = {json.dumps(addresses[index])}", "explicit = true"]
    return "\n".join(lines) + "\n"


def _read(text: str, sources: Mapping[str, str]) -> tuple[Distribution, ...]:
    lock = _Lock.model_validate(tomllib.loads(text))
    return tuple(
        Distribution(
            name=package.name,
            version=package.version,
            wheels=tuple(_file(wheel) for wheel in package.wheels),
            sdist=_file(package.sdist) if package.sdist else None,
            index=sources.get(package.name, ""),
        )
        for package in sorted(lock.packages, key=lambda package: package.name)
    )


def _file(file: _File) -> IndexFile:
    name = unquote(urlsplit(file.url).path.rpartition("/")[2])
    if "sha256" not in file.hashes:
        raise FetchError(
            f"the index states no sha256 of {name}", hint="ask for another version, or index"
        )
    return IndexFile(file=name, url=file.url, size=file.size, sha256=file.hashes["sha256"])


def _pins(operator: str, versions: Mapping[str, str] | None) -> str:
    lines = []
    for name, version in sorted((versions or {}).items()):
        # A comparison has no local part (PEP 440), and 2.9+cpu is not above 2.9.
        pinned = version if operator == "==" else version.partition("+")[0]
        lines.append(f"{name}{operator}{pinned}\n")
    return "".join(lines)


def _preferences(versions: Mapping[str, str]) -> str:
    blocks = [
        f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\n'
        for name, version in sorted(versions.items())
    ]
    return 'lock-version = "1.0"\ncreated-by = "uv"\nrequires-python = ">=3.0"\n' + "".join(blocks)
