"""Addresses of registries, and whom their passwords are told."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import requests

from builder.errors import BuilderError
from builder.tools.credentials import Keyring, Login, login
from builder.tools.registry import Address, address

SCOPE = "repository:team/python:pull,push"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's configuration, with a password for one registry and a helper for another."""
    pair = base64.b64encode(b"ann:correct horse").decode()
    auths = {
        "registry.example.org": {"auth": pair},
        "cloud.example.org": {"identitytoken": "long-lived"},
    }
    path = tmp_path / "docker" / "config.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"auths": auths, "credHelpers": {"helped.example.org": "test"}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(path.parent))
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    return path


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("registry.example.org", "registry.example.org", ""),
        ("registry.example.org/team/catalog/", "registry.example.org", "team/catalog"),
        ("localhost/catalog", "localhost", "catalog"),
        ("registry:5000", "registry:5000", ""),
        ("[::1]:5000/a", "[::1]:5000", "a"),
    ],
)
def test_an_address_is_a_host_and_a_path(text: str, host: str, path: str) -> None:
    assert address(text) == Address(host=host, path=path)


@pytest.mark.parametrize("text", ["", "/", "team/python", "https://registry.example.org", "python"])
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"write host\[:port\]\[/path\], for example registry\.example\.org/team"
    ):
        address(text)


def test_the_repository_of_an_image_is_below_the_path() -> None:
    assert address("registry.example.org/team").repository("python") == "team/python"
    assert address("registry.example.org").repository("python") == "python"


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("localhost:5000", True),
        ("127.0.0.1:5000/a", True),
        ("127.9.9.9:1", True),
        ("[::1]:5000", True),
        ("10.0.0.1:5000", False),
        ("localhost.org", False),
    ],
)
def test_only_this_very_machine_is_loopback(text: str, loopback: bool) -> None:  # noqa: FBT001  a parameter of the table above
    assert address(text).loopback is loopback


def test_a_login_shows_no_secret() -> None:
    assert "horse" not in repr(Login("ann", "correct horse", "staple"))
    assert "staple" not in repr(Login("ann", "correct horse", "staple"))


def test_the_login_is_that_of_docker(config: Path) -> None:
    assert config.exists()
    assert login("registry.example.org") == Login("ann", "correct horse")
    assert login("cloud.example.org") == Login(token="long-lived")
    assert login("unknown.example.org") == Login()


@pytest.mark.process
def test_credential_helpers_are_asked(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config.exists()
    helper = tmp_path / "bin" / "docker-credential-test"
    helper.parent.mkdir()
    helper.write_text(
        '#!/bin/sh\nread server\nprintf \'{"Username": "ann", "Secret": "for %s"}\' "$server"\n'
    )
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{helper.parent}:/usr/bin:/bin")
    assert login("helped.example.org") == Login("ann", "for helped.example.org")


def test_a_password_is_not_sent_where_it_could_be_read_on_the_way(config: Path) -> None:
    assert config.exists()
    keyring = Keyring(requests.Session(), "registry.example.org", secure=True)
    with pytest.raises(BuilderError, match="without encryption") as caught:
        keyring.challenged(SCOPE, 'Bearer realm="http://tokens.example.org/",service="r"', "")
    assert "nothing was sent" in caught.value.hint
    assert "horse" not in str(caught.value)


def test_a_password_that_was_refused_is_not_tried_again(config: Path) -> None:
    assert config.exists()
    keyring = Keyring(requests.Session(), "registry.example.org", secure=True)
    assert keyring.challenged(SCOPE, 'Basic realm="registry"', "")
    assert base64.b64decode(keyring.header(SCOPE).removeprefix("Basic ")) == b"ann:correct horse"
    assert not keyring.challenged(SCOPE, 'Basic realm="registry"', keyring.header(SCOPE))
    assert keyring.header(SCOPE) == ""


def test_nobody_is_logged_in_by_a_challenge_without_credentials(config: Path) -> None:
    assert config.exists()
    assert not Keyring(requests.Session(), "unknown.example.org", secure=True).challenged(
        SCOPE, 'Basic realm="registry"', ""
    )


def test_threads_that_are_challenged_at_once_all_try_again(config: Path) -> None:
    assert config.exists()
    keyring = Keyring(requests.Session(), "registry.example.org", secure=True)
    challenge = 'Basic realm="registry"'
    # Both asked before either had an answer.
    assert keyring.challenged(SCOPE, challenge, "")
    assert keyring.challenged(SCOPE, challenge, "")
    assert keyring.header(SCOPE)
