"""Package URLs (purl-spec), by which databases of vulnerabilities know packages."""

from __future__ import annotations

from packageurl import PackageURL

from builder.kinds.archive import KIND as ARCHIVE
from builder.kinds.debian import BUILD, DEB, SOURCE
from builder.kinds.go import LIBRARY
from builder.kinds.table import BY_NAME
from builder.lock.julia import KIND as JULIA
from builder.lock.julia import uuid_of
from builder.lock.model import Artifact

SEPARATORS = {"maven": ":", "npm": "/", "golang": "/"}
"""What stands between a package's namespace and its name, where the name holds both."""
OF_IMAGES, OF_ANYTHING = "oci", "generic"
OF_DEBIAN = (DEB.name, BUILD.name)
DEBIAN = "debian"


def url(kind: str, name: str, version: str, **qualifiers: str) -> str:
    """Return the URL of a package of a kind; empty where there can be none, as for a Java archive
    that does not say of which group it is.
    """
    kind_of_url = BY_NAME[kind].url
    namespace = qualifiers.pop("namespace", "")
    if (separator := SEPARATORS.get(kind_of_url)) is not None:
        namespace, _, name = name.rpartition(separator)
    if not kind_of_url or (kind_of_url == "maven" and not namespace):
        return ""
    if name == LIBRARY and not namespace:
        version = version.removeprefix("go")
    return _text(kind_of_url, namespace, name, version, qualifiers)


def of_artifact(artifact: Artifact) -> str:
    """Return the URL of a file in a lock."""
    qualifiers: dict[str, str] = {}
    if artifact.kind == ARCHIVE:
        qualifiers = {"download_url": artifact.locator, "checksum": artifact.digest}
    elif artifact.kind == SOURCE.name:
        qualifiers = {"namespace": DEBIAN, "arch": SOURCE.name}
    elif artifact.kind == JULIA:
        qualifiers = {"uuid": uuid_of(artifact)}
    elif artifact.kind in OF_DEBIAN:
        # What only helps to build is in no image, and has no URL as a kind.
        qualifiers = {"arch": artifact.id.rpartition(":")[2]}
        return _text(DEB.url, DEBIAN, artifact.name, artifact.version, qualifiers)
    known = url(artifact.kind, artifact.name, artifact.version, **qualifiers)
    return known or _text(OF_ANYTHING, "", artifact.name, artifact.version, {})


def of_image(reference: str, digest: str, architecture: str) -> str:
    """Return the URL of an image, published as `<registry>/<name>:<tag>`."""
    repository, _, tag = reference.rpartition(":")
    name = repository.rpartition("/")[2]
    qualifiers = {"arch": architecture, "repository_url": repository, "tag": tag}
    return _text(OF_IMAGES, "", name, digest, qualifiers)


def of_part(name: str, digest: str) -> str:
    """Return the URL of an image or a chart of a release, wherever that is: `python:py3.13`,
    `charts/python`.
    """
    repository, _, tag = name.partition(":")
    namespace, _, last = repository.rpartition("/")
    return _text(OF_IMAGES, namespace, last, digest, {"tag": tag})


def _text(kind: str, namespace: str, name: str, version: str, qualifiers: dict[str, str]) -> str:
    given = {key: value for key, value in qualifiers.items() if value}
    return PackageURL(kind, namespace or None, name, version or None, given or None).to_string()
