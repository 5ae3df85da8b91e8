"""JSON Schemas of the formats that people write, for editors: generated from the models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from builder.tree import File, Tree


class _Schema(GenerateJsonSchema):
    """What pydantic generates, but without a title for every key, and without keys that do not
    match a mapping's pattern.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002  pydantic's signature
        return False

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        return _closed(super().dict_schema(schema))


def schema(kind: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a document; a file that it refuses is refused by `load`
    as well.
    """
    return kind.model_json_schema(schema_generator=_Schema)


def schemas(documents: Mapping[str, type[BaseModel]]) -> Tree:
    """Return `<document>.schema.json` for every document."""
    return Tree(
        {f"{name}.schema.json": File(_written(schema(kind))) for name, kind in documents.items()}
    )


def _written(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _closed(generated: JsonSchemaValue) -> JsonSchemaValue:
    """Let a mapping with a pattern for its keys refuse all others."""
    patterns = generated.get("patternProperties")
    return {**generated, "additionalProperties": False} if patterns else generated
