"""Whether this machine has what a catalog needs: programs, an engine, disk space, certificates,
mirrors, an intact store. Each check is a function that reports what is broken, and never raises.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from builder.errors import BuilderError, ToolError, listed
from builder.fetch.npm import registry
from builder.oci.store import Store
from builder.settings import Settings
from builder.tools import buildx, cosign, engine, process, web
from builder.verify.check import CheckResult, Needs, elsewhere, first_line, reason
from builder.verify.mirrors import PATIENCE, mirrors

LITTLE = 10_000_000_000
"""Bytes: with less free space, a build of a few large layers fills the disk."""
SETUP = "make setup"


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """A program, with the arguments that make it print its version."""

    name: str
    version: tuple[str, ...]
    purpose: str
    fix: str = SETUP


BUILDING = (
    Program(name="apt-get", version=("--version",), purpose="locks Debian packages"),
    Program(name="mmdebstrap", version=("--version",), purpose="makes the lowest layer"),
)
CHARTS = (
    Program(name="helm", version=("version", "--short"), purpose="renders and packages charts"),
    Program(name="kind", version=("version",), purpose="tests charts on a cluster"),
    Program(name="kubectl", version=("version", "--client"), purpose="tests charts on a cluster"),
)
UV = Program(name="uv", version=("--version",), purpose="locks Python packages", fix="make python")

COSIGN = Program(name="cosign", version=("help",), purpose="signs releases", fix=cosign.HINT)


def examine(settings: Settings, needs: Needs) -> list[CheckResult]:
    """Return the result of every check, in the order in which things are needed."""
    certificates = list(_certificates(settings))
    # If the certificates cannot be read, no mirror can be reached.
    can_ask = all(finding.verdict == "ok" for finding in certificates)
    return [
        *_docker(),
        *_programs(settings, needs),
        *_space(settings),
        *certificates,
        *(mirrors(settings, _askable(settings, needs)) if can_ask else ()),
        *_store(settings),
    ]


def _askable(settings: Settings, needs: Needs) -> Needs:
    """Return the needs without those whose client is missing, which is reported already."""
    return replace(
        needs,
        python=needs.python and _program(UV).verdict == "ok",
        npm=needs.npm and _npm(settings).verdict == "ok",
    )


def _docker() -> Iterator[CheckResult]:
    """Check the engine's client, the engine, and that it can build OCI images."""
    client = Program(name="docker", version=("--version",), purpose="builds and runs images")
    program = _program(client)
    yield program
    try:
        version = engine.client(PATIENCE).version()["Version"]
    except BuilderError as error:
        yield CheckResult(name="engine", verdict="wrong", detail=error.message, fix=SETUP)
        return
    yield CheckResult(name="engine", verdict="ok", detail=f"answers, version {version}")
    if program.verdict != "ok":
        return
    plugin = Program(name="docker", version=("buildx", "version"), purpose="builds cells")
    extension = _program(plugin, called="buildx")
    yield extension
    if extension.verdict == "ok":
        yield _builder()


def _builder() -> CheckResult:
    """Check that a buildx builder can write OCI layouts; none is created."""
    try:
        if buildx.is_default_able():
            return CheckResult(
                name="builder", verdict="ok", detail="the engine's own builder writes OCI layouts"
            )
        if buildx.is_made():
            return CheckResult(name="builder", verdict="ok", detail=f"{buildx.BUILDER!r} exists")
    except BuilderError as error:
        return CheckResult(name="builder", verdict="wrong", detail=error.message, fix=SETUP)
    own = "the engine's own builder cannot write OCI layouts"
    detail = f"{own}; {buildx.BUILDER!r} is created when needed"
    return CheckResult(name="builder", verdict="warning", detail=detail, fix=SETUP)


def _programs(settings: Settings, needs: Needs) -> Iterator[CheckResult]:
    yield from map(_program, BUILDING)
    if needs.python:
        yield _program(UV)
    if needs.npm:
        yield _npm(settings)
    if needs.charts:
        yield from map(_program, CHARTS)
    if settings.sign_key:
        yield _program(COSIGN)


def _program(program: Program, called: str = "") -> CheckResult:
    """Start a program to get its version."""
    name = called or program.name
    try:
        said = process.text([program.name, *program.version])
    except (ToolError, OSError, UnicodeDecodeError) as error:
        reason = first_line(error.message if isinstance(error, ToolError) else str(error))
        detail = f"{reason}; it {program.purpose}"
        return CheckResult(name=name, verdict="wrong", detail=detail, fix=program.fix)
    return CheckResult(name=name, verdict="ok", detail=first_line(said))


def _npm(settings: Settings) -> CheckResult:
    try:
        address = registry(settings)
    except (ToolError, OSError) as error:
        detail = f"{first_line(str(error))}; it locks npm packages"
        return CheckResult(name="npm", verdict="wrong", detail=detail, fix="install npm")
    return CheckResult(name="npm", verdict="ok", detail=f"uses {web.host(address)}")


def _space(settings: Settings) -> Iterator[CheckResult]:
    """Check the disks of the store and of the cache."""
    for name, path in (("store", settings.store), ("cache", settings.cache)):
        there = _existing(path)
        label = f"space for the {name}"
        try:
            free = shutil.disk_usage(there).free
        except OSError as error:
            detail = f"{there}: {reason(error)}"
            yield CheckResult(name=label, verdict="wrong", detail=detail, fix=elsewhere(name))
            continue
        detail = f"{free / 1e9:,.0f} GB free in {there}"
        if not os.access(there, os.W_OK):
            detail = f"{there} is not writable"
            yield CheckResult(name=label, verdict="wrong", detail=detail, fix=elsewhere(name))
        elif free < LITTLE:
            fix = "catalog prune; docker system prune"
            yield CheckResult(name=label, verdict="warning", detail=detail, fix=fix)
        else:
            yield CheckResult(name=label, verdict="ok", detail=detail)


def _existing(path: Path) -> Path:
    """Return a path, or the nearest directory above it that exists."""
    for candidate in (path, *path.parents):
        with contextlib.suppress(OSError):
            if candidate.exists():
                return candidate
    return Path("/")


def _certificates(settings: Settings) -> Iterator[CheckResult]:
    """Check that the extra CA certificates can be read."""
    name, path = "certificates", settings.ca_bundle
    if path is None:
        yield CheckResult(name=name, verdict="ok", detail="the machine's own CA certificates")
        return
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(path)
        count = len(context.get_ca_certs())
    except (OSError, ssl.SSLError) as error:
        fix = "set CATALOG_CA_BUNDLE to a PEM file with certificates"
        yield CheckResult(name=name, verdict="wrong", detail=f"{path}: {reason(error)}", fix=fix)
        return
    yield CheckResult(name=name, verdict="ok", detail=f"{count} extra CA certificates in {path}")


def _store(settings: Settings) -> Iterator[CheckResult]:
    """Check that the store can be read, and that all its entries are intact."""
    store = Store(settings.store)
    try:
        if not settings.store.exists():
            detail = f"{settings.store} does not exist yet"
            yield CheckResult(name="store", verdict="ok", detail=detail)
            return
        refs = store.refs()
        broken = [ref for ref, manifest in refs.items() if not store.intact(manifest)]
    except (BuilderError, OSError) as error:
        fix = error.hint if isinstance(error, BuilderError) else elsewhere("store")
        yield CheckResult(name="store", verdict="wrong", detail=reason(error), fix=fix)
        return
    if not os.access(settings.store, os.W_OK):
        detail = f"{settings.store} is not writable"
        yield CheckResult(name="store", verdict="wrong", detail=detail, fix=elsewhere("store"))
        return
    if broken:
        detail = f"{len(broken)} of {len(refs)} entries are damaged: {listed(broken, 3)}"
        yield CheckResult(name="store", verdict="wrong", detail=detail, fix="catalog build")
        return
    yield CheckResult(name="store", verdict="ok", detail=f"{len(refs)} entries, all intact")
