"""The linter as a whole: places, choices, whatever is thrown at it, and the command."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builder.charts.onyxia.files import read
from builder.charts.onyxia.lint import lint
from builder.charts.onyxia.model import ChartFiles
from builder.charts.onyxia.shape import KEYWORDS
from builder.charts.onyxia.table import NAMES
from builder.cli import main
from builder.errors import InputError

METADATA = (
    "apiVersion: v2\nname: example\nversion: 1.0.0\ndescription: An example.\nicon:"
    " https://example.org/icon.png\n"
)
SUSPEND: dict[str, Any] = {
    "type": "object",
    "properties": {"suspend": {"type": "boolean", "default": False, "x-onyxia": {"hidden": True}}},
}


def chart(
    properties: dict[str, Any], values: str = "global: {suspend: false}\n", metadata: str = METADATA
) -> ChartFiles:
    schema = json.dumps(
        {"type": "object", "properties": {"global": SUSPEND} | properties}, indent=2
    )
    return ChartFiles(metadata=metadata, values=values, schema=schema)


def write(directory: Path, files: ChartFiles) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "Chart.yaml").write_text(files.metadata)
    (directory / "values.yaml").write_text(files.values or "")
    (directory / "values.schema.json").write_text(files.schema or "")
    return directory


def package(path: Path, files: ChartFiles, folder: str = "example") -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in (
            ("Chart.yaml", files.metadata),
            ("values.yaml", files.values),
            ("values.schema.json", files.schema),
        ):
            data = (text or "").encode()
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def test_a_finding_has_its_place_and_words() -> None:
    (found,) = lint(chart({"a": {"type": "string"}}))
    assert (found.file, found.pointer, found.line, found.column) == (
        "values.schema.json",
        "/properties/a",
        16,
        5,
    )
    assert found.message == "a has no usable value: it has no default; values.yaml has no value"
    assert found.hint == "give it a default that it accepts"


def test_a_finding_names_the_contexts_when_it_is_not_in_all() -> None:
    node = {"type": "string", "x-onyxia": {"overwriteDefaultWith": "{{vault.VAULT_TOKEN}}"}}
    (found,) = lint(chart({"a": node}))
    assert found.message.endswith(
        "vault.VAULT_TOKEN is undefined; it has no default; values.yaml has no value (in the"
        " contexts openshift-group, minimal)"
    )


def test_a_finding_below_a_reference_is_where_the_definition_is() -> None:
    schema = {
        "type": "object",
        "definitions": {"d": {"type": "string"}},
        "properties": {"global": SUSPEND, "a": {"$ref": "#/definitions/d"}},
    }
    (found,) = lint(
        ChartFiles(
            metadata=METADATA,
            values="global: {suspend: false}\n",
            schema=json.dumps(schema, indent=1),
        )
    )
    assert (found.rule, found.pointer, found.line) == ("no-value", "/definitions/d", 4)


def test_places_in_values_yaml_and_chart_yaml() -> None:
    found = lint(
        chart(
            {"a": {"type": "string", "default": ""}},
            "b: 1\na: 2\n",
            METADATA.replace("1.0.0", "1.0.0-rc1"),
        )
    )
    assert [(one.rule, one.file, one.line) for one in found] == [
        ("values-refused", "values.yaml", 2),
        ("chart-prerelease", "Chart.yaml", 3),
    ]


def test_rules_can_be_ignored_and_slots_added() -> None:
    node = {
        "type": "string",
        "default": "",
        "form": True,
        "x-onyxia": {"overwriteSchemaWith": "mine/name.json"},
    }
    assert {one.rule for one in lint(chart({"a": node}))} == {"keyword-dead", "slot-unknown"}
    assert lint(chart({"a": node}), slots=["mine/name.json"], ignore=["keyword-dead"]) == []


def test_an_unknown_rule_cannot_be_ignored() -> None:
    with pytest.raises(InputError, match="did you mean no-value"):
        lint(chart({}), ignore=["no-values"])


def test_a_library_chart_breaks_no_rule() -> None:
    assert lint(ChartFiles(metadata=METADATA + "type: library\n")) == []


def test_a_chart_without_a_schema_is_said_to_have_none() -> None:
    assert [one.rule for one in lint(ChartFiles(metadata=METADATA, values="a: 1\n"))] == [
        "schema-missing"
    ]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 9)
    | st.sampled_from(
        [
            "",
            "a",
            "5Gi",
            "up",
            "down",
            "list",
            "slider",
            "string",
            "object",
            "{{user.name}}",
            "{{",
            "(",
            "a/b",
        ]
    ),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "b", "value", "path", "type", "$ref", "hidden"]),
            below,
            max_size=3,
        )
    ),
    max_leaves=5,
)
ONYXIA = st.dictionaries(
    st.sampled_from(
        [
            "overwriteDefaultWith",
            "overwriteListEnumWith",
            "hidden",
            "readonly",
            "overwriteSchemaWith",
            "other",
        ]
    ),
    VALUES,
    max_size=3,
)
NODES = st.recursive(
    VALUES,
    lambda below: st.builds(
        lambda kind, keywords, properties, items, onyxia: (
            keywords | kind | ({"properties": properties} if properties else {}) | items | onyxia
        ),
        st.sampled_from(
            [
                {},
                {"type": "object"},
                {"type": "array"},
                {"type": "string"},
                {"type": "number"},
                {"type": "boolean"},
                {"type": "integer"},
            ]
        ),
        st.dictionaries(
            st.sampled_from([*KEYWORDS, "$ref", "$id", "maximum", "oneOf", "additionalProperties"]),
            VALUES,
            max_size=4,
        ),
        st.dictionaries(st.sampled_from(["a", "b", "c/d", "global"]), below, max_size=3),
        st.one_of(st.just({}), st.builds(lambda item: {"items": item}, below)),
        st.one_of(st.just({}), st.builds(lambda given: {"x-onyxia": given}, ONYXIA)),
    ),
    max_leaves=6,
)


@given(NODES, VALUES)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_whatever_the_schema_the_linter_answers(schema: object, values: object) -> None:
    found = lint(
        ChartFiles(metadata=METADATA, values=yaml.safe_dump(values), schema=json.dumps(schema))
    )
    assert all(one.rule in NAMES and one.message for one in found)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_whatever_the_text_the_linter_answers(schema: str, values: str, metadata: str) -> None:
    lint(ChartFiles(metadata=metadata, values=values, schema=schema, notes=values))


def test_a_chart_is_read_from_its_directory_and_from_its_package(tmp_path: Path) -> None:
    files = chart({"a": {"type": "string", "default": ""}})
    from_directory, from_package = (
        read(write(tmp_path / "example", files)),
        read(package(tmp_path / "example-1.0.0.tgz", files)),
    )
    assert from_directory == files
    assert from_package.folder == "example"
    assert lint(from_directory) == lint(from_package) == []


def test_what_is_no_chart_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "broken.tgz").write_bytes(b"not a package")
    for path, words in (
        (tmp_path, "no Chart.yaml"),
        (tmp_path / "nothing", "no such file"),
        (tmp_path / "broken.tgz", "not the package of a chart"),
    ):
        with pytest.raises(InputError, match=words):
            read(path)


def test_the_command_prints_places_and_fails_on_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "good", chart({}))
    bad = package(tmp_path / "bad.tgz", chart({"a": {"type": "string"}}))
    assert main(["chart", "lint", str(good)]) == 0
    assert capsys.readouterr().out == "1 chart: 0 errors, 0 warnings\n"
    assert main(["chart", "lint", str(good), str(bad)]) == 1
    lines = capsys.readouterr().out.splitlines()
    place, words = lines[0].split(" ", 1)
    assert place == f"{bad}!values.schema.json:16:5"
    assert (
        words == "error no-value a has no usable value: it has no default; values.yaml has no value"
        " (crashes while computing values)"
    )
    assert lines[1:] == [
        "  hint: give it a default that it accepts",
        "2 charts: 1 error, 0 warnings",
    ]


def test_warnings_fail_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "c", chart({"a": {"type": "string", "default": "", "form": True}}))
    assert main(["chart", "lint", str(path)]) == 0
    assert main(["chart", "lint", "--strict", str(path)]) == 1
    assert main(["chart", "lint", "--strict", "--ignore", "keyword-dead", str(path)]) == 0
    capsys.readouterr()
    assert main(["chart", "lint", "--json", str(path)]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["chart"], found["rule"], found["pointer"]) == (
        str(path),
        "keyword-dead",
        "/properties/a/form",
    )


def test_without_arguments_every_chart_of_the_catalog_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog = tmp_path / "catalog.yaml"
    assert main(["-C", str(catalog), "chart", "lint"]) == 2
    for name in ("one", "two"):
        write(tmp_path / "charts" / name, chart({}))
    assert main(["-C", str(catalog), "chart", "lint"]) == 0
    assert capsys.readouterr().out == "2 charts: 0 errors, 0 warnings\n"
