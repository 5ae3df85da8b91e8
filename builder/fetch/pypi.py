"""The Python index: the one that is set, else what this machine's clients are configured with."""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from builder.fetch.session import bundle
from builder.settings import Settings
from builder.tools.uv import Uv

ORIGIN = "pypi"
# uv reads these by itself, and then needs no word from pip's configuration.
OWN = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE")


def client(settings: Settings) -> Uv:
    """Return uv with this machine's settings."""
    return Uv(
        cache=settings.cache / "uv",
        index=settings.mirror(ORIGIN) or configured(os.environ),
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
