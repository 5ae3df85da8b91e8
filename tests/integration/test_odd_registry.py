"""What a registry may say: anything. Each is told in a sentence, and no password goes astray."""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import requests

from builder.errors import BuilderError
from builder.fetch.session import session
from builder.settings import Settings
from builder.tools import registry as client
from tests.integration.conftest import Place
from tests.integration.odd_registry import Answer, OddRegistry, Script, odd_registry
from tests.integration.registry_server import LOGIN, auth_file

pytestmark = pytest.mark.registries

DATA = b"of a test"
DIGEST = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64
PLACE = {"Location": "/v2/team/python/blobs/uploads/1"}
BASIC = "Basic " + base64.b64encode(":".join(LOGIN).encode()).decode()


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    """No credentials and proxies of this machine; seconds that were waited are taken down."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


@dataclass(frozen=True)
class Network:
    """Servers that are started, and clients of them, until a test ends."""

    stack: ExitStack
    connection: requests.Session

    def __call__(self, script: Script) -> OddRegistry:
        return self.stack.enter_context(odd_registry(script))

    def client(self, server: OddRegistry) -> client.Registry:
        where = client.address(f"{server.address}/team")
        return client.Registry(where, self.connection, plain_http=True)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[requests.Session]:
    place = tmp_path_factory.mktemp("place")
    with session(Settings(cache=place, store=place, jobs=1)) as made:
        yield made


@pytest.fixture
def serve(connection: requests.Session) -> Iterator[Network]:
    with ExitStack() as stack:
        yield Network(stack, connection)


class Body:
    """A body that can be sent again."""

    def __len__(self) -> int:
        return len(DATA)

    def __iter__(self) -> Iterator[bytes]:
        yield DATA


def push(hub: client.Registry) -> None:
    """Do what a push does."""
    hub.manifest("team/python", "1")
    if not hub.has_blob("team/python", DIGEST):
        hub.upload("team/python", DIGEST, Body())
    hub.put_manifest("team/python", "1", DATA, "application/json")


def told(serve: Network, script: Script) -> str:
    """Return what a push to such a registry says."""
    server = serve(script)
    hub = serve.client(server)
    with pytest.raises(BuilderError) as caught:
        push(hub)
    said = caught.value.message
    assert server.address in said, "the registry is named"
    assert "\n" not in said
    assert said.isprintable()
    return said


def by_method(**answers: Answer) -> Script:
    """Return a registry that lacks everything, and answers methods as given."""
    usual = {"HEAD": Answer(status=404), "POST": Answer(status=202, headers=PLACE)}
    return lambda method, _path, _key: {**usual, **answers}[method]


LOCATIONS = {
    "none": None,
    "empty": "",
    "a file": "file:///etc/passwd",
    "another scheme": "gopher://127.0.0.1/",
    "no host": "http:///v2/",
    "a port that is none": "http://127.0.0.1:99999/",
    "a broken address": "http://[::1/",
    "spaces": "http://127.0.0.1/a b",
    "a character that a terminal obeys": "http://127.0.0.1/\x1b[31m",
    "a null": "http://127.0.0.1/\0",
    "bytes that are not a text": "http://127.0.0.1/\xff",
    "a host that readers differ on": "http://127.0.0.1\\@example.org/",
}


@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS)
def test_an_upload_without_a_place_to_go_to(serve: Network, location: str | None) -> None:
    headers = {} if location is None else {"Location": location}
    said = told(serve, by_method(POST=Answer(status=202, headers=headers)))
    assert f"was asked to send {DIGEST} to team/python, and answers" in said
    assert "Location" in said or "leads to" in said


@pytest.mark.parametrize(
    "location", [one for one in LOCATIONS.values() if one], ids=list(LOCATIONS)[2:]
)
def test_a_redirect_to_nowhere(serve: Network, location: str) -> None:
    away = Answer(status=307, headers={"Location": location})
    assert "leads to" in told(serve, by_method(HEAD=away))


def test_a_redirect_in_a_circle_ends(serve: Network) -> None:
    script = by_method(HEAD=Answer(status=302, headers={"Location": "/v2/"}))
    assert "10 redirects" in told(serve, script)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"POST": Answer(status=200, headers=PLACE)}, "answers 200, where 202 is due"),
        ({"PUT": Answer(status=200)}, "answers 200, where 201 is due"),
        ({"HEAD": Answer(status=204)}, "answers 204, where 200 is due"),
        ({"HEAD": Answer(status=304)}, "answers 304, where 200 is due"),
        (
            {"PUT": Answer(status=201, headers={"Docker-Content-Digest": OTHER})},
            f"gives the digest '{OTHER}' in place of {DIGEST}",
        ),
        (
            {"HEAD": Answer(status=200, headers={"Docker-Content-Digest": "\x1b[2J"})},
            "gives the digest",
        ),
        ({"POST": Answer(status=400, body=b"[" * 100_000)}, "refuses to send .*: HTTP 400"),
        ({"POST": Answer(status=400, body=b"x" * (5 << 20))}, "refuses to send .*: HTTP 400"),
        ({"POST": Answer(status=400, body=b"{", length=10)}, "refuses to send .*: HTTP 400"),
        (
            {"POST": Answer(status=400, body=b"no gzip", headers={"Content-Encoding": "gzip"})},
            "refuses to send .*: HTTP 400",
        ),
        (
            {"POST": Answer(status=400, body=b"{}", headers={"Content-Type": "a; charset=none"})},
            "refuses to send .*: HTTP 400",
        ),
        (
            {
                "POST": Answer(
                    status=400, body=b'{"errors": [{"code": "NO", "message": "\\u001b[31m\\n!"}]}'
                )
            },
            r"refuses to send .*: NO \[31m !$",
        ),
        ({"POST": Answer(status=400, body=b'{"errors": [1, null]}')}, "HTTP 400"),
    ],
)
def test_an_answer_that_is_not_due(
    serve: Network, answers: dict[str, Answer], expected: str
) -> None:
    said = told(serve, by_method(**answers))
    assert re.search(expected, said), said


def guarded(challenge: str, token: Answer) -> Script:
    """Return a registry that wants a token, and its token service, which answers so."""

    def script(method: str, path: str, key: str) -> Answer:
        if path.startswith("/token"):
            return token
        if not key.startswith("Bearer "):
            return Answer(status=401, headers={"WWW-Authenticate": challenge})
        return Answer(status=404) if method == "HEAD" else Answer(status=403)

    return script


@pytest.mark.parametrize(
    ("challenge", "expected"),
    [
        ("Bearer", "names none"),
        ("Bearer service=registry", "names none"),
        ('Bearer realm=""', "names none"),
        ("Bearer realm=", "names none"),
        ("Bearer realm", "names none"),
        ('Bearer realm="file:///etc/passwd"', "file:///etc/passwd"),
        ('Bearer realm="/token"', "/token"),
        ('Bearer realm="http://[::1/token"', r"http://\[::1/token"),
        ('Bearer realm="http://127.0.0.1:x/"', "127.0.0.1:x"),
        ('Bearer realm="http://127.0.0.1\\\\@example.org/"', "where it is to be had"),
        ('Bearer realm="http://169.254.169.254/latest"', "169.254.169.254, which is of another"),
        ('Bearer realm="http://127.0.0.1:1/token"', "does not answer: its token service 127"),
        ("Digest realm=x", "HTTP 401"),
        (",,=,", "HTTP 401"),
        ("", "HTTP 401"),
    ],
)
def test_a_challenge_that_nobody_can_meet(serve: Network, challenge: str, expected: str) -> None:
    said = told(serve, guarded(challenge, Answer(status=404)))
    assert re.search(expected, said), said


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (Answer(status=200, body=b"<html>"), "not JSON"),
        (Answer(status=200, body=b""), "not JSON"),
        (Answer(status=200, body=b'["secret-token"]'), "gives a list where"),
        (Answer(status=200, body=b'"secret-token"'), "a single value where"),
        (Answer(status=200, body=b"{}"), "an object without a token"),
        (Answer(status=200, body=b'{"token": 5}'), "an object without a token"),
        (Answer(status=200, body=b'{"token": ["secret-token"]}'), "an object without a token"),
        (Answer(status=200, body=b'{"token": "secret\\ntoken"}'), "an object without a token"),
        (Answer(status=200, body=b"[" * 100_000), "not JSON"),
        (Answer(status=200, body=b'{"token": "secret-token', length=99), "gives"),
        (Answer(status=200, body=b" " * (5 << 20)), "more than 4 MiB"),
        (Answer(status=200, body=b"\xff\xfe{", headers={"Content-Type": "x; charset=\0"}), "JSON"),
        (Answer(status=200, body=b"{}", headers={"Content-Encoding": "gzip"}), "gives"),
        (
            Answer(
                status=200, body=gzip.compress(bytes(9 << 20)), headers={"Content-Encoding": "gzip"}
            ),
            "more than 4 MiB",
        ),
        (Answer(status=302), "HTTP 302"),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), "leads to"),
        (Answer(status=500), "its token service .* answers HTTP 500"),
        (Answer(status=403), "gives no token"),
    ],
)
def test_a_token_service_that_gives_none(serve: Network, token: Answer, expected: str) -> None:
    server = serve(lambda *_: Answer(status=404))
    server.script = guarded(f'Bearer realm="{server.url}/token",service="x"', token)
    hub = serve.client(server)
    with pytest.raises(BuilderError, match=expected) as caught:
        hub.has_blob("team/python", DIGEST)
    assert server.address in caught.value.message
    assert "secret-token" not in caught.value.message + caught.value.hint


RETRY_AFTER = {
    "7": 7.0,
    "0": 0.5,
    "soon": 0.5,
    "-5": 0.5,
    "Fri, 31 Feb 2026 99:00:00": 0.5,
    "Wed, 21 Oct 2015 07:28:00 GMT": 0.5,
    "1e3": 0.5,
}
"""What a busy registry asks for, and the seconds that are waited."""


@pytest.mark.parametrize("asked", RETRY_AFTER)
@pytest.mark.parametrize("status", [429, 503])
def test_a_registry_that_is_busy_is_asked_when_it_says(
    serve: Network, waited: list[float], status: int, asked: str
) -> None:
    answers = [Answer(status=status, headers={"Retry-After": asked}), Answer(status=404)]
    server = serve(lambda *_: answers.pop(0))
    assert not serve.client(server).has_blob("team/python", DIGEST)
    assert waited == [RETRY_AFTER[asked]]


def test_the_moment_to_come_back_may_be_a_date(serve: Network, waited: list[float]) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    answers = [Answer(status=503, headers={"Retry-After": then}), Answer(status=404)]
    server = serve(lambda *_: answers.pop(0))
    assert not serve.client(server).has_blob("team/python", DIGEST)
    assert 20 < waited[0] <= 30


@pytest.mark.parametrize("asked", ["3600", "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_waits_for_hours(serve: Network, waited: list[float], asked: str) -> None:
    busy = Answer(status=429, headers={"Retry-After": asked})
    said = told(serve, by_method(HEAD=busy))
    assert "HTTP 429, and asks to come back in" in said
    assert waited == []


def test_a_password_goes_to_the_token_service_of_the_registry(
    serve: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = serve(lambda *_: Answer(status=200, body=json.dumps({"token": "abcdefgh"}).encode()))
    server = serve(guarded(f'Bearer realm="{service.url}/token"', Answer(status=404)))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(auth_file(tmp_path, server.address, *LOGIN)))
    assert not serve.client(server).has_blob("team/python", DIGEST)
    assert [key for *_, key in service.asked] == [BASIC]
    assert [key for *_, key in server.asked] == ["", "Bearer abcdefgh"]


def test_a_password_goes_to_no_other_host(
    serve: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = serve(lambda *_: Answer(status=200, body=b'{"token": "abcdefgh"}'))
    elsewhere = other.url.replace("127.0.0.1", "localhost")
    server = serve(guarded(f'Bearer realm="{elsewhere}/token"', Answer(status=404)))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(auth_file(tmp_path, server.address, *LOGIN)))
    with pytest.raises(BuilderError, match="sent to localhost, which is of another domain"):
        serve.client(server).has_blob("team/python", DIGEST)
    assert other.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_no_password_along(
    serve: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    other = serve(lambda *_: Answer(status=200))

    def script(_method: str, _path: str, key: str) -> Answer:
        if not key:
            return Answer(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        return Answer(status=status, headers={"Location": f"{other.url}/blob?sig=1"})

    server = serve(script)
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(auth_file(tmp_path, server.address, *LOGIN)))
    assert serve.client(server).has_blob("team/python", DIGEST)
    assert [key for *_, key in server.asked] == ["", BASIC]
    assert other.asked == [("HEAD", "/blob?sig=1", "")]


def test_a_token_of_long_life_is_not_carried_on(
    serve: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = serve(lambda *_: Answer(status=200, body=b'{"token": "abcdefgh"}'))
    service = serve(lambda *_: Answer(status=307, headers={"Location": f"{other.url}/token"}))
    server = serve(guarded(f'Bearer realm="{service.url}/token"', Answer(status=404)))
    path = tmp_path / "auth.json"
    path.write_text(json.dumps({"auths": {server.address: {"identitytoken": "long-lived"}}}))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(path))
    with pytest.raises(BuilderError, match="HTTP 307"):
        serve.client(server).has_blob("team/python", DIGEST)
    assert other.asked == []


def test_an_upload_to_a_storage_host_takes_no_password_along(
    serve: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = serve(lambda *_: Answer(status=201))

    def script(_method: str, _path: str, key: str) -> Answer:
        if not key:
            return Answer(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        return Answer(status=202, headers={"Location": f"{storage.url}/place?X-Amz-Signature=1"})

    server = serve(script)
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(auth_file(tmp_path, server.address, *LOGIN)))
    serve.client(server).upload("team/python", DIGEST, Body())
    assert storage.asked == [("PUT", f"/place?X-Amz-Signature=1&digest={DIGEST}", "")]


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        " ",
        "a b",
        "registry.example.org /team",
        "registry.example.org/team:1",
        f"registry.example.org/team@{DIGEST}",
        "registry.example.org/Team",
        "registry.example.org//team",
        "https://registry.example.org",
        "oci://registry.example.org",
        "https://ann:s3cret-word@registry.example.org",
        "ann:s3cret-word@registry.example.org/team",
        "registry.example.org/team?token=s3cret-word",
        "::1",
        "[::1",
        "[::1]x",
        "[::1%25eth0]:5000",
        "[1::2::3]:5000",
        "registry.example.org:0",
        "registry.example.org:99999",
        "registry.example.org:",
        "registry.example.org:http",
        "registry..example.org",
        "-registry.example.org",
        "registry.example.org/../team",
        "registry.example.org/t\x1b[31m",
        "r\u00e9gistre.example.org",
    ],
)
def test_an_odd_address_is_told(place: Place, wrong: str) -> None:
    code, said = place.run("push", f"--to={wrong}")
    assert code == 2, said
    assert "write host[:port][/path]" in said
    assert "s3cret-word" not in said
    assert "\x1b" not in said
