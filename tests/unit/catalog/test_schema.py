"""The JSON Schemas for editors accept what `load` accepts, and are committed as they are
generated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from builder.catalog import source
from builder.catalog.axes import Axis, AxisValue
from builder.catalog.model import Catalog, Image, Layer
from builder.catalog.rule import Rule
from builder.catalog.schema import schema, schemas
from builder.charts.model import Group
from builder.charts.service import Service
from builder.commands.schema import DOCUMENTS

ROOT = Path(__file__).parents[3]
OPTIONS = sorted(
    path for path in (ROOT / "charts/options").glob("*.yaml") if path.stem != "bundles"
)
LAYERS = sorted((ROOT / "images").glob("*/layer.yaml"))


def errors(kind: type[BaseModel], data: object) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema(kind))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


@pytest.mark.parametrize("kind", DOCUMENTS.values())
def test_they_are_schemas(kind: type[BaseModel]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))


@pytest.mark.parametrize(
    ("kind", "path"),
    [(Service, path) for path in sorted((ROOT / "charts").glob("*/service.yaml"))]
    + [(Group, path) for path in OPTIONS],
    ids=lambda value: (
        value.parent.name + "-" + value.stem if isinstance(value, Path) else value.__name__
    ),
)
def test_the_committed_services_and_options_are_valid(kind: type[BaseModel], path: Path) -> None:
    assert errors(kind, source.read(path, path.name).data) == []


def test_the_committed_catalog_is_valid() -> None:
    assert errors(Catalog, source.read(ROOT / "catalog.yaml", "catalog.yaml").data) == []


@pytest.mark.parametrize("path", LAYERS, ids=lambda path: path.parent.name)
def test_the_committed_layers_are_valid(path: Path) -> None:
    assert errors(Layer, source.read(path, path.name).data) == []


def test_what_is_committed_is_what_the_model_says() -> None:
    differences = schemas(DOCUMENTS).below("schemas").check(ROOT, owned=["schemas"])
    assert not differences, f"{differences}: run `catalog schema --write`"


def test_a_text_or_a_list_where_both_do() -> None:
    assert (
        errors(
            Layer,
            {
                "description": "x",
                "when": {"python": "3.13", "debian": ["trixie"]},
                "apt": ["git", {"when": {}, "packages": ["x"]}],
            },
        )
        == []
    )


@pytest.mark.parametrize(
    "data",
    [
        {"description": "x", "descripton": "y"},
        {"description": 3},
        {"description": "x", "env": {"A B": "c"}},
        {"description": "x", "apt": [{"packages": ["x"]}]},
        {"description": "x", "expose": [0]},
        {},
    ],
)
def test_what_it_refuses(data: object) -> None:
    assert errors(Layer, data)


def test_every_key_is_described() -> None:
    def silent(where: str, node: dict[str, Any]) -> list[str]:
        return [
            f"{where}.{key}"
            for key, value in node.get("properties", {}).items()
            if "description" not in value and "$ref" not in value
        ]

    for kind in DOCUMENTS.values():
        document = schema(kind)
        found = [
            *silent(kind.__name__, document),
            *(
                key
                for name, node in document.get("$defs", {}).items()
                for key in silent(name, node)
            ),
        ]
        assert not found, f"say in the model what these mean: {found}"


@pytest.mark.parametrize(
    "model", [Catalog, Axis, AxisValue, Image, Rule, Layer], ids=lambda model: model.__name__
)
def test_the_guide_names_every_key(model: type[BaseModel]) -> None:
    guide = (ROOT / "docs/catalog.md").read_text()
    missing = [name for name in model.model_fields if f"`{name}`" not in guide]
    assert not missing, f"docs/catalog.md says nothing of {missing}"
