"""The upstreams that are fetched before a catalog can be read: by git, or from a registry."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from builder import confined
from builder.catalog import levels
from builder.catalog.fork import OciUpstream
from builder.catalog.levels import Absent, Levels, location
from builder.catalog.signer_rules import check_upstream
from builder.errors import InputError
from builder.events import Monitor, Note
from builder.fetch.standing import standing
from builder.settings import read as read_settings
from builder.tools import git

WORD = b"extends"


def bring(path: Path, monitor: Monitor) -> None:
    """Fetch what a catalog.yaml extends, and what that extends, where it is not there yet. Where it
    says who has to have signed a release, look whether they did. What else is wrong with the
    catalog is for others to say.

    Raises:
        InputError: a release is not signed by whom a catalog names that extends it.
        BuilderError: a repository or a registry does not answer, or has no such commit or release.

    """
    home = path.parent
    while True:
        try:
            is_fork = WORD in confined.regular(path, levels.MOST)
        except (OSError, ValueError):
            return
        if not is_fork:
            return
        found = levels.read(path)
        for one in _unsure(home, found):
            monitor(Note(f"looking who signed {one.upstream}"))
            _released().check(home, one.level, one.upstream, read_settings(home))
        absent = found.absent
        if absent is None:
            return
        monitor(Note(f"fetching {absent.upstream}"))
        if isinstance(absent.upstream, OciUpstream):
            problems = list(check_upstream(absent.level))
            if problems:
                raise InputError(problems)
            _released().bring(home, absent.level, absent.upstream, read_settings(home))
        else:
            upstream = absent.upstream
            git.fetch(upstream.git, upstream.commit, location(home, upstream))


def _unsure(home: Path, found: Levels) -> Iterator[Absent]:
    """Yield the releases that are there, and of which nobody has looked who signed them."""
    for level in found.levels:
        upstream = level.says.extends
        if not isinstance(upstream, OciUpstream) or upstream.signed_by is None:
            continue
        is_there = location(home, upstream).is_dir() and not list(check_upstream(level))
        if is_there and not standing(home, level, upstream).is_known:
            yield Absent(level=level, upstream=upstream)


def _released() -> ModuleType:
    """Return what reads releases. It takes libraries that most commands do without."""
    return importlib.import_module("builder.release.extended")
