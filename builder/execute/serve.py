"""The store as a read-only registry on loopback: engines pull from it layer by layer, and only what
they lack.

The subset of the OCI distribution specification 1.1 that a pull needs (end-1, end-2, end-3).
"""

from __future__ import annotations

import contextlib
import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from builder import confined
from builder.documents import DocumentError, from_json
from builder.oci.blob import MEDIA_TYPE, digest_of

ROUTE = re.compile(
    r"/v2/(?P<name>[a-z0-9/._-]+)/(?P<kind>manifests|blobs)/(?P<reference>[A-Za-z0-9._:-]+)"
)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
PLAIN = "application/octet-stream"
MOST = 4 << 20
"""Bytes of a manifest; registries take no more either."""
POLL = 0.01
"""Seconds until the server notices that it should end; a client that pulled waits for it."""


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry that is being served."""

    address: str
    """`host:port`, to pull from."""
    sent: set[str] = field(default_factory=set)
    """Digests of the blobs that went out."""


@contextlib.contextmanager
def registry(blobs: Path, tags: Mapping[str, str], host: str = "127.0.0.1") -> Iterator[Registry]:
    """Serve `blobs` (an OCI layout's blobs/sha256) while the context lasts; `tags` maps `name:tag`
    to a manifest's digest.

    A blob that is not what its name says is not served: engines keep what they received of it, and
    stumble over that later.
    """
    sent: set[str] = set()
    handler = type("Handler", (_Handler,), {"blobs": blobs, "tags": dict(tags), "sent": sent})
    server = ThreadingHTTPServer((host, 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(POLL,), daemon=True)
    thread.start()
    try:
        yield Registry(f"{host}:{server.server_address[1]}", sent)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    blobs: ClassVar[Path]
    tags: ClassVar[Mapping[str, str]]
    sent: ClassVar[set[str]]
    protocol_version = "HTTP/1.1"
    # An engine tries TLS first; only an answer that starts with HTTP/1 tells it to try again
    # without.
    default_request_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _answer(self, *, body: bool) -> None:
        if self._asked.rstrip("/") == "/v2":
            self._head(HTTPStatus.OK, "application/json", 2)
            if body:
                self.wfile.write(b"{}")
            return
        path = self._file()
        if path is None or (body and digest_of(path) != f"sha256:{path.name}"):
            self._head(HTTPStatus.NOT_FOUND, "application/json", 0)
            return
        digest = f"sha256:{path.name}"
        media_type = _media_type(path) if "/manifests/" in self._asked else PLAIN
        self._head(
            HTTPStatus.OK, media_type, path.stat().st_size, {"Docker-Content-Digest": digest}
        )
        if body:
            with path.open("rb") as file:
                shutil.copyfileobj(file, self.wfile, 1 << 20)
            self.sent.add(digest)

    @property
    def _asked(self) -> str:
        """The path that is asked for: containerd adds `?ns=<registry>` when it asks a mirror."""
        return self.path.partition("?")[0]

    def _file(self) -> Path | None:
        match = ROUTE.fullmatch(self._asked)
        if match is None:
            return None
        reference = match["reference"]
        if match["kind"] == "manifests":
            reference = self.tags.get(f"{match['name']}:{reference}", reference)
        if not DIGEST.fullmatch(reference):
            return None
        path = self.blobs / reference.removeprefix("sha256:")
        return path if path.is_file() else None

    def _head(
        self, status: HTTPStatus, media_type: str, size: int, more: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": media_type,
            "Content-Length": str(size),
            **(more or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()


def _media_type(path: Path) -> str:
    """Return what a manifest says that it is; a blob that is none is a plain one."""
    try:
        document = from_json(confined.regular(path, MOST))
    except (OSError, DocumentError):
        return PLAIN
    stated = document.get("mediaType") if isinstance(document, dict) else None
    return stated if isinstance(stated, str) and MEDIA_TYPE.fullmatch(stated) else PLAIN
