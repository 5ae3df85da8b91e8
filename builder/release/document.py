"""What a release says: a JSON document in the registry, which names every image and every chart of
a run by digest. Whoever reads one distrusts it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from builder.catalog.fork import DIRECTORY
from builder.catalog.naming import TAG
from builder.digest import sha256
from builder.documents import DocumentError, from_json
from builder.errors import IntegrityError
from builder.oci.blob import DIGEST

T = TypeVar("T")
FORMAT = 1
TYPE = "application/vnd.catalog.release.v1+json"
"""Media type of the document, and artifact type of its manifest (OCI image-spec 1.1)."""
REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
"""One component of a repository's name (OCI distribution-spec 1.1, "Pulling manifests")."""
IMAGE = re.compile(f"{REPOSITORY.pattern}:{TAG.pattern}")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,127}")
FOLDER = re.compile(DIRECTORY)
MOST = 4 << 20
"""Bytes of a document: some ten thousand images."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleasedChart:
    """A chart of a release."""

    version: str
    digest: str
    """Of its manifest in the registry."""

    @property
    def tag(self) -> str:
        """Its version as a tag, which has no plus sign: what Helm does."""
        return self.version.replace("+", "_")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleasedSource:
    """The files of the catalog itself: a layer of the release, beside its document."""

    digest: str
    directory: str = ""
    """The one of them that holds catalog.yaml."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """All images and charts of a run."""

    catalog: str
    moment: datetime
    """When its lock was made: what the catalog is as of."""
    lock: str
    """Digest of the lock."""
    images: Mapping[str, str]
    """`<name>:<tag>` -> digest of the manifest."""
    tags: Mapping[str, str]
    """Public tags, as `<name>:<tag>` -> the image of `images` that each names."""
    charts: Mapping[str, ReleasedChart]
    waiting: Mapping[str, str] = field(default_factory=dict)
    """Images and charts that are not in it, and why."""
    source: ReleasedSource | None = None
    """None where the release was made without it."""

    @property
    def tag(self) -> str:
        """The release's own tag, which never moves: its day and its first digits."""
        return f"{self.moment:%Y.%m.%d}-{sha256(write(self))[:12]}"


def write(release: Release) -> bytes:
    """Return the document: the same bytes for the same release."""
    charts = {
        name: {"version": chart.version, "digest": chart.digest}
        for name, chart in release.charts.items()
    }
    document = {
        "format": FORMAT,
        "catalog": release.catalog,
        "moment": release.moment.isoformat(),
        "lock": release.lock,
        "images": dict(release.images),
        "tags": dict(release.tags),
        "charts": charts,
        "waiting": dict(release.waiting),
    }
    if release.source is not None:
        at = {"directory": release.source.directory} if release.source.directory else {}
        document["source"] = {"digest": release.source.digest, **at}
    return json.dumps(document, sort_keys=True, indent=1).encode() + b"\n"


def read(data: bytes, source: str) -> Release:
    """Return the release that a document describes; `source` names it in an error.

    Raises:
        IntegrityError: it is not the document of a release, or one of a newer format.

    """
    try:
        document = from_json(data, most=MOST)
        _check_format(document["format"])
        images = _mapping(document["images"], IMAGE, lambda value: _word(value, DIGEST))
        return Release(
            catalog=_word(document["catalog"], REPOSITORY),
            moment=_moment(document["moment"]),
            lock=_word(document["lock"], DIGEST),
            images=images,
            tags=_mapping(document["tags"], IMAGE, lambda value: _one_of(value, images)),
            charts=_mapping(document["charts"], REPOSITORY, _chart),
            waiting=_mapping(document["waiting"], re.compile(r"[!-~]{1,300}"), _text),
            source=_source(document.get("source")),
        )
    except (KeyError, TypeError, AttributeError, ValueError, DocumentError) as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise IntegrityError(f"{source} is not the document of a release: {why}") from None


def _check_format(value: object) -> None:
    if value != FORMAT:
        raise ValueError(f"its format is {str(value)[:20]!r}, and {FORMAT} is known")


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return moment.astimezone(UTC)


def _chart(value: Any) -> ReleasedChart:  # noqa: ANN401  JSON is what it is
    return ReleasedChart(
        version=_word(value["version"], VERSION), digest=_word(value["digest"], DIGEST)
    )


def _source(value: Any) -> ReleasedSource | None:  # noqa: ANN401  JSON is what it is
    if value is None:
        return None
    return ReleasedSource(
        digest=_word(value["digest"], DIGEST), directory=_word(value.get("directory", ""), FOLDER)
    )


def _mapping(
    value: Any,  # noqa: ANN401  JSON is what it is
    key: re.Pattern[str],
    of: Callable[[Any], T],
) -> dict[str, T]:
    if not isinstance(value, dict):
        raise TypeError(f"{str(value)[:80]!r} is not an object")
    return {_word(name, key): of(inner) for name, inner in value.items()}


def _word(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{str(value)[:80]!r} is not what is due there")
    return value


def _one_of(value: object, images: Mapping[str, str]) -> str:
    if not isinstance(value, str) or value not in images:
        raise ValueError(f"{str(value)[:80]!r} is not an image of the release")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:80]!r} is not a text")
    return value
