"""`catalog fetch`: download what is locked into the cache, so that builds need no network."""

from __future__ import annotations

import argparse
from collections.abc import Collection

from builder.console.text import Console
from builder.execute.project import Project, open_project
from builder.fetch.fetch import attempt


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="images or cells (globs); all without one"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Fetch, and print how many files were downloaded and how many were already there."""
    project = open_project(arguments.catalog, arguments.patterns)
    cells = project.graph.cells.values()
    done, lost = attempt(project.lock, cells, project.settings, console, project.documents)
    if arguments.json:
        away = {one.host: _waiting(project, one.digests) for one in lost.away}
        counts = {"fetched": done.files, "bytes": done.bytes, "kept": done.kept}
        console.json(counts | ({"away": away} if away else {}))
    lost.raise_any()
    if not arguments.json:
        console.text(
            f"{done.files} files fetched ({done.bytes / 1e6:,.1f} MB), {done.kept} already there"
        )
    return 0


def _waiting(project: Project, digests: Collection[str]) -> list[str]:
    """Return the images that have one of these files."""
    lock = project.lock
    cells = set[str]()
    for cell in project.graph.cells:
        held = {lock.artifacts[name].digest for name in lock.cells[cell].artifacts}
        if held.intersection(digests):
            cells.add(cell)
    return [image.id for image in project.graph.images.values() if cells.intersection(image.cells)]
