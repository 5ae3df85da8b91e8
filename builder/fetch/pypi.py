"""The Python index: the one that is set, else what this machine's clients are configured with."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from platform import machine
from urllib.parse import urlsplit, urlunsplit

from builder.errors import ToolError
from builder.fetch.origin import undeclared, unreachable
from builder.fetch.session import bundle, session
from builder.fetch.transfer import place, sound, transfer
from builder.lock.model import Artifact
from builder.lock.wheel import MACHINES, best, platform, supported
from builder.settings import Settings
from builder.tools.uv import Distribution, IndexFile, Uv

ORIGIN = "pypi"
# A Python later than all: `Requires-Python: >=3.12` admits it.
LAST = "3.99"
SOURCE = ""
# For wheels that are only unpacked, and so are made for no Python in particular.
ANY_PYTHON = "3.13"
# uv reads these by itself, and then needs no word from pip's configuration.
OWN = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE")


def client(settings: Settings, further: Mapping[str, str] | None = None) -> Uv:
    """Return uv with this machine's settings, and the addresses of further indexes, which have
    settings of their own.
    """
    declared = (further or {}).items()
    return Uv(
        cache=settings.cache / "uv",
        index=settings.mirror(ORIGIN) or configured(os.environ),
        further={name: settings.mirror(name) or url for name, url in declared},
        ca_bundle=bundle(settings),
    )


def configured(environment: Mapping[str, str], root: Path = Path("/")) -> str | None:
    """Return the index that pip is configured with; None where uv has a configuration of its own,
    or pip has none.
    """
    home = Path(environment.get("HOME") or "/nonexistent")
    xdg = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    if (
        any(environment.get(name) for name in OWN)
        or (xdg / "uv" / "uv.toml").is_file()
        or (root / "etc/uv/uv.toml").is_file()
    ):
        return None
    if environment.get("PIP_INDEX_URL"):
        return environment["PIP_INDEX_URL"]
    last = None
    for path in _files(environment, root, home, xdg):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue
        last = parser.get("global", "index-url", fallback=last)
    return last


def _files(environment: Mapping[str, str], root: Path, home: Path, xdg: Path) -> Iterator[Path]:
    """Yield pip's configuration files, the one that counts most last."""
    yield from (
        root / "etc/xdg/pip/pip.conf",
        root / "etc/pip.conf",
        home / ".pip/pip.conf",
        xdg / "pip/pip.conf",
    )
    if environment.get("VIRTUAL_ENV"):
        yield Path(environment["VIRTUAL_ENV"]) / "pip.conf"
    if environment.get("PIP_CONFIG_FILE"):
        yield Path(environment["PIP_CONFIG_FILE"])


def with_credentials(url: str, index: str | None) -> str:
    """Return a file's address with the index's user and password, where both are on one host."""
    file, base = urlsplit(url), urlsplit(index or "")
    if (
        not base.username
        or file.username
        or file.hostname != base.hostname
        or file.port != base.port
    ):
        return url
    return urlunsplit(file._replace(netloc=base.netloc))


def locate(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the addresses that the indexes give; one question holds one version of each
    distribution.
    """
    del moment
    addresses: dict[str, tuple[str, ...]] = {}
    for origin in sorted({artifact.origin for artifact in artifacts}):
        mine = [artifact for artifact in artifacts if artifact.origin == origin]
        urls = _addresses(mine, origin, settings)
        for artifact in mine:
            url = urls.get(artifact.locator)
            addresses[artifact.id] = () if url is None else (url,)
    return addresses


def _addresses(artifacts: Sequence[Artifact], origin: str, settings: Settings) -> dict[str, str]:
    """Return the addresses of the files that one index has, by file name."""
    own = settings.mirror(origin)
    if origin != ORIGIN and own is None:
        raise undeclared(origin)
    uv = client(settings, {} if origin == ORIGIN or own is None else {origin: own})
    index = uv.index if origin == ORIGIN else own
    urls: dict[str, str] = {}
    for version, batch in _batches(artifacts):
        for distribution in _ask(uv, batch, version, origin):
            for file in (*distribution.wheels, *filter(None, (distribution.sdist,))):
                urls[file.file] = with_credentials(file.url, index)
    return urls


def _batches(artifacts: Sequence[Artifact]) -> list[tuple[str, dict[str, str]]]:
    """Put artifacts into as few sets as possible that are for one Python, and in which each name
    has one version.
    """
    batches: list[tuple[str, dict[str, str]]] = []
    for python, name, version in sorted(
        {(made_for(item.locator), item.name, item.version) for item in artifacts}
    ):
        batch = next(
            (batch for other, batch in batches if other == python and name not in batch), None
        )
        if batch is None:
            batches.append((python, batch := {}))
        batch[name] = version
    return batches


def made_for(file: str) -> str:
    """Return the Python that an index lists a file for: a wheel's own version, or the last of all
    for wheels without an upper bound; none for sources.
    """
    if not file.endswith(".whl"):
        return SOURCE
    interpreter, abi = file.removesuffix(".whl").split("-")[-3:-1]
    own = re.fullmatch(r"cp(\d)(\d+)", interpreter)
    return f"{own[1]}.{own[2]}" if own and "abi3" not in abi else LAST


def _ask(uv: Uv, versions: Mapping[str, str], python: str, origin: str) -> tuple[Distribution, ...]:
    """Ask for all at once; one that is gone makes that fail, and then each is asked for by
    itself.
    """
    try:
        return uv.compile(
            [f"{name}=={version}" for name, version in versions.items()],
            python=python or LAST,
            dependencies=False,
            sdists=python == SOURCE,
            sources={} if origin == ORIGIN else dict.fromkeys(versions, origin),
        )
    except ToolError as error:
        if lost := unreachable(error.tail, origin):
            raise lost from error
        if len(versions) == 1:
            return ()
    distributions: list[Distribution] = []
    for name, version in versions.items():
        distributions += _ask(uv, {name: version}, python, origin)
    return tuple(distributions)


def program_wheel(name: str, settings: Settings) -> Path | None:
    """Return the newest wheel of a program that this machine lacks, in the cache; None where the
    index has none for this machine.

    Raises:
        FetchError: the index has it, and it could not be fetched.

    """
    arch = {kernel: debian for debian, kernel in MACHINES.items()}.get(machine(), machine())
    uv = client(settings)
    try:
        distributions = uv.compile(
            [name], python=ANY_PYTHON, platform=platform(arch), dependencies=False
        )
    except ToolError:
        return None
    wheels: dict[str, IndexFile] = {}
    for one in distributions:
        wheels |= {wheel.file: wheel for wheel in one.wheels}
    file = best(wheels, supported(ANY_PYTHON, arch))
    if file is None:
        return None
    version = distributions[0].version
    artifact = Artifact(
        id=f"wheel:{name}={version}",
        kind="wheel",
        name=name,
        version=version,
        origin=ORIGIN,
        locator=file,
        digest=f"sha256:{wheels[file].sha256}",
        size=wheels[file].size,
    )
    path = place(artifact, settings.cache)
    if not sound(artifact, path):
        url = with_credentials(wheels[file].url, uv.index)
        transfer(session(settings), artifact, [url], path, lambda _: None)
    return path
