"""The charts of a release: those that a directory of published charts has, if they are what the
catalog means now and all their images are there; and the way back, from a registry to a directory.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from builder import confined
from builder.charts.archive import unpack
from builder.charts.contents import metadata
from builder.charts.project import Charts
from builder.digest import sha256
from builder.errors import BuilderError, IntegrityError, listed
from builder.record import index
from builder.record.chart_images import offered
from builder.record.chart_package import last_published, prepare
from builder.release import pull
from builder.release.document import Release, ReleasedChart
from builder.release.shelf import Place
from builder.release.stage import ChartArchive
from builder.tree import File, replace

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


def bring_back(place: Place, release: Release, directory: Path, url: str = "") -> list[str]:
    """Write the charts of a release that a directory of published charts lacks into it, and add
    them to its index; return their names. So a machine with an empty disk computes next versions
    from what is public. `url` is where the directory will be served.

    Raises:
        BuilderError: the registry does not answer, or refuses; or see `builder.record.index`.
        IntegrityError: what the registry has is no such chart.

    """
    with index.locked(directory):
        there = index.read(directory).versions()
        lacking = {
            name: chart
            for name, chart in release.charts.items()
            if chart.version not in there.get(name, ())
        }
        with ThreadPoolExecutor(max(1, place.jobs)) as pool:
            jobs = {name: pool.submit(chart, place, name, lacking[name]) for name in lacking}
            archives = {name: job.result() for name, job in jobs.items()}
        entries = []
        for name, data in archives.items():
            file = f"{name}-{lacking[name].version}.tgz"
            replace(directory / file, File(data))
            location = f"{url.rstrip('/')}/{file}" if url else file
            about = metadata(unpack(data, file))
            entries.append(index.entry(about, sha256(data), [location], release.moment))
        if entries:
            index.join(directory, entries, index.now())
    return list(archives)


def chart(place: Place, name: str, released: ReleasedChart) -> bytes:
    """Return the archive of a chart of a release.

    Raises:
        BuilderError: the registry does not answer, or refuses.
        IntegrityError: it is not there, or is something else.

    """
    archive = pull.content(place, name, released.digest)
    about = metadata(unpack(archive, f"{name}@{released.digest}"))
    if (about.get("name"), about.get("version")) != (name, released.version):
        message = f"{place.chart(name)}@{released.digest} holds another chart than {name}"
        raise IntegrityError(f"{message} {released.version}")
    return archive
