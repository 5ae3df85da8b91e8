"""A read-only registry on this machine: engines pull from it layer by layer, and only what they
lack.

The subset of the OCI distribution specification 1.1 that a pull needs (end-1, end-2, end-3).
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, Protocol

from builder import confined
from builder.documents import DocumentError, from_json
from builder.errors import BuilderError
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


class Offer(Protocol):
    """What a registry has."""

    def manifest(self, name: str, reference: str) -> Path | None:
        """Return the file of an image's manifest, by tag or digest; None for one that is not there.

        Raises:
            BuilderError: why it cannot be had.

        """

    def blob(self, digest: str) -> Path | None:
        """Return the file of a blob; None for one that is not there."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """The images of a store that have tags."""

    blobs: Path
    """An OCI layout's blobs/sha256."""
    tags: Mapping[str, str]
    """`name:tag` -> digest of a manifest."""

    def manifest(self, name: str, reference: str) -> Path | None:
        """Return the file of a manifest."""
        return self.blob(self.tags.get(f"{name}:{reference}", reference))

    def blob(self, digest: str) -> Path | None:
        """Return the file of a blob."""
        if not DIGEST.fullmatch(digest):
            return None
        path = self.blobs / digest.removeprefix("sha256:")
        return path if path.is_file() else None


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry that is being served."""

    address: str
    """`host:port`, to pull from."""
    sent: set[str] = field(default_factory=set)
    """Digests of the blobs that went out."""


@contextlib.contextmanager
def registry(offer: Offer, host: str = "127.0.0.1", port: int = 0) -> Iterator[Registry]:
    """Serve what is offered while the context lasts, at a free port if none is given.

    A blob that is not what its name says is not served: engines keep what they received of it, and
    stumble over that later.

    Raises:
        OSError: nothing can listen there.

    """
    sent: set[str] = set()
    handler = type("Handler", (_Handler,), {"offer": offer, "sent": sent})
    server = _Server((host, port), handler)
    thread = threading.Thread(target=server.serve_forever, args=(POLL,), daemon=True)
    thread.start()
    try:
        yield Registry(f"{host}:{server.server_address[1]}", sent)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away in the middle of an answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    offer: ClassVar[Offer]
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
        try:
            path = self._file()
        except BuilderError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self._refuse(f"{error.message}{hint}", body=body)
            return
        if path is None or (body and digest_of(path) != f"sha256:{path.name}"):
            self._refuse("", body=body)
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
        if match["kind"] == "manifests":
            return self.offer.manifest(match["name"], match["reference"])
        return self.offer.blob(match["reference"])

    def _refuse(self, message: str, *, body: bool) -> None:
        """Answer that something is not there, and why if that is known (Errors, in the
        specification).
        """
        code = "MANIFEST_UNKNOWN" if "/manifests/" in self._asked else "BLOB_UNKNOWN"
        document = {"errors": [{"code": code, "message": message}]} if message else {}
        data = json.dumps(document).encode() if document else b""
        self._head(HTTPStatus.NOT_FOUND, "application/json", len(data))
        if body:
            self.wfile.write(data)

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
