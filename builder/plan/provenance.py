"""Provenance of an image: what it was made from, as a predicate of SLSA (slsa.dev/provenance/v1).

It holds the inputs of the keys of the image's cells, and what they came to, so that whoever has the
catalog can compare, and make the image again. It holds nothing else: no clock, no git, no machine.
So it stays the same as long as the image does, whichever release it is in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from builder.digest import canonical, sha256
from builder.errors import IntegrityError
from builder.lock.model import Artifact
from builder.lock.words import CELL
from builder.oci.blob import DIGEST
from builder.sbom import urls

TYPE, OF_RELEASE = "urn:catalog-builder:image:v1", "urn:catalog-builder:release:v1"
"""How it was made; docs/release.md says what the parameters mean."""
BUILDER, DISTRIBUTION = "pkg:pypi/catalog-builder", "catalog-builder"
KEY = re.compile("[0-9a-f]{64}")
IMAGE = re.compile(r"[a-z0-9][a-z0-9._/-]*:[A-Za-z0-9_][A-Za-z0-9._-]*")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
SHOWN = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A cell of an image."""

    cell: str
    key: str
    digest: str
    """Of its manifest in the store."""
    inputs: Mapping[str, Any]
    """What its key is made of (`builder.plan.key`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """What an image was made from."""

    catalog: str
    image: str
    """`<name>:<tag>`."""
    key: str
    """Of the image: its cells' manifests, and its metadata."""
    cells: tuple[Made, ...]
    """Bottom first."""
    version: str
    """Of this program."""


def predicate(made: Provenance, artifacts: Iterable[Artifact]) -> dict[str, Any]:
    """Return what is said of an image; `artifacts` are what the lock has for its cells."""
    return {
        "buildDefinition": {
            "buildType": TYPE,
            "externalParameters": {"catalog": made.catalog, "image": made.image},
            "internalParameters": {
                "key": made.key,
                "cells": [
                    {
                        "cell": one.cell,
                        "key": one.key,
                        "digest": one.digest,
                        "inputs": one.inputs,
                    }
                    for one in made.cells
                ],
            },
            "resolvedDependencies": _materials(artifacts),
        },
        "runDetails": _run(made.version),
    }


def of_release(catalog: str, lock: str, parts: Mapping[str, str], version: str) -> dict[str, Any]:
    """Return what is said of a release of a catalog: the digest of the lock, and the images and
    charts that it is made of, each by its package URL, with its digest.
    """
    materials = [
        {"uri": uri, "digest": dict([digest.split(":", 1)])}
        for uri, digest in sorted(parts.items())
    ]
    return {
        "buildDefinition": {
            "buildType": OF_RELEASE,
            "externalParameters": {"catalog": catalog},
            "internalParameters": {"lock": lock},
            "resolvedDependencies": materials,
        },
        "runDetails": _run(version),
    }


def _run(version: str) -> dict[str, Any]:
    return {"builder": {"id": BUILDER, "version": {DISTRIBUTION: version}}}


def read(predicate: Mapping[str, Any], source: str) -> Provenance:
    """Return what is said of an image; `source` names it in an error.

    Raises:
        IntegrityError: it is no provenance that this program wrote, or its keys are not those of
        its inputs.

    """
    try:
        return _read(predicate)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise IntegrityError(f"{source} is no provenance of an image: {why}") from None


def _read(predicate: Mapping[str, Any]) -> Provenance:
    definition = predicate["buildDefinition"]
    if definition["buildType"] != TYPE:
        raise ValueError(f"it was built as {str(definition['buildType'])[:SHOWN]!r}")
    outer, inner = definition["externalParameters"], definition["internalParameters"]
    version = predicate["runDetails"]["builder"]["version"][DISTRIBUTION]
    return Provenance(
        catalog=_word(outer["catalog"], NAME),
        image=_word(outer["image"], IMAGE),
        key=_word(inner["key"], KEY),
        cells=tuple(_cell(one) for one in inner["cells"]),
        version=str(version)[:SHOWN],
    )


def _materials(artifacts: Iterable[Artifact]) -> list[dict[str, Any]]:
    """Return the files that were installed, each once, by their package URLs: where this machine
    had them from is not told.
    """
    by_id = {artifact.id: artifact for artifact in artifacts}
    materials = []
    for name, artifact in sorted(by_id.items()):
        algorithm, _, value = artifact.digest.partition(":")
        uri = urls.of_artifact(artifact)
        materials.append({"name": name, "uri": uri, "digest": {algorithm: value}})
    return materials


def _cell(value: Mapping[str, Any]) -> Made:
    inputs = value["inputs"]
    key = _word(value["key"], KEY)
    if not isinstance(inputs, dict) or sha256(canonical(inputs)) != key:
        raise ValueError(f"the key {key[:12]} is not that of the inputs beside it")
    cell = _word(value["cell"], CELL)
    return Made(cell=cell, key=key, digest=_word(value["digest"], DIGEST), inputs=inputs)


def _word(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{str(value)[:SHOWN]!r} is not what is due there")
    return value
