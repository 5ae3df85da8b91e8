"""A build that is killed, interrupted or run twice at once: what was finished is kept, and nothing
is half there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from builder.lock.model import NAME
from tests.gates import AGAIN
from tests.integration.conftest import lock_files
from tests.integration.tiny import (
    SYSTEM,
    Tiny,
    begun,
    children,
    digest,
    quick,
    slow,
    using,
    wait_for,
)

pytestmark = pytest.mark.docker

TOOLS, ALPHA, BETA = (f"{name}@trixie-amd64" for name in ("tools", "alpha", "beta"))


def test_a_killed_build_resumes_without_building_anything_twice(tiny: Tiny) -> None:
    slow(tiny)
    with tiny.running("build", "alpha", "beta") as process:
        begun(tiny)
        wait_for("alpha", lambda: ALPHA in tiny.digests())
        process.kill()
        process.wait()
    wait_for("the end of what it had started", lambda: not using(tiny))
    assert not tiny.damaged()
    finished = tiny.digests()
    assert finished.keys() == {SYSTEM, TOOLS, ALPHA}
    quick(tiny)
    said = tiny.build("alpha", "beta").err
    assert re.findall(r"running (\S+@\S+)", said) == [BETA]
    after = tiny.digests()
    assert {name: after[name] for name in finished} == finished
    assert not tiny.damaged()
    assert not tiny.left(), "what the killed build left is put away"


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name
)
def test_a_build_that_is_asked_to_end_ends_all_it_started(
    tiny: Tiny, number: signal.Signals
) -> None:
    slow(tiny)
    with tiny.running("build", "beta") as process:
        begun(tiny)
        assert any("buildx" in command for command in children(process.pid))
        process.send_signal(number)
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "interrupted beta@trixie-amd64" in said
    assert "failed" not in said, "being interrupted is not a failure"
    assert not using(tiny)
    assert tiny.digests().keys() == {SYSTEM, TOOLS}
    assert not tiny.damaged() + tiny.left()


@AGAIN
def test_a_bootstrap_that_is_interrupted_ends_all_it_started(tiny: Tiny, tmp_path: Path) -> None:
    empty = tiny.with_store(tmp_path / "empty")
    with empty.running("build", SYSTEM) as process:
        wait_for(
            "dpkg", lambda: "I: installing" in empty.log(SYSTEM) or "Unpacking" in empty.log(SYSTEM)
        )
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 130, said
    assert not using(empty), "mmdebstrap and all below it are gone"
    assert not empty.digests()
    assert not empty.damaged() + empty.left()


def test_two_builds_at_once_on_one_store_both_succeed(tiny: Tiny, built: Tiny) -> None:
    patterns = ("alpha", "beta", "both")
    with tiny.running("build", *patterns) as one, tiny.running("build", *patterns) as other:
        said = [process.communicate(timeout=900)[0] for process in (one, other)]
    assert [one.returncode, other.returncode] == [0, 0], said
    assert not tiny.damaged()
    expected = built.digests()
    assert {
        name: digest for name, digest in expected.items() if name in tiny.digests()
    } == tiny.digests()
    assert tiny.to_build(*patterns) == {}


def test_interrupted_tests_leave_no_container(built: Tiny) -> None:
    test = built.root / "images" / "beta" / "tests" / "slow.sh"
    test.parent.mkdir()
    test.write_text("#!/bin/sh\n# timeout: 3000\nsleep 2999\n")
    test.chmod(0o755)
    name = built.done("load", "beta").out.strip()

    def running() -> list[str]:
        argv = ["docker", "container", "ls", "--all", "--quiet", "--filter", f"ancestor={name}"]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()

    try:
        with built.running("test", "beta") as process:
            wait_for("the test's container", running)
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[0]
        assert process.returncode == 130, said
        assert "Traceback" not in said
        assert "failed" not in said
        assert not running()
    finally:
        subprocess.run(["docker", "image", "rm", "--force", name], capture_output=True, check=True)


def test_an_interrupted_lock_leaves_the_one_before(tiny: Tiny) -> None:
    lock = tiny.root / NAME
    before = lock_files(lock)
    assert before
    with tiny.running("lock", "--upgrade") as process:
        wait_for("apt", lambda: any("apt" in command for command in children(process.pid)))
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 130, said
    assert lock_files(lock) == before
    assert not [path.name for path in tiny.root.iterdir() if NAME in path.name and path != lock]


def test_an_interrupted_fetch_keeps_whole_files_only(tiny: Tiny, tmp_path: Path) -> None:
    artifacts = tmp_path / "cache" / "artifacts"
    with tiny.running("fetch", CATALOG_CACHE=str(tmp_path / "cache")) as process:
        wait_for(
            "a file", lambda: any(path.suffix != ".part" for path in artifacts.glob("sha256/*"))
        )
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 130, said
    assert "Traceback" not in said
    files = list(artifacts.glob("*/*"))
    assert [path.name for path in files] == [digest(path) for path in files]
    assert not list(artifacts.rglob("*.part"))


def test_pruning_frees_what_is_no_longer_needed_and_nothing_else(built: Tiny) -> None:
    built.file("beta", "opt/beta/name", "other\n")
    built.build()
    old = built.opened().root / "ingest" / "left-by-a-dead-build"
    old.mkdir()
    (old / "layer").write_bytes(b"x" * 100_000)
    # Of the changed cell, the store has two: what the plan leads to is to stay.
    before = {name: built.manifest(name).digest for name in built.plan()}
    tried = built.done("prune", "--all", "--dry-run").out
    assert re.match(r"2 cells and 2 images would be removed, [0-9.]+ MB would be freed\n", tried)
    assert old.exists()
    said = built.done("prune", "--all").out
    assert re.fullmatch(r"2 cells and 2 images removed, [0-9.]+ MB freed\n", said), said
    assert built.to_build() == {}
    assert {name: built.manifest(name).digest for name in before} == before
    assert not built.damaged() + built.left()
    size = sum(blob.stat().st_size for blob in (built.store / "blobs" / "sha256").iterdir())
    again = built.done("prune", "--all").out
    assert "0 cells and 0 images removed, 0.0 MB freed" in again
    assert sum(blob.stat().st_size for blob in (built.store / "blobs" / "sha256").iterdir()) == size


@AGAIN
def test_pruning_keeps_what_other_branches_built_lately(built: Tiny) -> None:
    first = built.plan()[BETA]["key"]
    built.file("beta", "opt/beta/name", "other\n")
    built.build()
    said = built.done("prune")
    assert "0 cells and 0 images removed" in said.out
    assert "kept for other builds of the last 14 days: tiny" in said.err
    assert built.opened().find(f"cell/{first}") is not None
    uses = sorted((built.store / "uses").iterdir(), key=lambda path: path.stat().st_mtime)
    for use in uses[:-1]:
        os.utime(use, (0, 0))
    assert "2 cells and 2 images removed" in built.done("prune").out
    assert built.opened().find(f"cell/{first}") is None


def test_a_damaged_list_of_uses_costs_nothing(built: Tiny) -> None:
    (built.store / "uses" / "odd.json").write_text("[" * 100_000)
    (built.store / "uses" / "other.json").write_text('{"refs": 7}')
    built.done("prune")
    assert built.to_build() == {}
