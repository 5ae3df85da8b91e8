"""A chart in git, which links to the library, and a chart in an archive, which holds what it uses
of it, are one and the same to Helm."""

from __future__ import annotations

import shutil
from pathlib import Path

import helm_python
import pytest

from builder.charts.chart import LINK, source
from builder.charts.switches import joined, passwords
from builder.tools import helm
from builder.verify.charts import cases
from tests.charts.conftest import COMMITTED, ORIGIN, Chart, Rendered, all_charts

CHARTS = COMMITTED.parent / "charts"


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """charts/ as git holds it: the library, and charts that link to it."""
    directory = tmp_path_factory.mktemp("git") / "charts"
    shutil.copytree(CHARTS / "library", directory / "library")
    for name, chart in all_charts().items():
        source(chart.composition, CHARTS, ORIGIN).write(directory / name)
    return directory


def test_both_render_the_same_objects(chart: Chart, git: Path) -> None:
    linked = helm_python.Chart.load(str(git / chart.name))
    for case, values in cases(chart.tree).items():
        # Without these, passwords are random.
        given = joined(values, passwords(chart.schema))
        here = Rendered(chart.name, linked.render(given, name="rel", namespace="ns"))
        packaged = chart.render(given)
        assert here.objects == packaged.objects, f"with {case}"
        assert here.notes == packaged.notes, f"with {case}"


def test_both_have_the_same_options(chart: Chart, git: Path) -> None:
    for file in ("values.yaml", "values.schema.json", "README.md"):
        assert (git / chart.name / file).read_bytes() == chart.tree[file].data


@pytest.mark.registries
def test_helm_takes_a_chart_from_a_clone(git: Path, tmp_path: Path) -> None:
    """`helm template`, `lint` and `package` follow the link."""
    name = next(iter(all_charts()))
    shutil.copytree(git, tmp_path / "clone", symlinks=True)
    path = tmp_path / "clone" / name
    assert str((path / LINK).readlink()) == "../../library"
    assert "kind: StatefulSet" in helm.template(path, None, release="rel")
    assert helm.lint(path) == {path: []}
