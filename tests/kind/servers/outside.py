"""What services of a cluster reach beyond it, in one pod: a proxy, and behind it a Git server and
package mirrors over TLS.

Beside these, a KV version 2 engine that answers as Vault does, and scripts over HTTP. Names that
end in `.example` exist for the proxy alone. GET /seen at the port of the scripts tells what was
asked, and which way it came."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

TLS, PROXY, VAULT, SCRIPTS = 8443, 3128, 8200, 8080
seen: list[dict[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    """What every server of this pod can say."""

    protocol_version = "HTTP/1.1"

    def __init__(self, root: Path, *arguments: object) -> None:
        self.root = root
        super().__init__(*arguments)  # type: ignore[arg-type]

    def say(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def note(self, server: str) -> None:
        """Remember what was asked."""
        host, agent = self.headers.get("Host", ""), self.headers.get("User-Agent", "")
        seen.append(
            {
                "server": server,
                "method": self.command,
                "host": host,
                "path": self.path,
                "agent": agent,
            }
        )

    def file(self, path: str) -> None:
        """Answer with a file, or a directory's links."""
        target = (self.root / unquote(path).lstrip("/")).resolve()
        if not target.is_relative_to(self.root.resolve()) or not target.exists():
            self.say(404)
        elif target.is_dir():
            links = "".join(
                f'<a href="{one.name}">{one.name}</a>\n' for one in sorted(target.iterdir())
            )
            self.say(
                200,
                f"<!DOCTYPE html><html><body>\n{links}</body></html>".encode(),
                {"Content-Type": "text/html"},
            )
        else:
            self.say(200, target.read_bytes())

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the name is that of the base class
        """Print it, for the pod's log."""
        sys.stderr.write(f"{type(self).__name__}: {format % arguments}\n")


class Outside(Handler):
    """Git by its own HTTP server for those who know the token, and files for everyone."""

    def do_GET(self) -> None:
        """Answer."""
        self.note("outside")
        url = urlsplit(self.path)
        if url.path.startswith("/git/"):
            self.git(url.path.removeprefix("/git"), url.query)
        else:
            self.file(url.path)

    do_POST = do_HEAD = do_GET  # noqa: N815  the names are those of the base class

    def git(self, path: str, query: str) -> None:
        """Let `git http-backend` answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        credentials = base64.b64decode(
            self.headers.get("Authorization", "").removeprefix("Basic ")
        ).decode()
        if credentials.partition(":")[2] != os.environ["GIT_TOKEN"]:
            self.say(401, headers={"WWW-Authenticate": 'Basic realm="git"'})
            return
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": os.environ["GIT_ROOT"],
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "user",
        }
        said = subprocess.run(
            ["git", "http-backend"], env=environment, input=body, check=True, capture_output=True
        ).stdout
        head, _, content = said.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.say(int(headers.pop("Status", "200").split()[0]), content, headers)


class Proxy(Handler):
    """An HTTP proxy that knows only names ending in `.example`: what they serve is in this pod."""

    def do_CONNECT(self) -> None:
        """Join the client with the server over TLS."""
        self.note("proxy")
        if not self.path.partition(":")[0].endswith(".example"):
            self.say(403)
            return
        with socket.create_connection(("127.0.0.1", TLS)) as server:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=pour, args=(server, self.connection), daemon=True)
            back.start()
            pour(self.connection, server)
            back.join()
        self.close_connection = True

    def do_GET(self) -> None:
        """Answer for the server."""
        self.note("proxy")
        url = urlsplit(self.path)
        if (url.hostname or "").endswith(".example"):
            self.file(url.path)
        else:
            self.say(403)


class Vault(Handler):
    """The part of Vault's API that reads a KV version 2 engine."""

    def do_GET(self) -> None:
        """Answer with the secret, to those who have the token."""
        self.note("vault")
        if self.headers.get("X-Vault-Token") != os.environ["VAULT_TOKEN"]:
            self.say(403, b'{"errors":["permission denied"]}')
            return
        secrets = json.loads((self.root / "vault.json").read_text())
        found = secrets.get(unquote(self.path).removeprefix("/v1/"))
        answer: dict[str, object] = (
            {"errors": []}
            if found is None
            else {"data": {"data": found, "metadata": {"version": 1}}}
        )
        self.say(
            404 if found is None else 200,
            json.dumps(answer).encode(),
            {"Content-Type": "application/json"},
        )


class Scripts(Handler):
    """Files without TLS, and what was seen."""

    def do_GET(self) -> None:
        """Answer."""
        self.note("scripts")
        if self.path == "/seen":
            self.say(200, json.dumps(seen).encode())
        else:
            self.file(self.path)


def pour(source: socket.socket, target: socket.socket) -> None:
    """Copy from one connection to another until it ends."""
    try:
        while piece := source.recv(1 << 16):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        target.close()


def serve(port: int, handler: type[Handler], root: Path, certificate: Path | None = None) -> None:
    """Serve from now on, in a thread."""
    server = ThreadingHTTPServer(("", port), partial(handler, root))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    threading.Thread(target=server.serve_forever, daemon=False).start()


def repository(folder: Path) -> None:
    """Make a repository with one commit on `main`, and a branch."""
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--initial-branch=main", folder], check=True
    )
    stream = ""
    for branch, text in (("main", "print('cloned')\n"), ("other", "print('other branch')\n")):
        stream += (
            f"commit refs/heads/{branch}\ncommitter A <a@example.invalid> 1700000000 +0000\ndata"
            " 5\nfirst\n"
        )
        stream += f"M 644 inline main.py\ndata {len(text)}\n{text}\n"
    subprocess.run(
        ["git", "-C", folder, "fast-import", "--quiet"], input=stream.encode(), check=True
    )
    subprocess.run(["git", "-C", folder, "config", "http.receivepack", "true"], check=True)


def main() -> None:
    """Start all servers: the argument is the directory with what they serve."""
    served = Path(sys.argv[1])
    repository(Path(os.environ["GIT_ROOT"]) / "team" / "project.git")
    serve(TLS, Outside, served / "files", served / "server.pem")
    serve(PROXY, Proxy, served / "files")
    serve(VAULT, Vault, served)
    serve(SCRIPTS, Scripts, served / "scripts")


if __name__ == "__main__":
    main()
