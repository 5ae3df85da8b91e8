"""A web server on loopback whose files a test may change under the client's feet."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class Site:
    """Files by path. `answers` holds status codes to give before the file, one for each request."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.answers: dict[str, list[int]] = {}
        self.cut: dict[str, int] = {}
        """Paths of which that many bytes are sent before the connection is closed, once."""
        self.asked: list[str] = []
        self.password = ""
        """`user:password` that every request must bring, where one is set."""
        self.url = ""


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(self.path.partition("?")[0])
            site.asked.append(path)
            wanted = f"Basic {base64.b64encode(site.password.encode()).decode()}"
            if site.password and self.headers["Authorization"] != wanted:
                site.answers.setdefault(path, []).insert(0, 401)
            status = (
                site.answers[path].pop(0)
                if site.answers.get(path)
                else 200
                if path in site.files
                else 404
            )
            body = site.files.get(path, b"") if status == 200 else b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="private"')
            self.send_header(
                "Content-Type", "text/html" if path.endswith("/") else "application/octet-stream"
            )
            self.end_headers()
            sent = site.cut.pop(path, len(body))
            self.wfile.write(body[:sent])
            if sent < len(body):
                self.close_connection = True

        def do_HEAD(self) -> None:
            self.send_response(405)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    site.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
