"""Statements: what is said of something that has a digest (in-toto Attestation Framework,
Statement v1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from builder.digest import canonical
from builder.documents import DocumentError, from_json
from builder.errors import IntegrityError

TYPE = "https://in-toto.io/Statement/v1"
MEDIA_TYPE = "application/vnd.in-toto+json"
SIGNED = "https://sigstore.dev/cosign/sign/v1"
"""The predicate of a bare signature: it says nothing but that its subject is signed (cosign,
pkg/types/predicate.go)."""
SPDX = "https://spdx.dev/Document"
CYCLONEDX = "https://cyclonedx.org/bom"
PROVENANCE = "https://slsa.dev/provenance/v1"
"""The predicates of documents, as in-toto lists them (spec/predicates)."""
MOST = 64 << 20
"""Bytes of a statement: a bill of materials of an image has some megabytes."""
HEX = re.compile("[0-9a-f]{64}")
SHOWN = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What is said of one thing, or of several."""

    subjects: tuple[str, ...]
    """Their digests: `sha256:<hex>`."""
    kind: str
    """The URI of what is said: the type of the predicate."""
    predicate: Mapping[str, Any]


def write(digest: str, kind: str, predicate: Mapping[str, Any], *, name: str = "") -> bytes:
    """Return the statement of a predicate on what has a digest: the same bytes for the same."""
    algorithm, _, value = digest.partition(":")
    named = {"name": name} if name else {}
    return canonical(
        {
            "_type": TYPE,
            "subject": [{**named, "digest": {algorithm: value}}],
            "predicateType": kind,
            "predicate": predicate,
        }
    )


def signed(digest: str) -> bytes:
    """Return the statement that stands for a signature of what has a digest, as `cosign sign`
    writes it.
    """
    return write(digest, SIGNED, {})


def read(data: bytes, source: str) -> Statement:
    """Return what a statement says; `source` names it in an error.

    Raises:
        IntegrityError: it is no statement.

    """
    try:
        return _read(from_json(data, most=MOST))
    except (KeyError, TypeError, AttributeError, ValueError, DocumentError) as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise IntegrityError(f"{source} is no in-toto statement: {why}") from None


def _read(value: Any) -> Statement:  # noqa: ANN401  JSON is what it is
    if value["_type"] != TYPE:
        raise ValueError(f"its type is {str(value['_type'])[:SHOWN]!r}")
    kind, predicate = value["predicateType"], value.get("predicate") or {}
    if not isinstance(kind, str) or not isinstance(predicate, dict):
        raise TypeError("its predicate is none")
    digests = [str(one["digest"]["sha256"]) for one in value["subject"]]
    if not digests or not all(HEX.fullmatch(digest) for digest in digests):
        raise ValueError("its subject has no sha256")
    subjects = tuple(f"sha256:{digest}" for digest in digests)
    return Statement(subjects=subjects, kind=kind, predicate=predicate)
