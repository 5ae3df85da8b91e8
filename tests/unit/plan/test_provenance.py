"""Provenance of images: what it says, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builder.digest import canonical, sha256
from builder.errors import IntegrityError
from builder.lock.model import Artifact
from builder.plan import provenance
from builder.plan.provenance import Made, Provenance

INPUTS = {"format": 3, "cell": "tools@trixie", "artifacts": {"deb:a=1:amd64": f"sha256:{1:064x}"}}
MADE = Provenance(
    catalog="lab",
    image="python:py3.13",
    key=f"{7:064x}",
    cells=(
        Made(
            cell="tools@trixie",
            key=sha256(canonical(INPUTS)),
            digest=f"sha256:{2:064x}",
            inputs=INPUTS,
        ),
    ),
    version="1.2.3",
)


def artifact(kind: str, name: str, rest: str, origin: str, locator: str = "x") -> Artifact:
    version = rest.partition(":")[0]
    return Artifact(
        id=f"{kind}:{name}={rest}",
        kind=kind,
        name=name,
        version=version,
        origin=origin,
        locator=locator,
        digest=f"sha256:{3:064x}",
        size=5,
    )


def test_it_is_read_as_it_was_written() -> None:
    predicate = json.loads(canonical(provenance.predicate(MADE, [])))
    assert provenance.read(predicate, "x") == MADE


def test_it_is_what_slsa_specifies() -> None:
    """https://slsa.dev/spec/v1.0/provenance, "Schema"."""
    predicate = provenance.predicate(MADE, [artifact("deb", "a", "1:amd64", "debian")])
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    assert definition.keys() == {
        "buildType",
        "externalParameters",
        "internalParameters",
        "resolvedDependencies",
    }
    assert definition["resolvedDependencies"] == [
        {
            "name": "deb:a=1:amd64",
            "uri": "pkg:deb/debian/a@1?arch=amd64",
            "digest": {"sha256": f"{3:064x}"},
        }
    ]
    assert details == {
        "builder": {"id": "pkg:pypi/catalog-builder", "version": {"catalog-builder": "1.2.3"}}
    }


@pytest.mark.parametrize(
    ("one", "uri"),
    [
        (artifact("build", "b", "2:amd64", "debian"), "pkg:deb/debian/b@2?arch=amd64"),
        (artifact("source", "curl", "8", "debian"), "pkg:deb/debian/curl@8?arch=source"),
        (artifact("wheel", "six", "1:py3-none-any", "pypi"), "pkg:pypi/six@1"),
        (artifact("npm", "@a/b", "1", "npm"), "pkg:npm/%40a/b@1"),
        (artifact("maven", "org.a:b", "1:jar", "maven"), "pkg:maven/org.a/b@1"),
        (
            artifact("archive", "tool", "1", "archive", "https://example.org/tool.tgz"),
            f"pkg:generic/tool@1?checksum=sha256:{3:064x}&download_url=https://example.org/tool.tgz",
        ),
    ],
)
def test_what_is_installed_has_a_package_url(one: Artifact, uri: str) -> None:
    (material,) = provenance.predicate(MADE, [one, one])["buildDefinition"]["resolvedDependencies"]
    assert material["uri"] == uri


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            ("buildType",),
            "https://example.org/other",
            "it was built as 'https://example.org/other'",
        ),
        (("externalParameters", "image"), "../x:y", "'../x:y' is not what is due there"),
        (("externalParameters", "catalog"), None, "'None' is not what is due there"),
        (("internalParameters", "key"), "5", "'5' is not what is due there"),
        (("internalParameters", "cells", 0, "cell"), "../x", "'../x' is not what is due there"),
        (("internalParameters", "cells", 0, "digest"), "sha256:5", "is not what is due there"),
        (("internalParameters", "cells", 0, "inputs", "cell"), "x", "is not that of the inputs"),
        (("internalParameters", "cells", 0, "inputs"), [], "is not that of the inputs"),
        (("internalParameters", "cells"), 5, "not iterable"),
        (("internalParameters",), {}, "it lacks 'key'"),
    ],
)
def test_what_is_odd_is_refused(path: tuple[Any, ...], value: object, said: str) -> None:
    odd = json.loads(canonical(provenance.predicate(MADE, [])))
    place = odd["buildDefinition"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(IntegrityError, match=f"x is no provenance of an image: .*{said}"):
        provenance.read(odd, "x")


def test_a_release_names_its_parts() -> None:
    parts = {"pkg:oci/python@sha256%3A5?tag=py3.13": f"sha256:{5:064x}"}
    said = provenance.of_release("lab", f"sha256:{4:064x}", parts, "1")["buildDefinition"]
    assert said["resolvedDependencies"] == [
        {"uri": next(iter(parts)), "digest": {"sha256": f"{5:064x}"}}
    ]
    assert said["internalParameters"] == {"lock": f"sha256:{4:064x}"}
