from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from builder.catalog.model import Layer
from builder.graph.model import Cell, Graph, ImagePoint
from builder.plan.key import Inputs
from builder.plan.plan import Known, Plan, plan

LAYERS = {
    "bottom": (),
    "left": ("bottom",),
    "right": ("bottom",),
    "edits": ("bottom",),
    "top": ("bottom", "edits"),
}


def graph() -> Graph:
    cells = {}
    for name, below in LAYERS.items():
        layer = Layer(
            description=name, on=below, replaces=("/etc/motd",) if name == "edits" else ()
        )
        cells[name] = Cell(
            id=name,
            name=name,
            point={},
            layer=layer,
            parents=below,
            ancestors=below,
            abi=() if name == "edits" else (f"{name}-1",),
        )
    images = {
        name: ImagePoint(id=name, name=name, tag="", point={}, cells=held)
        for name, held in {
            "both:1": ("bottom", "left", "right"),
            "edited:1": ("bottom", "edits", "top"),
        }.items()
    }
    return Graph(cells=cells, images=images)


def inputs(**files: str) -> dict[str, Inputs]:
    """Return inputs of all cells; `files` gives some other bytes."""
    return {
        name: Inputs(document={**BLANK, "context": {"Dockerfile": [files.get(name, name), "644"]}})
        for name in LAYERS
    }


BLANK: Mapping[str, object] = {
    "format": 1,
    "artifacts": {},
    "auto": [],
    "files": {},
    "replaces": [],
}


def known(
    built: Mapping[str, Inputs],
    *,
    images: Mapping[str, str] | None = None,
    moved: Mapping[str, tuple[str, ...]] | None = None,
    outdated: Mapping[str, tuple[str, ...]] | None = None,
) -> Known:
    return Known(
        cells={item.key: f"sha256:{name}" for name, item in built.items()},
        images=images or {},
        last=lambda name: built[name].document if name in built else None,
        moved=lambda cell: (moved or {}).get(cell.id, ()),
        outdated=lambda name: (outdated or {}).get(name, ()),
    )


def key(image: str, cells: tuple[str, ...]) -> str:
    return f"{image} of {cells}"


WHOLE = {
    "both:1": key("both:1", ("sha256:bottom", "sha256:left", "sha256:right")),
    "edited:1": key("edited:1", ("sha256:bottom", "sha256:edits", "sha256:top")),
}


def actions(made: Plan) -> dict[str, str]:
    return {step.node: step.action for step in made.steps}


def why(made: Plan) -> dict[str, tuple[str, ...]]:
    return {step.node: step.reasons for step in made.steps if step.action != "keep"}


def test_with_nothing_there_everything_is_built_in_an_order_that_can_be_followed() -> None:
    made = plan(graph(), inputs(), key, known({}))
    assert set(actions(made).values()) == {"build"}
    order = [step.node for step in made.steps]
    assert all(
        order.index(below) < order.index(name) for name, found in LAYERS.items() for below in found
    )
    assert why(made)["left"] == ("new",)
    assert why(made)["both:1"] == ("bottom is built", "left is built", "right is built")


def test_with_everything_there_nothing_is_built() -> None:
    made = plan(graph(), inputs(), key, known(inputs(), images=WHOLE))
    assert set(actions(made).values()) == {"keep"}
    assert not made.to_check()


def test_a_cell_that_changed_is_built_and_its_images_are_put_together() -> None:
    made = plan(graph(), inputs(left="other"), key, known(inputs(), images=WHOLE))
    assert why(made) == {"left": ("Dockerfile changed",), "both:1": ("left is built",)}


def test_what_stands_on_a_changed_cell_that_declares_an_abi_is_kept() -> None:
    made = plan(graph(), inputs(bottom="other"), key, known(inputs(), images=WHOLE))
    assert [step.node for step in made.to_build("cell")] == ["bottom"]
    assert {step.node for step in made.to_build("image")} == {"both:1", "edited:1"}


def test_what_stands_on_a_cell_without_an_abi_is_checked_when_that_is_built_again() -> None:
    built = {name: item for name, item in inputs().items() if name != "edits"}
    made = plan(graph(), inputs(), key, known(built, images=WHOLE))
    assert [step.node for step in made.to_check()] == ["top"]
    assert why(made)["top"] == ("will be built again if the bytes of edits change",)
    assert why(made)["edited:1"] == ("edits is built", "top is checked")


def test_a_cell_whose_parent_came_to_other_bytes_is_built_again() -> None:
    made = plan(graph(), inputs(), key, known(inputs(), images=WHOLE, moved={"top": ("edits",)}))
    assert why(made) == {"top": ("the bytes of edits changed",), "edited:1": ("top is built",)}


def test_force_builds_what_is_there_and_checks_what_relies_on_it() -> None:
    made = plan(graph(), inputs(), key, known(inputs(), images=WHOLE), forced={"edits", "left"})
    assert [step.node for step in made.to_build("cell")] == ["left", "edits"]
    assert [step.node for step in made.to_check()] == ["top"]
    assert why(made)["left"] == ("you asked for it",)


def test_a_cell_that_replaces_files_is_checked_when_what_is_below_it_is_built() -> None:
    made = plan(graph(), inputs(bottom="other"), key, known(inputs(), images=WHOLE))
    assert [step.node for step in made.to_check()] == ["edits", "top"]
    assert why(made)["edits"] == ("will be built again if bottom changes a file that it replaces",)
    assert not plan(graph(), inputs(left="other"), key, known(inputs(), images=WHOLE)).to_check()


def test_a_cell_that_replaces_what_changed_is_built_again() -> None:
    reason = ("/etc/motd of bottom, which it replaces, changed",)
    made = plan(graph(), inputs(), key, known(inputs(), images=WHOLE, outdated={"edits": reason}))
    assert why(made)["edits"] == reason
    assert why(made)["top"] == ("will be built again if the bytes of edits change",)
    assert why(made)["edited:1"] == ("edits is built", "top is checked")


def test_an_image_whose_metadata_changed_is_put_together_of_what_is_there() -> None:
    made = plan(graph(), inputs(), key, known(inputs(), images={**WHOLE, "both:1": "another key"}))
    assert why(made) == {"both:1": ("its cells or its metadata changed",)}
    del (images := dict(WHOLE))["both:1"]
    assert why(plan(graph(), inputs(), key, known(inputs(), images=images))) == {"both:1": ("new",)}


def test_a_cell_that_somebody_else_has_is_taken_and_not_built() -> None:
    own = inputs()
    offered = {own[name].key: "from there" for name in ("bottom", "left")}
    nothing = replace(known({}), offered=offered)
    made = plan(graph(), own, key, nothing)
    assert [step.node for step in made.to_take()] == ["bottom", "left"]
    assert why(made)["left"] == ("from there",)
    assert why(made)["both:1"] == ("bottom is taken", "left is taken", "right is built")
    assert "left" not in {step.node for step in made.to_build("cell")}


def test_what_is_kept_or_forced_is_not_taken() -> None:
    own = inputs()
    every = replace(known(own, images=WHOLE), offered={own["left"].key: "from there"})
    made = plan(graph(), own, key, every, forced=["right"])
    assert actions(made)["left"] == "keep"
    assert actions(made)["right"] == "build"


def test_what_stands_on_a_cell_that_is_taken_is_checked_unless_that_declares_an_abi() -> None:
    own = inputs()
    built = {name: item for name, item in own.items() if name not in {"edits", "bottom"}}
    offered = {own["edits"].key: "from there", own["bottom"].key: "from there"}
    made = plan(graph(), own, key, replace(known(built), offered=offered))
    assert actions(made)["top"] == "check"
    assert actions(made)["left"] == "keep"
