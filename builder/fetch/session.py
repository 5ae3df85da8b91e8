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

from builder.settings import Settings

AGENT = "catalog-builder"


class _Trusting(HTTPAdapter):
    """An adapter that trusts further authorities beside the usual ones."""

    def __init__(self, context: ssl.SSLContext, connections: int) -> None:
        self._context = context
        super().__init__(pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  requests' own signature
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  requests' own signature
        return super().proxy_manager_for(*args, ssl_context=self._context, **kwargs)


def session(settings: Settings) -> requests.Session:
    """Return a session with the settings' authorities; proxies and netrc are read from the
    environment by requests.
    """
    context = ssl.create_default_context()
    if settings.ca_bundle:
        context.load_verify_locations(settings.ca_bundle)
    made = requests.Session()
    made.headers["User-Agent"] = AGENT
    made.mount("https://", _Trusting(context, connections(settings)))
    made.mount("http://", HTTPAdapter(pool_maxsize=connections(settings)))
    return made


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
    texts = list(dict.fromkeys(Path(path).read_text() for path in (usual, settings.ca_bundle)))
    if len(texts) == 1:
        return settings.ca_bundle
    path = settings.cache / "ca.pem"
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_text("\n".join(texts))
    beside.replace(path)
    return path
