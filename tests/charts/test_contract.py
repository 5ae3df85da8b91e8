"""What an Onyxia platform, a cluster or a user's values count on, one promise after the other."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml

from builder.verify.manifests import problems
from tests.charts.conftest import Chart, Cluster, held, make

Values = Mapping[str, Any]
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def test_runtime_class(interactive: Chart) -> None:
    rendered = interactive.render({"runtimeClassName": "nvidia"})
    assert rendered.pod["runtimeClassName"] == "nvidia"
    assert "runtimeClassName" not in interactive.render().pod


def test_a_network_policy_without_sources_allows_the_namespace_alone(chart: Chart) -> None:
    policies = chart.render({"security": {"networkPolicy": {"enabled": True}}}).of("NetworkPolicy")
    assert [policy["spec"]["ingress"] for policy in policies] == [[{"from": [{"podSelector": {}}]}]]


def test_a_network_policy_with_sources(chart: Chart) -> None:
    source = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}
    }
    policies = chart.render(
        {"security": {"networkPolicy": {"enabled": True, "from": [source]}}}
    ).of("NetworkPolicy")
    assert [policy["spec"]["ingress"][0]["from"] for policy in policies] == [
        [{"podSelector": {}}],
        [source],
    ]


def test_no_network_policy_unless_asked(chart: Chart) -> None:
    assert not chart.render({"security": {"networkPolicy": {"from": [{"podSelector": {}}]}}}).of(
        "NetworkPolicy"
    )


def test_jupyter_reads_its_token_from_a_secret(jupyter: Chart) -> None:
    rendered = jupyter.render({"security": {"password": "s3cret"}})
    reference = rendered.env["JUPYTER_TOKEN"]["secretKeyRef"]
    assert rendered.held(f"Secret/{reference['name']}")[reference["key"]] == "s3cret"
    assert not [word for word in rendered.container["command"] if "token" in word.lower()]


def test_marimo_reads_its_token_from_a_file(charts: Mapping[str, Chart]) -> None:
    rendered = charts["marimo-python"].render()
    (option,) = [
        word for word in rendered.container["command"] if word.startswith("--token-password-file=")
    ]
    mounts = {mount["mountPath"] for mount in rendered.container["volumeMounts"]}
    assert option.split("=")[1].rsplit("/", 1)[0] in mounts


def test_a_password_is_generated_when_none_is_given(interactive: Chart, cluster: Cluster) -> None:
    first, second = cluster.render(interactive), cluster.render(interactive)
    password = re.search(r"password: (\S+)", first.notes)
    assert password
    assert len(password[1]) == 24
    secrets = [secret for secret in first.of("Secret") if "PASSWORD" in held(secret)]
    assert [held(secret)["PASSWORD"] for secret in secrets] == [password[1]]
    assert password[1] not in second.notes
    assert "changeme" not in interactive.tree["values.yaml"].data.decode()


def test_a_generated_password_is_kept_by_upgrades(interactive: Chart, cluster: Cluster) -> None:
    first = cluster.render(interactive)
    cluster.adopt(first)
    assert cluster.render(interactive).notes == first.notes


def test_a_password_that_is_given_replaces_the_generated_one(
    jupyter: Chart, cluster: Cluster
) -> None:
    cluster.adopt(cluster.render(jupyter))
    assert "password: mine\n" in cluster.render(jupyter, {"security": {"password": "mine"}}).notes


def test_the_passwords_of_a_database_are_kept_by_upgrades(
    postgresql: Chart, cluster: Cluster
) -> None:
    first = cluster.render(postgresql)
    cluster.adopt(first)
    assert cluster.render(postgresql).of("Secret") == first.of("Secret")


def test_an_existing_secret_holds_the_password(jupyter: Chart, cluster: Cluster) -> None:
    cluster.secret("mine", {"PASSWORD": "s3cret"})
    rendered = cluster.render(jupyter, {"security": {"existingSecret": "mine"}})
    assert rendered.env["PASSWORD"]["secretKeyRef"]["name"] == "mine"
    assert "password: s3cret\n" in rendered.notes
    assert not [secret for secret in rendered.of("Secret") if "PASSWORD" in held(secret)]


def test_images_are_pinned_to_the_digests_that_are_known(jupyter: Chart) -> None:
    digest = "sha256:" + "1" * 64
    first, second = jupyter.composition.images[:2]
    pinned = make(replace(jupyter.composition, images=(replace(first, digest=digest), second)))
    assert pinned.render().container["image"] == f"{first}@{digest}"
    assert pinned.render({"service": {"image": {"version": str(second)}}}).container[
        "image"
    ] == str(second)
    assert pinned.render({"service": {"image": {"pinDigest": False}}}).container["image"] == str(
        first
    )
    custom = {"enabled": True, "version": "registry.example.org/mine:1"}
    assert (
        pinned.render({"service": {"image": {"custom": custom}}}).container["image"]
        == "registry.example.org/mine:1"
    )


def test_probes_ask_where_the_server_is(charts: Mapping[str, Chart]) -> None:
    values = {
        "ingress": {"enabled": True, "path": "/jo/"},
        "networking": {"service": {"port": 9000}},
    }
    expected = {
        "jupyter-python": "/jo/api",
        "vscode-python": "/healthz",
        "marimo-python": "/jo/health",
    }
    for name, path in expected.items():
        container = charts[name].render(values).container
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            assert container[probe]["httpGet"] == {"path": path, "port": "http"}
        assert container["ports"][0]["containerPort"] == 9000
        assert any("9000" in word for word in container["command"])


def test_the_startup_probe_takes_what_a_region_injects(interactive: Chart) -> None:
    assert (
        interactive.render({"startupProbe": {"failureThreshold": 7}}).container["startupProbe"][
            "failureThreshold"
        ]
        == 7
    )
    node = interactive.schema["properties"]["startupProbe"]["properties"]["failureThreshold"]
    assert node["x-onyxia"]["overwriteDefaultWith"] == "region.startupProbe.failureThreshold"


def test_an_ingress_lets_web_sockets_live(interactive: Chart) -> None:
    asked = {"enabled": True, "hostname": "a.example.org", "path": "/a/lab"}
    (ingress,) = interactive.render({"ingress": asked}).of("Ingress")
    annotations = ingress["metadata"]["annotations"]
    assert int(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]) >= 3600
    assert int(annotations["nginx.ingress.kubernetes.io/proxy-send-timeout"]) >= 3600
    assert annotations["nginx.ingress.kubernetes.io/proxy-body-size"] == "0"
    # Contour compares it with the paths of the Ingress, letter by letter.
    assert annotations["projectcontour.io/websocket-routes"] == "/a/lab"
    assert annotations["projectcontour.io/response-timeout"] == "infinity"
    (rule,) = ingress["spec"]["rules"]
    (service,) = interactive.render({"ingress": {"enabled": True}}).of("Service")
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend == {
        "name": service["metadata"]["name"],
        "port": {"number": service["spec"]["ports"][0]["port"]},
    }
    assert ingress["spec"]["tls"] == [{"hosts": ["a.example.org"]}]


def test_a_users_annotation_wins(jupyter: Chart) -> None:
    given = {"nginx.ingress.kubernetes.io/proxy-read-timeout": "60"}
    (ingress,) = jupyter.render({"ingress": {"enabled": True, "annotations": given}}).of("Ingress")
    assert given.items() <= ingress["metadata"]["annotations"].items()


@pytest.mark.parametrize(
    ("values", "secret"),
    [
        ({}, None),
        ({"useTlsSecret": True, "tlsSecretName": "mine"}, "mine"),
        ({"useTlsSecret": True}, "tls-cert-rel-jupyter-python"),
        (
            {"useCertManager": True, "certManagerClusterIssuer": "letsencrypt"},
            "tls-cert-rel-jupyter-python",
        ),
    ],
)
def test_certificates_of_an_ingress(jupyter: Chart, values: Values, secret: str | None) -> None:
    (ingress,) = jupyter.render({"ingress": {"enabled": True, **values}}).of("Ingress")
    assert ingress["spec"]["tls"][0].get("secretName") == secret


def test_each_ingress_has_a_certificate_of_its_own(jupyter: Chart) -> None:
    values = {
        "ingress": {"enabled": True, "useCertManager": True},
        "networking": {"user": {"enabled": True}},
    }
    secrets = [
        ingress["spec"]["tls"][0]["secretName"] for ingress in jupyter.render(values).of("Ingress")
    ]
    assert len(secrets) == len(set(secrets)) == 2


def test_user_ports(jupyter: Chart) -> None:
    user = {"enabled": True, "port": 5000, "ports": [5000, 8050, 8050, 8888]}
    rendered = jupyter.render(
        {
            "ingress": {"enabled": True, "userHostname": "jo-user.example.org"},
            "networking": {"user": user},
        }
    )
    ingress = rendered.objects["Ingress/rel-jupyter-python-user"]
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == [
        "jo-user-5000.example.org",
        "jo-user-8050.example.org",
    ]
    (service,) = rendered.of("Service")
    assert [port["port"] for port in service["spec"]["ports"]] == [8888, 5000, 8050]
    assert "https://jo-user-5000.example.org/" in rendered.notes


def test_one_user_port_keeps_the_host_name(jupyter: Chart) -> None:
    values = {
        "ingress": {"enabled": True, "userHostname": "jo-user.example.org"},
        "networking": {"user": {"enabled": True, "port": 6006}},
    }
    (rule,) = jupyter.render(values).objects["Ingress/rel-jupyter-python-user"]["spec"]["rules"]
    assert rule["host"] == "jo-user.example.org"
    assert rule["http"]["paths"][0]["backend"]["service"]["port"]["number"] == 6006


def test_a_passthrough_route_has_no_path(jupyter: Chart) -> None:
    (route,) = jupyter.render(
        {"route": {"enabled": True, "tls": {"termination": "passthrough"}}}
    ).of("Route")
    assert "path" not in route["spec"]


def test_each_user_port_has_a_route_of_its_own(jupyter: Chart) -> None:
    values = {
        "route": {"enabled": True},
        "networking": {"user": {"enabled": True, "ports": [5000, 8050]}},
    }
    assert len(jupyter.render(values).of("Route")) == 3


def test_the_allowlist(jupyter: Chart) -> None:
    rendered = jupyter.render(
        {
            "security": {"allowlist": {"enabled": True, "ip": "192.0.2.1,10.0.0.0/8"}},
            "ingress": {"enabled": True},
            "route": {"enabled": True},
        }
    )
    (ingress,), (route,) = rendered.of("Ingress"), rendered.of("Route")
    assert (
        ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/whitelist-source-range"]
        == "192.0.2.1,10.0.0.0/8"
    )
    assert (
        route["metadata"]["annotations"]["haproxy.router.openshift.io/ip_whitelist"]
        == "192.0.2.1 10.0.0.0/8"
    )


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({"ingress": {"enabled": True, "hostname": "a.example.org"}}, "https://a.example.org/"),
        (
            {
                "ingress": {
                    "enabled": True,
                    "hostname": "a.example.org",
                    "tls": False,
                    "path": "/jo",
                }
            },
            "http://a.example.org/jo",
        ),
        ({"route": {"enabled": True, "hostname": "b.example.org"}}, "https://b.example.org/"),
        ({"httproute": {"enabled": True, "hostname": "c.example.org"}}, "https://c.example.org/"),
    ],
)
def test_the_first_url_of_the_notes_is_the_services(
    jupyter: Chart, values: Values, url: str
) -> None:
    found = re.search(r"https?://[^\s)`]+", jupyter.render(values).notes)
    assert found
    assert found[0] == url


def test_the_operators_message_stands_first(jupyter: Chart) -> None:
    message = {"en": "Maintenance on Monday", "fr": "Maintenance lundi"}
    assert jupyter.render({"message": message}).notes.strip().startswith("Maintenance on Monday")
    assert (
        jupyter.render({"message": message, "userPreferences": {"language": "fr"}})
        .notes.strip()
        .startswith("Maintenance lundi")
    )
    assert (
        "Maintenance on Monday"
        in jupyter.render(
            {"message": {"en": "Maintenance on Monday"}, "userPreferences": {"language": "fr"}}
        ).notes
    )


def test_notes_without_an_ingress_say_how_to_get_there(jupyter: Chart) -> None:
    assert (
        "kubectl --namespace ns port-forward service/rel-jupyter-python 8080:8888"
        in jupyter.render().notes
    )


def test_the_object_store(jupyter: Chart) -> None:
    s3 = {
        "enabled": True,
        "endpoint": "s3.example.org",
        "accessKeyId": "id",
        "secretAccessKey": "key",
        "defaultRegion": "r",
        "pathStyleAccess": True,
    }
    env = jupyter.render({"s3": s3}).env
    assert env["AWS_S3_ENDPOINT"] == "s3.example.org"
    assert env["AWS_ENDPOINT_URL"] == env["S3_ENDPOINT"] == "https://s3.example.org"
    assert env["AWS_PATH_STYLE_ACCESS"] == "true"
    assert "AWS_SESSION_TOKEN" not in env
    plain = jupyter.render(
        {"s3": {**s3, "endpoint": "http://minio:9000", "pathStyleAccess": False}}
    ).env
    assert (plain["AWS_S3_ENDPOINT"], plain["AWS_ENDPOINT_URL"]) == (
        "minio:9000",
        "http://minio:9000",
    )
    assert plain["AWS_PATH_STYLE_ACCESS"] == "false"


def test_nothing_of_what_is_disabled_reaches_the_service(jupyter: Chart) -> None:
    env = jupyter.render(
        {
            "s3": {"enabled": False, "accessKeyId": "id"},
            "vault": {"enabled": False, "token": "t"},
            "git": {"enabled": False, "token": "t"},
            "proxy": {"enabled": False, "httpProxy": "http://p"},
        }
    ).env
    assert not [
        name
        for name in env
        if name.startswith(("AWS_", "VAULT_", "GIT_", "http_proxy", "HTTP_PROXY"))
    ]


def test_the_name_of_a_secret_may_be_chosen(jupyter: Chart) -> None:
    rendered = jupyter.render({"s3": {"enabled": True, "secretName": "mine"}})
    assert "Secret/mine" in rendered.objects


def test_vault_git_proxies_and_mirrors(charts: Mapping[str, Chart]) -> None:
    env = (
        charts["jupyter-r-python"]
        .render(
            {
                "vault": {
                    "enabled": True,
                    "token": "t",
                    "url": "https://v",
                    "mount": "kv",
                    "directory": "jo",
                    "secret": "db",
                },
                "git": {
                    "name": "Jo",
                    "email": "jo@example.org",
                    "cache": "3600",
                    "token": "t",
                    "repository": "https://g/r.git",
                    "branch": "b",
                },
                "proxy": {
                    "enabled": True,
                    "httpProxy": "http://p",
                    "httpsProxy": "http://q",
                    "noProxy": ".local",
                },
                "repository": {
                    "pipRepository": "https://pip",
                    "rRepository": "https://cran",
                    "packageManagerUrl": "https://ppm",
                },
            }
        )
        .env
    )
    expected = {
        "VAULT_TOKEN": "t",
        "VAULT_ADDR": "https://v",
        "VAULT_MOUNT": "kv",
        "VAULT_TOP_DIR": "jo",
        "VAULT_RELATIVE_PATH": "db",
        "GIT_USER_NAME": "Jo",
        "GIT_USER_MAIL": "jo@example.org",
        "GIT_CREDENTIALS_CACHE_DURATION": "3600",
        "GIT_PERSONAL_ACCESS_TOKEN": "t",
        "GIT_REPOSITORY": "https://g/r.git",
        "GIT_BRANCH": "b",
        "http_proxy": "http://p",
        "HTTPS_PROXY": "http://q",
        "NO_PROXY": ".local",
        "PIP_REPOSITORY": "https://pip",
        "R_REPOSITORY": "https://cran",
        "PACKAGE_MANAGER_URL": "https://ppm",
    }
    assert expected.items() <= env.items()


def test_scripts_and_their_checksums(jupyter: Chart) -> None:
    init = {
        "regionInit": "https://r",
        "regionInitCheckSum": "0" * 64,
        "personalInit": "https://p",
        "personalInitArgs": "a b",
    }
    env = jupyter.render({"init": init}).env
    assert env["REGION_INIT_SCRIPT"] == "https://r"
    assert env["REGION_INIT_SCRIPT_CHECKSUM"] == "0" * 64
    assert (env["PERSONAL_INIT_SCRIPT"], env["PERSONAL_INIT_ARGS"]) == ("https://p", "a b")


def test_without_a_start_script_the_service_runs_alone(jupyter: Chart) -> None:
    assert jupyter.render({"init": {"standardInitPath": ""}}).container["command"][0] == "jupyter"
    assert jupyter.render().container["command"][0] == "/opt/onyxia-init.sh"


def test_extra_variables_are_templates_of_the_release(chart: Chart) -> None:
    given = [
        {"name": "RELEASE", "value": "{{ .Release.Name }} in {{ .Values.global.suspend }}"},
        {"name": "a-b c", "value": "1"},
    ]
    rendered = chart.render({"extraEnvVars": [given[0]]})
    assert rendered.seen["RELEASE"] == "rel in false"


def test_names_that_an_override_allows_become_valid_keys(jupyter: Chart) -> None:
    env = jupyter.render({"extraEnvVars": [{"name": "é=/", "value": "1"}]}).seen
    assert env["___"] == "1"


def test_certificates_reach_every_client(jupyter: Chart) -> None:
    rendered = jupyter.render({"certificates": {"cacerts": PEM}})
    assert rendered.env["PATH_TO_CA_BUNDLE"] == "/run/service/certificates/own.pem"
    for name in (
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "GIT_SSL_CAINFO",
        "PIP_CERT",
        "CURL_CA_BUNDLE",
    ):
        assert rendered.env[name] == "/run/service/certificates/ca-bundle.crt"
    assert {
        "name": "prepared",
        "mountPath": "/usr/local/share/ca-certificates/",
        "subPath": "certificates/single",
    } in rendered.container["volumeMounts"]
    (init,) = rendered.pod["initContainers"]
    assert init["image"] == rendered.container["image"]


def test_certificates_in_base64_or_behind_a_url(jupyter: Chart) -> None:
    encoded = base64.b64encode(PEM.encode()).decode()
    assert jupyter.render({"certificates": {"cacerts": encoded}}).held(
        "Secret/rel-jupyter-python-secretcacerts"
    ) == {"ca.pem": PEM}
    rendered = jupyter.render({"certificates": {"cacerts": "https://example.org/ca.pem"}})
    assert rendered.held("Secret/rel-jupyter-python-secretcacerts") == {
        "url": "https://example.org/ca.pem"
    }
    assert "curl" in rendered.pod["initContainers"][0]["args"][0]


def test_a_bundle_that_is_already_there(jupyter: Chart) -> None:
    rendered = jupyter.render({"certificates": {"pathToCaBundle": "/etc/ssl/company.pem"}})
    assert rendered.env["PATH_TO_CA_BUNDLE"] == "/etc/ssl/company.pem"
    assert "initContainers" not in rendered.pod


def test_nothing_is_prepared_when_there_is_nothing(chart: Chart) -> None:
    pod = chart.render().pod
    assert "initContainers" not in pod
    assert "prepared" not in {volume["name"] for volume in pod["volumes"]}


def test_a_gpu_chart_requests_a_gpu_by_itself(charts: Mapping[str, Chart]) -> None:
    for name in ("jupyter-python-gpu", "vscode-python-gpu"):
        assert charts[name].render().container["resources"]["limits"]["nvidia.com/gpu"] == "1"
        rendered = charts[name].render(
            {
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
                "nodeSelector": {"gpu": "a100"},
            }
        )
        assert rendered.pod["nodeSelector"] == {"gpu": "a100"}
        node = charts[name].schema["properties"]["resources"]
        assert node["x-onyxia"]["overwriteSchemaWith"] == "ide/resources-gpu.json"
        assert node["properties"]["limits"]["properties"]["nvidia.com/gpu"]["sliderMax"] == 3
        assert charts[name].composition.images[0].tag.endswith("-gpu")


@pytest.mark.parametrize("role", ["view", "edit", "admin"])
def test_roles(jupyter: Chart, role: str) -> None:
    rendered = jupyter.render({"kubernetes": {"role": role}})
    (binding,) = rendered.of("RoleBinding")
    assert binding["roleRef"]["name"] == role
    assert binding["subjects"][0]["name"] == rendered.pod["serviceAccountName"]
    assert rendered.pod["automountServiceAccountToken"] is True


def test_without_kubernetes_access_there_is_no_token(jupyter: Chart) -> None:
    rendered = jupyter.render({"kubernetes": {"enabled": False}})
    assert rendered.pod["automountServiceAccountToken"] is False
    assert not rendered.of("RoleBinding")


def test_an_openshift_constraint(jupyter: Chart) -> None:
    bindings = jupyter.render({"openshiftSCC": {"enabled": True, "scc": "anyuid"}}).of(
        "RoleBinding"
    )
    assert "system:openshift:scc:anyuid" in {binding["roleRef"]["name"] for binding in bindings}


def test_storage(jupyter: Chart) -> None:
    (claim,) = jupyter.render({"persistence": {"size": "3Gi"}}).of("PersistentVolumeClaim")
    assert "storageClassName" not in claim["spec"]
    (claim,) = jupyter.render({"persistence": {"storageClass": "-"}}).of("PersistentVolumeClaim")
    assert not claim["spec"]["storageClassName"]
    rendered = jupyter.render({"persistence": {"existingClaim": "mine"}})
    assert not rendered.of("PersistentVolumeClaim")
    assert rendered.pod["volumes"][0] == {
        "name": "home",
        "persistentVolumeClaim": {"claimName": "mine"},
    }
    assert jupyter.render({"persistence": {"enabled": False}}).pod["volumes"][0] == {
        "name": "home",
        "emptyDir": {"sizeLimit": "10Gi"},
    }


def test_the_work_directory_is_what_persists(interactive: Chart) -> None:
    mount = next(
        mount
        for mount in interactive.render({"environment": {"user": "jo"}}).container["volumeMounts"]
        if mount["name"] == "home"
    )
    assert mount == {"name": "home", "mountPath": "/home/jo/work", "subPath": "work"}


def test_shared_memory(interactive: Chart) -> None:
    volume = next(
        volume for volume in interactive.render().pod["volumes"] if volume["name"] == "dshm"
    )
    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": "10Gi"}


@pytest.mark.parametrize("name", ["vscode-python", "marimo-python"])
def test_the_service_opens_in_the_clone(charts: Mapping[str, Chart], name: str) -> None:
    git = {"asCodeServerRoot": True, "repository": "https://git.example.org/group/my.project.git/"}
    assert (
        charts[name].render({"git": git}).container["command"][-1] == "/home/onyxia/work/my.project"
    )
    assert (
        charts[name].render({"git": {**git, "repository": ""}}).container["command"][-1]
        == "/home/onyxia/work"
    )


def test_postgresql_is_discovered(jupyter: Chart, postgresql: Chart, cluster: Cluster) -> None:
    cluster.adopt(
        cluster.render(
            postgresql,
            {"postgresql": {"auth": {"password": "s3cret", "username": "jo"}}},
            release="pg",
        )
    )
    rendered = cluster.render(jupyter)
    expected = {
        "PGHOST": "pg-postgresql",
        "PGPORT": "5432",
        "PGDATABASE": "defaultdb",
        "PGUSER": "jo",
        "PGPASSWORD": "s3cret",
    }
    assert expected.items() <= rendered.env.items()
    assert "PostgreSQL" in rendered.notes
    assert not problems(rendered.manifests)


@pytest.mark.parametrize("port", ["5432", "1234"])
def test_a_port_that_another_chart_stored_without_encoding(
    jupyter: Chart, cluster: Cluster, port: str
) -> None:
    cluster.secret(
        "discoverable-pg",
        {"postgres-service": "pg"},
        discovery="postgres",
        raw={"postgres-port": port},
    )
    assert cluster.render(jupyter).env["PGPORT"] == port


def test_a_discovery_secret_holds_what_it_says(postgresql: Chart) -> None:
    secret = postgresql.render({"networking": {"service": {"port": 15432}}}).objects[
        "Secret/discoverable-rel-postgresql"
    ]
    assert secret["metadata"]["annotations"] == {"onyxia/discovery": "postgres"}
    assert set(held(secret)) == {
        "postgres-service",
        "postgres-port",
        "postgres-database",
        "postgres-username",
        "password",
        "postgres-password",
    }
    assert held(secret)["postgres-port"] == "15432"
    assert not postgresql.render({"discovery": {"enabled": False}}).objects.keys() & {
        "Secret/discoverable-rel-postgresql"
    }


def test_other_services_are_discovered(jupyter: Chart, cluster: Cluster) -> None:
    cluster.secret(
        "a", {"uri": "https://mlflow", "MLFLOW_TRACKING_USERNAME": "jo"}, discovery="mlflow"
    )
    cluster.secret(
        "b", {"MILVUS_GRPC_URI": "http://milvus", "MILVUS_TOKEN": "t"}, discovery="milvus"
    )
    cluster.secret(
        "c",
        {"CHROMA_SERVER_HOST": "chroma", "CHROMA_AUTH_SECRET": "chroma-auth"},
        discovery="chromadb",
    )
    cluster.secret("chroma-auth", {"username": "jo", "password": "s3cret"})
    cluster.secret("d", {"hive-service": "hive-a"}, discovery="hive")
    cluster.secret("e", {"hive-service": "hive-b"}, discovery="hive")
    cluster.secret(
        "f",
        {"host": "http://metaflow", "s3Bucket": "s3://b", "s3Secret": "s"},
        discovery="metaflow",
    )
    values = {"s3": {"enabled": True, "endpoint": "s3.example.org"}, "security": {"password": "p"}}
    rendered = cluster.render(jupyter, values)
    env = rendered.env
    assert env["MLFLOW_TRACKING_URI"] == "https://mlflow"
    assert env["MILVUS_TOKEN"] == "t"
    assert env["CHROMA_CLIENT_AUTH_CREDENTIALS"] == "jo:s3cret"
    (hive,) = rendered.held("Secret/rel-jupyter-python-secrethive").values()
    assert "<value>thrift://hive-a:9083,thrift://hive-b:9083</value>" in hive
    assert "/usr/local/lib/hive/conf/hive-site.xml" in {
        mount["mountPath"] for mount in rendered.container["volumeMounts"]
    }
    (metaflow,) = rendered.held("Secret/rel-jupyter-python-secretmetaflow").values()
    assert json.loads(metaflow)["METAFLOW_S3_ENDPOINT_URL"] == "https://s3.example.org"
    assert (
        "/run/service/home/.metaflowconfig/config.json"
        in rendered.pod["initContainers"][0]["args"][0]
    )
    assert not problems(rendered.manifests)
    assert cluster.asked.count("/api/v1/namespaces/ns/secrets") == 1, (
        "the cluster is asked for its Secrets more than once"
    )


def test_what_is_not_to_be_discovered_is_not(jupyter: Chart, cluster: Cluster) -> None:
    cluster.secret("discoverable-pg", {"postgres-service": "pg"}, discovery="postgres")
    assert "PGHOST" not in cluster.render(jupyter, {"discovery": {"postgresql": False}}).env


AI = {
    "enabled": True,
    "activeProvider": {
        "id": "a",
        "name": "A",
        "provider": "openai-compatible",
        "apiBase": "https://a/v1",
        "apiKey": "k",
        "selectedModel": "m",
        "models": ["m", "n"],
    },
    "providers": [
        {
            "id": "b",
            "name": "B",
            "provider": "mistral",
            "apiBase": "https://b",
            "apiKey": "l",
            "models": ["o"],
        }
    ],
}


def test_the_assistants_are_configured(charts: Mapping[str, Chart]) -> None:
    rendered = charts["vscode-python"].render({"ai": AI})
    assert (rendered.env["OPENAI_API_KEY"], rendered.env["OPENAI_BASE_URL"]) == (
        "k",
        "https://a/v1",
    )
    config = yaml.safe_load(
        rendered.held("Secret/rel-vscode-python-secretcontinue")[".continue__config.yaml"]
    )
    assert [(model["model"], model["provider"]) for model in config["models"]] == [
        ("m", "openai"),
        ("n", "openai"),
        ("o", "mistral"),
    ]
    opencode = json.loads(
        rendered.held("Secret/rel-vscode-python-secretopencode")[
            ".config__opencode__opencode.jsonc"
        ]
    )
    assert opencode["model"] == "a/m"
    assert set(opencode["provider"]) == {"a", "b"}
    (init,) = rendered.pod["initContainers"]
    assert "/run/service/home/.continue/config.yaml" in init["args"][0]
    assert rendered.container["command"][:3] == ["/opt/onyxia-init.sh", "/bin/sh", "-c"]


def test_jupyter_ai_gets_its_configuration(jupyter: Chart) -> None:
    rendered = jupyter.render({"ai": AI})
    (text,) = rendered.held("Secret/rel-jupyter-python-secretassistant").values()
    assert json.loads(text)["model_provider_id"] == "openai-chat:m"


def test_an_assistant_at_its_former_place(jupyter: Chart) -> None:
    former = {
        "enabled": True,
        "provider": "openai",
        "model": "m",
        "apiBase": "https://a/v1",
        "apiKey": "k",
    }
    rendered = jupyter.render({"userPreferences": {"aiAssistant": former}})
    assert rendered.env["OPENAI_API_KEY"] == "k"
    assert "Secret/rel-jupyter-python-secretopencode" in rendered.objects


def test_scheduling(interactive: Chart) -> None:
    rendered = interactive.render(
        {
            "priorityClassName": "low",
            "podLabels": {"team": "a"},
            "podAnnotations": {"note": "b"},
            "terminationGracePeriodSeconds": 5,
        }
    )
    assert rendered.pod["priorityClassName"] == "low"
    assert rendered.pod["terminationGracePeriodSeconds"] == 5
    metadata = rendered.statefulset["spec"]["template"]["metadata"]
    assert metadata["labels"]["team"] == "a"
    assert metadata["annotations"]["note"] == "b"


def test_labels_of_the_user_cannot_move_the_pod_out_of_its_service(interactive: Chart) -> None:
    rendered = interactive.render({"podLabels": {"app.kubernetes.io/instance": "other"}})
    assert (
        rendered.statefulset["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/instance"]
        == "rel"
    )


def test_a_service_with_another_type_has_no_fixed_address(jupyter: Chart) -> None:
    (service,) = jupyter.render({"networking": {"type": "NodePort"}}).of("Service")
    assert "clusterIP" not in service["spec"]
    (service,) = jupyter.render().of("Service")
    assert service["spec"]["clusterIP"] == "None"


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"service": {"image": {"pullPolicy": "Sometimes"}}}, "/service/image/pullPolicy"),
        ({"persistence": {"size": "10 GB"}}, "/persistence/size"),
        ({"networking": {"service": {"port": 0}}}, "/networking/service/port"),
        ({"networking": {"service": {"port": 70000}}}, "/networking/service/port"),
        ({"ingress": {"hostname": "a b"}}, "/ingress/hostname"),
        ({"ingress": {"path": "jo"}}, "/ingress/path"),
        ({"git": {"enabled": "yes"}}, "/git/enabled"),
        ({"fullnameOverride": "Not A Name"}, "/fullnameOverride"),
        ({"init": {"regionInitCheckSum": "abc"}}, "/init/regionInitCheckSum"),
        ({"extraEnvVars": [{"name": "a b"}]}, "/extraEnvVars/0/name"),
    ],
)
def test_values_that_cannot_work_are_refused_at_their_place(
    jupyter: Chart, refusal: Callable[[Chart, Values], str], values: Values, place: str
) -> None:
    assert f"at '{place}'" in refusal(jupyter, values)


def test_a_port_that_is_none_is_refused(
    jupyter: Chart, refusal: Callable[[Chart, Values], str]
) -> None:
    """Onyxia's form takes any, as it does not know `maximum`."""
    values = {"networking": {"user": {"enabled": True, "port": 70000}}}
    assert "networking.user.port: 70000 is no port" in refusal(jupyter, values)


def test_unknown_values_are_ignored(chart: Chart) -> None:
    """A values file written for other charts has options that are not here, or not any more."""
    values = {
        "autoscaling": {"enabled": True},
        "service": {"customPythonEnv": False},
        "ingress": {"generate": True},
    }
    assert chart.render(values).statefulset["spec"]["replicas"] == 1
