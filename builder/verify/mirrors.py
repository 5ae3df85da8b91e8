"""Whether the servers that a catalog needs answer: Debian's archives and the package registries
that this machine is configured with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import requests

from builder.errors import BuilderError, ToolError
from builder.fetch import cran, julia
from builder.fetch.go import ORIGIN as GO
from builder.fetch.go import proxy
from builder.fetch.maven import ORIGIN as MAVEN
from builder.fetch.maven import repository
from builder.fetch.npm import ORIGIN as NPM
from builder.fetch.npm import registry
from builder.fetch.origin import DEBIAN, SECURITY, debian_mirror, unreachable
from builder.fetch.pypi import ORIGIN as PYPI
from builder.fetch.pypi import client
from builder.fetch.session import session
from builder.lock.wheel import platform
from builder.resolve.archive import ORIGIN as ARCHIVE
from builder.resolve.cran_repository import PACKAGES
from builder.resolve.julia_server import REGISTRIES
from builder.settings import MIRROR, Settings, variable
from builder.tools import web
from builder.verify.check import CheckResult, Needs, elsewhere, reason

PATIENCE = 10.0
"""Seconds after which a request to a mirror has failed."""
ANY_DISTRIBUTION = "pip"
"""What the Python index is asked for: every index has it."""
ANY_PYTHON, ANY_PLATFORM = "3.13", platform("amd64")
TOOLCHAINS = "golang.org/toolchain/@v/list"
"""What a module proxy is asked for: `catalog lock` chooses a toolchain from it."""


def mirrors(settings: Settings, needs: Needs) -> Iterator[CheckResult]:
    """Ask every mirror for something small, all at once."""
    asked: list[Callable[[], CheckResult]] = []
    for release in needs.releases:
        asked.append(partial(_archive, settings, DEBIAN, release))
        asked.append(partial(_archive, settings, SECURITY, f"{release}-security"))
    if needs.python:
        asked.append(partial(_index, settings))
    if needs.npm:
        asked.append(partial(_server, settings, NPM, registry))
    if needs.maven:
        asked.append(partial(_server, settings, MAVEN, repository, needs.maven))
    if needs.go:
        asked.append(partial(_server, settings, GO, proxy, TOOLCHAINS))
    if needs.cran:
        asked.append(partial(_server, settings, cran.ORIGIN, cran.repository, PACKAGES))
    if needs.julia:
        asked.append(partial(_server, settings, julia.ORIGIN, julia.server, REGISTRIES))
    for host, address in sorted(needs.archives.items()):
        asked.append(partial(_host, settings, host, address))
    for name, (address, file) in sorted(needs.further.items()):
        asked.append(partial(_further, settings, name, settings.mirror(name) or address, file))
    with ThreadPoolExecutor(max_workers=8) as pool:
        yield from pool.map(lambda check: check(), asked)


def _archive(settings: Settings, origin: str, suite: str) -> CheckResult:
    """Ask a Debian archive for the signed index of a suite."""
    name = f"{origin} {suite}"
    try:
        mirror = debian_mirror(origin, settings)
    except BuilderError as error:
        return CheckResult(name=name, verdict="wrong", detail=error.message, fix=error.hint)
    return _asked(settings, name, f"{mirror}/dists/{suite}/InRelease", origin)


def _index(settings: Settings) -> CheckResult:
    """Ask the Python index, with the client that locks."""
    try:
        client(settings).compile(
            [ANY_DISTRIBUTION], python=ANY_PYTHON, platform=ANY_PLATFORM, dependencies=False
        )
    except ToolError as error:
        lost = unreachable(error.tail, PYPI)
        detail = lost.message if lost else _last_line(error.tail or error.message)
        fix = lost.hint if lost else error.hint
        return CheckResult(name=PYPI, verdict="wrong", detail=detail, fix=fix)
    except (BuilderError, OSError) as error:
        fix = elsewhere("cache")
        return CheckResult(name=PYPI, verdict="wrong", detail=reason(error), fix=fix)
    return CheckResult(name=PYPI, verdict="ok", detail="answers")


def _server(
    settings: Settings, origin: str, configured: Callable[[Settings], str], file: str = ""
) -> CheckResult:
    """Ask the server that is configured for an origin for a file, or for its first page."""
    try:
        address = configured(settings)
    except (BuilderError, OSError) as error:
        hint = error.hint if isinstance(error, BuilderError) else ""
        fix = hint or _other_mirror(origin)
        return CheckResult(name=origin, verdict="wrong", detail=reason(error), fix=fix)
    return _asked(settings, origin, f"{address}/{file}" if file else address, origin)


def _host(settings: Settings, host: str, address: str) -> CheckResult:
    """Ask a host that some images need for a file, or the mirror that is set instead; a warning if
    it does not answer: all other images do without it.
    """
    base = settings.mirror(ARCHIVE)
    mirrored = f"{base}/{address.rpartition('/')[2]}" if base else address
    return _for_some(_asked(settings, host, mirrored, ARCHIVE))


def _further(settings: Settings, name: str, address: str, file: str) -> CheckResult:
    """Ask a repository or an index that the catalog declares for a file."""
    return _for_some(_asked(settings, name, f"{address}/{file}", name))


def _for_some(result: CheckResult) -> CheckResult:
    """Return the result for a host that some images need alone."""
    if result.verdict == "ok":
        return result
    fix = f"{result.fix}; `catalog list` names the images that need it"
    return replace(result, verdict="warning", fix=fix)


def _asked(settings: Settings, name: str, address: str, origin: str) -> CheckResult:
    """Request a file; wrong if the host does not answer, or answers with an error."""
    if address.startswith("file:"):
        return _on_disk(name, Path(urlsplit(address).path), origin)
    host = web.host(address)
    try:
        with session(settings) as asking:
            answer = asking.get(address, timeout=PATIENCE, stream=True)
            answer.close()
    except (requests.RequestException, OSError) as error:
        detail = f"{host} does not answer: {web.reason(error)}"
        return CheckResult(name=name, verdict="wrong", detail=detail, fix=_other_mirror(origin))
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        detail = f"{host} answers {answer.status_code} to {urlsplit(address).path}"
        return CheckResult(name=name, verdict="wrong", detail=detail, fix=_other_mirror(origin))
    return CheckResult(name=name, verdict="ok", detail=f"{host} answers")


def _on_disk(name: str, path: Path, origin: str) -> CheckResult:
    if path.exists():
        return CheckResult(name=name, verdict="ok", detail=f"{path} exists")
    fix = _other_mirror(origin)
    return CheckResult(name=name, verdict="wrong", detail=f"there is no {path}", fix=fix)


def _other_mirror(origin: str) -> str:
    name = variable(MIRROR, origin)
    return f"set {name} to a mirror that answers, or https_proxy, or CATALOG_CA_BUNDLE"


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
