from __future__ import annotations

import threading

import pytest

from builder.errors import BuilderError
from builder.events import Event, Step
from builder.execute.schedule import Result, run

DIAMOND: dict[str, set[str]] = {
    "base": set(),
    "left": {"base"},
    "right": {"base"},
    "top": {"left", "right"},
    "alone": set(),
}


def silent(event: Event) -> None:
    """Ignore it."""


def test_every_step_follows_its_parents() -> None:
    done: list[str] = []

    def work(node: str) -> str:
        done.append(node)
        return ""

    results = run(DIAMOND, work, 2, silent)
    assert all(result.ok for result in results.values())
    for node, parents in DIAMOND.items():
        assert all(done.index(parent) < done.index(node) for parent in parents), (
            f"{node} ran before one of {parents}"
        )


def test_a_failure_holds_back_only_what_stands_on_it_and_names_the_cause() -> None:
    def work(node: str) -> str:
        if node == "left":
            raise BuilderError("no such package")
        return ""

    events: list[Event] = []

    def monitor(event: Event) -> None:
        events.append(event)

    results = run(DIAMOND, work, 2, monitor)
    assert {node: result.ok for node, result in results.items()} == {
        "base": True,
        "left": False,
        "right": True,
        "top": False,
        "alone": True,
    }
    assert results["top"].held_back
    assert results["top"].because == "left"
    assert Step("top", "held back", "by left") in events


def test_independent_steps_run_together() -> None:
    meet = threading.Barrier(2, timeout=30)

    def work(node: str) -> str:
        if node in {"left", "right"}:
            meet.wait()
        return ""

    results = run(DIAMOND, work, 2, silent)
    assert all(result.ok for result in results.values())


def test_a_bug_in_the_work_is_not_swallowed() -> None:
    def work(node: str) -> str:
        raise KeyError(node)

    with pytest.raises(KeyError):
        run({"base": set()}, work, 1, silent)


def test_what_failed_before_holds_back_what_stands_on_it() -> None:
    before = {"left": Result("left", ok=False, because="no such file")}
    results = run(DIAMOND, lambda _: "", 2, silent, before=before)
    assert results["left"] == before["left"], "what was done is not done again"
    assert results["top"] == Result("top", ok=False, because="left", held_back=True)
    assert results["right"].ok


def test_a_failure_keeps_its_hint() -> None:
    def work(_node: str) -> str:
        raise BuilderError("the disk is full", hint="free some space")

    assert (
        run({"base": set()}, work, 1, silent)["base"].because
        == "the disk is full\n  hint: free some space"
    )
