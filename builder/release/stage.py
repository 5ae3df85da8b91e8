"""What a release consists of is brought to a registry, by digest: nothing of it is public yet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from builder.charts.archive import unpack
from builder.charts.contents import metadata
from builder.digest import sha256
from builder.errors import IntegrityError
from builder.oci.model import MANIFEST
from builder.release.document import ReleasedChart
from builder.release.shelf import CHART_CONFIG, CHART_CONTENT, Place, bring, descriptor

TITLE = "org.opencontainers.image."


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartArchive:
    """A chart as `catalog chart package` published it."""

    name: str
    version: str
    data: bytes


def chart(place: Place, archive: ChartArchive) -> ReleasedChart:
    """Bring a chart to the registry as `helm push` does, but under its digest alone.

    Raises:
        IntegrityError: the archive is not the chart that it is said to be.
        BuilderError: the registry does not answer, or refuses.

    """
    about = metadata(unpack(archive.data, f"{archive.name}-{archive.version}.tgz"))
    if (about.get("name"), about.get("version")) != (archive.name, archive.version):
        message = f"the archive of {archive.name} {archive.version} holds another chart"
        raise IntegrityError(message)
    config = json.dumps(about, sort_keys=True).encode()
    repository = place.chart(archive.name)
    for content in (config, archive.data):
        bring(place, repository, content)
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(config, CHART_CONFIG),
            "layers": [descriptor(archive.data, CHART_CONTENT)],
            "annotations": _annotations(about),
        },
        sort_keys=True,
    ).encode()
    digest = f"sha256:{sha256(manifest)}"
    place.registry.put_manifest(repository, digest, manifest, MANIFEST)
    return ReleasedChart(version=archive.version, digest=digest)


def _annotations(about: Mapping[str, object]) -> dict[str, str]:
    words = {"title": about.get("name"), "version": about.get("version")}
    words |= {"description": about.get("description"), "url": about.get("home")}
    return {TITLE + name: str(value) for name, value in words.items() if value}
