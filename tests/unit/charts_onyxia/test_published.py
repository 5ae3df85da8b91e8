"""Charts that are published for Onyxia: their known defects are found, and nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.charts.onyxia.lint import lint
from builder.charts.onyxia.model import ChartFiles, Consequence

FACTS = Path(__file__).parents[2] / "fixtures" / "onyxia" / "published.yaml"

FAMILY = {
    "context-path git.repository",
    "default-refused extraEnvVars.*.name",
    "keyword-dead ingress",
    "keyword-dead ingress.hostname",
    "keyword-dead ingress.ingressClassName",
    "keyword-dead ingress.userHostname",
    "keyword-dead networking",
    "keyword-dead persistence.size",
    "keyword-dead route",
    "keyword-dead route.hostname",
    "keyword-dead route.userHostname",
    "keyword-ignored networking.user.ports.*",
    "object-default certificates",
    "range-title resources.limits.memory",
    "region-slider-config persistence.size",
    "slot-wider extraEnvVars.*.name",
}
REGION = {
    *(
        f"slot-shadows resources.{path}"
        for path in ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
    ),
    *(
        f"region-slider-config resources.{path}"
        for path in ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
    ),
    "range-request resources.limits.cpu",
    "range-request resources.limits.memory",
}
PYTHON = FAMILY | REGION | {"context-path s3.workingDirectoryPath", "object-default startupProbe"}

DEFECTS = {
    "jupyter-python": PYTHON,
    "jupyter-python-ai": (
        PYTHON
        | {
            "context-path ai.enabled",
            "context-path ai.activeProvider.id",
            "context-path ai.activeProvider.selectedModel",
            "context-path ai.providers",
            "item-removal ai.providers",
        }
    ),
    "jupyter-r-python-julia": PYTHON | {"slot-unknown userPreferences.aiAssistant"},
    "marimo-python": (
        (PYTHON - {"default-refused extraEnvVars.*.name"})
        | {"context-path init.regionInitCheckSum"}
    ),
    "rstudio-sparkr": (
        FAMILY
        | {
            "x-onyxia-hidden proxy.httpProxy",
            "x-onyxia-hidden proxy.httpsProxy",
            "x-onyxia-hidden proxy.noProxy",
            "default-refused proxy.enabled",
            "slot-unknown security.password",
        }
    ),
    "vscode-python-gpu": (
        {name for name in FAMILY | REGION if name.split()[0] not in {"slot-shadows", "slot-wider"}}
        - {"object-default certificates", "default-refused extraEnvVars.*.name"}
        | {
            "suspend ",
            "region-slider-config resources.limits.nvidia.com/gpu",
            "keyword-dead security.password",
            "keyword-dead security.allowlist.enabled",
            "keyword-dead security.allowlist.ip",
        }
    ),
}


@cache
def facts() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(FACTS.read_text())
    return found


def nodes(name: str) -> dict[str, Any]:
    chart = facts()[name]
    found = nodes(chart["like"]) if "like" in chart else {}
    return {
        path: node
        for path, node in (found | chart.get("nodes", {})).items()
        if path not in chart.get("without", [])
    }


def schema(name: str) -> dict[str, Any]:
    """Return the schema that the facts describe."""
    root: dict[str, Any] = {
        "$schema": facts()[name].get("dialect", "http://json-schema.org/draft-07/schema"),
        "type": "object",
        "properties": {},
    }
    for path, node in nodes(name).items():
        here = root
        for key in path.split():
            here = here.setdefault("properties", {}).setdefault(key, {"type": "object"})
        here.update(copy.deepcopy(node))
        if not facts()[name].get("slots", True):
            here.get("x-onyxia", {}).pop("overwriteSchemaWith", None)
    return root


def chart(name: str) -> ChartFiles:
    return ChartFiles(
        metadata=yaml.safe_dump(
            {
                "apiVersion": "v2",
                "name": name,
                "version": "1.0.0",
                "description": "A chart.",
                "icon": "https://example.org/i.png",
            }
        ),
        values=yaml.safe_dump(facts()["datascience"]["values"]),
        schema=json.dumps(schema(name), indent=2),
        notes='{{- template "notes" . -}}',
    )


def place(pointer: str) -> str:
    """`/properties/a/properties/b/x-onyxia/hidden` -> `a.b`; the items of an array are `*`."""
    keys, path = [key.replace("~1", "/") for key in pointer.split("/")[1:]], []
    while keys and keys[0] in {"properties", "items"}:
        path.append("*" if keys[0] == "items" else keys[1])
        keys = keys[1 if keys[0] == "items" else 2 :]
    return ".".join(path)


@pytest.mark.parametrize("name", DEFECTS)
def test_known_defects_and_nothing_else(name: str) -> None:
    found = lint(chart(name))
    said = {
        f"{one.rule} {place(one.pointer)}": f"{one.line}:{one.column} {one.message}"
        for one in found
    }
    missed, false = DEFECTS[name] - said.keys(), said.keys() - DEFECTS[name]
    assert not missed, f"known defects of {name} that were not found: {sorted(missed)}"
    assert not false, f"{name} does not have these: {[said[key] for key in sorted(false)]}"


def test_only_one_chart_keeps_its_page_from_opening() -> None:
    closed = {
        name for name in DEFECTS for one in lint(chart(name)) if one.consequence is Consequence.PAGE
    }
    assert closed == {"rstudio-sparkr"}


def test_no_chart_crashes_while_its_values_are_computed() -> None:
    crashes = [
        (name, one.message)
        for name in DEFECTS
        for one in lint(chart(name))
        if one.consequence in {Consequence.VALUES, Consequence.LAUNCH}
    ]
    assert not crashes


def test_every_finding_has_its_place_in_the_file() -> None:
    for name in DEFECTS:
        made = chart(name)
        lines = (made.schema or "").splitlines()
        for one in lint(made):
            if one.pointer:
                key = one.pointer.rsplit("/", 1)[-1].replace("~1", "/")
                assert lines[one.line - 1][one.column - 1 :].startswith(f'"{key}"'), (
                    f"{one.rule} at {one.line}:{one.column} of {name} is not at {one.pointer}"
                )
