"""Kubernetes manifests checked against the schemas of several versions of Kubernetes at once;
unknown fields are errors.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path

import jsonschema_rs

from builder.charts.objects import KubernetesObject
from builder.documents import all_from_yaml, from_json

VERSIONS = ("1.25", "1.28", "1.31", "1.34")
"""Versions of Kubernetes: the oldest that charts support, the newest, and some between them."""
DEFINITIONS = "https://kubernetes.io/api/_definitions.json"
"""Base URL of references between the schemas; nothing is downloaded from there."""
OWN = Path(__file__).with_name("schemas")
"""Schemas of kinds that are not Kubernetes' own."""


def manifests(text: str) -> list[KubernetesObject]:
    """Return the documents that `helm template` printed.

    Raises:
        DocumentError: the text is not YAML.

    """
    return [document for document in all_from_yaml(text) if document]


def problems(
    documents: Sequence[KubernetesObject], versions: Sequence[str] = VERSIONS
) -> list[str]:
    """Return what the schemas refuse in the documents: each problem with the object's name, the
    place in it and the versions.
    """
    versions_of: dict[str, list[str]] = {}
    for version in versions:
        for document in documents:
            for problem in _problems(document, version):
                versions_of.setdefault(problem, []).append(version)
    return worded(versions_of, versions)


def worded(versions_of: Mapping[str, Sequence[str]], versions: Sequence[str]) -> list[str]:
    """Return the problems, given with the versions of Kubernetes that report them; each names its
    versions unless all report it.
    """
    texts: list[str] = []
    for problem, those in versions_of.items():
        has_all = len(those) == len(versions)
        texts.append(problem if has_all else f"{problem} (Kubernetes {', '.join(those)})")
    return texts


def label(document: KubernetesObject) -> str:
    """Return `<kind>/<name>`."""
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else "?"
    return f"{document.get('kind')}/{name}"


def _problems(document: KubernetesObject, version: str) -> Iterator[str]:
    api, kind = str(document.get("apiVersion", "")), str(document.get("kind", ""))
    validator = _validator(api, kind, version)
    if validator is None:
        yield f"{label(document)}: Kubernetes has no {api} {kind}"
        return
    if validator.is_valid(document):
        return
    for error in validator.iter_errors(document):
        place = ".".join(str(step) for step in error.instance_path)
        yield f"{label(document)}: {place or 'the object'}: {error.message}"


@cache
def _validator(api: str, kind: str, version: str) -> jsonschema_rs.Draft7Validator | None:
    own = OWN / f"{kind}.json"
    if own.is_file():
        schema = from_json(own.read_bytes())
        is_its_version = schema["properties"]["apiVersion"]["const"] == api
        return jsonschema_rs.Draft7Validator(schema) if is_its_version else None
    group, _, number = api.rpartition("/")
    name = "-".join(part for part in (kind.lower(), group.split(".")[0], number) if part)
    directory = _directory(version)
    file = directory / f"{name}.json"
    if not file.is_file():
        return None
    return jsonschema_rs.Draft7Validator(
        from_json(file.read_bytes()), registry=_definitions(version), offline=True
    )


@cache
def _directory(version: str) -> Traversable:
    return (
        importlib.resources.files("kubernetes_validate")
        / "kubernetes-json-schema"
        / f"v{version}.0-local-strict"
    )


@cache
def _definitions(version: str) -> jsonschema_rs.Registry:
    """Return the registry for the one file that all schemas of a version refer to."""
    return jsonschema_rs.Registry(
        [(DEFINITIONS, from_json((_directory(version) / "_definitions.json").read_bytes()))]
    )
