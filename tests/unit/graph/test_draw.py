"""The graph as text."""

from __future__ import annotations

import json
import re

import pytest

from builder.graph import draw
from builder.graph.model import Graph
from builder.graph.select import select

TREE = """\
base              1 cell, in 1 image
├── python        1 cell, in 1 image
│   └── lab       1 cell, in 1 image
│       └── kernel  1 cell, in 1 image; glue with r
└── r             1 cell, in 1 image
"""


@pytest.fixture(scope="module")
def small(whole: Graph) -> Graph:
    return select(whole, ["lab-r:py3.13*"])


def test_a_tree_for_terminals(small: Graph) -> None:
    width = len("│       └── kernel") + 2
    rows = (re.split(r"  +(?=1 cell)", line) for line in TREE.splitlines())
    assert draw.tree(small) == "\n".join(f"{left:<{width}}{right}" for left, right in rows)


def test_every_layer_stands_in_the_tree_once(small: Graph) -> None:
    names = [
        line.replace("│", " ").replace("├── ", " ").replace("└── ", " ").split()[0]
        for line in draw.tree(small).splitlines()
    ]
    assert sorted(names) == sorted({cell.name for cell in small.cells.values()})


def test_graphviz_and_mermaid_have_every_edge(small: Graph) -> None:
    edges = sum(len(cell.layer.on) for cell in small.cells.values())
    assert draw.dot(small).count(" -> ") == edges
    assert draw.mermaid(small).count("-->") + draw.mermaid(small).count("-.->") == edges
    assert '"kernel" [tooltip="R in notebooks", style=dashed];' in draw.dot(small)


def test_data_for_programs_is_json_and_whole(small: Graph) -> None:
    document = json.loads(json.dumps(draw.document(small)))
    assert [cell["id"] for cell in document["cells"]] == list(small.cells)
    assert document["images"][0]["cells"] == list(small.cells)
    assert document["images"][0]["point"] == {"debian": "trixie", "python": "3.13", "r": "4.5"}
    assert {entry["name"] for entry in document["absent"]} == {"lab-r"}
