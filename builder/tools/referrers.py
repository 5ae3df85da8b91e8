"""Referrers: what a registry has that says of itself to be about something else there, such as the
signatures of an image (OCI distribution-spec 1.1, "Listing Referrers"). A registry without that API
has a list under a tag instead ("Referrers Tag Schema").
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from builder.digest import sha256
from builder.documents import DocumentError, from_json
from builder.errors import BuilderError, IntegrityError
from builder.oci.blob import DIGEST, descriptor_from, descriptor_json
from builder.oci.model import INDEX, MANIFEST, Descriptor
from builder.tools import contents
from builder.tools.registry import Registry

EMPTY, EMPTY_TYPE = b"{}", "application/vnd.oci.empty.v1+json"
"""The config of an artifact that has none (OCI image-spec 1.1, "Guidance for an Empty
Descriptor")."""
MOST = 1000
"""Referrers of one subject that are looked at: anybody who may write there may add some."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """Some bytes about a subject, to be attached to it."""

    kind: str
    """Media type of the bytes, and artifact type of their manifest."""
    data: bytes
    annotations: Mapping[str, str] = field(default_factory=dict)

    def manifest(self, subject: Descriptor) -> bytes:
        """Return its manifest: the same bytes for the same artifact and subject."""
        blob = Descriptor(self.kind, f"sha256:{sha256(self.data)}", len(self.data))
        empty = Descriptor(EMPTY_TYPE, f"sha256:{sha256(EMPTY)}", len(EMPTY))
        document: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": self.kind,
            "config": descriptor_json(empty),
            "layers": [descriptor_json(blob)],
            "subject": descriptor_json(subject),
        }
        if self.annotations:
            document["annotations"] = dict(self.annotations)
        return json.dumps(document, sort_keys=True).encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Referrer:
    """What a registry has about a subject."""

    digest: str
    """Of its manifest."""
    kind: str
    """Its artifact type."""
    annotations: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """All that a registry has about a subject."""

    referrers: tuple[Referrer, ...]
    has_api: bool
    """Whether the registry keeps the list itself."""
    index: Mapping[str, Any]
    """The list as it was read."""


def listed(registry: Registry, repository: str, digest: str) -> Listing:
    """Return what a registry has about the manifest of a digest.

    Raises:
        BuilderError: the registry does not answer, or refuses.
        IntegrityError: the list is none.

    """
    what = f"list what refers to {digest} in {repository}"
    data = None
    # Some that have no such API do not say so by 404, as they should: what answers with anything
    # but a list has none (as in go-containerregistry, pkg/v1/remote/referrers.go).
    with contextlib.suppress(BuilderError):
        data = registry.get(repository, "referrers", digest, what, {"Accept": INDEX})
    index = _index(data)
    has_api = index is not None
    if index is None:
        tag = fallback(digest)
        data = contents.manifest(registry, repository, tag)
        index = {"manifests": []} if data is None else _index(data)
        if index is None:
            message = f"{registry.host}/{repository}:{tag} is no list of referrers"
            raise IntegrityError(message)
    found = [_referrer(registry, repository, entry) for entry in index["manifests"][:MOST]]
    return Listing(
        referrers=tuple(one for one in found if one is not None), has_api=has_api, index=index
    )


def attach(
    registry: Registry,
    repository: str,
    subject: Descriptor,
    artifacts: Iterable[Artifact],
    there: Listing,
) -> int:
    """Attach what is not there yet; return how many that were. An interrupt leaves some of them
    unlisted, and running it again lists them.

    Raises:
        BuilderError: the registry does not answer, or refuses.

    """
    known = {one.digest for one in there.referrers}
    new: list[dict[str, Any]] = []
    for artifact in artifacts:
        manifest = artifact.manifest(subject)
        digest = f"sha256:{sha256(manifest)}"
        if digest in known:
            continue
        for content in (EMPTY, artifact.data):
            blob = f"sha256:{sha256(content)}"
            if not registry.has_blob(repository, blob):
                registry.upload(repository, blob, content)
        registry.put_manifest(repository, digest, manifest, MANIFEST)
        entry = descriptor_json(Descriptor(MANIFEST, digest, len(manifest), artifact.annotations))
        new.append({**entry, "artifactType": artifact.kind})
    if new and not there.has_api:
        _list(registry, repository, subject.digest, [*there.index["manifests"], *new])
    return len(new)


def detach(registry: Registry, repository: str, digest: str) -> None:
    """Remove all that is attached to the manifest of a digest, and then the list of it.

    Raises:
        BuilderError: the registry does not answer, or lets nothing be removed.

    """
    there = listed(registry, repository, digest)
    for referrer in there.referrers:
        registry.delete(repository, referrer.digest)
    index = "" if there.has_api else registry.manifest(repository, fallback(digest))
    if index:
        registry.delete(repository, index)


def blob(registry: Registry, repository: str, referrer: Referrer) -> bytes:
    """Return the bytes of an artifact.

    Raises:
        BuilderError: the registry does not answer, or lacks them.
        IntegrityError: they are not what the digest says; or it is no artifact of one layer.

    """
    document = _manifest(registry, repository, referrer.digest)
    layers = document.get("layers")
    if not isinstance(layers, list) or len(layers) != 1:
        message = f"{registry.host}/{repository}@{referrer.digest} is no artifact of one layer"
        raise IntegrityError(message)
    return contents.blob(registry, repository, descriptor_from(layers[0]).digest)


def fallback(digest: str) -> str:
    """Return the tag that has the list, where the registry has no API for it."""
    return digest.replace(":", "-")


def _list(
    registry: Registry, repository: str, digest: str, manifests: Sequence[Mapping[str, Any]]
) -> None:
    """Write the list under its tag. Who writes at the same time may lose what was added, and adds
    it when run again: a registry without the API knows nothing better.
    """
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
    data = json.dumps(index, sort_keys=True).encode()
    registry.put_manifest(repository, fallback(digest), data, INDEX)


def _index(data: bytes | None) -> Mapping[str, Any] | None:
    """Return a list of manifests; None where it is none."""
    if data is None:
        return None
    try:
        index = from_json(data)
    except DocumentError:
        return None
    if not isinstance(index, dict) or index.get("mediaType", INDEX) != INDEX:
        return None
    if index.get("manifests", ()) is None:
        # Go writes an empty list so.
        return {**index, "manifests": []}
    return index if isinstance(index.get("manifests"), list) else None


def _referrer(registry: Registry, repository: str, entry: object) -> Referrer | None:
    """Return an entry of a list; None for what is no manifest of an artifact."""
    if not isinstance(entry, Mapping) or entry.get("mediaType") != MANIFEST:
        return None
    digest, kind = entry.get("digest"), entry.get("artifactType")
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        return None
    annotations = entry.get("annotations")
    if not annotations:
        # Not all registries repeat what the manifest says, as they should.
        document = _manifest(registry, repository, digest)
        kind, annotations = document.get("artifactType"), document.get("annotations")
    if not isinstance(kind, str):
        return None
    pairs = annotations.items() if isinstance(annotations, Mapping) else ()
    return Referrer(
        digest=digest, kind=kind, annotations={str(key): str(value) for key, value in pairs}
    )


def _manifest(registry: Registry, repository: str, digest: str) -> Mapping[str, Any]:
    """Return a manifest by its digest; empty where there is none, or something else."""
    data = contents.manifest(registry, repository, digest)
    try:
        document = from_json(data or b"{}")
    except DocumentError:
        document = {}
    return document if isinstance(document, dict) else {}
