"""What users of other charts met, tried on ours: values that vanish, passwords that drift, nulls.

The address beside each case is where somebody reported it.
"""

from __future__ import annotations

from typing import Any

import helm_python
import pytest

from builder.verify.manifests import problems
from tests.charts.conftest import OWN, Chart, Rendered, charts_of, held

ALL = charts_of(OWN)
PEOPLE = [one for one in ALL.values() if "interactive" in one.composition.service.groups]
DATABASES = [one for one in ALL.values() if "database" in one.composition.service.groups]
every = pytest.mark.parametrize("chart", ALL.values(), ids=ALL)
interactive = pytest.mark.parametrize("chart", PEOPLE[:1], ids=[one.name for one in PEOPLE[:1]])
database = pytest.mark.parametrize("chart", DATABASES, ids=[one.name for one in DATABASES])


def bare(chart: Chart, values: dict[str, Any]) -> Rendered:
    """Render as a GitOps controller does: without a cluster."""
    return Rendered(chart.name, chart.helm.render(values, name="rel", namespace="ns"))


# https://github.com/vouch/helm-charts/issues/43
# https://github.com/eshepelyuk/apicurio-registry-helm/pull/21
# https://github.com/8gears/n8n-helm-chart/issues/200
@every
def test_a_variable_comes_from_a_secret(chart: Chart) -> None:
    source = {"secretKeyRef": {"name": "vouch-okta", "key": "OAUTH_CLIENT_ID"}}
    rendered = chart.render({"extraEnvVars": [{"name": "OAUTH_CLIENT_ID", "valueFrom": source}]})
    assert problems(rendered.manifests) == []
    assert rendered.env["OAUTH_CLIENT_ID"] == source


# https://github.com/k8s-at-home/charts/issues/1455
# https://github.com/goauthentik/helm/issues/58
@interactive
def test_options_without_a_value_hide_no_variable_of_a_secret(chart: Chart) -> None:
    rendered = chart.render({"s3": {"enabled": True, "existingSecret": "mine"}})
    assert rendered.container["envFrom"][-1] == {"secretRef": {"name": "mine"}}
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & {
        item["name"] for item in rendered.container["env"]
    }


# https://github.com/korax-dev/clickhouse-k8s/pull/19
@every
def test_secrets_hold_what_goes_when_it_is_taken_away(chart: Chart) -> None:
    for secret in chart.render(chart.switches).of("Secret"):
        assert "stringData" not in secret
        assert held(secret)


# https://github.com/renovatebot/helm-charts/pull/1734
# https://github.com/kubestellar/console/pull/20630
# https://github.com/thanos-community/helm-charts/issues/100
@every
def test_openshift_chooses_users_and_groups(chart: Chart) -> None:
    nothing = {"fsGroup": None, "runAsUser": None, "runAsGroup": None}
    values = {
        "security": {"sudo": False},
        "podSecurityContext": nothing,
        "securityContext": {"runAsUser": None},
    }
    rendered = chart.render(values)
    pods = [rendered.pod, *(pod["spec"] for pod in rendered.of("Pod"))]
    for pod in pods:
        containers = [*pod.get("initContainers", ()), *pod["containers"]]
        for context in [pod["securityContext"], *(one["securityContext"] for one in containers)]:
            assert not nothing.keys() & context.keys()
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


# https://github.com/bitnami/charts/issues/17462
# https://github.com/bitnami/charts/issues/29758
@database
def test_gitops_never_makes_up_the_password_of_a_database(chart: Chart) -> None:
    with pytest.raises(helm_python.HelmError, match="no password can be generated"):
        bare(chart, {})
    given = {"postgresql": {"auth": {"existingSecret": "postgres-secrets"}}}
    assert bare(chart, given).files == bare(chart, given).files


# https://github.com/bitnami/charts/issues/10974
@interactive
def test_gitops_changes_no_password_at_each_rendering(chart: Chart) -> None:
    assert bare(chart, {}).files == bare(chart, {}).files


# https://github.com/bitnami/charts/issues/22218
# https://github.com/bitnami/charts/issues/4756
@database
def test_another_password_restarts_the_database_which_takes_it_over(chart: Chart) -> None:
    def annotations(password: str) -> Any:
        rendered = bare(chart, {"postgresql": {"auth": {"password": password}}})
        return rendered.statefulset["spec"]["template"]["metadata"]["annotations"]

    assert annotations("one") == annotations("one")
    assert annotations("one") != annotations("two")


# https://github.com/apache/pulsar-helm-chart/pull/715
@every
def test_values_of_an_older_version_are_enough(chart: Chart) -> None:
    """`--reuse-values` renders without the options that are new, here whole sections."""
    usual = chart.render().files
    for section in ("service", "persistence", "startupProbe", "serviceAccount", "networking"):
        assert chart.render({section: None}).files == usual
