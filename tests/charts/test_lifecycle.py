"""What charts tell of how long images are for use: in forms, in notes, and to releases that run
what is yanked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.catalog.load import load
from builder.catalog.standing import Standing
from builder.charts.generate import compositions
from builder.charts.images import ImageRef, ImageRefs
from builder.charts.project import chart_problems
from tests.charts.conftest import LIBRARY, OWN, Chart, charts_of, make
from tests.charts.test_workloads import SERVICES

NAME = "localhost:5000/catalog/jupyter-python"
PAST = "2001-01-01"
VALUES = """\
    values:
      "3.15": {when: {debian: trixie}, status: preview}
      "3.14": {when: {debian: trixie}, yanked: its ssl is broken, successor: "3.13"}
      "3.13": {when: {debian: trixie}}
      "3.12": {when: {debian: trixie}, status: maintenance, eol: 9999-12-31, successor: "3.13"}
      "3.11": {when: {debian: bookworm}, status: maintenance, eol: 2001-01-01, successor: "3.13"}
"""
PLAIN = """    values: {"3.13": {when: {debian: trixie}}, "3.11": {when: {debian: bookworm}}}\n"""
Lay = Callable[..., Path]


@pytest.fixture(scope="module")
def lay(tmp_path_factory: pytest.TempPathFactory) -> Lay:
    """Lay out the tests' own catalog with other texts in catalog.yaml, and in the service."""

    def laid(*changes: tuple[str, str], service: str = "") -> Path:
        root = tmp_path_factory.mktemp("catalog")
        shutil.copytree(OWN.parent, root, dirs_exist_ok=True)
        text = OWN.read_text().replace("../../../charts", str(LIBRARY))
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (root / "catalog.yaml").write_text(text)
        with (root / "charts/jupyter-python/service.yaml").open("a") as stream:
            stream.write(service)
        return root / "catalog.yaml"

    return laid


@pytest.fixture(scope="module")
def jupyter(lay: Lay) -> Chart:
    return charts_of(lay((PLAIN, VALUES)))["jupyter-python"]


def notes(chart: Chart, tag: str, language: str = "en") -> str:
    values: Mapping[str, Any] = {
        "service": {"image": {"version": f"{NAME}:{tag}"}},
        "userPreferences": {"language": language},
    }
    return chart.render(values).notes


def test_the_form_offers_what_is_not_yanked_and_no_preview_first(jupyter: Chart) -> None:
    version = jupyter.schema["properties"]["service"]["properties"]["image"]["properties"][
        "version"
    ]
    assert version["default"] == f"{NAME}:py3.13"
    assert version["listEnum"] == [
        f"{NAME}:{tag}" for tag in ("py3.13", "py3.15", "py3.12", "py3.11")
    ]
    assert version["description"] == (
        "The image, as name and tag. py3.15: preview."
        " py3.12: maintenance, end of life on 9999-12-31, use jupyter-python:py3.13."
        " py3.11: maintenance, end of life on 2001-01-01, use jupyter-python:py3.13"
    )
    assert yaml.safe_load(jupyter.tree["Chart.yaml"].data)["appVersion"] == "py3.13"


def test_a_chart_is_the_same_bytes_on_every_day(
    jupyter: Chart, lay: Lay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_TODAY", "2000-01-01")
    assert charts_of(lay((PLAIN, VALUES)))["jupyter-python"].tree == jupyter.tree


def test_the_notes_say_nothing_where_nothing_is_stated(jupyter: Chart) -> None:
    assert "### Version" not in notes(jupyter, "py3.13")


def test_the_notes_compare_the_end_with_the_day_of_the_installation(jupyter: Chart) -> None:
    later = notes(jupyter, "py3.12")
    assert f"The version `{NAME}:py3.12` is in maintenance: it gets corrections only." in later
    assert "Its end of life is on 9999-12-31." in later
    assert f"Choose `{NAME}:py3.13` instead." in later
    past = notes(jupyter, "py3.11")
    assert f"`{NAME}:py3.11` has been past its end of life since 2001-01-01" in past
    assert "in maintenance" not in past
    assert f"Choose `{NAME}:py3.13` instead." in past
    french = notes(jupyter, "py3.11", "fr")
    assert f"`{NAME}:py3.11` est en fin de vie depuis le 2001-01-01" in french
    assert f"Choisissez plutôt `{NAME}:py3.13`." in french


def test_the_notes_say_that_a_version_is_a_preview(jupyter: Chart) -> None:
    assert f"The version `{NAME}:py3.15` is a preview" in notes(jupyter, "py3.15")


def test_a_release_that_runs_what_is_yanked_is_told(jupyter: Chart) -> None:
    told = notes(jupyter, "py3.14")
    assert f"The version `{NAME}:py3.14` was withdrawn: its ssl is broken." in told
    assert f"Choose `{NAME}:py3.13` instead." in told
    assert "py3.14" not in jupyter.tree["README.md"].data.decode()
    assert "py3.14" not in json.dumps(jupyter.schema)


def test_an_image_that_is_a_preview_as_a_whole_has_a_chart_that_says_so(lay: Lay) -> None:
    path = lay(("jupyter-python: {", "jupyter-python: {status: preview, "))
    chart = charts_of(path)["jupyter-python"]
    annotations = yaml.safe_load(chart.tree["Chart.yaml"].data)["annotations"]
    assert annotations["artifacthub.io/prerelease"] == "true"
    assert "is a preview" in notes(chart, "py3.13")


def test_a_service_needs_a_version_that_is_on_offer(lay: Lay) -> None:
    path = lay(("jupyter-python: {", 'jupyter-python: {yanked: "it leaks", '))
    (problem,) = chart_problems(path, load(path))
    assert problem.message == "every version of the image is yanked: it leaks"
    assert problem.line > 0


@pytest.mark.parametrize(
    ("tag", "why"), [("py3.14", "yanked: its ssl is broken"), ("py3.15", "a preview")]
)
def test_a_service_may_not_make_a_default_of_them(lay: Lay, tag: str, why: str) -> None:
    setting = f"set: {{service.image.version: {{default: '{NAME}:{tag}'}}}}\n"
    path = lay((PLAIN, VALUES), service=setting)
    (problem,) = chart_problems(path, load(path))
    assert problem.message == f"service.image.version: the default {NAME}:{tag} is {why}"
    assert problem.hint == f"remove it: the catalog's own default is {NAME}:py3.13"
    assert problem.line > 0


def test_a_service_inside_of_another_is_told_as_well() -> None:
    standings = {
        "store": (("2", Standing()), ("1", Standing(yanked="it loses rows", successor="store:2"))),
        "journal": (("1", Standing(eol=PAST)),),
        "farm": (("1", Standing()),),
        "exporter": (("1", Standing()),),
    }
    images = {
        name: tuple(ImageRef(name=f"r/{name}", tag=tag, standing=one) for tag, one in tags)
        for name, tags in standings.items()
    }
    composed = compositions(SERVICES, ImageRefs(registry="r", images=images), LIBRARY, "charts")
    chart = make(composed["journal"], SERVICES)
    values = {
        "security": {"password": "p"},
        "database": {
            "store": {"password": "q"},
            "service": {"image": {"version": "r/store:1"}},
        },
    }
    said = chart.render(values).notes
    assert f"The version `r/journal:1` has been past its end of life since {PAST}" in said
    assert "The version `r/store:1` was withdrawn: it loses rows." in said
    assert "Choose `r/store:2` instead." in said
