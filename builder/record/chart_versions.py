"""A version of a chart as a user names it: a directory, an archive, NAME@VERSION of a published
chart, or NAME for what would be generated now.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from builder import confined
from builder.catalog.suggest import nearest
from builder.charts.archive import unpack
from builder.charts.contents import metadata
from builder.charts.project import Charts
from builder.errors import InputError, IntegrityError, Problem
from builder.record import index
from builder.record.chart_package import read_archive
from builder.tree import File, Tree

NOW = "as it would be generated now"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartVersion:
    """One version of a chart."""

    name: str
    version: str
    origin: str
    """Where it comes from, for people."""
    path: Path
    """The path to give to Helm."""
    tree: Tree
    whose: str = ""
    """In a fork, whose a chart is that is generated: upstream's, patched or not, or its own."""


def version_of(
    text: str, charts: Callable[[], Charts], destination: Path | None, argument: str
) -> ChartVersion:
    """Return the version of a chart that the user named. `charts` is called only for a name;
    `argument` is what a problem is reported at.

    Raises:
        InputError: there is no such chart, or no such version.
        IntegrityError: an archive is broken.

    """
    path = Path(text)
    if path.is_file():
        return _archive(confined.regular(path), path, str(path))
    if path.is_dir():
        return _directory(path, argument)
    name, at, version = text.partition("@")
    if at and version:
        return published(name, version, destination, argument)
    known = charts()
    if text in known.compositions:
        return generated(text, known)
    hint = nearest(text, list(known.compositions))
    hint = hint or (
        "give a directory, a .tgz, NAME@VERSION of the published charts,"
        " or NAME for what would be generated"
    )
    raise InputError([Problem(argument, 0, 0, f"{text!r} is not a chart", hint)])


def generated(name: str, charts: Charts) -> ChartVersion:
    """Return a chart as it would be generated now."""
    tree = charts.tree(name)
    return ChartVersion(
        name=name,
        version=str(metadata(tree)["version"]),
        origin=NOW,
        path=charts.directory / name,
        tree=tree,
        whose=charts.whose(name) if charts.is_fork else "",
    )


def published(name: str, version: str, destination: Path | None, argument: str) -> ChartVersion:
    """Return a version of a chart that is published in a directory; with an empty `version`, the
    newest one that is not a prerelease.

    Raises:
        InputError: there is no such chart, or no such version, or no directory was given.
        BuilderError: the index names an archive that is not there.
        IntegrityError: the archive's digest is not the one in the index.

    """
    if destination is None:
        raise InputError(
            [
                Problem(
                    "--destination",
                    0,
                    0,
                    f"is needed to find {name}",
                    "give the directory of index.yaml and its archives",
                )
            ]
        )
    published = index.read(destination)
    entries = published.entries.get(name, ())
    entry = (
        next((one for one in entries if one["version"] == version), None)
        if version
        else published.newest(name)
    )
    if entry is None:
        where = destination / index.NAME
        if not entries:
            raise InputError(
                [
                    Problem(
                        argument,
                        0,
                        0,
                        f"{where} has no chart {name!r}",
                        nearest(name, list(published.entries)),
                    )
                ]
            )
        versions = ", ".join(str(one["version"]) for one in entries[:10])
        raise InputError(
            [
                Problem(
                    argument,
                    0,
                    0,
                    f"{where} has no {name} {version or 'but prereleases'}",
                    f"it has {versions}",
                )
            ]
        )
    data, path = read_archive(entry, destination)
    return _archive(data, Path(path), f"published in {destination}")


def _archive(data: bytes, path: Path, origin: str) -> ChartVersion:
    return _version(unpack(data, str(path)), path, origin)


def _directory(path: Path, argument: str) -> ChartVersion:
    if not (path / "Chart.yaml").is_file():
        raise InputError(
            [
                Problem(
                    argument,
                    0,
                    0,
                    f"there is no Chart.yaml in {path}",
                    "give the directory of a chart, or its .tgz",
                )
            ]
        )
    return _version(Tree(dict(_files(path))), path, str(path))


def _files(path: Path) -> Iterator[tuple[str, File]]:
    """Yield the files that Helm counts as a chart's. Links are followed, as Helm does: a chart in
    git links to its library.
    """
    ignored = {"service.yaml", "source"}
    # What charts share is beside them, or below them.
    home = path.resolve().parent
    for folder, folders, names in os.walk(path, followlinks=True):
        folders[:] = [one for one in folders if _is_at_home(Path(folder, one), home)]
        for name in names:
            file = Path(folder, name)
            inside = file.relative_to(path)
            if inside.parts[0] in ignored or not file.is_file():
                continue
            _is_at_home(file, home)
            yield inside.as_posix(), File(confined.regular(file), file.stat().st_mode & 0o777)


def _is_at_home(path: Path, home: Path) -> bool:
    """Tell whether a path stays below a directory, and a link of a directory does not lead to one
    that holds it.
    """
    real = path.resolve()
    if not real.is_relative_to(home):
        raise IntegrityError(f"{path} is a link that leads out of {home}")
    return not path.is_symlink() or not path.parent.resolve().is_relative_to(real)


def _version(tree: Tree, path: Path, origin: str) -> ChartVersion:
    about = metadata(tree)
    return ChartVersion(
        name=str(about.get("name")),
        version=str(about.get("version")),
        origin=origin,
        path=path,
        tree=tree,
    )
