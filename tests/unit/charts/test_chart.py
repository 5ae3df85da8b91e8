from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from builder.charts.catalogs import catalogs, oci_catalog
from builder.charts.chart import Origin, chart, metadata
from builder.charts.compose import Composition, compose
from builder.charts.images import ImageRef, Images
from builder.charts.library import load_library
from builder.charts.load import load_groups
from builder.charts.service import Service
from builder.charts.values import values
from builder.errors import InputError

CHARTS = Path(__file__).parents[3] / "charts"
GROUPS = load_groups((CHARTS, "charts"))
LIBRARY = load_library(CHARTS, "charts")


def composition(**fields: object) -> Composition:
    given = {
        "title": "Test",
        "description": {"en": "For tests", "fr": "Pour les tests"},
        "image": "test",
        "icon": "https://example.org/icon.svg",
        "groups": ("interactive",),
        "port": 8000,
        "command": "- test",
        "probe": {"http": "/"},
    }
    images = (ImageRef(name="r/test", tag="1", digest="sha256:00"),)
    return compose(
        "test", Service.model_validate(given | fields), GROUPS, Images(own=images), LIBRARY
    )


def test_chart_yaml() -> None:
    text = metadata(
        composition(keywords=("a",)),
        CHARTS,
        Origin(catalog="c", url="https://example.org"),
        "1.2.3",
        ("added x",),
    )
    found = yaml.safe_load(text)
    assert found["apiVersion"] == "v2"
    assert (found["name"], found["version"], found["appVersion"]) == ("test", "1.2.3", "1")
    assert found["home"] == "https://example.org"
    assert found["sources"] == ["https://example.org"]
    assert found["maintainers"] == [{"name": "c"}]
    assert found["annotations"]["catalog/description.fr"] == "Pour les tests"
    assert yaml.safe_load(found["annotations"]["artifacthub.io/images"]) == [
        {"name": "1", "image": "r/test:1@sha256:00"}
    ]
    assert yaml.safe_load(found["annotations"]["artifacthub.io/changes"]) == ["added x"]


def test_the_templates_bear_the_charts_name() -> None:
    tree = chart(composition(), CHARTS, Origin(catalog="c"))
    text = "".join(
        file.data.decode() for path, file in tree.items() if path.startswith("templates/")
    )
    assert '"library.' not in text
    assert 'define "test.fullname"' in text


def test_only_what_is_used_of_the_library_joins() -> None:
    tree = chart(composition(groups=("database", "environment")), CHARTS, Origin(catalog="c"))
    assert "templates/_ai.tpl" not in tree
    assert "templates/ingress.yaml" not in tree
    assert "templates/_names.tpl" in tree


def test_a_template_that_nothing_defines() -> None:
    with pytest.raises(InputError, match=r"nothing defines the template library\.missing"):
        chart(
            composition(command='- {{ include "library.missing" . }}'), CHARTS, Origin(catalog="c")
        )


def test_a_template_of_its_own_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r"test/source/own\.yaml: is not there"):
        chart(composition(templates=("own.yaml",)), CHARTS, Origin(catalog="c"))


def test_an_icon_is_embedded_or_a_url() -> None:
    found = yaml.safe_load(
        metadata(composition(icon="jupyter.svg"), CHARTS, Origin(catalog="c"), "1.0.0", ())
    )
    assert found["icon"].startswith("data:image/svg+xml;base64,")
    with pytest.raises(InputError, match=r"none\.svg is not among charts/icons/"):
        metadata(composition(icon="none.svg"), CHARTS, Origin(catalog="c"), "1.0.0", ())


def test_the_readme_has_a_row_for_every_option() -> None:
    text = chart(composition(), CHARTS, Origin(catalog="c"))["README.md"].data.decode()
    assert (
        "| `s3.endpoint` | Host of the object store, or its URL when it is not served over HTTPS |"
        ' string | `""` | shown, `{{s3.AWS_S3_ENDPOINT}}` |' in text
    )
    assert "| `s3.enabled` |" in text
    assert "shown, starts with `true` |" in text
    assert "| `AWS_S3_ENDPOINT` |" in text
    assert "helm install my-test c/test" in text


def test_values_yaml_explains_what_it_leaves_empty() -> None:
    text = values(composition())
    empty = "    # The most memory that the service may use; 50Gi when empty, 0 for no limit\n    memory: ''\n"
    assert empty in text
    assert "# Pods of the service; sessions are not shared between them\nreplicaCount: 1\n" in text


def test_the_entry_for_an_onyxia_api() -> None:
    (entry,) = catalogs("ds", "Data science", "https://example.org/charts", maintainer="me")
    assert entry["id"] == "ds"
    assert entry["location"] == "https://example.org/charts"
    assert (entry["status"], entry["type"]) == ("PROD", "helm")
    assert oci_catalog("ds", "d", "oci://r/c", {"b": ["1.0.0"], "a": ["2.0.0"]})["packages"] == [
        {"name": "a", "versions": ["2.0.0"]},
        {"name": "b", "versions": ["1.0.0"]},
    ]
