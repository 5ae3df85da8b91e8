"""What a bundle has beside cells is brought to where it belongs: artifacts into the cache, charts
into a directory of published charts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from builder import confined
from builder.charts.archive import FIRST, unpack
from builder.digest import sha256
from builder.documents import DocumentError, from_yaml
from builder.errors import IntegrityError
from builder.execute.project import Project
from builder.fetch.transfer import keep, place
from builder.lock.model import Artifact
from builder.oci.blob import disk
from builder.record import index
from builder.share.contents import Contents
from builder.share.opened import Opened
from builder.tree import File, replace

FILE = re.compile(r"[a-z0-9][a-z0-9-]{0,99}-[0-9][A-Za-z0-9.+-]{0,127}\.tgz")
VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """What came into the cache."""

    files: int
    bytes: int
    refused: Mapping[str, str]
    """Name and version of an artifact -> why it was not taken."""


def artifacts(
    project: Project, bundle: Opened, contents: Contents, arrived: Callable[[int], None]
) -> Fetched:
    """Bring artifacts that the project's cells need, and the cache lacks, as far as a bundle says
    that it has them. The lock says what each has to be.

    Raises:
        BuilderError: the cache cannot be written.

    """
    lock, cache = project.lock, project.settings.cache
    offered, jobs = frozenset(contents.artifacts), project.settings.jobs
    wanted: dict[Path, Artifact] = {}
    for cell in project.graph.cells:
        for artifact in (lock.artifacts[name] for name in lock.cells[cell].artifacts):
            if artifact.digest in offered and not place(artifact, cache).exists():
                wanted[place(artifact, cache)] = artifact

    def bring(path: Path) -> tuple[int, str]:
        artifact = wanted[path]
        try:
            with disk(cache):
                keep(artifact, bundle.pieces(artifact.digest), path, bundle.name, arrived)
        except IntegrityError as error:
            return 0, error.message
        return path.stat().st_size, ""

    with ThreadPoolExecutor(max(1, jobs)) as pool:
        done = dict(zip(wanted, pool.map(bring, wanted), strict=True))
    return Fetched(
        files=sum(not why for _, why in done.values()),
        bytes=sum(size for size, _ in done.values()),
        refused={
            f"{wanted[path].name} {wanted[path].version}": why
            for path, (_, why) in done.items()
            if why
        },
    )


def charts(bundle: Opened, directory: Path, moment: datetime) -> list[str]:
    """Add the charts of a bundle to a directory of published charts; return their files. What is
    published there stays.

    Raises:
        IntegrityError: one is not the archive of a chart, or is there with other bytes.
        BuilderError: the directory cannot be written.

    """
    entries, files = [], []
    for data in bundle.charts():
        about = _metadata(data, f"a chart of {bundle.name}")
        file = f"{about.get('name')}-{about.get('version')}.tgz"
        if not FILE.fullmatch(file) or not VERSION.fullmatch(str(about.get("version"))):
            message = f"{bundle.name} holds the chart {file[:100]!r}, which has no name of a chart"
            raise IntegrityError(message)
        path = directory / file
        if path.exists() and confined.regular(path) != data:
            hint = "a published version never changes: name another directory"
            raise IntegrityError(f"{path} exists with other bytes than the bundle's", hint=hint)
        with disk(directory):
            replace(path, File(data))
        entries.append(index.entry(about, sha256(data), [file], moment))
        files.append(file)
    if entries:
        with disk(directory):
            index.add(directory, entries, moment)
    return files


def _metadata(data: bytes, source: str) -> Mapping[str, object]:
    """Return Chart.yaml of an archive. Helm's charts need more; who installs one looks at that."""
    try:
        about = from_yaml(unpack(data, source)[FIRST].data)
    except DocumentError as error:
        raise IntegrityError(f"{FIRST} of {source} {error}") from None
    if not isinstance(about, dict):
        raise IntegrityError(f"{FIRST} of {source} is not a mapping")
    return about
