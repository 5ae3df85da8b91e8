"""Releases in a registry: where they are, and which one is public."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from builder.catalog.fork import RELEASES
from builder.digest import sha256
from builder.documents import DocumentError, from_json
from builder.errors import BuilderError, IntegrityError
from builder.oci.blob import blobs_of
from builder.oci.model import MANIFEST, Descriptor
from builder.release.document import TYPE, Release, read, write
from builder.tools import contents
from builder.tools.referrers import EMPTY, EMPTY_TYPE
from builder.tools.registry import Address, Registry

SOURCE = "application/vnd.catalog.source.v1.tar"
"""Media type of the layer that has the files of the catalog itself (`builder.release.source`)."""
CHARTS = "charts"
"""Below it, each chart has a repository, as `helm push` makes it."""
CHART_CONFIG = "application/vnd.cncf.helm.config.v1+json"
CHART_CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
"""As Helm has them (helm.sh/helm/v3/pkg/registry/constants.go)."""
CURRENT = "current"
"""The tag of the release that is public."""
BEGUN = "promoting"
"""The tag of the release whose promotion was begun last. If it is not the current one, that was
interrupted, or goes on."""
STAGED = "staged"
"""The tag of the release that was staged last."""
FORMER = "former"
"""The tag of the release that was public before the current one."""
MARKS = frozenset({CURRENT, BEGUN, STAGED, FORMER})


@dataclass(frozen=True, kw_only=True, slots=True)
class Released:
    """A release as it is in a registry."""

    release: Release
    digest: str
    """Of its manifest: this digest stands for the whole release."""
    source: Descriptor | None = None
    """The layer with the files of the catalog, where it has one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A registry, and the path in it below which a catalog is published."""

    registry: Registry
    address: Address
    jobs: int

    @property
    def releases(self) -> str:
        """The repository of the releases."""
        return self.address.repository(RELEASES)

    def chart(self, name: str) -> str:
        """Return the repository of a chart."""
        return self.address.repository(f"{CHARTS}/{name}")

    def image(self, name: str) -> tuple[str, str]:
        """Return the repository and the tag of an image `<name>:<tag>`."""
        repository, _, tag = name.rpartition(":")
        return self.address.repository(repository), tag


def put(place: Place, release: Release, source: bytes = b"") -> Released:
    """Stage the document of a release under the tag that never moves, and as the last one, with the
    files of the catalog where the document names them. Nothing of it is public by that.

    Raises:
        BuilderError: the registry does not answer, or refuses.

    """
    data = write(release)
    files = [source] if release.source else []
    for content in (EMPTY, data, *files):
        bring(place, place.releases, content)
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": TYPE,
            "config": descriptor(EMPTY, EMPTY_TYPE),
            "layers": [descriptor(data, TYPE), *(descriptor(one, SOURCE) for one in files)],
            "annotations": {"org.opencontainers.image.created": release.moment.isoformat()},
        },
        sort_keys=True,
    ).encode()
    for tag in (release.tag, STAGED):
        place.registry.put_manifest(place.releases, tag, manifest, MANIFEST)
    layers = [Descriptor(SOURCE, f"sha256:{sha256(one)}", len(one)) for one in files]
    return Released(
        release=release, digest=f"sha256:{sha256(manifest)}", source=layers[0] if layers else None
    )


def get(place: Place, reference: str) -> Released | None:
    """Return the release that a tag or a digest names; None where there is none.

    Raises:
        BuilderError: the registry does not answer, or refuses.
        IntegrityError: what is there is not a release, or other bytes than its digest says.

    """
    source = f"{place.address}/{RELEASES}:{reference}"
    data = contents.manifest(place.registry, place.releases, reference)
    if data is None:
        return None
    layers = _layers(data)
    if not layers:
        raise IntegrityError(f"{source} is not a release")
    release = read(contents.blob(place.registry, place.releases, layers[0].digest), source)
    named = release.source.digest if release.source else ""
    files = [one for one in layers[1:] if one.media_type == SOURCE and one.digest == named]
    if named and not files:
        raise IntegrityError(f"{source} names files of its catalog, and has others or none")
    return Released(
        release=release, digest=f"sha256:{sha256(data)}", source=files[0] if files else None
    )


def _layers(data: bytes) -> list[Descriptor]:
    """Return the layers of the manifest of a release; none where it is something else."""
    try:
        manifest = from_json(data)
        _, *layers = blobs_of(manifest)
    except (ValueError, DocumentError, IntegrityError):
        return []
    kinds = {manifest.get("artifactType"), *(layer.media_type for layer in layers[:1])}
    return layers if kinds == {TYPE} else []


def named(place: Place, reference: str) -> Released:
    """Return the release that a tag or a digest names.

    Raises:
        BuilderError: there is none; else as `get`.

    """
    released = get(place, reference)
    if released is None:
        hint = "`catalog releases` lists those that are there"
        raise BuilderError(f"{place.address} has no release {reference}", hint=hint)
    return released


def all_of(place: Place) -> Mapping[str, Released]:
    """Return all releases by their own tags, the newest first.

    Raises:
        BuilderError: the registry does not answer, or refuses.
        IntegrityError: see `get`.

    """
    found: dict[str, Released] = {}
    for tag in contents.tags(place.registry, place.releases):
        if tag not in MARKS:
            found[tag] = named(place, tag)
    newest = sorted(found, key=lambda tag: (found[tag].release.moment, tag), reverse=True)
    return {tag: found[tag] for tag in newest}


def bring(place: Place, repository: str, content: bytes) -> None:
    """Send a small blob to a repository that lacks it.

    Raises:
        BuilderError: the registry does not answer, or refuses.

    """
    digest = f"sha256:{sha256(content)}"
    if not place.registry.has_blob(repository, digest):
        place.registry.upload(repository, digest, content)


def descriptor(data: bytes, media_type: str) -> dict[str, object]:
    """Return the descriptor of some bytes (OCI image-spec 1.1, "Content Descriptors")."""
    return {"mediaType": media_type, "digest": f"sha256:{sha256(data)}", "size": len(data)}
