"""A least rate for answers: a peer that sends a byte a minute holds nobody.

A time-out says how long to wait for the next piece, whatever its size. So the sockets of a
connection are watched: once an answer has begun, the time that is spent on waiting for it must
bring bytes. Headers count as well as bodies.
"""

from __future__ import annotations

import io
import socket
import time
from typing import Any

WINDOW = 60.0
"""Seconds of waiting after which the bytes that came are counted."""
LEAST = 64 << 10
"""Bytes that must come in so many seconds: about 1 kB/s."""


class _Paced(io.RawIOBase):
    """Bytes of a socket; it complains when they come too slowly."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401  SocketIO, which typeshed hides
        self._stream = stream
        self._begun, self._waited, self._bytes = False, 0.0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:  # noqa: ANN401  io's own signature
        began = time.monotonic()
        count: int | None = self._stream.readinto(buffer)
        # How long the first byte may take is for the time-out to say.
        if self._begun:
            self._waited += time.monotonic() - began
            self._bytes += count or 0
            self._judge()
        self._begun = True
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _judge(self) -> None:
        if self._waited < WINDOW:
            return
        if self._bytes < LEAST:
            raise TimeoutError(f"only {self._bytes} bytes came in {self._waited:.0f} s")
        self._waited, self._bytes = 0.0, 0


class _Socket:
    """A socket whose answers are paced; all else is the socket's own."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner

    # The signature is that of sockets.
    def makefile(self, mode: str = "r", *args: Any, **options: Any) -> Any:  # noqa: ANN401
        if mode != "rb":
            return self._inner.makefile(mode, *args, **options)  # type: ignore[call-overload]
        return io.BufferedReader(_Paced(self._inner.makefile("rb", buffering=0)))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever a socket has
        return getattr(self._inner, name)


def watch(pool: Any) -> None:  # noqa: ANN401  urllib3's pools of both kinds
    """Let a pool of connections watch those that it makes from now on."""
    kind = pool.ConnectionCls
    if not issubclass(kind, _Watching):
        pool.ConnectionCls = type(f"Watched{kind.__name__}", (_Watching, kind), {})


class _Watching:
    """A connection that watches its socket once it is connected."""

    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # of urllib3's connections
        if not isinstance(self.sock, _Socket):
            self.sock = _Socket(self.sock)
