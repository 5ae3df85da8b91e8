"""The inputs that a cell was last built from, kept in the store so that a plan can tell what has
changed since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from builder.errors import IntegrityError
from builder.oci.blob import descriptor_from, descriptor_json
from builder.oci.model import MANIFEST
from builder.oci.store import Store

INPUTS = "application/vnd.catalog.cell.inputs.v1+json"
PREFIX = "inputs/"


def remember(store: Store, cell: str, document: Mapping[str, object]) -> None:
    """Store the inputs under the cell's id; they replace those of an earlier build."""
    blob = store.put_bytes(
        json.dumps(document, separators=(",", ":"), sort_keys=True).encode(), INPUTS
    )
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": INPUTS,
        "config": descriptor_json(blob),
        "layers": [],
    }
    store.tag(
        {
            PREFIX + cell: store.put_bytes(
                json.dumps(manifest, separators=(",", ":")).encode(), MANIFEST
            )
        }
    )


def recall(store: Store, cell: str) -> Mapping[str, Any] | None:
    """Return the inputs of the cell's last build, or None when it was never built here."""
    manifest = store.find(PREFIX + cell)
    if manifest is None:
        return None
    try:
        document = store.read_json(descriptor_from(store.read_json(manifest)["config"]))
    except (IntegrityError, LookupError, TypeError):
        return None
    return document if isinstance(document, dict) else None
