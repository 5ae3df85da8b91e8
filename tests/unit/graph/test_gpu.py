"""What layers say that an image needs of a node with graphics processors."""

from __future__ import annotations

import pytest

from builder.catalog.model import Layer
from builder.graph.gpu import Needs, needs
from builder.graph.model import Cell


def cell(cuda: str, *said: dict[str, object]) -> Cell:
    layer = Layer.model_validate({"description": "x", "gpu": list(said)})
    point = {"cuda": cuda}
    return Cell(id="x", name="x", point=point, layer=layer, parents=(), ancestors=())


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([], None),
        ([cell("13")], None),
        ([cell("13", {"driver": "580.65.06"})], Needs(driver="580.65.06", architectures=())),
        (
            [cell("13", {"driver": "580.65.06"}), cell("13", {"driver": "1000.1"})],
            Needs(driver="1000.1", architectures=()),
        ),
        (
            [
                cell("13", {"architectures": ["sm_80", "sm_90", "sm_100"]}),
                cell("13", {"driver": "580"}),
                cell("13", {"architectures": ["sm_100", "sm_80"]}),
            ],
            Needs(driver="580", architectures=("sm_80", "sm_100")),
        ),
        (
            [
                cell(
                    "12",
                    {"when": {"cuda": "13"}, "driver": "580.65.06"},
                    {"when": {"cuda": "12"}, "driver": "525.60.13"},
                )
            ],
            Needs(driver="525.60.13", architectures=()),
        ),
    ],
)
def test_an_image_needs_what_all_its_layers_do(cells: list[Cell], expected: Needs | None) -> None:
    assert needs(cells) == expected
