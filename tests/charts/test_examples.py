"""The charts of the example forks: Onyxia's rules, what Helm makes of them, and what each is for."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import helm_python
import pytest

from builder.charts.onyxia.lint import lint
from builder.charts.onyxia.model import ChartFiles
from tests.charts.conftest import charts_of
from tests.gates import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*/catalog.yaml"))


def about(name: str) -> pytest.MarkDecorator:
    """Make a test one about an example: a catalog without it has no such test."""
    found = [path for path in EXAMPLES if path.parent.name == name]
    return pytest.mark.parametrize("path", found, ids=lambda _: name)


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.parent.name for path in EXAMPLES])
def test_they_follow_the_rules_and_are_rendered(path: Path) -> None:
    for chart in charts_of(path).values():
        files = ChartFiles(
            metadata=chart.tree["Chart.yaml"].data.decode(),
            values=chart.tree["values.yaml"].data.decode(),
            schema=chart.tree["values.schema.json"].data.decode(),
            notes=chart.tree["templates/NOTES.txt"].data.decode(),
        )
        assert list(lint(files)) == []
        assert chart.render().statefulset["kind"] == "StatefulSet"


@about("ministry")
def test_the_ministry_speaks_french(path: Path) -> None:
    for chart in charts_of(path).values():
        assert not untranslated(chart.schema), "fr.yaml has all texts"
        notes = chart.render({"userPreferences": {"language": "de"}}).notes
        assert "### Accès au service" in notes
        english = chart.render({"userPreferences": {"language": "en-GB"}}).notes
        assert "### Service access" in english


def untranslated(node: Mapping[str, Any]) -> list[str]:
    """Return titles that are the committed English ones, of sections that a person sees first."""
    english = {"Persistence", "Git access", "Network access", "Security", "User preferences"}
    return [one["title"] for one in node["properties"].values() if one["title"] in english]


@about("hospital")
def test_in_the_hospital_nobody_is_root_and_the_network_ends(path: Path) -> None:
    for chart in charts_of(path).values():
        rendered = chart.render()
        assert rendered.pod["securityContext"]["runAsNonRoot"] is True
        assert rendered.pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in [*rendered.pod.get("initContainers", ()), *rendered.pod["containers"]]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        policies = [one["spec"] for one in rendered.of("NetworkPolicy")]
        kinds = chain.from_iterable(one["policyTypes"] for one in policies)
        assert set(kinds) == {"Egress", "Ingress"}
        rules = list(chain.from_iterable(one.get("egress", ()) for one in policies))
        assert {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]} in rules
        for wish in ({"sudo": True}, {"networkPolicy": {"enabled": False}}):
            with pytest.raises(helm_python.HelmError, match="security"):
                chart.render({"security": wish})


@about("hospital")
def test_in_the_hospital_a_gpu_is_on_its_own_nodes(path: Path) -> None:
    chart = charts_of(path)["jupyter-pytorch-gpu"]
    rendered = chart.render()
    assert rendered.pod["nodeSelector"] == {"hospital.example/pool": "gpu"}
    assert [one["key"] for one in rendered.pod["tolerations"]] == ["hospital.example/gpu"]
    assert rendered.container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    with pytest.raises(helm_python.HelmError, match="value must be '1'"):
        chart.render({"resources": {"limits": {"nvidia.com/gpu": "2"}}})


@about("course")
def test_a_course_is_in_spanish_small_and_has_its_notebooks(path: Path) -> None:
    for chart in charts_of(path).values():
        rendered = chart.render()
        assert rendered.env["GIT_REPOSITORY"].endswith("/curso/cuadernos.git")
        assert rendered.container["resources"]["limits"] == {"cpu": "1000m", "memory": "2Gi"}
        assert "### Acceso al servicio" in rendered.notes
        resources = chart.schema["properties"]["resources"]["properties"]
        memory = resources["limits"]["properties"]["memory"]
        assert (memory["title"], memory["sliderMax"]) == ("Memoria", 4)
        assert memory["sliderExtremitySemantic"] == "máximo"
        # What nobody translated is in the next language.
        assert chart.schema["properties"]["init"]["title"] == "Initialization scripts"
        assert "cuadernos" in chart.tree["Chart.yaml"].data.decode()
