"""What every test gets: a guard that keeps pure tests pure, and how much is tried of what is tried
at random."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

from tests import gates
from tests.telling import Telling

STARTS_A_PROCESS = {
    "subprocess.Popen",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.system",
    "os.exec",
}
MAY_START_PROCESSES = {"docker", "kind", "process", "registries"}
OF_THE_CATALOG, OF_SMALL_ONES, OF_THE_START_SCRIPT = "the catalog", "small ones", "the start script"
APART = "built apart"
ON_AN_ENGINE = {
    "images": OF_THE_CATALOG,
    "kind": OF_THE_CATALOG,
    "public": OF_THE_CATALOG,
    "integration": OF_SMALL_ONES,
    "setup": OF_SMALL_ONES,
    "init": OF_THE_START_SCRIPT,
}
"""Directories of tests on an engine, by the images that they share: those run in one process."""
LONGEST = (OF_THE_CATALOG, OF_SMALL_ONES, APART, OF_THE_START_SCRIPT)
"""What takes a process longest, which is begun first."""
BUILT_ALONE = {
    f"test_{name}.py"
    for name in (
        *("accounts", "compose", "cran_build", "failing_steps"),
        *("keys", "once", "reproducible", "secrets"),
    )
}
"""Files of tests/integration that put no image into the engine, so that another process may have
them."""
# Examples of each law, and random values for each chart. How long an example takes depends on what
# else the machine does.
EXAMPLES = {"quick": (20, 10), "thorough": (100, 40)}
WHOLE_FUZZ = 300
"""Random values for each chart by `make test-all`."""
for _name, (_laws, _) in EXAMPLES.items():
    settings.register_profile(_name, deadline=None, max_examples=_laws)
settings.load_profile("quick")
# Helm renders charts in the tests' process, thousands of times, and a third of that would go to
# Go's garbage collector. Go reads the environment that a process starts with: this is for the
# workers of `-n auto`.
os.environ.setdefault("GOGC", "1000")
_guarded: list[str] = []


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if _guarded and event in STARTS_A_PROCESS:
        what = arguments[0] if arguments else ""
        pytest.fail(
            f"{_guarded[-1]} is a pure test, and starts a process ({event}: {what}). Test the value"
            f" instead, or mark the test with one of: {', '.join(sorted(MAY_START_PROCESSES))}.",
        )


# An audit hook sees every way to start a process, however deep in a library, and cannot be
# forgotten by a monkeypatch.
sys.addaudithook(_refuse)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case after its argument where its value is bytes. Those may differ from one process to
    the next (a gzip header holds the time), and every process must name the tests alike."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what fails fast first: pure tests, then those on an engine, then those on a cluster. Some
    of these are part of `make test-all` alone."""
    gates.leave_out(config, items)
    items.sort(
        key=lambda item: [item.get_closest_marker(mark) is not None for mark in ("kind", "docker")]
    )


@cache
def _needs_engine(path: str) -> bool:
    """Tell whether a file of tests has some that are marked for an engine or a cluster."""
    text = Path(__file__).parents[1].joinpath(path).read_text(encoding="utf-8")
    return "mark.docker" in text or "mark.kind" in text


class SharedImagesTogether(LoadScopeScheduling):  # type: ignore[misc]
    """Keep tests that share images in one process, in their order, and give the others to whichever
    process is free: a file at a time where they share registries, and one by one elsewhere."""

    def _split_scope(self, nodeid: str) -> str:
        path, _, _ = nodeid.partition("::")
        _, directory, *_ = path.split("/")
        if directory not in ON_AN_ENGINE:
            return nodeid
        if not _needs_engine(path):
            return path
        if directory == "integration" and path.rpartition("/")[2] in BUILT_ALONE:
            return APART
        return ON_AN_ENGINE[directory]

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give out what takes longest first, where xdist gives out what has most tests."""
        for scope in reversed(LONGEST):
            if scope in self.workqueue:
                self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling | None:
    """Share the tests out as `make test` asks for it."""
    return SharedImagesTogether(config, log) if config.getoption("dist") == "loadscope" else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what was left out, where this process is one of several."""
    gates.hand_over(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    """Take over what another process has left out."""
    # A process that crashed hands nothing over.
    gates.take_over(node.config, getattr(node, "workeroutput", {}))


def pytest_collection_finish() -> None:
    """Take what stays until the end (modules, tests) away from the garbage collector, which would
    look at all of it again and again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


@pytest.fixture(autouse=True)
def _pure_tests_start_no_process(request: pytest.FixtureRequest) -> Iterator[None]:
    if MAY_START_PROCESSES & {mark.name for mark in request.node.iter_markers()}:
        yield
        return
    _guarded.append(request.node.nodeid)
    yield
    _guarded.pop()


def pytest_addoption(parser: pytest.Parser) -> None:
    few, many = (EXAMPLES[profile][1] for profile in ("quick", "thorough"))
    parser.addoption(
        "--fuzz",
        type=int,
        help=(
            f"random values tried on each chart (default: {few}; with --hypothesis-profile=thorough"
            f" {many}, with {gates.WHOLE} {WHOLE_FUZZ})"
        ),
    )
    parser.addoption(
        gates.WHOLE,
        action="store_true",
        help="test all images and services that the catalog lists, not a sample of them",
    )
    parser.addoption(
        "--accept",
        action="store_true",
        help="write golden files anew instead of comparing with them",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.option.fuzz is None:
        _, few = EXAMPLES.get(config.getoption("--hypothesis-profile"), EXAMPLES["quick"])
        config.option.fuzz = WHOLE_FUZZ if config.getoption(gates.WHOLE) else few


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Tell failures as they happen, in the process that prints."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if isinstance(reporter, TerminalReporter):
        session.config.pluginmanager.register(Telling(reporter), "telling")


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Say what was covered of the catalog, before pytest's closing line."""
    ended = []
    for outcome in ("passed", "failed", "skipped"):
        ended += terminalreporter.getreports(outcome)
    reports = [report for report in ended if isinstance(report, pytest.TestReport)]
    lines = list(gates.closing(reports, config))
    if not lines:
        return
    terminalreporter.section("what was covered of the catalog")
    for line in lines:
        terminalreporter.line(line)
