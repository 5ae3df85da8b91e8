"""Services that hold data for others: what they tell, and what the others make of it."""

from __future__ import annotations

import pytest

from tests.charts.conftest import Cluster, all_charts, held
from tests.charts.test_passwords import bare

PASSWORD = 'it\'s a "$ecret" with spaces/+@:'
TOLD = {
    "minio": {
        "AWS_ACCESS_KEY_ID": "admin",
        "AWS_SECRET_ACCESS_KEY": PASSWORD,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_S3_ENDPOINT": "db-minio:9000",
        "AWS_ENDPOINT_URL": "http://db-minio:9000",
        "S3_ENDPOINT": "http://db-minio:9000",
        "AWS_PATH_STYLE_ACCESS": "true",
        "AWS_WORKING_DIRECTORY_PATH": "data",
    },
    "redis": {
        "REDIS_HOST": "db-redis",
        "REDIS_PORT": "6379",
        "REDIS_PASSWORD": PASSWORD,
        "REDISCLI_AUTH": PASSWORD,
        "REDIS_URL": (
            "redis://:it%27s%20a%20%22%24ecret%22%20with%20spaces%2F%2B%40%3A@db-redis:6379/0"
        ),
    },
    "openbao": {
        "VAULT_ADDR": "http://db-openbao:8200",
        "VAULT_MOUNT": "secret",
        "VAULT_AUTH_PATH": "kubernetes",
        "VAULT_AUTH_ROLE": "namespace",
    },
}
"""Engine -> the variables of a service that finds it."""
ENGINES = sorted(TOLD.keys() & all_charts().keys())
"""Those of them that the catalog has: a fork may leave some out."""
INTERACTIVE = [
    name
    for name, chart in all_charts().items()
    if "interactive" in chart.composition.service.groups
][:1]
"""A service that a person works in."""
SECTION = {"minio": "s3", "openbao": "vault"}
"""Engine -> the values with which a user names another one."""
OPTION = {"minio": "s3", "redis": "redis", "openbao": "vault"}


@pytest.mark.parametrize("ide_name", INTERACTIVE)
@pytest.mark.parametrize("name", ENGINES)
def test_a_service_that_starts_later_has_its_address(
    name: str, ide_name: str, cluster: Cluster
) -> None:
    ide = all_charts()[ide_name]
    values = {"security": {"password": PASSWORD}}
    cluster.adopt(cluster.render(all_charts()[name], values, release="db"))
    env = cluster.render(ide, {"security": {"password": "p"}}).env
    assert {key: env.get(key) for key in TOLD[name]} == TOLD[name]
    off = {"security": {"password": "p"}, "discovery": {OPTION[name]: False}}
    assert not TOLD[name].keys() & cluster.render(ide, off).env.keys()


@pytest.mark.parametrize("ide_name", INTERACTIVE)
@pytest.mark.parametrize("name", [name for name in ENGINES if name in SECTION])
def test_what_the_user_gives_comes_first(name: str, ide_name: str, cluster: Cluster) -> None:
    ide, section = all_charts()[ide_name], SECTION[name]
    cluster.adopt(cluster.render(all_charts()[name], {"security": {"password": PASSWORD}}))
    given = {"s3": {"endpoint": "own.example"}, "vault": {"url": "https://own.example"}}
    values = {"security": {"password": "p"}, section: {"enabled": True, **given[section]}}
    env = cluster.render(ide, values).env
    variable = {"s3": "AWS_S3_ENDPOINT", "vault": "VAULT_ADDR"}[section]
    assert "own.example" in env[variable]
    assert not {"AWS_SECRET_ACCESS_KEY", "VAULT_AUTH_ROLE"} & env.keys()


@pytest.mark.parametrize("name", ENGINES)
def test_without_a_cluster_nothing_is_made_up(name: str) -> None:
    """The pod waits for the Secret, and what other services find lacks the password."""
    rendered = bare(all_charts()[name])
    assert rendered.files == bare(all_charts()[name]).files
    assert f"Secret/rel-{name}-secrettoken" not in rendered.objects


@pytest.mark.parametrize("name", ENGINES)
def test_a_password_is_in_secrets_alone(name: str, cluster: Cluster) -> None:
    rendered = cluster.render(all_charts()[name], {"security": {"password": "chosen-by-jo"}})
    where = {
        f"{one['kind']}/{one['metadata']['name']}"
        for one in rendered.manifests
        if "chosen-by-jo" in repr(held(one) if one["kind"] == "Secret" else one)
    }
    assert where <= {f"Secret/rel-{name}-secrettoken", f"Secret/discoverable-rel-{name}"}
    assert f"Secret/rel-{name}-secrettoken" in where


@pytest.mark.parametrize("name", ENGINES)
def test_a_secret_of_the_users_own_holds_the_password(name: str, cluster: Cluster) -> None:
    cluster.secret("own", {"PASSWORD": "mine-alone"})
    rendered = cluster.render(all_charts()[name], {"security": {"existingSecret": "own"}})
    assert f"Secret/rel-{name}-secrettoken" not in rendered.objects
    (variable,) = all_charts()[name].composition.service.password
    assert rendered.env[variable] == {"secretKeyRef": {"name": "own", "key": "PASSWORD"}}


@pytest.mark.parametrize("name", ENGINES)
def test_it_asks_for_no_rights(name: str) -> None:
    pod = all_charts()[name].render({"security": {"password": "p"}}).pod
    assert pod["securityContext"]["runAsUser"] == 1000
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["automountServiceAccountToken"] is False
    assert all(one["securityContext"]["readOnlyRootFilesystem"] for one in pod["containers"])
