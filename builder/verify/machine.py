"""What this machine has of what a catalog needs: programs, an engine, space, certificates, mirrors,
a store in order. Each check is a function; whatever is broken, it answers.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import requests

from builder.errors import BuilderError, ToolError, listed
from builder.fetch.npm import ORIGIN as NPM
from builder.fetch.npm import registry
from builder.fetch.origin import DEBIAN, SECURITY, debian_mirror, unreachable
from builder.fetch.pypi import ORIGIN as PYPI
from builder.fetch.pypi import client
from builder.fetch.session import session
from builder.lock.wheel import platform
from builder.oci.store import Store
from builder.settings import MIRROR, Settings, variable
from builder.tools import buildx, engine, process

Verdict = Literal["ok", "wrong", "warning"]
PATIENCE = 10.0
"""Seconds until a mirror counts as silent."""
LITTLE = 10_000_000_000
"""Bytes: with less free space, a build of a few large layers fills the disk."""
SETUP = "make setup"
ANY_DISTRIBUTION = "pip"
"""What the index is asked for: every one has it."""
ANY_PYTHON, ANY_PLATFORM = "3.13", platform("amd64")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one check came to."""

    name: str
    verdict: Verdict
    """wrong: something that is needed; warning: something that may become a problem, or that
    only some commands need."""
    detail: str
    mend: str = ""
    """The command, or the change, that mends it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What a catalog makes use of."""

    releases: tuple[str, ...] = ()
    """Debian releases."""
    python: bool = False
    npm: bool = False
    charts: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """A program that is started, with the arguments that make it tell its version."""

    name: str
    version: tuple[str, ...]
    purpose: str
    mend: str = SETUP


BUILDING = (
    Program(name="apt-get", version=("--version",), purpose="locks Debian packages"),
    Program(name="mmdebstrap", version=("--version",), purpose="makes the lowest layer"),
)
CHARTS = (
    Program(name="helm", version=("version", "--short"), purpose="renders and packages charts"),
    Program(name="kind", version=("version",), purpose="tests charts on a cluster"),
    Program(name="kubectl", version=("version", "--client"), purpose="tests charts on a cluster"),
)
UV = Program(name="uv", version=("--version",), purpose="locks Python packages", mend="make python")


def examine(settings: Settings, needs: Needs) -> list[Finding]:
    """Return what every check of the machine found, in the order in which things are needed."""
    certificates = list(_certificates(settings))
    # Without certificates that can be read, no mirror could answer.
    can_ask = all(finding.verdict == "ok" for finding in certificates)
    return [
        *_docker(),
        *_programs(settings, needs),
        *_space(settings),
        *certificates,
        *(_mirrors(settings, needs) if can_ask else ()),
        *_store(settings),
    ]


def _docker() -> Iterator[Finding]:
    """Check the engine's client, the engine, and that it builds OCI images."""
    client = Program(name="docker", version=("--version",), purpose="builds and runs images")
    program = _program(client)
    yield program
    try:
        version = engine.client(PATIENCE).version()["Version"]
    except BuilderError as error:
        yield Finding(name="engine", verdict="wrong", detail=error.message, mend=SETUP)
        return
    yield Finding(name="engine", verdict="ok", detail=f"answers, version {version}")
    if program.verdict != "ok":
        return
    plugin = Program(name="docker", version=("buildx", "version"), purpose="builds cells")
    extension = _program(plugin, called="buildx")
    yield extension
    if extension.verdict == "ok":
        yield _builder()


def _builder() -> Finding:
    """Check that a buildx builder writes OCI layouts; none is made."""
    try:
        if buildx.is_default_able():
            return Finding(
                name="builder", verdict="ok", detail="the engine's own writes OCI layouts"
            )
        if buildx.is_made():
            return Finding(name="builder", verdict="ok", detail=f"{buildx.BUILDER!r} is there")
    except BuilderError as error:
        return Finding(name="builder", verdict="wrong", detail=error.message, mend=SETUP)
    detail = f"the engine's own writes no OCI layouts; {buildx.BUILDER!r} is made when needed"
    return Finding(name="builder", verdict="warning", detail=detail, mend=SETUP)


def _programs(settings: Settings, needs: Needs) -> Iterator[Finding]:
    yield from map(_program, BUILDING)
    if needs.python:
        yield _program(UV)
    if needs.npm:
        yield _npm(settings)
    if needs.charts:
        yield from map(_program, CHARTS)


def _program(program: Program, called: str = "") -> Finding:
    """Start a program so that it tells its version."""
    name = called or program.name
    try:
        said = process.text([program.name, *program.version])
    except (ToolError, OSError, UnicodeDecodeError) as error:
        reason = _first_line(error.message if isinstance(error, ToolError) else str(error))
        detail = f"{reason}; it {program.purpose}"
        return Finding(name=name, verdict="wrong", detail=detail, mend=program.mend)
    return Finding(name=name, verdict="ok", detail=_first_line(said))


def _npm(settings: Settings) -> Finding:
    try:
        address = registry(settings)
    except (ToolError, OSError) as error:
        detail = f"{_first_line(str(error))}; it locks npm packages"
        return Finding(name="npm", verdict="wrong", detail=detail, mend="install npm")
    return Finding(name="npm", verdict="ok", detail=f"uses {urlsplit(address).hostname}")


def _space(settings: Settings) -> Iterator[Finding]:
    """Check the disks of the store and of the cache."""
    for name, path in (("store", settings.store), ("cache", settings.cache)):
        there = _existing(path)
        label = f"space for the {name}"
        try:
            free = shutil.disk_usage(there).free
        except OSError as error:
            detail = f"{there}: {_reason(error)}"
            yield Finding(name=label, verdict="wrong", detail=detail, mend=_elsewhere(name))
            continue
        detail = f"{free / 1e9:,.0f} GB free in {there}"
        if not os.access(there, os.W_OK):
            detail = f"{there} cannot be written to"
            yield Finding(name=label, verdict="wrong", detail=detail, mend=_elsewhere(name))
        elif free < LITTLE:
            mend = "catalog prune; docker system prune"
            yield Finding(name=label, verdict="warning", detail=detail, mend=mend)
        else:
            yield Finding(name=label, verdict="ok", detail=detail)


def _elsewhere(name: str) -> str:
    return f"set CATALOG_{name.upper()} to a directory that can be written to"


def _existing(path: Path) -> Path:
    """Return a path, or the nearest directory above it that is there."""
    for candidate in (path, *path.parents):
        with contextlib.suppress(OSError):
            if candidate.exists():
                return candidate
    return Path("/")


def _certificates(settings: Settings) -> Iterator[Finding]:
    """Check that the further authorities can be read."""
    name, path = "certificates", settings.ca_bundle
    if path is None:
        yield Finding(name=name, verdict="ok", detail="the machine's own authorities")
        return
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(path)
        count = len(context.get_ca_certs())
    except (OSError, ssl.SSLError) as error:
        mend = "name a PEM file with certificates in CATALOG_CA_BUNDLE"
        yield Finding(name=name, verdict="wrong", detail=f"{path}: {_reason(error)}", mend=mend)
        return
    yield Finding(name=name, verdict="ok", detail=f"{count} further authorities in {path}")


def _mirrors(settings: Settings, needs: Needs) -> Iterator[Finding]:
    """Ask every mirror for something small, all at once."""
    asked: list[Callable[[], Finding]] = []
    for release in needs.releases:
        asked.append(partial(_archive, settings, DEBIAN, release))
        asked.append(partial(_archive, settings, SECURITY, f"{release}-security"))
    # A client that is missing is told already.
    if needs.python and _program(UV).verdict == "ok":
        asked.append(partial(_index, settings))
    if needs.npm and _npm(settings).verdict == "ok":
        asked.append(partial(_npm_registry, settings))
    with ThreadPoolExecutor(max_workers=8) as pool:
        yield from pool.map(lambda check: check(), asked)


def _archive(settings: Settings, origin: str, suite: str) -> Finding:
    """Ask a Debian archive for the signed index of a suite."""
    name = f"{origin} {suite}"
    try:
        mirror = debian_mirror(origin, settings)
    except BuilderError as error:
        return Finding(name=name, verdict="wrong", detail=error.message, mend=error.hint)
    path = f"dists/{suite}/InRelease"
    if mirror.startswith("file:"):
        file = Path(urlsplit(mirror).path) / path
        if file.is_file():
            return Finding(name=name, verdict="ok", detail=f"{file} is there")
        mend = _other_mirror(origin)
        return Finding(name=name, verdict="wrong", detail=f"there is no {file}", mend=mend)
    return _asked(settings, name, f"{mirror}/{path}", origin)


def _index(settings: Settings) -> Finding:
    """Ask the Python index, by the client that locks."""
    try:
        client(settings).compile(
            [ANY_DISTRIBUTION], python=ANY_PYTHON, platform=ANY_PLATFORM, dependencies=False
        )
    except ToolError as error:
        lost = unreachable(error.tail, PYPI)
        detail = lost.message if lost else _last_line(error.tail or error.message)
        mend = lost.hint if lost else error.hint
        return Finding(name=PYPI, verdict="wrong", detail=detail, mend=mend)
    except (BuilderError, OSError) as error:
        mend = _elsewhere("cache")
        return Finding(name=PYPI, verdict="wrong", detail=_reason(error), mend=mend)
    return Finding(name=PYPI, verdict="ok", detail="answers")


def _npm_registry(settings: Settings) -> Finding:
    return _asked(settings, NPM, registry(settings), NPM)


def _asked(settings: Settings, name: str, address: str, origin: str) -> Finding:
    """Ask for a file; only a host that says that it has none, or that says nothing, is wrong."""
    host = urlsplit(address).hostname
    try:
        with session(settings) as asking:
            answer = asking.get(address, timeout=PATIENCE, stream=True)
            answer.close()
    except (requests.RequestException, OSError) as error:
        detail = f"{host} does not answer: {_reason(error)}"
        return Finding(name=name, verdict="wrong", detail=detail, mend=_other_mirror(origin))
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        detail = f"{host} answers {answer.status_code} to {urlsplit(address).path}"
        return Finding(name=name, verdict="wrong", detail=detail, mend=_other_mirror(origin))
    return Finding(name=name, verdict="ok", detail=f"{host} answers")


def _other_mirror(origin: str) -> str:
    name = variable(MIRROR, origin)
    return f"set {name} to a mirror that answers, or https_proxy, or CATALOG_CA_BUNDLE"


def _store(settings: Settings) -> Iterator[Finding]:
    """Check that the store can be read, and that all it has is whole."""
    store = Store(settings.store)
    try:
        if not settings.store.exists():
            detail = f"{settings.store} is not there yet"
            yield Finding(name="store", verdict="ok", detail=detail)
            return
        refs = store.refs()
        broken = [ref for ref, manifest in refs.items() if not store.intact(manifest)]
    except (BuilderError, OSError) as error:
        mend = error.hint if isinstance(error, BuilderError) else _elsewhere("store")
        yield Finding(name="store", verdict="wrong", detail=_reason(error), mend=mend)
        return
    if not os.access(settings.store, os.W_OK):
        detail = f"{settings.store} cannot be written to"
        yield Finding(name="store", verdict="wrong", detail=detail, mend=_elsewhere("store"))
        return
    if broken:
        detail = f"{len(broken)} of {len(refs)} entries are not whole: {listed(broken, 3)}"
        yield Finding(name="store", verdict="wrong", detail=detail, mend="catalog build")
        return
    yield Finding(name="store", verdict="ok", detail=f"{len(refs)} entries, all whole")


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def _reason(error: Exception) -> str:
    """Return the innermost cause of an error, in one line."""
    if isinstance(error, BuilderError):
        return _first_line(error.message)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    cause = error.args[0] if error.args else error
    inner = getattr(cause, "reason", cause)
    return _first_line(str(inner))
