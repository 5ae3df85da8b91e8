"""What a layer builds from source packages of another release, at each point."""

from __future__ import annotations

import pytest

from builder.catalog.axes import Axis, AxisValue, Release
from builder.catalog.backports import at
from builder.catalog.model import Layer
from builder.kinds.table import wishes

SID = Release(release="sid")
AXES = {"snake": Axis(values={"2": AxisValue(backport=SID), "1": None})}
LAYER = Layer.model_validate(
    {
        "description": "x",
        "apt": ["snake", {"when": {"snake": ["1", "2"]}, "packages": ["snake-dev", "tool"]}],
        "backports": {
            "snake{snake}": {
                "axis": "snake",
                "packages": ["snake{snake}", "libsnake"],
                "instead": ["snake", "snake-dev"],
                "needs": ["libscale"],
                "profiles": ["pkg.snake{snake}.small"],
                "heavy": True,
            },
            "engine": {"source": {"release": "forky"}, "packages": ["engine"], "when": {"os": "a"}},
        },
    }
)


def test_a_version_of_debians_own_is_installed_as_it_was() -> None:
    layer = at(LAYER, AXES, {"snake": "1", "os": "b"})
    assert layer.apt == LAYER.apt
    assert not layer.backports
    assert not layer.heavy
    assert wishes(layer, {"snake": "1"}) == {"apt": ["snake", "snake-dev", "tool"]}


def test_a_version_of_another_release_takes_its_place() -> None:
    point = {"snake": "2", "os": "b"}
    layer = at(LAYER, AXES, point)
    assert wishes(layer, point)["apt"] == ["libscale", "tool"]
    assert layer.heavy
    (built,) = layer.backports.values()
    assert [*layer.backports] == ["snake2"]
    assert built.packages == ("snake2", "libsnake")
    assert built.profiles == ("pkg.snake2.small",)
    assert built.source == SID


def test_one_without_an_axis_is_built_where_it_is_wanted() -> None:
    assert [*at(LAYER, AXES, {"snake": "1", "os": "a"}).backports] == ["engine"]
    assert [*at(LAYER, AXES, {"snake": "2", "os": "a"}).backports] == ["snake2", "engine"]


@pytest.mark.parametrize("key", ["when", "adapt", "heavy"])
def test_the_lock_does_not_depend_on_how_it_is_built(key: str) -> None:
    point = {"snake": "2", "os": "a"}
    other = LAYER.backports["engine"].model_copy(
        update={key: {"os": "a"} if key == "when" else "x"}
    )
    changed = LAYER.model_copy(update={"backports": {**LAYER.backports, "engine": other}})
    assert wishes(at(changed, AXES, point), point) == wishes(at(LAYER, AXES, point), point)


def test_the_lock_depends_on_the_version() -> None:
    point = {"snake": "2", "os": "b"}
    exact = Release(release="sid", version="2.0-1", sha256="ab" * 32)
    axes = {"snake": Axis(values={"2": AxisValue(backport=exact)})}
    assert wishes(at(LAYER, axes, point), point) != wishes(at(LAYER, AXES, point), point)


def test_a_layer_without_any_is_the_same() -> None:
    layer = Layer(description="x")
    assert at(layer, AXES, {"snake": "2"}) is layer
