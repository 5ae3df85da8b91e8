"""A registry on loopback that answers as a test has it, however odd; and what it was told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it goes over the wire. `length` is the one that it claims, where that is not
    true."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None


Asked = tuple[str, str, str]
"""Method, path with query, and Authorization of a request."""
Script = Callable[[str, str, str], Answer]


@dataclass
class OddRegistry:
    """A server whose answers are a function of method, path and Authorization."""

    script: Script
    address: str = ""
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.address}"


@contextmanager
def odd_registry(script: Script, host: str = "127.0.0.1") -> Iterator[OddRegistry]:
    """Serve until the block ends."""
    server_of: OddRegistry = OddRegistry(script)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self._read_body()
            said = (self.command, self.path, self.headers.get("Authorization", ""))
            server_of.asked.append(said)
            answer = server_of.script(*said)
            head = [f"HTTP/1.1 {answer.status} As it is"]
            headers = {"Content-Length": str(len(answer.body)), **answer.headers}
            if answer.length is not None:
                headers["Content-Length"] = str(answer.length)
            head += [f"{name}: {value}" for name, value in headers.items()]
            # Headers go out as they are: the library would refuse some of them.
            self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1"))
            if self.command != "HEAD":
                # Who has lost patience is no longer there.
                with suppress(BrokenPipeError):
                    self.wfile.write(answer.body)
            if answer.length is not None:
                self.close_connection = True

        def _read_body(self) -> None:
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                while size := int(self.rfile.readline(), 16):
                    self.rfile.read(size + 2)
                self.rfile.readline()
            else:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    server_of.address = f"{host}:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server_of
    finally:
        server.shutdown()
        server.server_close()
