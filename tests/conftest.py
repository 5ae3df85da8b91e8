"""What every test gets: a guard that keeps pure tests pure."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

STARTS_A_PROCESS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.exec"}
MAY_START_PROCESSES = {"docker", "kind", "process", "registries"}
# How long an example takes depends on what else the machine does.
settings.register_profile("catalog", deadline=None)
settings.load_profile("catalog")
_guarded: list[str] = []


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if _guarded and event in STARTS_A_PROCESS:
        what = arguments[0] if arguments else ""
        pytest.fail(
            f"{_guarded[-1]} is a pure test, and starts a process ({event}: {what}). Test the value instead, "
            f"or mark the test with one of: {', '.join(sorted(MAY_START_PROCESSES))}.",
        )


# An audit hook sees every way to start a process, however deep in a library, and cannot be forgotten by a monkeypatch.
sys.addaudithook(_refuse)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what fails fast first: pure tests, then those on an engine, then those on a cluster."""
    items.sort(key=lambda item: [item.get_closest_marker(mark) is not None for mark in ("kind", "docker")])


@pytest.fixture(autouse=True)
def _pure_tests_start_no_process(request: pytest.FixtureRequest) -> Iterator[None]:
    if MAY_START_PROCESSES & {mark.name for mark in request.node.iter_markers()}:
        yield
        return
    _guarded.append(request.node.nodeid)
    yield
    _guarded.pop()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz", type=int, default=25, help="random values tried on each chart (default: %(default)s)")
    parser.addoption("--accept", action="store_true", help="write golden files anew instead of comparing with them")
