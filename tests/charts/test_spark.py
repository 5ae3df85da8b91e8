"""Spark's options, in a service of a few lines."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from builder.charts.compose import compose
from builder.charts.images import ImageRef, Images
from builder.charts.library import load_library
from builder.charts.load import load_groups
from builder.charts.service import Service
from builder.verify.manifests import problems
from tests.charts.conftest import LIBRARY, Chart, make

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture(scope="module")
def spark() -> Chart:
    service = Service.model_validate(
        {
            "title": "Jupyter (PySpark)",
            "description": {"en": "JupyterLab with Spark"},
            "image": "jupyter-pyspark",
            "icon": "jupyter.svg",
            "groups": ["interactive", "python", "spark"],
            "port": 8888,
            "command": "- jupyter\n- lab",
            "probe": {"http": "/api"},
        },
    )
    return make(
        compose(
            "jupyter-pyspark",
            service,
            load_groups((LIBRARY, "charts")),
            Images(own=(ImageRef(name="r/jupyter-pyspark", tag="py3.13-spark4.1"),)),
            load_library(LIBRARY, "charts"),
        )
    )


def files(chart: Chart, values: dict[str, Any], suffix: str) -> dict[str, str]:
    found = chart.render(values).held(f"Secret/rel-jupyter-pyspark-{suffix}")
    assert isinstance(found, dict)
    return found


def test_every_switch(spark: Chart) -> None:
    assert problems(spark.render().manifests) == []
    assert problems(spark.render(spark.switches).manifests) == []


def test_the_section_stands_behind_the_service(spark: Chart) -> None:
    assert list(spark.schema["properties"])[:3] == ["service", "spark", "resources"]
    assert (
        spark.schema["properties"]["kubernetes"]["x-onyxia"]["overwriteSchemaWith"]
        == "role-spark.json"
    )


def test_spark_defaults(spark: Chart) -> None:
    values = {
        "spark": {"userConfig": {"spark.executor.memory": "4g"}},
        "proxy": {"enabled": True, "noProxy": ".example.org,localhost"},
        "repository": {"mavenRepository": "https://maven.example.org"},
    }
    found = files(spark, values, "secretsparkconf")
    lines = found["usr__local__lib__spark__conf__spark-defaults.conf"].splitlines()
    assert "spark.kubernetes.driver.pod.name rel-jupyter-pyspark-0" in lines
    assert "spark.kubernetes.namespace ns" in lines
    assert "spark.executor.memory 4g" in lines
    assert "spark.jars.ivySettings /usr/local/lib/spark/conf/ivysettings.xml" in lines
    options = next(line for line in lines if line.startswith("spark.driver.extraJavaOptions"))
    assert "-Dhttp.nonProxyHosts=*.example.org|localhost" in options
    assert (
        'root="https://maven.example.org"' in found["usr__local__lib__spark__conf__ivysettings.xml"]
    )
    mounts = {mount["mountPath"] for mount in spark.render(values).container["volumeMounts"]}
    assert {
        "/usr/local/lib/spark/conf/spark-defaults.conf",
        "/usr/local/lib/spark/conf/ivysettings.xml",
    } <= mounts


@pytest.mark.parametrize(
    ("token", "provider", "path_style"), [("", "Simple", "true"), ("t", "Temporary", "false")]
)
def test_core_site(spark: Chart, token: str, provider: str, path_style: str) -> None:
    s3 = {
        "enabled": True,
        "endpoint": "s3.example.org",
        "accessKeyId": "a&b",
        "secretAccessKey": "k",
        "sessionToken": token,
        "pathStyleAccess": path_style == "true",
    }
    (text,) = files(spark, {"s3": s3}, "secretcoresite").values()
    assert f"<value>org.apache.hadoop.fs.s3a.{provider}AWSCredentialsProvider</value>" in text
    assert f"<name>fs.s3a.path.style.access</name>\n    <value>{path_style}</value>" in text
    assert "<value>a&amp;b</value>" in text


def pods(chart: Chart, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the specification of each pod that Spark makes: the driver's and an executor's."""
    held = files(chart, values, "secretsparkconf")
    folder = "usr__local__lib__spark__conf__"
    return {
        name: yaml.safe_load(held[f"{folder}{name}.yaml"])["spec"]
        for name in ("driver", "executor")
    }


def test_pods_of_spark_may_do_what_the_service_may(spark: Chart) -> None:
    values = {
        "security": {"sudo": False},
        "imagePullSecrets": [{"name": "registry"}],
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
    }
    service = spark.render(values).pod
    for name, pod in pods(spark, values).items():
        for key in ("securityContext", "imagePullSecrets", "nodeSelector", "tolerations"):
            assert pod[key] == service[key], f"{key} of the {name}"
        (container,) = pod["containers"]
        assert container["securityContext"] == spark.render(values).container["securityContext"]
        assert pod["automountServiceAccountToken"] is (name == "driver")


@pytest.mark.parametrize("cacerts", ["https://pki.example.org/ca.pem", PEM])
def test_pods_of_spark_trust_what_the_service_trusts(spark: Chart, cacerts: str) -> None:
    values = {"certificates": {"cacerts": cacerts}}
    for pod in pods(spark, values).values():
        (prepare,), (container,) = pod["initContainers"], pod["containers"]
        variables = {one["name"]: one["value"] for one in container["env"]}
        assert variables["PATH_TO_CA_BUNDLE"].startswith("/run/service/")
        mounted = {
            mount["name"] for mount in (*prepare["volumeMounts"], *container["volumeMounts"])
        }
        assert mounted == {volume["name"] for volume in pod["volumes"]}
    for pod in pods(spark, {}).values():
        assert "initContainers" not in pod
        assert "volumes" not in pod


def test_the_service_may_make_pods_and_nothing_more(spark: Chart) -> None:
    rendered = spark.render()
    (role,) = rendered.of("Role")
    granted = set[str]().union(*(rule["resources"] for rule in role["rules"]))
    assert granted == {"pods", "pods/log", "services", "configmaps", "persistentvolumeclaims"}
    names = {binding["roleRef"]["name"] for binding in rendered.of("RoleBinding")}
    assert names == {role["metadata"]["name"], "view"}
    without = spark.render({"kubernetes": {"enabled": False}})
    assert not [*without.of("Role"), *without.of("RoleBinding")]


def test_executors_run_the_bytes_that_the_service_runs(spark: Chart) -> None:
    custom = {"enabled": True, "version": "registry.example.org/own:1"}
    for values in ({}, {"service": {"image": {"custom": custom}}}):
        held = files(spark, values, "secretsparkconf")
        lines = held["usr__local__lib__spark__conf__spark-defaults.conf"].splitlines()
        image = spark.render(values).container["image"]
        assert f"spark.kubernetes.container.image {image}" in lines


def test_without_spark_nothing_is_written(spark: Chart) -> None:
    assert (
        "Secret/rel-jupyter-pyspark-secretsparkconf"
        not in spark.render({"spark": {"default": False}}).objects
    )


def test_the_interface_of_the_driver(spark: Chart) -> None:
    values = {
        "spark": {"ui": True},
        "ingress": {"enabled": True, "hostname": "jo-0.example.org"},
        "route": {"enabled": True},
        "httproute": {"enabled": True},
    }
    rendered = spark.render(values)
    ingress = rendered.objects["Ingress/rel-jupyter-pyspark-sparkui"]
    assert ingress["spec"]["rules"][0]["host"] == "jo-0-spark.example.org"
    assert {
        "Route/rel-jupyter-pyspark-sparkui",
        "HTTPRoute/rel-jupyter-pyspark-sparkui",
    } <= rendered.objects.keys()
    (service,) = rendered.of("Service")
    assert {"name": "http-sparkui", "port": 4040, "targetPort": 4040, "protocol": "TCP"} in service[
        "spec"
    ]["ports"]
    assert "https://jo-0-spark.example.org/" in rendered.notes
