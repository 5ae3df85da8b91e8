"""Run a graph of steps in parallel; a failed step holds back only what stands on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter

from builder.errors import BuilderError, IntegrityError
from builder.events import Monitor, Step
from builder.tools.process import StoppedError


@dataclass(frozen=True, slots=True)
class Result:
    """How a step ended. `because` names what broke: the error's message, or the step that held this
    one back.
    """

    node: str
    ok: bool
    because: str = ""
    held_back: bool = False
    seconds: float = 0.0
    damaged: bool = False
    """Whether it found something in the store that is not what it should be, and removed it."""


def failed(node: str, error: BuilderError, seconds: float = 0.0) -> Result:
    """Return the result of a step that an error ended."""
    because = f"{error.message}\n  hint: {error.hint}" if error.hint else error.message
    return Result(
        node, ok=False, because=because, seconds=seconds, damaged=isinstance(error, IntegrityError)
    )


def run(
    parents: Mapping[str, set[str]],
    work: Callable[[str], str],
    jobs: int,
    monitor: Monitor,
    *,
    before: Mapping[str, Result] | None = None,
) -> dict[str, Result]:
    """Do every step after its parents, at most `jobs` at once. Steps among `before` have been done:
    their results are kept.

    `work` returns a word on what it did; a BuilderError that it raises fails the step alone.
    Anything else ends the run. On KeyboardInterrupt nothing new is started; whoever catches it ends
    the processes.
    """
    pool = ThreadPoolExecutor(max(1, jobs))
    try:
        results = _run(
            parents,
            dict(before or {}),
            lambda node: pool.submit(_one, node, work, monitor),
            monitor,
        )
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return results


def _run(
    parents: Mapping[str, set[str]],
    results: dict[str, Result],
    start: Callable[[str], Future[Result]],
    monitor: Monitor,
) -> dict[str, Result]:
    sorter = TopologicalSorter(parents)
    sorter.prepare()
    running: dict[Future[Result], str] = {}
    for node, below in parents.items():
        monitor(Step(node, "waiting", f"for {', '.join(sorted(below))}" if below else ""))
    while sorter.is_active():
        for node in sorter.get_ready():
            held = results.get(node) or _held_back(node, parents, results, monitor)
            if held is None:
                running[start(node)] = node
            else:
                results[node] = held
                sorter.done(node)
        for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
            node = running.pop(future)
            results[node] = future.result()
            sorter.done(node)
    return results


def _held_back(
    node: str, parents: Mapping[str, set[str]], results: Mapping[str, Result], monitor: Monitor
) -> Result | None:
    """Return the result of a step that cannot be done because of a parent, named at the root of the
    trouble; None when it can.
    """
    broken = sorted(parent for parent in parents.get(node, ()) if not results[parent].ok)
    if not broken:
        return None
    cause = results[broken[0]].because if results[broken[0]].held_back else broken[0]
    monitor(Step(node, "held back", f"by {cause}"))
    return Result(node, ok=False, because=cause, held_back=True)


def _one(node: str, work: Callable[[str], str], monitor: Monitor) -> Result:
    began = time.monotonic()
    monitor(Step(node, "running"))
    try:
        detail = work(node)
    except StoppedError:
        monitor(Step(node, "interrupted", seconds=time.monotonic() - began))
        raise
    except BuilderError as error:
        seconds = time.monotonic() - began
        monitor(Step(node, "failed", error.message.splitlines()[0], seconds))
        return failed(node, error, seconds)
    seconds = time.monotonic() - began
    monitor(Step(node, "done", detail, seconds))
    return Result(node, ok=True, seconds=seconds)
