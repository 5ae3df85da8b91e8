"""HTTP as this machine's settings want it: proxies, further certificate authorities, several
connections.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import certifi
import requests
from requests.adapters import HTTPAdapter

from builder import confined
from builder.errors import InputError, Problem
from builder.fetch import pace
from builder.settings import PREFIX, Settings
from builder.tools.web import Session
from builder.tree import File, replace

AGENT = "catalog-builder"
MOST_CERTIFICATES = 16 << 20


class _Steady(HTTPAdapter):
    """An adapter whose connections end when an answer comes too slowly."""

    # The signature is that of requests.
    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        pace.watch(pool)
        return pool


class _Trusting(_Steady):
    """An adapter that trusts further authorities beside the usual ones."""

    def __init__(self, context: ssl.SSLContext, connections: int) -> None:
        self._context = context
        super().__init__(pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return super().proxy_manager_for(*args, ssl_context=self._context, **kwargs)


def session(settings: Settings) -> requests.Session:
    """Return a session with the settings' authorities; proxies and netrc are read from the
    environment by requests.
    """
    context = ssl.create_default_context()
    if settings.ca_bundle:
        _load(context, settings.ca_bundle)
    made = Session()
    made.headers["User-Agent"] = AGENT
    made.mount("https://", _Trusting(context, connections(settings)))
    made.mount("http://", _Steady(pool_maxsize=connections(settings)))
    return made


def _load(context: ssl.SSLContext, bundle: Path) -> None:
    """Trust the authorities of a file.

    Raises:
        InputError: it holds none.

    """
    try:
        context.load_verify_locations(cadata=confined.regular(bundle, MOST_CERTIFICATES).decode())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or str(error)
        message = f"{bundle} holds no certificates that can be read: {reason}"
        hint = "name a PEM file with one or more certificates"
        raise InputError([Problem(f"{PREFIX}CA_BUNDLE", 0, 0, message, hint)]) from None


def connections(settings: Settings) -> int:
    """Return how many transfers go on at once: they wait for the network more than for a
    processor.
    """
    return settings.jobs * 4


def bundle(settings: Settings) -> Path | None:
    """Return one file with all authorities, for clients that take one file only; None when nothing
    was added to the usual ones.

    Written to the cache; the usual ones are the machine's, or those that come with requests where
    it has none.
    """
    if settings.ca_bundle is None:
        return None
    usual = ssl.get_default_verify_paths().cafile or certifi.where()
    texts = list(
        dict.fromkeys(
            confined.text(Path(path), MOST_CERTIFICATES) for path in (usual, settings.ca_bundle)
        )
    )
    if len(texts) == 1:
        return settings.ca_bundle
    path = settings.cache / "ca.pem"
    replace(path, File("\n".join(texts).encode()))
    return path
