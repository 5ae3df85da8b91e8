"""What a task takes for bounded, and what it tells of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builder.catalog.model import Layer
from builder.events import silent
from builder.lock.bound import Reach, Stayed
from builder.lock.model import Artifact, Lock, Slice
from builder.resolve.npm_bound import Bound
from builder.resolve.resolve import EMPTY
from builder.resolve.target import answering, bounds_of
from builder.resolve.task import Task
from builder.settings import read
from tests.unit.resolve.test_resolve import cell, graph

APP = cell("app", layer=Layer(description="app"), debian="trixie")


def artifact(name: str, version: str, kind: str = "python") -> Artifact:
    return Artifact(f"{kind}:{name}={version}", kind, name, version, "", "file", "", 0)


def task(
    *held: Artifact, upgrade: str = "*", within: Reach = Reach.PATCH
) -> tuple[Task, list[Stayed]]:
    slices = {APP.id: Slice("", tuple(one.id for one in held))}
    stayed: list[Stayed] = []
    made = Task(
        graph=graph(APP),
        cells=(APP,),
        previous=Lock(EMPTY.moment, {one.id: one for one in held}, slices),
        upgrade=(upgrade,),
        within=within,
        tell=stayed.append,
        settings=read(Path("/nowhere"), {"HOME": "/nowhere"}),
        monitor=silent,
        fetch=lambda artifacts: pytest.fail(f"{artifacts} are fetched"),
    )
    return made, stayed


def test_packages_that_move_are_bounded_and_others_are_not() -> None:
    numpy, pandas, jq = (
        artifact("numpy", "2.4.1"),
        artifact("pandas", "3.0"),
        artifact("jq", "1", "deb"),
    )
    one, _ = task(numpy, pandas, jq, upgrade="n*")
    assert one.bounded([APP], ("python",)) == {"numpy": [numpy]}
    assert one.bounded([APP], ("deb",)) == {}
    free, _ = task(numpy, within=Reach.MAJOR)
    assert free.bounded([APP], ("python",)) == {}
    waiting = replace(one, cells=())
    assert waiting.bounded([APP], ("python",)) == {}, "it stays as it is"


def test_only_what_is_newer_and_out_of_bounds_is_told() -> None:
    numpy = artifact("numpy", "2.4.1")
    one, stayed = task(numpy)
    for version in ("2.4.9", "2.3.0", "1.0"):
        one.compare([numpy], version)
    one.compare([], "9")
    assert stayed == []
    one.compare([numpy, artifact("numpy", "1.26.4")], "1.26.5")
    assert stayed == [], "one of its versions may move there"
    one.compare([numpy], "2.5.0", security=True)
    assert stayed == [Stayed("python", "numpy", "2.4.1", "2.5.0", security=True)]


def test_a_locked_version_that_no_longer_answers_holds_nothing() -> None:
    one, _ = task()
    moving = {"numpy": [artifact("numpy", "2.4.1")], "pandas": [artifact("pandas", "3.0.1")]}
    kept = answering(["NumPy>=2.5", "pandas", "not a requirement!"], moving)
    assert kept == {"pandas": moving["pandas"]}
    assert bounds_of(one, kept) == {"pandas==3.0.*"}
    assert bounds_of(one, {"some": [artifact("some", "1.0"), artifact("some", "2.0")]}) == {
        "some==1.0.*",
        "some==2.0.*",
    }, "these have to be resolved apart"


def test_a_version_of_a_further_index_is_bounded_like_any_other() -> None:
    one, _ = task()
    torch = artifact("torch", "2.9.0+cpu")
    for text in ("torch", "torch>=2.9", "torch==2.9.0"):
        assert answering([text], {"torch": [torch]}) == {"torch": [torch]}
    assert bounds_of(one, {"torch": [torch]}) == {"torch==2.9.*"}
    assert one.admits(torch, "2.9.1+cpu")
    assert not one.admits(torch, "2.10.0+cpu")


def test_npm_tells_what_would_be_newer() -> None:
    def lock(**versions: str) -> dict[str, object]:
        places = {
            f"node_modules/{name}": {"version": version} for name, version in versions.items()
        }
        return {"packages": {"": {}, **places}}

    bound = Bound(
        complete=lambda files: pytest.fail(f"npm is asked about {files}"),
        manifest={},
        before=lock(newer="1.0.0", older="4.1.0", same="1.0.0"),
        within=Reach.PATCH,
    )
    free = lock(newer="1.1.0", older="3.0.0", same="1.0.4", fresh="9.0.0")
    kept = lock(newer="1.0.3", older="4.1.0", same="1.0.4", fresh="9.0.0")
    assert list(bound.stayed(free, kept)) == [Stayed("npm", "newer", "1.0.0", "1.1.0")]
    assert bound.kept(kept) == kept, "there is nothing to ask npm"
