"""The graph of a small catalog, and laws that hold for every catalog."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builder.catalog.axes import Axis
from builder.catalog.conditions import wanted
from builder.catalog.load import load
from builder.catalog.model import Catalog, Image, Layer
from builder.catalog.packages import Packages
from builder.catalog.stack import arrange, cycle, stack, upward
from builder.graph.build import graph
from builder.graph.model import Graph


def written(root: Path, catalog: str, layers: Mapping[str, str]) -> Path:
    shutil.rmtree(root / "images", ignore_errors=True)
    for name, text in layers.items():
        (root / "images" / name).mkdir(parents=True)
        (root / "images" / name / "layer.yaml").write_text(f"description: {name}\n{text}\n")
    (root / "catalog.yaml").write_text(catalog)
    return root / "catalog.yaml"


def test_an_image_holds_what_its_layers_stand_on_and_the_glue_between_them(whole: Graph) -> None:
    image = whole.images["lab-r:py3.13-r4.5"]
    assert image.point == {"debian": "trixie", "python": "3.13", "r": "4.5"}
    assert image.asked == ("lab", "r")
    assert image.description == "lab with r"
    assert image.cells == (
        "base@trixie",
        "python@trixie-py3.13",
        "r@trixie-r4.5",
        "lab@trixie-py3.13",
        "kernel@trixie-py3.13-r4.5",
    )
    assert whole.images["lab-python:py3.13"].cells == image.cells[:2] + image.cells[3:4]


def test_a_cell_depends_on_the_axes_of_what_it_stands_on_and_on_no_others(whole: Graph) -> None:
    cell = whole.cells["lab@trixie-py3.13"]
    assert cell.point == {"debian": "trixie", "python": "3.13"}
    assert cell.parents == ("python@trixie-py3.13",)
    assert cell.ancestors == ("base@trixie", "python@trixie-py3.13")
    assert whole.cells["kernel@trixie-py3.13-r4.5"].parents == (
        "lab@trixie-py3.13",
        "r@trixie-r4.5",
    )


def test_abi_is_what_the_layer_says_at_its_point(whole: Graph) -> None:
    assert whole.cells["base@bookworm"].abi == ("debian-12",)
    assert whole.cells["python@trixie-py3.13"].abi == ("cp313",)
    assert whole.cells["lab@trixie-py3.13"].abi == ()


def test_absent_points_are_explained_by_the_axes_that_decide(whole: Graph) -> None:
    reasons = {
        (tuple(entry.point.items()), entry.because)
        for entry in whole.absent
        if entry.name == "python"
    }
    assert reasons == {
        ((("debian", "trixie"), ("python", "3.11")), "3.11 is the Python of bookworm"),
        ((("debian", "bookworm"), ("python", "3.13")), "3.13 is the Python of trixie"),
    }


def test_layers_lie_in_one_order_in_all_images(whole: Graph) -> None:
    """So that images share their first layers: by number of ancestors, then by name, whatever else
    the catalog holds."""
    assert [cell.name for cell in whole.cells.values() if cell.point["debian"] == "trixie"] == [
        "base",
        "code",
        "python",
        "r",
        "lab",
        "kernel",
    ]
    for image in whole.images.values():
        assert list(image.cells) == [name for name in whole.cells if name in image.cells]


def test_packages_with_conditions() -> None:
    packages = (
        "git",
        Packages(when={"debian": "trixie"}, packages=("nano",)),
        Packages(when={"debian": ("sid", "bookworm")}, packages=("vim", "git")),
    )
    assert wanted(packages, {"debian": "trixie"}) == ("git", "nano")
    assert wanted(packages, {"debian": "bookworm", "r": "4.2"}) == ("git", "vim")
    assert wanted(packages, {"r": "4.2"}) == ("git",)


CATALOG = """\
name: x
axes:
  debian: {values: {trixie: , bookworm: }}
  python: {label: "py{value}", values: {"3.13": , "3.11": }}
images:
  lab: {layers: [lab]}
  all: {layers: [lab, tool]}
"""
LAYERS = {
    "base": "bootstrap: true\naxes: [debian]",
    "python": "on: [base]\naxes: [python]",
    "lab": "on: [python]",
    "tool": "on: [base]",
}


def ids(path: Path) -> tuple[set[str], dict[str, tuple[str, ...]]]:
    made = graph(load(path))
    return set(made.cells), {image.id: image.cells for image in made.images.values()}


def test_a_service_lies_last_with_all_that_stands_on_it(tmp_path: Path) -> None:
    """So that images with the same tools share all layers below the command that differs."""
    catalog = CATALOG.replace("[lab, tool]", "[lab, tool, zebra]")
    layers = {
        **LAYERS,
        "lab": "on: [python]\nservice: true",
        "joined": "on: [lab, tool]\nglue: true",
        "zebra": "on: [base]",
    }
    _, images = ids(written(tmp_path, catalog, layers))
    order = [cell.partition("@")[0] for cell in images["all:trixie-py3.13"]]
    assert order == ["base", "python", "tool", "zebra", "lab", "joined"]


def test_glue_joins_only_where_its_condition_holds(tmp_path: Path) -> None:
    layers = {
        **LAYERS,
        "glue": "on: [lab, tool]\nglue: true\nwhen: {debian: trixie}",
        "more": "on: [glue]\nglue: true",
    }
    _, images = ids(written(tmp_path, CATALOG, layers))
    assert images["all:trixie-py3.13"][-2:] == ("glue@trixie-py3.13", "more@trixie-py3.13")
    assert images["all:bookworm-py3.13"][-1] == "lab@bookworm-py3.13"
    assert images["lab:trixie-py3.13"][-1] == "lab@trixie-py3.13"


def test_glue_that_is_asked_for_restricts_the_image(tmp_path: Path) -> None:
    layers = {**LAYERS, "glue": "on: [lab, tool]\nglue: true\nwhen: {debian: trixie}"}
    _, images = ids(written(tmp_path, CATALOG.replace("[lab, tool]", "[glue]"), layers))
    assert {name for name in images if name.startswith("all:")} == {
        "all:trixie-py3.13",
        "all:trixie-py3.11",
    }


def test_rules_remove_points_and_say_why(tmp_path: Path) -> None:
    rules = """\
exclude:
  - {image: all, when: {debian: trixie, python: "3.11"}, because: too old}
  - {layer: tool, when: {debian: bookworm}, because: no tool there}
require:
  - {image: "l*", when: {python: "3.13"}, because: one Python is enough}
"""
    made = graph(load(written(tmp_path, CATALOG + rules, LAYERS)))
    assert list(made.images) == ["lab:trixie-py3.13", "lab:bookworm-py3.13", "all:trixie-py3.13"]
    assert [(entry.name, dict(entry.point), entry.because) for entry in made.absent] == [
        ("lab", {"python": "3.11"}, "one Python is enough"),
        ("all", {"debian": "trixie", "python": "3.11"}, "too old"),
        ("all", {"debian": "bookworm"}, "no tool there"),
    ]


def test_a_rule_may_remove_a_member_of_a_family_as_a_whole(tmp_path: Path) -> None:
    rule = "exclude:\n  - {image: all, because: nobody wants it}\n"
    made = graph(load(written(tmp_path, CATALOG + rule, LAYERS)))
    assert {image.name for image in made.images.values()} == {"lab"}
    assert [(entry.name, dict(entry.point)) for entry in made.absent] == [("all", {})]


def test_a_rule_on_glue_concerns_the_points_where_it_joins(tmp_path: Path) -> None:
    layers = {**LAYERS, "glue": "on: [lab, tool]\nglue: true\nwhen: {debian: trixie}"}
    rule = 'exclude:\n  - {layer: glue, when: {python: "3.11"}, because: too old for it}\n'
    _, images = ids(written(tmp_path, CATALOG + rule, layers))
    assert {name for name in images if name.startswith("all:")} == {
        "all:trixie-py3.13",
        "all:bookworm-py3.13",
        "all:bookworm-py3.11",
    }


def test_a_layer_that_nothing_stands_on_changes_no_other_id(tmp_path: Path) -> None:
    before = ids(written(tmp_path, CATALOG, LAYERS))
    catalog = (
        CATALOG.replace("axes:\n", 'axes:\n  gpu: {values: {"12": , "13": }}\n')
        + "  new: {layers: [new]}\n"
    )
    cells, images = ids(written(tmp_path, catalog, {**LAYERS, "new": "on: [base]\naxes: [gpu]"}))
    assert before[0] < cells
    assert before[1].items() < images.items()
    assert cells - before[0] == {
        "new@12-trixie",
        "new@12-bookworm",
        "new@13-trixie",
        "new@13-bookworm",
    }


def test_the_order_of_keys_and_layers_changes_no_id(tmp_path: Path) -> None:
    before = ids(written(tmp_path, CATALOG, LAYERS))
    lines = CATALOG.splitlines(keepends=True)
    images = "".join([*lines[:5], *reversed(lines[5:])])
    assert ids(written(tmp_path, images, dict(reversed(LAYERS.items())))) == before


@st.composite
def catalogs(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """A catalog of a few axes and layers that stand on earlier ones, some of them glue, with images
    of any of them."""
    axes = {
        name: draw(st.integers(1, 3)) for name in ["debian", "x", "y"][: draw(st.integers(1, 3))]
    }
    layers = {"root": "on: []\naxes: [debian]\nbootstrap: true"}
    names: list[str] = []
    for index in range(draw(st.integers(1, 8))):
        name = draw(st.sampled_from("abcdef")) + str(index)
        on = draw(st.lists(st.sampled_from(names), max_size=3, unique=True)) if names else []
        glue = len(on) > 1 and draw(st.booleans())
        own = [] if glue else draw(st.lists(st.sampled_from(sorted(axes)), max_size=2, unique=True))
        layers[name] = (
            f"on: [{', '.join(on or ['root'])}]\naxes: [{', '.join(own)}]\nglue:"
            f" {str(glue).lower()}"
        )
        names.append(name)
    asked = draw(
        st.lists(
            st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True),
            min_size=1,
            max_size=4,
        )
    )
    values = (
        f"  {name}: {{values: {{{', '.join(f'v{value}: ' for value in range(count))}}}, label:"
        f" '{name}.{{value}}'}}\n"
        for name, count in axes.items()
    )
    images = (
        f"  i{index}: {{layers: [{', '.join(entry)}]}}\n" for index, entry in enumerate(asked)
    )
    return f"name: x\naxes:\n{''.join(values)}images:\n{''.join(images)}", layers


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(catalog=catalogs())
def test_laws_of_every_graph(catalog: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    made = graph(load(written(tmp_path, *catalog)))
    order = {name: index for index, name in enumerate(made.cells)}
    for cell in made.cells.values():
        assert set(cell.parents) <= set(cell.ancestors)
        assert all(order[below] < order[cell.id] for below in cell.ancestors), (
            "every cell follows its ancestors"
        )
        assert all(
            made.cells[below].point.items() <= cell.point.items() for below in cell.ancestors
        )
        below = set(cell.parents).union(*(made.cells[one].ancestors for one in cell.parents))
        assert set(cell.ancestors) == below
    for image in made.images.values():
        assert [name for name in made.cells if name in image.cells] == list(image.cells), (
            "all images lie in one order"
        )
        names = {made.cells[cell].name for cell in image.cells}
        joining = {
            name
            for name, text in catalog[1].items()
            if "glue: true" in text and names >= parents(text)
        }
        assert joining <= names, "glue joins until nothing more does"
    used = set[str]().union(*(image.cells for image in made.images.values()))
    assert used == set(made.cells), "a cell is there because some image holds it"


def parents(text: str) -> set[str]:
    return {
        name
        for name in text.splitlines()[0].removeprefix("on: [").removesuffix("]").split(", ")
        if name
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(catalog=catalogs())
def test_an_unrelated_layer_changes_nothing(
    catalog: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    text, layers = catalog
    before = graph(load(written(tmp_path, text, layers)))
    after = graph(
        load(
            written(
                tmp_path, text, {**layers, "zz": "on: [root]", "a-z": f"on: [{list(layers)[-1]}]"}
            )
        )
    )
    assert list(after.cells) == list(before.cells)
    assert after.images == before.images


@given(edges=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20), data=st.data())
def test_laws_of_stacks(edges: list[tuple[int, int]], data: st.DataObject) -> None:
    on = {
        f"l{number}": tuple(
            dict.fromkeys(f"l{below}" for above, below in edges if above == number > below)
        )
        for number in range(8)
    }
    layers = {
        name: Layer(description="x", on=below, glue=len(below) > 1) for name, below in on.items()
    }
    arranged = arrange(
        Catalog(name="x", axes={"a": Axis(values={"1": None})}, images={"i": Image()}), layers
    )
    asked = data.draw(st.sets(st.sampled_from(sorted(on)), min_size=1))
    made = stack(arranged, asked, ["a"])
    assert set(made.layers) >= asked
    assert stack(arranged, made.layers, ["a"]).layers == made.layers, (
        "the closure of a closure is itself"
    )
    for name in made.layers:
        for below in on[name]:
            assert made.layers.index(below) < made.layers.index(name)


@given(edges=st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14))
def test_a_cycle_is_found_where_there_is_one(edges: set[tuple[int, int]]) -> None:
    on = {
        f"l{number}": tuple(f"l{below}" for above, below in sorted(edges) if above == number)
        for number in range(7)
    }
    loop = cycle(on)
    if loop:
        assert loop[0] == loop[-1]
        assert all(below in on[above] for above, below in itertools.pairwise(loop))
        assert not set(loop) & set(upward(on))
    else:
        assert sorted(upward(on)) == sorted(on)
