"""A transfer takes what is locked, and no more, from whoever answers."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from builder.errors import FetchError, InputError, IntegrityError
from builder.fetch import pace, transfer
from builder.fetch.session import session
from builder.fetch.transfer import place, sound
from builder.lock.model import Artifact
from builder.settings import read as read_settings
from tests.unit.tools.test_members import zipped

DATA = b"a package"
Answer = Callable[[BaseHTTPRequestHandler], None]


def artifact(size: int = len(DATA), data: bytes = DATA, locator: str = "a.deb") -> Artifact:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    kind = "python" if locator.endswith(".whl") else "deb"
    return Artifact(f"{kind}:a=1", kind, "a", "1", "debian", locator, digest, size)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], str]]:
    servers: list[ThreadingHTTPServer] = []
    monkeypatch.setattr(transfer, "BACKOFF", 0)

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/file"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def fetch(url: str, tmp_path: Path, wanted: Artifact | None = None) -> int:
    """Fetch into a cache, and return how many bytes came."""
    wanted = wanted or artifact()
    settings = read_settings(tmp_path, {"HOME": str(tmp_path)})
    came: list[int] = []
    target = place(wanted, tmp_path / "cache")
    try:
        transfer.transfer(session(settings), wanted, [url], target, came.append)
    finally:
        there = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
        assert all(path == target and sound(wanted, path) for path in there), "no half file stays"
    return sum(came)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x" * (1 << 16))
    except OSError:
        return


def test_no_byte_beyond_the_locked_size_is_taken(
    serve: Callable[[Answer], str], tmp_path: Path
) -> None:
    with pytest.raises(IntegrityError, match="goes on, and should have 9 bytes at most"):
        fetch(serve(endless), tmp_path)


def test_an_answer_that_says_that_it_is_larger_is_not_read(
    serve: Callable[[Answer], str], tmp_path: Path
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "9" * 30)
        handler.end_headers()

    with pytest.raises(IntegrityError, match=r"is said to have 9{19} bytes"):
        fetch(serve(answer), tmp_path)


def test_of_an_unknown_size_there_is_a_bound_too(
    serve: Callable[[Answer], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "MOST", 1 << 20)
    with pytest.raises(IntegrityError, match="should have 1,048,576 bytes at most"):
        fetch(serve(endless), tmp_path, artifact(size=0))


@pytest.mark.parametrize(
    "location", ["/file", "file:///etc/passwd", "http://[", "gopher://x/", "http://a..b/", ""]
)
def test_redirects_end(serve: Callable[[Answer], str], tmp_path: Path, location: str) -> None:
    asked = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        handler.send_response(302)
        if location:
            handler.send_header("Location", location)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with pytest.raises((FetchError, IntegrityError)):
        fetch(serve(answer), tmp_path)
    assert len(asked) <= 11


@pytest.mark.parametrize("where", ["headers", "body"])
def test_who_sends_a_byte_a_minute_is_left(
    serve: Callable[[Answer], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(transfer, "ATTEMPTS", 1)
    monkeypatch.setattr(pace, "WINDOW", 0.05)
    over = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        start = b"HTTP/1.1 200 OK\r\n"
        handler.wfile.write(start if where == "headers" else start + b"\r\n")
        while not over.wait(0.01):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    try:
        with pytest.raises(FetchError, match="does not answer"):
            fetch(serve(answer), tmp_path, artifact(size=1 << 20))
    finally:
        over.set()


class _Stream:
    def __init__(self, clock: list[float], steps: list[tuple[float, int]]) -> None:
        self.clock, self.steps = clock, steps

    def readinto(self, buffer: Any) -> int:
        del buffer
        seconds, count = self.steps.pop(0)
        self.clock[0] += seconds
        return count


@pytest.mark.parametrize(
    ("steps", "ends"),
    [
        ([(1000.0, 1), (1.0, 0)], True),
        ([(1.0, 1)] + [(59.0, 1)] * 2, False),
        ([(1.0, 1)] + [(30.0, 40_000)] * 50, True),
        ([(1.0, 1)] + [(30.0, 40_000)] * 10 + [(30.0, 10)] * 2, False),
    ],
    ids=["a late start", "drops", "a slow line", "a line that slows down"],
)
def test_the_pace_is_that_of_waiting(
    monkeypatch: pytest.MonkeyPatch, steps: list[tuple[float, int]], *, ends: bool
) -> None:
    clock = [0.0]
    monkeypatch.setattr("builder.fetch.pace.time.monotonic", lambda: clock[0])
    paced = pace._Paced(_Stream(clock, list(steps)))
    for _ in steps[:-1]:
        paced.readinto(bytearray(1))
    if ends:
        paced.readinto(bytearray(1))
        return
    with pytest.raises(TimeoutError, match="bytes came in"):
        paced.readinto(bytearray(1))


@pytest.mark.parametrize("path", ["/dev/zero", "pipe", "."])
def test_a_mirror_on_disk_that_is_no_file(tmp_path: Path, path: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FetchError, match=r"cannot be|is a"):
        fetch((tmp_path / path).as_uri(), tmp_path)


def test_a_wheel_that_leads_out_is_not_kept(serve: Callable[[Answer], str], tmp_path: Path) -> None:
    data = zipped(tmp_path / "x", {"../../evil": b"x"}).read_bytes()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(data)

    wanted = artifact(0, data, "a-1-py3-none-any.whl")
    with pytest.raises(IntegrityError, match=r"'../../evil', which leads out of it"):
        fetch(serve(answer), tmp_path, wanted)


def test_a_cache_is_not_written_through_a_link(
    serve: Callable[[Answer], str], tmp_path: Path
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(DATA)

    (tmp_path / "cache").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "cache/artifacts").symlink_to(tmp_path / "outside")
    with pytest.raises(FetchError, match="is a link"):
        fetch(serve(answer), tmp_path)
    assert not list((tmp_path / "outside").iterdir())


@pytest.mark.parametrize("content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nx\n"])
def test_a_bundle_without_certificates_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "ca.pem").write_text(content)
    settings = read_settings(tmp_path, {"CATALOG_CA_BUNDLE": str(tmp_path / "ca.pem")})
    with pytest.raises(InputError, match=r"CATALOG_CA_BUNDLE: .*holds no certificates"):
        session(settings)
