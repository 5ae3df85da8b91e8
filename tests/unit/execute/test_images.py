"""Images of divided deltas: how many layers they may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.execute.stock import Stock, fill, make
from tests.unit.oci.made import Content


@pytest.fixture
def stock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stock:
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    return make(tmp_path / "lab")


def packages(layer: str, number: int) -> tuple[Content, dict[str, int]]:
    """Return the content of a layer with so many packages, and a grouping with each in a chunk."""
    content: Content = {
        f"opt/{layer}s/node_modules/p{one}/package.json": f'{{"name": "p{one}", "version": "1.0"}}'
        for one in range(number)
    }
    return content, {f"npm:p{one}": one + 1 for one in range(number)}


def divided(stock: Stock, number: int) -> None:
    """Build, with so many chunks of two layers beside those of what belongs to no package."""
    left, grouping = packages("left", number)
    right, _ = packages("right", number)
    fill(stock.project(), {"left": left, "right": right}, grouping)


def test_an_image_with_more_layers_than_its_budget_is_told_by_name(
    stock: Stock, capfd: pytest.CaptureFixture[str]
) -> None:
    text = stock.yaml.read_text()
    stock.yaml.write_text(text.replace("name: lab\n", "name: lab\nlayer_budget: 9\n"))
    divided(stock, 3)
    assert stock.run("build") == 0
    said = capfd.readouterr().err
    assert "both:trixie has 11 layers, and `layer_budget` is 9" in said
    assert "`catalog lock --rebalance` divides packages into fewer chunks" in said
    assert "left:trixie has" not in said


def test_an_image_with_more_layers_than_engines_take_is_refused_by_name(
    stock: Stock, capfd: pytest.CaptureFixture[str]
) -> None:
    divided(stock, 70)
    assert stock.run("build") == 1
    said = capfd.readouterr().err
    assert "both:trixie has 145 layers, and engines take 127" in said
    assert "left@trixie has 71, right@trixie has 71" in said
    assert "catalog lock --rebalance" in said


@pytest.mark.parametrize("budget", ["1", "128", "many"])
def test_a_budget_that_no_image_can_have_is_refused(
    stock: Stock, capfd: pytest.CaptureFixture[str], budget: str
) -> None:
    text = stock.yaml.read_text()
    stock.yaml.write_text(text.replace("name: lab\n", f"name: lab\nlayer_budget: {budget}\n"))
    assert stock.run("validate") == 2
    assert "catalog.yaml:3:" in capfd.readouterr().err
