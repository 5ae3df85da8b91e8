"""Variables of the user's own: as in a container's `env`, and over all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from builder.verify.manifests import problems
from tests.charts.conftest import Chart, Rendered

Refusal = Callable[[Chart, Mapping[str, Any]], str]


def given(chart: Chart, *variables: Mapping[str, Any], **values: Any) -> Rendered:
    rendered = chart.render({"extraEnvVars": list(variables), **values})
    names = [item["name"] for item in rendered.container["env"]]
    assert len(names) == len(set(names)), "server-side apply refuses a name that is there twice"
    assert problems(rendered.manifests) == []
    return rendered


def test_an_empty_value_is_a_value(chart: Chart) -> None:
    seen = given(chart, {"name": "EMPTY", "value": ""}, {"name": "NONE"}).seen
    assert (seen["EMPTY"], seen["NONE"]) == ("", "")


@pytest.mark.parametrize(
    "source",
    [
        {"secretKeyRef": {"name": "keys", "key": "token", "optional": True}},
        {"configMapKeyRef": {"name": "settings", "key": "level"}},
        {"fieldRef": {"fieldPath": "status.podIP"}},
        {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}},
    ],
)
def test_values_from_elsewhere(chart: Chart, source: Mapping[str, Any]) -> None:
    rendered = given(chart, {"name": "A", "valueFrom": source})
    assert rendered.env["A"] == source
    assert not [name for name in rendered.objects if name.endswith("secretextraenv")]


def test_what_is_elsewhere_may_be_named_by_a_template(jupyter: Chart) -> None:
    source = {"secretKeyRef": {"name": "{{ .Release.Name }}-keys", "key": "token"}}
    rendered = given(jupyter, {"name": "A", "valueFrom": source})
    assert rendered.env["A"]["secretKeyRef"]["name"] == "rel-keys"


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ({"name": "A", "valueFrom": {"vaultRef": {}}}, "A: valueFrom has to hold one of secretKey"),
        (
            {"name": "A", "valueFrom": {"fieldRef": {}, "secretKeyRef": {}}},
            "A: valueFrom has to hold one of secretKeyRef",
        ),
        (
            {"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "x"}}},
            "A has both a value and valueFrom",
        ),
        ({"name": "A", "valueFrom": "keys"}, "/extraEnvVars/0/valueFrom"),
    ],
)
def test_what_cannot_work_is_refused_by_name(
    jupyter: Chart, refusal: Refusal, variable: Mapping[str, Any], said: str
) -> None:
    assert said in refusal(jupyter, {"extraEnvVars": [variable]})


def test_the_users_word_counts_most(jupyter: Chart) -> None:
    """More than the chart's own variables, the region's script, mirrors, proxies, certificates."""
    others = {
        "init": {"regionInit": "https://region.example.org"},
        "repository": {"pipRepository": "https://mirror.example.org"},
        "proxy": {"enabled": True, "httpProxy": "http://proxy.example.org"},
        "s3": {"enabled": True, "defaultRegion": "eu"},
        "certificates": {"cacerts": "https://example.org/ca.pem"},
        "userPreferences": {"darkMode": True},
    }
    usual = jupyter.render(others)
    names = sorted(usual.env)
    assert {"REGION_INIT_SCRIPT", "PIP_REPOSITORY", "http_proxy", "DARK_MODE"} <= set(names)
    rendered = given(jupyter, *({"name": name, "value": "mine"} for name in names), **others)
    # `env` counts more than `envFrom`, whatever is in that.
    assert {name: rendered.seen[name] for name in names} == dict.fromkeys(names, "mine")
    assert {item["name"] for item in rendered.container["env"]} == set(names)


def test_of_two_with_one_name_the_last_counts(jupyter: Chart) -> None:
    seen = given(jupyter, {"name": "A", "value": "1"}, {"name": "A", "value": "2"}).seen
    assert seen["A"] == "2"


def test_one_variable_may_name_another(jupyter: Chart) -> None:
    """Kubernetes replaces $(NAME) in the pod alone, by what stands above."""
    first = {"name": "DATA", "value": "/data"}
    second = {"name": "TODAY", "value": "$(DATA)/today"}
    env = given(jupyter, first, second).container["env"]
    assert env[-1] == second
    assert env[-2]["name"] == "DATA"


def test_values_stand_in_a_secret(jupyter: Chart) -> None:
    rendered = given(jupyter, {"name": "KEY", "value": "hush"})
    assert "hush" not in str(rendered.statefulset)
    assert rendered.held("Secret/rel-jupyter-python-secretextraenv") == {"KEY": "hush"}


@pytest.mark.parametrize(
    ("name", "becomes"), [("a-b.c", "a-b.c"), ("1A", "_1A"), ("..", "_.."), (".", "_."), ("é", "_")]
)
def test_a_name_becomes_one_that_kubernetes_takes(jupyter: Chart, name: str, becomes: str) -> None:
    assert given(jupyter, {"name": name, "value": "1"}).seen[becomes] == "1"
