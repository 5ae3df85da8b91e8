"""What a registry has, read and checked: manifests, small blobs, the tags of a repository."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, Literal

import requests

from builder.digest import sha256
from builder.documents import DocumentError, from_json
from builder.errors import BuilderError, IntegrityError
from builder.oci.blob import DIGEST
from builder.oci.model import Descriptor
from builder.tools import web
from builder.tools.registry import MANIFESTS, Registry

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
REFERRERS = re.compile("sha256-[0-9a-f]{64}")
"""A tag that names nothing, but has the list of what refers to a manifest (OCI distribution-spec
1.1, "Referrers Tag Schema")."""
PAGE = 1000
"""How many tags are asked for at once."""
PIECE = 1 << 18


def manifest(registry: Registry, repository: str, reference: str) -> bytes | None:
    """Return the manifest that a tag or digest names; None when there is none.

    Raises:
        IntegrityError: it is not what its digest says.

    """
    headers = {"Accept": MANIFESTS}
    what = f"read the manifest {repository}:{reference}"
    data = registry.get(repository, "manifests", reference, what, headers)
    if data is not None and DIGEST.fullmatch(reference):
        _check(data, reference, f"{registry.host}/{repository}")
    return data


def blob(registry: Registry, repository: str, digest: str) -> bytes:
    """Return a blob of at most some megabytes.

    Raises:
        IntegrityError: there is none, or it is not what its digest says.

    """
    data = registry.get(repository, "blobs", digest, f"read {digest} of {repository}", {})
    if data is None:
        raise IntegrityError(f"{registry.host}/{repository} has no blob {digest}")
    _check(data, digest, f"{registry.host}/{repository}")
    return data


def pour(registry: Registry, repository: str, blob: Descriptor, file: Path) -> None:
    """Write a blob of any size to a file, whose bytes count only if nothing is raised.

    Raises:
        BuilderError: the registry does not answer, or refuses.
        IntegrityError: it has no such blob, or gives something else, or of another size.
        OSError: the file cannot be written.

    """
    where = f"{registry.host}/{repository}"

    def take(answer: requests.Response) -> bytes:
        hashed, size = hashlib.sha256(), 0
        with answer, file.open("wb") as stream:
            for piece in answer.iter_content(PIECE):
                hashed.update(piece)
                size += len(piece)
                if size > blob.size:
                    break
                stream.write(piece)
        if size != blob.size:
            count = f"more than {blob.size}" if size > blob.size else f"{size}"
            message = f"{where} gives {count} bytes of {blob.digest}, which has {blob.size}"
            raise IntegrityError(message)
        _check_digest(f"sha256:{hashed.hexdigest()}", blob.digest, where)
        return b""

    what = f"read {blob.digest} of {repository}"
    if registry.get(repository, "blobs", blob.digest, what, {}, take=take) is None:
        raise IntegrityError(f"{where} has no blob {blob.digest}")


def document(
    registry: Registry, repository: str, kind: Literal["manifests", "blobs"], reference: str
) -> dict[str, Any]:
    """Return the JSON object of a manifest or of a small blob; empty when there is none.

    Raises:
        BuilderError: it is not a JSON object.

    """
    headers = {"Accept": MANIFESTS} if kind == "manifests" else {}
    what = f"read {reference} of {repository}"
    data = registry.get(repository, kind, reference, what, headers)
    if data is None:
        return {}
    try:
        value = from_json(data, most=web.LARGEST)
    except DocumentError:
        value = None
    if not isinstance(value, dict):
        message = f"the registry {registry.host} was asked to {what}, and answers without JSON"
        raise BuilderError(message)
    return value


def tags(registry: Registry, repository: str) -> list[str]:
    """Return the tags of a repository; none where there is no such repository. Lists of referrers
    are left out.

    Raises:
        BuilderError: the registry does not answer, refuses, or answers with something else.

    """
    return [tag for tag in _tags(registry, repository) if not REFERRERS.fullmatch(tag)]


def _tags(registry: Registry, repository: str) -> list[str]:
    what = f"list the tags of {repository}"
    found: list[str] = []
    # A registry may give them in parts, each after the last tag of the one before
    # (distribution-spec 1.1, "Listing Tags").
    while True:
        last = f"&last={found[-1]}" if found else ""
        data = registry.get(repository, "tags", f"list?n={PAGE}{last}", what, {})
        if data is None:
            return found
        try:
            names = from_json(data, most=web.LARGEST)["tags"] or []
            new = [name for name in names if TAG.fullmatch(name) and name not in found]
        except (DocumentError, KeyError, TypeError):
            message = f"the registry {registry.host} was asked to {what}, and answers otherwise"
            raise BuilderError(message) from None
        found += new
        if len(names) < PAGE or not new:
            return found


def _check(data: bytes, digest: str, where: str) -> None:
    _check_digest(f"sha256:{sha256(data)}", digest, where)


def _check_digest(received: str, digest: str, where: str) -> None:
    if received != digest:
        raise IntegrityError(f"{where} gives {received} in place of {digest}")
