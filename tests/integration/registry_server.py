"""A real registry (Debian's docker-registry) on loopback, and the token service that one may ask
for."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

PROGRAM = "docker-registry"
# user `ann`, password `correct horse`, as `htpasswd -B` writes it
HTPASSWD = "ann:$2y$05$TqnFR84ubZJpKV7wzZyqwOj27.2teFjNuoYF6TVJHWLDQaEUsVWbW\n"
LOGIN = ("ann", "correct horse")


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate with its key, and the authority that signed it."""

    authority: Path
    certificate: Path
    key: Path


@dataclass
class Server:
    """A registry that can be killed and started again on the same storage and port."""

    folder: Path
    settings: Mapping[str, object] = field(default_factory=dict)
    host: str = "127.0.0.1"
    tls: Certificate | None = None
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> None:
        program = shutil.which(PROGRAM, path="/usr/local/bin:/usr/bin") or shutil.which(PROGRAM)
        if program is None:
            pytest.fail(f"{PROGRAM} is not installed: run `make setup`")
        self.port = self.port or _free_port(self.host)
        http: dict[str, object] = {"addr": self.address, "secret": "of a test"}
        if self.tls:
            http["tls"] = {"certificate": str(self.tls.certificate), "key": str(self.tls.key)}
        storage = {
            "filesystem": {"rootdirectory": str(self.folder / "storage")},
            "delete": {"enabled": True},
        }
        configuration = {"version": "0.1", "storage": storage, "http": http, **self.settings}
        (self.folder / "config.yml").write_text(yaml.safe_dump(configuration))
        # REGISTRY_* are settings of the registry too, and win over its file.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [program, "serve", str(self.folder / "config.yml")],
                stdout=log,
                stderr=log,
                env=environment,
            )
        self._wait()

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def blobs(self) -> int:
        """Return how many blobs its storage holds."""
        return len(list((self.folder / "storage").glob("docker/registry/v2/blobs/sha256/*/*/data")))

    def _wait(self) -> None:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex((self.host, self.port)) == 0:
                    return
            assert self.process is not None
            assert self.process.poll() is None, f"{PROGRAM} ended:\n{self.log}"
            time.sleep(0.05)
        pytest.fail(f"{PROGRAM} does not answer:\n{self.log}")


@contextmanager
def registry(
    folder: Path,
    settings: Mapping[str, object] | None = None,
    *,
    host: str = "127.0.0.1",
    tls: Certificate | None = None,
    port: int = 0,
) -> Iterator[Server]:
    """Run a registry until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(folder, settings or {}, host, tls, port)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def certificate(folder: Path, *names: str) -> Certificate:
    """Make an authority, and a certificate that it signed for loopback, or for these names."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificate(
        authority=folder / "ca.crt", certificate=folder / "server.crt", key=folder / "server.key"
    )
    request: list[str | Path] = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    authority = [
        *request,
        "-x509",
        "-days",
        "2",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
        "-subj",
        "/CN=Test authority",
    ]
    _run(*authority, "-keyout", folder / "ca.key", "-out", made.authority)
    _run(*request, "-keyout", made.key, "-out", folder / "server.csr", "-subj", "/CN=server")
    subject = ", ".join(f"DNS:{name}" for name in names) or "IP:127.0.0.1"
    # What Python 3.13 asks of every certificate.
    extensions = (
        "basicConstraints = CA:FALSE",
        "authorityKeyIdentifier = keyid",
        "extendedKeyUsage = serverAuth",
        f"subjectAltName = {subject}",
    )
    (folder / "names").write_text("\n".join(extensions) + "\n")
    sign: list[str | Path] = [
        "openssl",
        "x509",
        "-req",
        "-days",
        "2",
        "-in",
        folder / "server.csr",
        "-CA",
        made.authority,
        "-CAkey",
        folder / "ca.key",
    ]
    _run(
        *sign,
        "-CAkey",
        folder / "ca.key",
        "-CAcreateserial",
        "-extfile",
        folder / "names",
        "-out",
        made.certificate,
    )
    return made


@dataclass
class Tokens:
    """A token service as registries ask for: gives tokens for what is asked, to those who know the
    password."""

    signer: Certificate
    url: str = ""
    granted: list[list[str]] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, object]:
        """What the registry has to know about it."""
        token = {
            "realm": f"{self.url}/token",
            "service": "registry",
            "issuer": "tests",
            "rootcertbundle": str(self.signer.certificate),
        }
        return {"auth": {"token": token}}

    def token(self, scopes: list[str]) -> str:
        """Return a signed token for scopes such as `repository:team/python:pull,push`."""
        self.granted.append(scopes)
        access = [
            {"type": kind, "name": name, "actions": actions.split(",")}
            for kind, name, actions in (scope.split(":") for scope in scopes)
        ]
        der = subprocess.run(
            ["openssl", "x509", "-in", self.signer.certificate, "-outform", "DER"],
            check=True,
            capture_output=True,
        ).stdout
        now = int(time.time())
        header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        claims = {
            "iss": "tests",
            "sub": "ann",
            "aud": "registry",
            "exp": now + 300,
            "nbf": now - 10,
            "iat": now,
            "jti": "1",
            "access": access,
        }
        signed = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
        sign: list[str | Path] = ["openssl", "dgst", "-sha256", "-sign", self.signer.key]
        signature = subprocess.run(
            sign, input=signed.encode(), check=True, capture_output=True
        ).stdout
        return f"{signed}.{_base64url(signature)}"


@contextmanager
def tokens(signer: Certificate) -> Iterator[Tokens]:
    """Run a token service until the block ends."""
    service = Tokens(signer)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pair = base64.b64decode(
                self.headers.get("Authorization", "Basic Og==").removeprefix("Basic ")
            ).decode()
            known = tuple(pair.split(":", 1)) == LOGIN
            body = (
                json.dumps(
                    {"token": service.token(parse_qs(urlsplit(self.path).query)["scope"])}
                ).encode()
                if known
                else b"{}"
            )
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


def auth_file(folder: Path, host: str, name: str, password: str) -> Path:
    """Write what `docker login` writes."""
    path = folder / "auth.json"
    path.write_text(
        json.dumps(
            {"auths": {host: {"auth": base64.b64encode(f"{name}:{password}".encode()).decode()}}}
        )
    )
    return path


def _free_port(host: str) -> int:
    with socket.socket() as found:
        found.bind((host, 0))
        return int(found.getsockname()[1])


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _run(*argv: str | Path) -> None:
    subprocess.run(argv, check=True, capture_output=True)
