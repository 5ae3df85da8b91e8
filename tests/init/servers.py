"""Servers on this machine's loopback for the start script to talk to: scripts, Vault, Git, package
indexes."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from builder.tools import process


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def credentials(self) -> tuple[str, str]:
        """User and password of basic authentication; empty without."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        name, _, password = (
            base64.b64decode(value).decode().partition(":")
            if scheme.lower() == "basic"
            else ("", "", "")
        )
        return name, password


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server says."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Route = Callable[[Request], Answer]


@dataclass(kw_only=True)
class Site:
    """A server: what it answers by the beginning of the path, and what it was asked."""

    url: str
    authority: Path | None = None
    routes: dict[str, Route] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def text(self, path: str, body: str, status: int = 200) -> str:
        """Answer with a text at a path, and return its URL."""
        return self.bytes(path, body.encode(), status)

    def bytes(self, path: str, body: bytes, status: int = 200) -> str:
        """Answer with bytes at a path, and return its URL."""
        self.routes[path] = lambda _: Answer(status=status, body=body)
        return self.url + path

    def answer(self, request: Request) -> Answer:
        """Return what the longest route that fits says."""
        self.requests.append(request)
        fitting = [prefix for prefix in self.routes if request.path.startswith(prefix)]
        return self.routes[max(fitting, key=len)](request) if fitting else Answer(status=404)


@contextmanager
def serving(certificate: Path | None = None, authority: Path | None = None) -> Iterator[Site]:
    """Serve until the block ends; over TLS with a certificate and its key in one PEM file."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        scheme = "https"
    site = Site(url=f"{scheme}://localhost:{server.server_address[1]}", authority=authority)
    server.RequestHandlerClass = _handler(site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            answer = site.answer(
                Request(
                    method=self.command, path=unquote(path), query=query, headers=headers, body=body
                )
            )
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_HEAD = do_POST = do_PUT = _handle  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def python_index(site: Site, wheel: bytes) -> str:
    """Serve a Python package index with the distribution probe, and return its URL."""
    page = b'<a href="/probe-1.0-py3-none-any.whl">probe-1.0-py3-none-any.whl</a>'
    site.routes["/simple/probe/"] = lambda _: Answer(
        body=page, headers={"Content-Type": "text/html"}
    )
    site.bytes("/probe-1.0-py3-none-any.whl", wheel)
    return f"{site.url}/simple"


def git_route(root: Path, token: str) -> Route:
    """Git's own HTTP server over the repositories under `root`, at /git/, for those who know the
    token."""

    def answer(request: Request) -> Answer:
        if request.credentials[1] != token:
            return Answer(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        environment = {
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path.removeprefix("/git"),
            "QUERY_STRING": request.query,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
            "HTTP_GIT_PROTOCOL": request.headers.get("git-protocol", ""),
            "REMOTE_USER": "user",
        }
        said = process.run(["git", "http-backend"], env=environment, stdin=request.body).stdout
        head, _, body = said.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        status = int(headers.pop("Status", "200").split()[0])
        return Answer(status=status, body=body, headers=headers)

    return answer


def certificates(folder: Path) -> tuple[Path, Path]:
    """Make an authority and a certificate for localhost; return the authority, and the certificate
    with its key."""
    key, authority, request, chain = (
        folder / name for name in ("ca.key", "ca.crt", "server.csr", "server.pem")
    )
    openssl: list[str | Path] = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    # Python 3.13 refuses an authority that does not say that it is one.
    usage = [
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
    ]
    process.run(
        [
            *openssl,
            "-x509",
            "-days",
            "2",
            "-keyout",
            key,
            "-out",
            authority,
            "-subj",
            "/CN=Test authority",
            *usage,
        ]
    )
    process.run(
        [*openssl, "-keyout", folder / "server.key", "-out", request, "-subj", "/CN=localhost"]
    )
    (folder / "names").write_text(
        "subjectAltName = DNS:localhost, IP:127.0.0.1\nauthorityKeyIdentifier = keyid\n"
    )
    sign: list[str | Path] = [
        "openssl",
        "x509",
        "-req",
        "-days",
        "2",
        "-in",
        request,
        "-CA",
        authority,
        "-CAkey",
        key,
        "-CAcreateserial",
    ]
    process.run([*sign, "-extfile", folder / "names", "-out", folder / "server.crt"])
    chain.write_bytes((folder / "server.crt").read_bytes() + (folder / "server.key").read_bytes())
    return authority, chain
