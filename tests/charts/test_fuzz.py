"""Any values that the schema allows render to valid manifests; any that it does not are refused,
with the schema's own message.

pytest tests/charts/test_fuzz.py --fuzz 2000     # examples for each chart; fewer without the option
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import helm_python
import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from builder.charts.switches import joined
from builder.verify.manifests import problems
from tests.charts.conftest import Chart, all_charts

Schema = Mapping[str, Any]
NAMES = sorted(all_charts())
# Helm's templates are text, and so is what they make: the characters that YAML, shells and
# templates treat as their own come first.
TEXT = st.text(
    st.sampled_from(list("aZ09 '\"\\\n\t#:-{}[],&*!|>%@`$/=~?_.é€😀\u2028\x07")), max_size=12
)
# Values that are templates themselves may fail as templates do: no braces there.
TEMPLATES = {("extraEnvVars", "value"), ("spark", "config"), ("spark", "userConfig")}
# Onyxia's forms do not know `maximum`, so that a template refuses what is above it.
HIGHEST: dict[tuple[str, ...], int] = {("networking", "user", "port"): 65535}


def valid(schema: Schema, path: tuple[str, ...] = ()) -> st.SearchStrategy[Any]:
    """Values that a schema allows; of free forms, which hold parts of Kubernetes objects, the
    examples."""
    if schema.get("examples") and not schema.get("properties"):
        return st.sampled_from([schema["default"], *schema["examples"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "boolean":
            return st.booleans()
        case "integer":
            highest = schema.get("maximum", HIGHEST.get(path, 2**31 - 1))
            return st.integers(schema.get("minimum", -(2**31)), highest)
        case "string":
            return _text(schema, path)
        case "array":
            return st.lists(valid(schema["items"], path), max_size=3)
        case _:
            return _object(schema, path)


def _text(schema: Schema, path: tuple[str, ...]) -> st.SearchStrategy[str]:
    offered = st.sampled_from(schema["listEnum"]) if schema.get("listEnum") else st.nothing()
    if pattern := schema.get("pattern"):
        # Python's $ also matches before a line break at the end, which neither Helm's nor
        # JavaScript's does.
        return offered | st.from_regex(
            re.compile(pattern.removesuffix("$") + r"\Z", re.ASCII)
        ).filter(lambda text: len(text) < 100)
    text = TEXT.filter(lambda text: "{{" not in text) if (path[0], path[-1]) in TEMPLATES else TEXT
    return offered | text


def _object(schema: Schema, path: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    if isinstance(schema.get("additionalProperties"), dict):
        keys = st.from_regex(r"[a-z]([-a-z0-9./]{0,10}[a-z0-9])?", fullmatch=True)
        values = valid(schema["additionalProperties"], path)
        if path[0] == "nodeSelector":
            # Helm's own YAML does not survive every separator that Unicode has, and this map is
            # written by it.
            values = values.filter(lambda value: "\u2028" not in str(value))
        return st.dictionaries(keys, values, max_size=3)
    properties = {
        name: valid(inner, (*path, name)) for name, inner in schema.get("properties", {}).items()
    }
    return st.fixed_dictionaries({}, optional=properties)


def wrong(
    schema: Schema, path: tuple[str, ...] = ()
) -> st.SearchStrategy[tuple[tuple[str, ...], Any]]:
    """A path of a schema, and a value that it does not allow there."""
    choices = [wrong(inner, (*path, name)) for name, inner in schema.get("properties", {}).items()]
    if choices:
        return st.one_of(choices)
    return st.sampled_from(_others(schema)).map(lambda value: (path, value))


def _others(schema: Schema) -> list[Any]:
    samples = {"object": {"a": 1}, "array": [[]], "string": "!\n", "boolean": True, "integer": 1}
    # A null takes the default away, as Helm has it, and so is always allowed.
    found = [value for kind, value in samples.items() if kind != schema["type"]]
    if (
        schema["type"] == "string"
        and (schema.get("pattern") or schema.get("enum"))
        and not _accepts(schema, "!\n")
    ):
        found.append("!\n")
    if "minimum" in schema:
        found.append(schema["minimum"] - 1)
    if "maximum" in schema:
        found.append(schema["maximum"] + 1)
    return found


def _accepts(schema: Schema, value: object) -> bool:
    return bool(jsonschema.Draft7Validator(schema).is_valid(value))


def nested(path: tuple[str, ...], value: object) -> dict[str, Any]:
    for step in reversed(path):
        value = {step: value}
    assert isinstance(value, dict)
    return value


def leaves(values: Mapping[str, Any], where: Mapping[str, Any]) -> list[object]:
    """Return the values at the places where another mapping has some."""
    found: list[object] = []
    for name, inner in where.items():
        value = values[name]
        found += leaves(value, inner) if isinstance(inner, dict) else [value]
    return found


@pytest.fixture(scope="session")
def examples(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--fuzz"))


RELAXED = [
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.function_scoped_fixture,
    HealthCheck.large_base_example,
]


@pytest.mark.parametrize("name", NAMES)
def test_allowed_values_render_to_valid_manifests(name: str, examples: int) -> None:
    chart = all_charts()[name]

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples <= 200,
        suppress_health_check=RELAXED,
    )
    @given(valid(chart.schema))
    def law(values: dict[str, Any]) -> None:
        # Without a cluster, no password of a database can be generated and kept.
        assume("" not in leaves(joined(chart.needed, values), chart.needed))
        found = problems(chart.render(values).manifests, ("1.34",))
        assert found == [], json.dumps(values)

    law()


@pytest.mark.parametrize("name", NAMES)
def test_other_values_are_refused_with_their_place(name: str, examples: int) -> None:
    chart = all_charts()[name]

    @settings(
        max_examples=examples * 4,
        deadline=None,
        database=None,
        derandomize=examples <= 200,
        suppress_health_check=RELAXED,
    )
    @given(wrong(chart.schema))
    def law(found: tuple[tuple[str, ...], Any]) -> None:
        path, value = found
        place = "/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in path)
        assert_refused(chart, nested(path, value), place)

    law()


def assert_refused(chart: Chart, values: Mapping[str, Any], place: str) -> None:
    with pytest.raises(helm_python.HelmValuesError) as caught:
        chart.render(values)
    assert f"at '{place}" in str(caught.value), (
        f"{values} is refused without naming {place}: {caught.value}"
    )
