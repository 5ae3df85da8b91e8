"""The values files that users of Onyxia's interactive services have, and what our README says of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

from builder.charts.archive import archive
from builder.charts.model import walk
from builder.charts.readme import rows
from builder.charts.switches import at, joined
from builder.charts.values import defaults
from builder.tools import process
from builder.tree import File
from builder.verify.manifests import problems
from tests.charts.conftest import (
    LIBRARY,
    Chart,
    Rendered,
    all_charts,
    pytest_generate_tests,
)

__all__ = ["pytest_generate_tests"]  # one test for each chart

HERE = Path(__file__).parent / "values"
# Each values file, and the service here that its users would take.
HEIRS = {
    "jupyter-python": "jupyter-python",
    "jupyter-pyspark": "jupyter-python",
    "jupyter-r": "jupyter-r",
    "jupyter-r-python-julia": "jupyter-r-python-julia",
    "marimo-python": "marimo-python",
    "rstudio": "rstudio",
    "rstudio-sparkr": "rstudio",
    "vscode-python": "vscode-python",
}
FILES = sorted(HEIRS)
Values = dict[str, Any]


def theirs(name: str) -> Values:
    common = yaml.safe_load((HERE / "common.yaml").read_text())
    return joined(common, yaml.safe_load((HERE / f"{name}.yaml").read_text()))


def heir(name: str) -> Chart:
    return all_charts()[HEIRS[name]]


def reused(chart: Chart, values: Values) -> Rendered:
    """What `helm upgrade --reuse-values` renders: the values of the release that is there, and
    none of the new chart's defaults."""
    text = File(yaml.safe_dump(values).encode())
    tree = chart.tree.merged({"values.yaml": text})
    there = helm_python.Chart.load_archive(archive(chart.name, tree))
    return Rendered(chart.name, there.render({}, name="rel", namespace="ns"))


def assert_means_what_it_says(rendered: Rendered, values: Values) -> None:
    assert problems(rendered.manifests) == []
    assert rendered.container["image"] == values["service"]["image"]["version"]
    claims = rendered.of("PersistentVolumeClaim")
    assert bool(claims) is values["persistence"]["enabled"]
    port = values["networking"]["service"]["port"]
    assert [one["port"] for one in rendered.of("Service")[0]["spec"]["ports"]] == [port]
    assert not {"Ingress", "Route"} & {one["kind"] for one in rendered.manifests}
    if "enabled" in values["kubernetes"]:
        wants_token = values["kubernetes"]["enabled"]
        assert rendered.pod["automountServiceAccountToken"] is wants_token
        assert bool(rendered.of("RoleBinding")) is wants_token
    assert rendered.env["PASSWORD"] == {
        "secretKeyRef": {"name": f"rel-{rendered.chart}-secrettoken", "key": "PASSWORD"}
    }
    assert rendered.pod["securityContext"]["fsGroup"] == 100
    assert f"password: {values['security']['password']}" in rendered.notes


# InseeFrLab/helm-charts-interactive-services: charts/*/values.yaml
@pytest.mark.parametrize("name", FILES)
def test_a_values_file_of_the_interactive_services(name: str) -> None:
    values = theirs(name)
    assert_means_what_it_says(heir(name).render(values), values)


# The same, when only the values of the former release are there
@pytest.mark.parametrize("name", FILES)
def test_an_upgrade_that_reuses_their_values(name: str) -> None:
    values = theirs(name)
    assert_means_what_it_says(reused(heir(name), values), values)


def table() -> str:
    text = (LIBRARY / "README.md").read_text()
    return text.split("## Moving over")[1].split("## ")[0]


@pytest.mark.parametrize("name", FILES)
def test_the_readme_names_every_default_that_differs(name: str) -> None:
    named = re.findall(r"`([\w.]+)`", "\n".join(re.findall(r"^\| (.+?) \|", table(), re.MULTILINE)))
    chart, values = heir(name), theirs(name)
    ours = defaults(chart.composition.options)
    differ = []
    for path, option in walk(chart.composition.options):
        there = at(values, path)
        if (
            option.options
            or there is None
            or there == at(ours, path)
            or not (there or at(ours, path))
        ):
            continue
        differ.append(".".join(path))
    own = {"networking.service.port"} if heir(name).name != name else set()
    assert set(differ) - own <= set(named)


def test_what_the_readme_says_is_no_longer_read_is_accepted() -> None:
    rendered = heir("jupyter-python").render(
        {
            "autoscaling": {"enabled": True},
            "service": {"customPythonEnv": True},
            "ingress": {"generate": True},
            "route": {"generate": True},
        }
    )
    assert rendered.statefulset["spec"]["replicas"] == 1


@pytest.mark.registries
def test_set_takes_the_defaults_of_the_readme(chart: Chart, tmp_path: Path) -> None:
    path = tmp_path / chart.name
    chart.tree.write(path)
    flags: list[str] = []
    for row in rows(chart.composition.options):
        text = row.default.strip("`").replace("\\|", "|")
        if text.startswith(("{", "[")):
            flags += ["--set-json", f"{row.path}={text}"]
        elif text.startswith('"'):
            flags += ["--set-string", f"{row.path}={json.loads(text)}"]
        else:
            flags += ["--set", f"{row.path}={text}"]
    secret = ["--set-string", "security.password=p"]
    for key in ("password", "postgresPassword"):
        secret += ["--set-string", f"postgresql.auth.{key}=p"]
    command: list[str | Path] = ["helm", "template", "rel", path]
    assert process.text([*command, *flags, *secret]) == process.text([*command, *secret])
