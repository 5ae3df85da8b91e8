"""The upstreams that git has to fetch before a catalog can be read."""

from __future__ import annotations

from pathlib import Path

from builder import confined
from builder.catalog import levels
from builder.events import Monitor, Note
from builder.tools import git

WORD = b"extends"


def bring(path: Path, monitor: Monitor) -> None:
    """Fetch what a catalog.yaml extends, and what that extends, where it is not there yet. What is
    wrong with the catalog is for others to say.

    Raises:
        BuilderError: a repository does not answer, or has no such commit.

    """
    while True:
        try:
            is_fork = WORD in confined.regular(path, levels.MOST)
        except (OSError, ValueError):
            return
        absent = levels.read(path).absent if is_fork else None
        if absent is None:
            return
        monitor(Note(f"fetching {absent.git} at {absent.commit[:12]}"))
        git.fetch(absent.git, absent.commit, levels.location(path.parent, absent))
