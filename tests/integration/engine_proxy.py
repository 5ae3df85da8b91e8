"""A Unix socket in front of the Docker engine that a test can cut."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


class Proxy:
    """Passes everything on, until it is cut."""

    def __init__(self, path: Path) -> None:
        self.url = f"unix://{path}"
        self._path = path
        self._sockets: list[socket.socket] = []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(64)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut(self) -> None:
        """Break every connection, and take no new one."""
        self._path.unlink(missing_ok=True)
        for one in (self._server, *self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in (self._server, *self._sockets):
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(ENGINE)
                self._sockets += [client, engine]
                for one, other in ((client, engine), (engine, client)):
                    self._threads.append(
                        threading.Thread(target=_pass, args=(one, other), daemon=True)
                    )
                    self._threads[-1].start()


def _pass(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def proxied() -> Iterator[Proxy]:
    # A directory of its own: a socket's path holds at most 107 bytes, and pytest's are longer.
    with tempfile.TemporaryDirectory() as directory:
        proxy = Proxy(Path(directory) / "engine.sock")
        try:
            yield proxy
        finally:
            proxy.cut()
