"""uv's resolver: from Python requirements to exact files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import uv
from pydantic import BaseModel

from builder.tools import process


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Uv:
    """Where to resolve: an index, or the one that uv itself is configured with."""

    cache: Path
    index: str | None = None
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
    ) -> tuple[Distribution, ...]:
        """Resolve requirements to distributions, sorted by name.

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
            target = [
                *(("--python-platform", platform) if platform else ("--universal",)),
                *(("--python-version", python) if python else ()),
            ]
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
                    *target,
                ),
                *(() if dependencies and not sdists else ("--no-deps",)),
                *(() if sdists else ("--only-binary", ":all:")),
                "-",
            ]
            environment = {"SSL_CERT_FILE": str(self.ca_bundle)} if self.ca_bundle else {}
            if self.index:
                # The URL is not on the command line, because it may hold a password.
                environment["UV_DEFAULT_INDEX"] = self.index
            process.run(
                argv, stdin="\n".join(requirements).encode(), env=environment, cwd=directory
            )
            return _read(output.read_text())


def _read(text: str) -> tuple[Distribution, ...]:
    lock = _Lock.model_validate(tomllib.loads(text))
    return tuple(
        Distribution(
            name=package.name,
            version=package.version,
            wheels=tuple(_file(wheel) for wheel in package.wheels),
            sdist=_file(package.sdist) if package.sdist else None,
        )
        for package in sorted(lock.packages, key=lambda package: package.name)
    )


def _file(file: _File) -> IndexFile:
    return IndexFile(
        file=unquote(urlsplit(file.url).path.rpartition("/")[2]),
        url=file.url,
        size=file.size,
        sha256=file.hashes["sha256"],
    )


def _pins(operator: str, versions: Mapping[str, str] | None) -> str:
    lines = [f"{name}{operator}{version}\n" for name, version in sorted((versions or {}).items())]
    return "".join(lines)


def _preferences(versions: Mapping[str, str]) -> str:
    blocks = [
        f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\n'
        for name, version in sorted(versions.items())
    ]
    return 'lock-version = "1.0"\ncreated-by = "uv"\nrequires-python = ">=3.0"\n' + "".join(blocks)
