"""Passwords: chosen, generated, kept, taken away, and what becomes of them where no cluster
remembers them, as under GitOps.
"""

from __future__ import annotations

import re
from typing import Any

import helm_python
import pytest

from tests.charts.conftest import Chart, Cluster, Rendered, held

CHOSEN = "catalog/chosen"


def bare(chart: Chart, values: dict[str, Any] | None = None) -> Rendered:
    """Render as `helm template` does, with these values alone."""
    return Rendered(chart.name, chart.helm.render(values or {}, name="rel", namespace="ns"))


def noted(rendered: Rendered) -> dict[str, str]:
    found = rendered.statefulset["spec"]["template"]["metadata"].get("annotations", {})
    assert isinstance(found, dict)
    return found


def token(rendered: Rendered) -> str:
    return rendered.held("Secret/rel-jupyter-python-secrettoken")["PASSWORD"]


def auth(password: str = "", administrator: str = "", **more: str) -> dict[str, Any]:
    given = {"password": password, "postgresPassword": administrator}
    return {"postgresql": {"auth": given | more}}


def test_without_a_cluster_nothing_is_random(interactive: Chart) -> None:
    rendered = bare(interactive)
    assert rendered.files == bare(interactive).files
    assert [secret for secret in rendered.of("Secret") if "PASSWORD" in held(secret)] == []
    assert "checksum/token" not in noted(rendered)
    # The pod waits for this one, and the notes name it.
    assert f"Secret `rel-{interactive.name}-secrettoken`" in rendered.notes


def test_without_a_cluster_a_database_needs_a_password(postgresql: Chart) -> None:
    with pytest.raises(helm_python.HelmError) as caught:
        bare(postgresql)
    assert re.search(r"`helm template`.*postgresql\.auth\.password", str(caught.value))
    assert "postgresql.auth.existingSecret" in str(caught.value)


def test_without_a_cluster_a_chosen_password_is_enough(postgresql: Chart) -> None:
    one, two = (bare(postgresql, auth("mine")) for _ in range(2))
    assert one.files == two.files
    assert one.held("Secret/rel-postgresql-secretauth") == {"password": "mine"}
    assert bare(postgresql, auth("other")).files != one.files


def test_an_existing_secret_is_used_and_none_is_made(postgresql: Chart) -> None:
    rendered = bare(postgresql, auth(existingSecret="mine"))
    assert rendered.files == bare(postgresql, auth(existingSecret="mine")).files
    assert "Secret/rel-postgresql-secretauth" not in rendered.objects
    volumes = {volume["name"]: volume for volume in rendered.pod["volumes"]}
    assert volumes["auth"]["secret"]["secretName"] == "mine"
    assert "Secret `mine`" in rendered.notes
    (test,) = rendered.of("Pod")
    names = {
        item["name"]: item["valueFrom"]["secretKeyRef"]["name"]
        for item in test["spec"]["containers"][0]["env"]
        if "secretKeyRef" in item.get("valueFrom", {})
    }
    assert names["PGPASSWORD"] == "mine"


def test_services_discover_what_the_existing_secret_holds(
    postgresql: Chart, cluster: Cluster
) -> None:
    cluster.secret("mine", {"password": "p", "postgres-password": "q"})
    rendered = cluster.render(postgresql, auth(existingSecret="mine"))
    found = rendered.held("Secret/discoverable-rel-postgresql")
    assert (found["password"], found["postgres-password"]) == ("p", "q")
    assert "password: p\n" in rendered.notes


def test_upgrades_without_choices_restart_nothing(chart: Chart, cluster: Cluster) -> None:
    first = cluster.render(chart)
    cluster.adopt(first)
    assert cluster.render(chart).files == first.files


def test_a_chosen_password_that_is_taken_away_is_gone(jupyter: Chart, cluster: Cluster) -> None:
    chosen = cluster.render(jupyter, {"security": {"password": "mine"}})
    assert token(chosen) == "mine"
    cluster.adopt(chosen)
    assert len(token(cluster.render(jupyter))) == 24


def test_of_two_passwords_one_may_be_chosen(postgresql: Chart, cluster: Cluster) -> None:
    name = "Secret/rel-postgresql-secretauth"
    first = cluster.render(postgresql, auth("mine"))
    assert first.objects[name]["metadata"]["annotations"] == {CHOSEN: "password"}
    cluster.adopt(first)
    second = cluster.render(postgresql)
    assert second.held(name)["password"] != "mine"
    assert second.held(name)["postgres-password"] == first.held(name)["postgres-password"]
    assert noted(second)["checksum/auth"] != noted(first)["checksum/auth"]


def test_secrets_of_older_versions_are_kept(jupyter: Chart, cluster: Cluster) -> None:
    """They do not say whether somebody chose the password."""
    cluster.secret("rel-jupyter-python-secrettoken", {"PASSWORD": "former"})
    assert token(cluster.render(jupyter)) == "former"


@pytest.mark.parametrize("section", ["s3", "git", "vault", "ai", "proxy"])
def test_credentials_may_be_in_a_secret_that_is_there(jupyter: Chart, section: str) -> None:
    on = {"enabled": True, "existingSecret": "mine"}
    rendered = jupyter.render({section: on})
    assert {"secretRef": {"name": "mine"}} in rendered.container["envFrom"]
    off = jupyter.render({section: {**on, "enabled": False}})
    assert {"secretRef": {"name": "mine"}} not in off.container.get("envFrom", ())


def test_an_existing_secret_counts_more_than_options(jupyter: Chart) -> None:
    git = {"name": "Ann", "token": "former", "existingSecret": "mine"}
    assert jupyter.render({"git": git}).container["envFrom"] == [
        {"secretRef": {"name": "rel-jupyter-python-secretgit"}},
        {"secretRef": {"name": "mine"}},
    ]
