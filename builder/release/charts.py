"""The charts of a release: those that a directory of published charts has, if they are what the
catalog means now and all their images are there.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from builder import confined
from builder.charts.project import Charts
from builder.digest import sha256
from builder.errors import BuilderError, IntegrityError, listed
from builder.record import index
from builder.record.chart_images import offered
from builder.record.chart_package import last_published, prepare
from builder.release.stage import ChartArchive

SHOWN = 3


def archives(
    charts: Charts, directory: Path, images: Collection[str], *, anyway: bool = False
) -> tuple[list[ChartArchive], dict[str, str]]:
    """Return the charts, and why others are left out: `charts/<name>` -> reason. With `anyway`,
    those are left out, too, that the directory does not have as they are now.

    Raises:
        BuilderError: a chart is not published as it is now.
        IntegrityError: an archive is not what the index says.

    """
    published = index.read(directory)
    lacking: dict[str, str] = {}
    wanted = []
    for name, composition in charts.compositions.items():
        missing = [image for image in offered(composition) if image not in images]
        if missing:
            lacking[f"charts/{name}"] = f"{listed(missing, SHOWN)} is not there"
        else:
            wanted.append(composition)
    with ThreadPoolExecutor() as pool:
        packages = list(
            pool.map(
                lambda one: prepare(
                    one,
                    charts.directory,
                    charts.origin,
                    last_published(one.name, published, directory),
                ),
                wanted,
            )
        )
    late = [package.name for package in packages if not package.kept]
    if late and not anyway:
        hint = f"run `catalog chart package --destination {directory}`"
        message = f"{directory} does not have {listed(late, SHOWN)} as the catalog has it now"
        raise BuilderError(message, hint=hint)
    lacking |= {f"charts/{name}": "it is not packaged as it is now" for name in late}
    found = []
    for package in packages:
        if not package.kept:
            continue
        data = confined.regular(directory / package.file)
        entry = published.newest(package.name)
        if entry is None or entry.get("digest") != sha256(data):
            raise IntegrityError(f"{directory / package.file} is not what its index says")
        found.append(ChartArchive(name=package.name, version=package.version, data=data))
    return found, lacking
