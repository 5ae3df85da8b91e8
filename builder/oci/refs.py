"""The refs of a store: entries of its index.json, each of which names a manifest."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping

from builder import documents
from builder.errors import IntegrityError
from builder.oci.blob import descriptor_from
from builder.oci.model import REF_NAME, Descriptor

REF = re.compile(r"[!-~]{1,512}")


def refs_from(data: bytes) -> dict[str, Descriptor]:
    """Return the refs of an index.json.

    Raises:
        DocumentError: it is not JSON, or too deep.
        IntegrityError: it is not an index, or something in it is not a ref.

    """
    return dict(ref_from(item) for item in items_of(data))


def items_of(data: bytes) -> list[object]:
    """Return the entries of an index.json as they are. Raises as `refs_from`."""
    document = documents.from_json(data)
    manifests = document.get("manifests") if isinstance(document, dict) else None
    if not isinstance(manifests, list):
        raise IntegrityError("it has no list of manifests")
    return manifests


def readable(items: list[object]) -> dict[str, Descriptor]:
    """Return the entries that are refs; others are left out."""
    refs: dict[str, Descriptor] = {}
    for item in items:
        with contextlib.suppress(IntegrityError):
            ref, manifest = ref_from(item)
            refs[ref] = manifest
    return refs


def ref_from(item: object) -> tuple[str, Descriptor]:
    """Return one ref of an index.

    Raises:
        IntegrityError: it is none.

    """
    descriptor = descriptor_from(item)
    annotations = item.get("annotations", {}) if isinstance(item, Mapping) else {}
    ref = annotations.get(REF_NAME)
    if not isinstance(ref, str) or not REF.fullmatch(ref):
        raise IntegrityError(f"{str(ref)[:80]!r} is not a ref: at most 512 characters, no blanks")
    return ref, descriptor
