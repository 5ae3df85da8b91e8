"""What holds for every chart, with its defaults and with each option turned."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import helm_python
import jsonschema
import pytest
import yaml

from builder.charts.model import walk
from builder.charts.values import defaults
from builder.verify.manifests import VERSIONS, problems
from tests.charts.conftest import Chart


def test_the_defaults_are_valid_manifests(chart: Chart) -> None:
    assert problems(chart.render().manifests) == []


def test_helm_lint_is_silent(chart: Chart, tmp_path: Path) -> None:
    chart.tree.write(tmp_path / chart.name)
    report = helm_python.lint(tmp_path / chart.name, strict=True)
    assert report["messages"] == []
    assert report["errors"] == []


def test_values_yaml_says_what_the_options_say(chart: Chart) -> None:
    assert yaml.safe_load(chart.tree["values.yaml"].data) == defaults(chart.composition.options)


def test_values_yaml_comments_every_option(chart: Chart) -> None:
    text = chart.tree["values.yaml"].data.decode()
    missing = [
        ".".join(path)
        for path, option in walk(chart.composition.options)
        if option.description and not option.removed and f"# {option.description}" not in text
    ]
    shown_whole = {"resources"}
    assert [path for path in missing if path.split(".")[0] not in shown_whole] == []


def nodes(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from nodes(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from nodes(schema["additionalProperties"], f"{path}.*")


def test_the_schema_is_complete(chart: Chart) -> None:
    """Every node has a type, a title and a description; every leaf a default that it accepts."""
    wrong = []
    for path, node in nodes(chart.schema):
        wrong += [
            f"{path}: no {key}" for key in ("type", "title", "description") if not node.get(key)
        ]
        if "properties" in node:
            continue
        if "default" not in node:
            wrong.append(f"{path}: no default")
        elif not path.endswith(("[]", ".*")):
            wrong += [
                f"{path}: {error.message}"
                for error in jsonschema.Draft7Validator(node).iter_errors(node["default"])
            ]
    assert wrong == []


def test_the_schema_is_whole_in_itself(chart: Chart) -> None:
    text = chart.tree["values.schema.json"].data.decode()
    jsonschema.Draft7Validator.check_schema(json.loads(text))
    assert '"$ref"' not in text
    assert '"$id"' not in text
    assert chart.schema["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_every_switch_and_choice_both_ways(chart: Chart) -> None:
    """Each boolean and each choice, alone, at each of its values, gives valid manifests."""
    wrong = []
    for path, option in walk(chart.composition.options):
        values = [True, False] if option.kind == "boolean" else option.choices or option.suggest
        for value in values:
            given: Any = value
            for step in reversed(path):
                given = {step: given}
            wrong += [
                f"{'.'.join(path)}={value}: {problem}"
                for problem in problems(chart.render(given).manifests, VERSIONS[-1:])
            ]
    assert wrong == []


def test_all_switches_at_once(chart: Chart) -> None:
    values: dict[str, Any] = chart.switches
    assert problems(chart.render(values).manifests) == []


def test_each_example_of_a_free_form(chart: Chart) -> None:
    """Options that hold parts of Kubernetes objects: the examples of their descriptions work."""
    wrong = []
    for path, option in walk(chart.composition.options):
        for example in option.examples:
            given: Any = example
            for step in reversed(path):
                given = {step: given}
            wrong += [
                f"{'.'.join(path)}: {problem}"
                for problem in problems(chart.render(given).manifests, VERSIONS[-1:])
            ]
    assert wrong == []


def test_every_option_changes_something(chart: Chart) -> None:
    """An option that no template reads would be a promise not kept."""
    text = "\n".join(
        file.data.decode() for path, file in chart.tree.items() if path.startswith("templates/")
    )
    unread = [
        ".".join(path)
        for path, option in walk(chart.composition.options)
        if not option.options and not _read(path, text)
    ]
    assert unread == []


def _read(path: tuple[str, ...], text: str) -> bool:
    """Tell whether some template mentions an option: by its whole path, or its name below something
    taken whole."""
    whole = ".Values." + ".".join(path)
    if whole in text:
        return True
    above = any(
        re.search(r"toYaml \$?\.Values\." + re.escape(".".join(path[:length])), text)
        for length in range(1, len(path))
    )
    return above or f".{path[-1]}" in text or f'"{path[-1]}"' in text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_notes_hold_the_password_as_onyxia_reads_it(chart: Chart, language: str) -> None:
    values: dict[str, Any] = {"userPreferences": {"language": language}}
    if (
        "password"
        in chart.composition.options.get("security", chart.composition.options["service"]).options
    ):
        values["security"] = {"password": "s3cret"}
    else:
        values["postgresql"] = {"auth": {"password": "s3cret"}}
    notes = chart.render(values).notes
    assert "password: s3cret\n" in notes
    assert notes.lower().count("password: ") == 1


def test_objects_have_unique_names(chart: Chart) -> None:
    values: dict[str, Any] = chart.switches
    rendered = chart.render(values)
    assert len(rendered.objects) == len(rendered.manifests)


def test_two_releases_do_not_meet(chart: Chart) -> None:
    """Neither objects nor selectors of one release concern another one in the namespace."""
    values: dict[str, Any] = chart.switches
    one, two = chart.render(values, release="one"), chart.render(values, release="two")
    assert not one.objects.keys() & two.objects.keys()
    labels = two.statefulset["spec"]["template"]["metadata"]["labels"]
    for manifest in one.manifests:
        spec = manifest.get("spec", {})
        selectors = [spec.get("selector", {}), spec.get("podSelector", {})]
        for selector in selectors:
            wanted = selector.get("matchLabels", selector if manifest["kind"] == "Service" else {})
            assert not wanted or not wanted.items() <= labels.items(), (
                f"{manifest['kind']} of one release finds pods of the other"
            )


def test_a_long_release_name_is_cut_for_the_labels_of_pods(chart: Chart) -> None:
    """Kubernetes adds a hash of 10 characters to a StatefulSet's name, and takes at most 63 for a
    label."""
    release = "a" * 53
    rendered = chart.render(release=release)
    name = rendered.statefulset["metadata"]["name"]
    assert len(name) <= 52
    assert name != chart.render(release=release[:-1] + "b").statefulset["metadata"]["name"]


def test_the_test_pod_is_not_one_of_the_service(chart: Chart) -> None:
    rendered = chart.render()
    (pod,) = rendered.of("Pod")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert (
        not rendered.statefulset["spec"]["selector"]["matchLabels"].items()
        <= pod["metadata"]["labels"].items()
    )
    assert pod["spec"]["containers"][0]["image"] == rendered.container["image"]


def test_suspended_it_has_no_pod_and_keeps_its_volume(chart: Chart) -> None:
    rendered = chart.render({"global": {"suspend": True}, "ingress": {"enabled": True}})
    assert rendered.statefulset["spec"]["replicas"] == 0
    assert rendered.of("PersistentVolumeClaim") == chart.render().of("PersistentVolumeClaim")
    assert not rendered.of("Ingress")
    assert not rendered.of("Service")


def test_no_password_in_the_open(chart: Chart) -> None:
    """Passwords stand in Secrets: neither in commands nor in variables of the pod."""
    secrets = [
        path for path, option in walk(chart.composition.options) if option.render == "password"
    ]
    values: dict[str, Any] = chart.switches
    for number, path in enumerate(secrets):
        holder = values
        for step in path[:-1]:
            holder = holder.setdefault(step, {})
        holder[path[-1]] = f"p4ssw0rd-{number}"
    for manifest in chart.render(values).manifests:
        if manifest["kind"] in {"Secret", "Route"}:
            continue
        assert "p4ssw0rd" not in json.dumps(manifest), f"{manifest['kind']} holds a password"


def test_without_sudo_the_pods_obey_the_restricted_standard(chart: Chart) -> None:
    rendered = chart.render(
        {"security": {"sudo": False}, "certificates": {"cacerts": "https://example.org/ca.pem"}}
    )
    (test,) = rendered.of("Pod")
    for pod in (rendered.pod, test["spec"]):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        allowed = {
            "configMap",
            "emptyDir",
            "persistentVolumeClaim",
            "secret",
            "projected",
            "downwardAPI",
            "csi",
            "ephemeral",
        }
        for volume in pod.get("volumes", ()):
            assert volume.keys() - {"name"} <= allowed


def test_the_labels_that_onyxia_looks_for(chart: Chart) -> None:
    labels = chart.render(release="jupyter-123").statefulset["spec"]["template"]["metadata"][
        "labels"
    ]
    assert labels["app.kubernetes.io/instance"] == "jupyter-123"


def test_pods_restart_when_a_secret_of_theirs_changes(interactive: Chart) -> None:
    one = interactive.render({"security": {"password": "one"}}).statefulset["spec"]["template"][
        "metadata"
    ]["annotations"]
    two = interactive.render({"security": {"password": "two"}}).statefulset["spec"]["template"][
        "metadata"
    ]["annotations"]
    assert one != two
    again = interactive.render({"security": {"password": "one"}}).statefulset["spec"]["template"][
        "metadata"
    ]["annotations"]
    assert one == again


def test_the_volume_and_the_port_are_named_consistently(chart: Chart) -> None:
    rendered = chart.render()
    volumes = {volume["name"] for volume in rendered.pod["volumes"]}
    assert {mount["name"] for mount in rendered.container["volumeMounts"]} == volumes
    (service,) = rendered.of("Service")
    assert {port["targetPort"] for port in service["spec"]["ports"]} == {
        port["containerPort"] for port in rendered.container["ports"]
    }
