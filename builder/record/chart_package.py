"""Charts to publish: each is compared with its last published version, and gets the version and
the changelog that the difference asks for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from semver import Version

from builder import confined
from builder.catalog.folder import Folder
from builder.charts.archive import archive, unpack
from builder.charts.chart import Origin, chart
from builder.charts.compose import Composition
from builder.charts.contents import metadata
from builder.charts.levels import ChartChange, Level
from builder.digest import sha256
from builder.errors import BuilderError, IntegrityError
from builder.record import index
from builder.record.chart_diff import compare, following
from builder.tree import File, Tree, replace

FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,250}\.tgz")
"""The name of an archive, in an index and beside it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartPackage:
    """One chart of this run."""

    name: str
    version: str
    last: str | None
    """The version published before; None for the first."""
    changes: tuple[ChartChange, ...]
    tree: Tree

    @property
    def kept(self) -> bool:
        """Whether nothing differs from the last published version."""
        return self.version == self.last

    @property
    def file(self) -> str:
        """The archive's name."""
        return f"{self.name}-{self.version}.tgz"


def prepare(
    composition: Composition, charts: Path | Folder, origin: Origin, published: Tree | None
) -> ChartPackage:
    """Return what to publish of a service; `published` is the last published chart, if any.

    Raises:
        ToolError: Helm is missing, or refuses one of the two charts.
        InputError: see `builder.charts.chart.chart`.

    """
    name = composition.name
    if published is None:
        first = ChartChange(Level.MINOR, "first version")
        tree = chart(composition, charts, origin, composition.service.version, (first.text,))
        return ChartPackage(
            name=name, version=composition.service.version, last=None, changes=(first,), tree=tree
        )
    last = str(metadata(published)["version"])
    difference = compare(name, published, chart(composition, charts, origin))
    if not difference.changes:
        return ChartPackage(name=name, version=last, last=last, changes=(), tree=published)
    version = max(following(last, difference), composition.service.version, key=Version.parse)
    changelog = tuple(change.text for change in difference.changes)
    tree = chart(composition, charts, origin, version, changelog)
    return ChartPackage(
        name=name, version=version, last=last, changes=difference.changes, tree=tree
    )


def publish(
    packages: Mapping[str, ChartPackage], destination: Path, moment: datetime, url: str = ""
) -> index.ChartIndex:
    """Write the new archives into a directory, and add them to its index; return the index.

    `url` is where the directory will be served; without it the index holds file names, which Helm
    takes as relative.

    Raises:
        IntegrityError: an archive exists with different bytes, or the index has the version with
            a different digest.
        BuilderError: the index does not name an archive that is there, or see
            `builder.record.index`.

    """
    with index.locked(destination):
        new = [package for package in packages.values() if not package.kept]
        _none_forgotten(packages, {package.file for package in new}, destination)
        entries = []
        for package in new:
            data = archive(package.name, package.tree)
            path = destination / package.file
            if path.exists() and confined.regular(path) != data:
                hint = "a published version never changes; if it was never published, remove it"
                raise IntegrityError(f"{path} exists with different bytes", hint=hint)
            replace(path, File(data))
            location = f"{url.rstrip('/')}/{package.file}" if url else package.file
            entries.append(index.entry(metadata(package.tree), sha256(data), [location], moment))
        return index.join(destination, entries, moment)


def _none_forgotten(packages: Iterable[str], new: Collection[str], destination: Path) -> None:
    """Raise when the index does not list an archive that is beside it. Archives that a killed run
    left behind are among the `new` ones, and are published again.
    """
    known = set(new)
    for entries in index.read(destination).entries.values():
        known.update(_file(entry) for entry in entries)
    for name in packages:
        archives = sorted(destination.glob(f"{name}-[0-9]*.tgz"))
        forgotten = [path.name for path in archives if path.name not in known]
        if forgotten:
            message = f"{destination / index.NAME} does not list {forgotten[0]}, which is beside it"
            hint = (
                f"restore {index.NAME}, or write it again with `helm repo index {destination}`; or"
                " remove archives that were never published"
            )
            raise BuilderError(message, hint=hint)


def _file(entry: index.ChartEntry) -> str:
    """Return the name of the archive of an index's entry; empty when it has none."""
    urls = entry.get("urls")
    return str(urls[0]).rsplit("/", 1)[-1] if isinstance(urls, list) and urls else ""


def last_published(name: str, published: index.ChartIndex, destination: Path) -> Tree | None:
    """Return the newest published version of a chart, from the archive beside the index; None when
    there is none.

    Raises:
        BuilderError: the index names an archive that is not there.
        IntegrityError: the archive's digest is not the one in the index.

    """
    newest = published.newest(name)
    return None if newest is None else unpack(*read_archive(newest, destination))


def read_archive(entry: index.ChartEntry, destination: Path) -> tuple[bytes, str]:
    """Return the bytes of an archive that an index lists, and its path beside the index.

    Raises:
        BuilderError: the archive is not there.
        IntegrityError: the archive's digest is not the one in the index.

    """
    file = _file(entry)
    path = destination / file
    if not FILE.fullmatch(file) or not path.is_file():
        chart_version = f"{entry.get('name')} {entry.get('version')}"
        message = f"{destination / index.NAME} lists {chart_version}, but there is no {path}"
        hint = (
            "put all published archives beside index.yaml: the next versions are computed from them"
        )
        raise BuilderError(message, hint=hint)
    data = confined.regular(path)
    if entry.get("digest") not in {None, sha256(data)}:
        raise IntegrityError(
            f"{path} has digest {sha256(data)}, but the index says {entry.get('digest')}"
        )
    return data, str(path)
