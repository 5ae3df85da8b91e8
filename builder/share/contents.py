"""What a bundle says of itself: a JSON document in it. Whoever reads one distrusts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError

from builder.errors import IntegrityError
from builder.record.digests import Digest, Hex
from builder.release.document import IMAGE, REPOSITORY

TYPE = "application/vnd.catalog.bundle.v1+json"
"""Media type of the document, and artifactType of its manifest (OCI image-spec 1.1)."""
BUNDLE, ARTIFACTS = "bundle", "artifacts"
"""Refs of a bundle's index, beside `cell/<key>`."""
CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
"""Media type of the archive of a chart (helm.sh/helm/v3/pkg/registry/constants.go)."""
Name = Annotated[str, StringConstraints(pattern=f"^(?:{REPOSITORY.pattern})$", max_length=128)]
Image = Annotated[str, StringConstraints(pattern=f"^(?:{IMAGE.pattern})$", max_length=300)]
Cell = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,300}$")]
Locked = Annotated[
    str, StringConstraints(pattern=r"^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$")
]
Tag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{0,128}$")]


class Contents(BaseModel):
    """What is in a bundle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    catalog: Name
    moment: AwareDatetime
    """When its lock was made."""
    lock: Digest
    """Of the lock that its cells are of (`builder.lock.encode.digest`)."""
    release: Tag = ""
    """The release that it is of; empty for one of selected images."""
    images: Mapping[Image, Digest]
    """What its cells come to, put together: `<name>:<tag>` -> digest of the manifest."""
    cells: Mapping[Cell, Hex]
    """Cell -> its key."""
    charts: tuple[Digest, ...] = ()
    """Archives of charts."""
    artifacts: tuple[Locked, ...] = ()
    """What its cells are built from."""


def write(contents: Contents) -> bytes:
    """Return the document: the same bytes for the same contents."""
    return f"{contents.model_dump_json(indent=1)}\n".encode()


def read(data: bytes, source: str) -> Contents:
    """Return what a document says; `source` names it in an error.

    Raises:
        IntegrityError: it is not the document of a bundle, or one of a newer format.

    """
    try:
        return Contents.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])[:80]
        message = f"{source} is not a bundle that can be read: {place or 'it'}: {first['msg']}"
        raise IntegrityError(message) from None
