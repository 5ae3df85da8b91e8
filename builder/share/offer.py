"""What is offered for a cell's key: the manifests of its builds, in an OCI index under the key.

The descriptor of each says in annotations what a store's own index says of a cell: on which bytes
below it was built. Beside that it says whose it is. Whoever reads one distrusts it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from builder.cells import records
from builder.documents import DocumentError, from_json
from builder.errors import IntegrityError
from builder.oci.blob import blobs_of, descriptor_json
from builder.oci.model import INDEX, MANIFEST, Descriptor

TYPE = "application/vnd.catalog.cell.builds.v1"
"""artifactType of the index (OCI image-spec 1.1)."""
OWNER = "org.catalog.cell.owner"
"""Annotation of a build: the catalog that it is of (`builder.execute.project.owner`)."""
BUILDS = 8
"""Builds of a key that are kept: almost always one, and one more for each catalog or machine that
came to other bytes."""
MOST = 1 << 20
"""Bytes of an index."""


def offer(manifest: Descriptor, owner: str) -> Descriptor:
    """Return a cell of a store, by the descriptor of its ref, as it is offered."""
    kept = {name: manifest.annotations.get(name, "{}") for name in (records.BELOW, records.CHECKED)}
    return replace(manifest, annotations={**kept, OWNER: owner})


def write(offers: Sequence[Descriptor]) -> bytes:
    """Return the index of builds of one key: the same bytes for the same builds."""
    document = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "artifactType": TYPE,
        "manifests": [descriptor_json(one) for one in offers[:BUILDS]],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def read(data: bytes, source: str) -> list[Descriptor]:
    """Return the builds in an index; `source` names it in an error.

    Raises:
        IntegrityError: it is none.

    """
    try:
        document = from_json(data, most=MOST)
    except DocumentError as error:
        raise IntegrityError(f"{source} is not an index of builds: it {error}") from None
    is_index = isinstance(document, Mapping) and document.get("artifactType") == TYPE
    if not is_index or "config" in document or "layers" in document:
        raise IntegrityError(f"{source} is not an index of builds")
    offers = blobs_of(document)[:BUILDS]
    odd = [one for one in offers if one.media_type != MANIFEST]
    if odd:
        raise IntegrityError(f"{source} names {odd[0].digest}, which is not a manifest")
    return offers


def merged(mine: Descriptor, there: Sequence[Descriptor]) -> list[Descriptor]:
    """Return the builds of a key once there is one more; empty where nothing changes."""
    same = [one for one in there if one.digest == mine.digest]
    if any(one.annotations == mine.annotations for one in same):
        return []
    others = [one for one in there if one.digest != mine.digest]
    return [mine, *others]
