"""The weekly run on a real registry, with a login: what moved is published, what is broken waits,
and with nothing moved nothing happens."""

from __future__ import annotations

import base64
import fcntl
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.commands.weekly import STATE
from tests.integration.registry_server import HTPASSWD, LOGIN, Server, registry
from tests.integration.tiny import Done, Tiny

pytestmark = pytest.mark.docker
WORKS, FAILS = "#!/bin/bash\n", "#!/bin/bash\nexit 1\n"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Server]:
    """A registry that asks for a login."""
    folder = tmp_path / "registry"
    folder.mkdir()
    (folder / "htpasswd").write_text(HTPASSWD)
    basic = {"realm": "hub", "path": str(folder / "htpasswd")}
    with registry(folder, settings={"auth": {"htpasswd": basic}}) as found:
        yield found


@pytest.fixture
def tiny(built: Tiny, hub: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """A catalog of two images in a git repository, logged in to the registry."""
    login = base64.b64encode(":".join(LOGIN).encode()).decode()
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {hub.address: {"auth": login}}}))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    path = built.root / "catalog.yaml"
    lines = path.read_text().splitlines()
    kept = [line for line in lines if not line.startswith(("  links", "  snake"))]
    path.write_text("\n".join(kept) + "\n")
    built.give_test("alpha", WORKS)
    git(built, "init")
    git(built, "config", "user.name", "A")
    git(built, "config", "user.email", "a@example.org")
    git(built, "add", "catalog.yaml", "catalog.lock", "images")
    git(built, "commit", "--message", "before")
    return built


def git(tiny: Tiny, *argv: str) -> str:
    done = subprocess.run(["git", *argv], cwd=tiny.root, check=True, capture_output=True, text=True)
    return done.stdout


def weekly(tiny: Tiny, hub: Server, *argv: str) -> Done:
    return tiny.run("weekly", "--commit", "--no-lock", "--to", f"{hub.address}/lab", *argv)


def releases(tiny: Tiny, hub: Server) -> int:
    return len(json.loads(tiny.done("releases", "--json", "--to", f"{hub.address}/lab").out))


def test_what_moved_is_public_and_in_git_and_then_nothing_moves(tiny: Tiny, hub: Server) -> None:
    first = weekly(tiny, hub)
    assert first.code == 0, first.said
    assert " is public" in first.out
    assert git(tiny, "log", "-1", "--format=%s").strip() == "Bring the catalog up to date"
    assert "catalog.digests.json" in git(tiny, "show", "--name-only", "--format=")
    head = git(tiny, "rev-parse", "HEAD")

    again = weekly(tiny, hub)
    assert again.code == 0, again.said
    assert "nothing moved: " in again.out
    assert git(tiny, "rev-parse", "HEAD") == head


def test_what_is_broken_holds_back_itself_alone(tiny: Tiny, hub: Server) -> None:
    assert weekly(tiny, hub).code == 0
    tiny.give_test("beta", FAILS)
    tiny.change("alpha", "<<<alpha", "<<<better")
    ended = weekly(tiny, hub, "--no-verify")
    assert ended.code == 1, ended.said
    assert "left out: beta:trixie, as its tests have not passed" in ended.out
    assert "left out: both:trixie, as its tests have not passed" in ended.out
    assert " is public" in ended.out
    # The others go on, and what was public of it stays.
    assert releases(tiny, hub) == 2

    tiny.change("alpha", "<<<alpha", "<<<worse; false")
    ended = weekly(tiny, hub, "--no-verify")
    assert ended.code == 1
    # Nothing is left to publish; what was public stays, and each image's reason is told.
    assert "no image is left to publish" in ended.err
    for image in ("alpha:trixie", "beta:trixie", "both:trixie"):
        assert f"left out: {image}, as " in ended.err
    assert releases(tiny, hub) == 2


def test_two_at_once_do_not_meet(tiny: Tiny, hub: Server) -> None:
    path = tiny.root / STATE / "lock"
    path.parent.mkdir(parents=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ended = weekly(tiny, hub)
    assert ended.code == 1
    assert "another `catalog weekly` is at work" in ended.err


def test_without_a_login_nothing_is_built_or_moved(
    tiny: Tiny, hub: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REGISTRY_AUTH_FILE")
    monkeypatch.setenv("DOCKER_CONFIG", str(tiny.root))
    ended = weekly(tiny, hub)
    assert ended.code == 1
    assert "docker login" in ended.err
    assert "catalog build" not in ended.err
