"""Resolving without a registry: what may stay, what disagrees, what is stale."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builder.catalog.model import Layer
from builder.catalog.packages import Packages
from builder.errors import InputError
from builder.events import silent
from builder.graph.asks import asks, stale
from builder.graph.model import Cell, Graph, ImagePoint
from builder.lock.deb import complaints
from builder.lock.model import Artifact, Lock, Slice
from builder.resolve.debian import sentences
from builder.resolve.resolve import EMPTY, check_upgrade
from builder.resolve.settle import disagreements, settle
from builder.resolve.task import Task, asked, groups
from builder.settings import Settings, read


def cell(name: str, *ancestors: str, layer: Layer | None = None, **point: str) -> Cell:
    return Cell(
        id=name,
        name=name,
        point=point,
        layer=layer or Layer(description=name),
        parents=ancestors[-1:],
        ancestors=ancestors,
    )


def graph(*cells: Cell) -> Graph:
    image = ImagePoint(
        id="image:1", name="image", tag="1", point={}, cells=tuple(found.id for found in cells)
    )
    return Graph(cells={found.id: found for found in cells}, images={image.id: image})


def graph_of(cells: list[Cell], **images: tuple[str, ...]) -> Graph:
    """Return a graph: the name of an image -> its cells."""
    points = {
        name: ImagePoint(id=f"{name}:1", name=name, tag="1", point={}, cells=held)
        for name, held in images.items()
    }
    return Graph(cells={found.id: found for found in cells}, images=points)


def artifact(kind: str, name: str, version: str) -> Artifact:
    return Artifact(
        id=f"{kind}:{name}={version}",
        kind=kind,
        name=name,
        version=version,
        origin="",
        locator="",
        digest=f"sha256:{version}",
        size=0,
    )


def lock(**cells: list[Artifact]) -> Lock:
    return Lock(
        moment="",
        artifacts={found.id: found for artifacts in cells.values() for found in artifacts},
        cells={
            name: Slice(asks="", artifacts=tuple(found.id for found in artifacts))
            for name, artifacts in cells.items()
        },
    )


def settings() -> Settings:
    return read(Path("/nowhere"), {"HOME": "/nowhere"})


def test_one_image_holds_one_version_of_a_package() -> None:
    one = lock(
        left=[artifact("deb", "tool", "1"), artifact("npm", "a", "1")],
        right=[artifact("deb", "tool", "2"), artifact("npm", "a", "2")],
    )
    (problem,) = disagreements(graph(cell("left"), cell("right")), one)
    assert problem.message == "image would have tool twice: 1 in left, 2 in right"
    assert problem.hint == "run `catalog lock --upgrade tool`"
    assert not disagreements(graph(cell("left")), one)


def test_packages_that_two_branches_moved_apart_are_settled() -> None:
    known = graph(cell("left"), cell("right"), cell("top", "right"))
    old, new = artifact("deb", "tool", "9"), artifact("deb", "tool", "10")
    apart = lock(left=[new], right=[old], top=[])
    settled = settle(known, apart)
    assert settled.cells["right"].artifacts == (new.id,), "the newer wins"
    assert set(stale(settled, known)) >= {"right", "top"}, "and is resolved with all above it"
    assert settle(known, apart, lock(left=[new])).cells["left"].artifacts == (old.id,), (
        "but for what a branch moved back on purpose"
    )
    alone = graph_of([cell("left"), cell("right")], one=("left",), two=("right",))
    assert settle(alone, apart) == apart, "layers that never meet need not agree"


def test_a_pattern_that_matches_no_package_is_an_error_with_the_nearest_name() -> None:
    one = lock(left=[artifact("deb", "tool", "1"), artifact("python", "numpy", "1")])
    check_upgrade(["*", "too?", "numpy"], one)
    with pytest.raises(InputError) as caught:
        check_upgrade(["numpi", "NumPy", "x*"], one)
    assert [(problem.message, problem.hint) for problem in caught.value.problems] == [
        ("no locked package matches 'NumPy'", "did you mean 'numpy'?"),
        ("no locked package matches 'numpi'", "did you mean 'numpy'?"),
        ("no locked package matches 'x*'", "known: numpy, tool"),
    ]


def test_packages_that_exclude_each_other_are_told_with_their_layers() -> None:
    said = (
        " red : Conflicts: blue (< 2) but 1 is installed\n mail-a : Conflicts: mail-agent\n mail-b"
        " : Conflicts: mail-agent\n green : Depends: yellow (>= 2) but it is not installable\n"
    )
    owners = {
        name: (artifact("deb", name, "1"), owner)
        for name, owner in (
            ("red", "left"),
            ("blue", "right"),
            ("mail-a", "left"),
            ("mail-b", "right"),
        )
    }
    assert [sentence for _, sentence in sentences(complaints(said), owners)] == [
        "red of left conflicts with blue (< 2), but right has blue 1",
        "mail-a of left conflicts with mail-agent, as mail-b of right does",
        "mail-b of right conflicts with mail-agent, as mail-a of left does",
        "green needs yellow (>= 2)",
    ]


def test_locked_versions_are_preferred_unless_they_are_to_move() -> None:
    cells = (cell("left"),)
    task = Task(
        graph=graph(*cells),
        cells=cells,
        previous=lock(
            left=[
                artifact("deb", "tool", "1"),
                artifact("deb", "libtool", "1"),
                artifact("python", "tool", "3"),
            ]
        ),
        upgrade=("lib*",),
        settings=settings(),
        monitor=silent,
        fetch=list,
    )
    assert set(task.preferred(cells, "deb")) == {"tool"}
    assert set(replace(task, upgrade=()).preferred(cells, "deb")) == {"tool", "libtool"}
    assert not replace(task, upgrade=("*",)).preferred(cells, "deb")


def test_what_a_cell_asks_for_depends_on_its_point() -> None:
    layer = Layer(
        description="x", apt=("b", "a", Packages(when={"debian": "trixie"}, packages=("c",)))
    )
    assert asked(cell("x", layer=layer, debian="trixie"), layer.apt) == ["a", "b", "c"]
    assert asked(cell("x", layer=layer, debian="bookworm"), layer.apt) == ["a", "b"]


def test_cells_are_grouped_by_the_axes_that_matter() -> None:
    found = groups([cell("a", debian="x"), cell("b", debian="y"), cell("c")], ["debian", "arch"])
    assert {key: [one.id for one in cells] for key, cells in found.items()} == {
        ("x", ""): ["a"],
        ("y", ""): ["b"],
        ("", ""): ["c"],
    }


BASE = Layer(description="base", apt=("tool",))
SNAKE = Layer(description="snake", python=("app",))


def locked(known: Graph) -> Lock:
    return Lock(
        moment="",
        artifacts={},
        cells={
            found.id: Slice(asks=asks(found, known), artifacts=()) for found in known.cells.values()
        },
    )


def test_a_lock_is_current_until_an_ask_changes() -> None:
    known = graph(cell("base", layer=BASE), cell("snake", "base", layer=SNAKE))
    assert not stale(locked(known), known)
    assert dict(stale(EMPTY, known)) == {
        "base": "is not in the lock",
        "snake": "is not in the lock",
    }


@pytest.mark.parametrize(
    "layer",
    [
        BASE.model_copy(update={"apt": ["tool", "more"]}),
        BASE.model_copy(update={"python": ["app"]}),
        BASE.model_copy(update={"npm": {"a": "^1"}}),
        BASE.model_copy(update={"bootstrap": True}),
    ],
)
def test_what_stands_on_a_changed_cell_is_stale_too(layer: Layer) -> None:
    known = graph(cell("base", layer=BASE), cell("snake", "base", layer=SNAKE))
    found = stale(
        locked(known), graph(cell("base", layer=layer), cell("snake", "base", layer=SNAKE))
    )
    assert dict(found) == {
        "base": "asks for something else now",
        "snake": "stands on base, which asks for something else now",
    }


@pytest.mark.parametrize(
    "layer",
    [
        BASE.model_copy(update={"description": "other words"}),
        BASE.model_copy(update={"run": "true", "env": {"A": "b"}, "service": True}),
        BASE.model_copy(update={"apt": ["tool", "tool"]}),
    ],
)
def test_what_asks_for_no_package_makes_no_lock_stale(layer: Layer) -> None:
    known = graph(cell("base", layer=BASE))
    assert not stale(locked(known), graph(cell("base", layer=layer)))


def test_a_cell_that_is_gone_is_told() -> None:
    known = graph(cell("base", layer=BASE), cell("snake", "base", layer=SNAKE))
    assert dict(stale(locked(known), graph(cell("base", layer=BASE)))) == {
        "snake": "is no longer in the catalog"
    }
