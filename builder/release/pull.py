"""What a release consists of is read from a registry."""

from __future__ import annotations

from builder.documents import DocumentError, from_json
from builder.errors import IntegrityError
from builder.oci.blob import blobs_of
from builder.release.shelf import CHART_CONTENT, Place
from builder.tools import contents


def content(place: Place, name: str, digest: str) -> bytes:
    """Return the archive of a chart, by the digest of its manifest.

    Raises:
        BuilderError: the registry does not answer, or refuses.
        IntegrityError: it is not there, or is something else.

    """
    repository = place.chart(name)
    source = f"{place.address.host}/{repository}@{digest}"
    data = contents.manifest(place.registry, repository, digest)
    try:
        layers = [] if data is None else blobs_of(from_json(data))
    except DocumentError as error:
        raise IntegrityError(f"{source} {error}") from None
    archives = [layer for layer in layers if layer.media_type == CHART_CONTENT]
    if len(archives) != 1:
        raise IntegrityError(f"{source} is not a chart")
    return contents.blob(place.registry, repository, archives[0].digest)
