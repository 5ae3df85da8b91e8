"""Source packages as Dockerfiles: how each is built for a release."""

from __future__ import annotations

import re

from builder import deb822
from builder.errors import IntegrityError
from builder.graph.model import Cell
from builder.kinds.backport import KEY, KIND, WITH, profiles
from builder.lock import backport
from builder.lock.model import Lock
from builder.render.jinja import environment

VERSION = re.compile(r"(?:[0-9]+:)?[0-9][A-Za-z0-9.+~-]{0,200}", re.ASCII)
SHOWN = 80
ARTIFACTS, PARENT = "artifacts", "parent"
FILE = "Dockerfile"


def dockerfiles(cell: Cell, lock: Lock) -> dict[str, str]:
    """Return the Dockerfile of each source package that is built for a cell, by its name."""
    there = (lock.artifacts[name] for name in lock.cells[cell.id].artifacts)
    texts = {}
    for artifact in there:
        stanzas = backport.packages(artifact)
        if artifact.kind != KIND or not stanzas:
            continue
        entry = cell.layer.backports[artifact.name]
        is_for_all = any(deb822.field(one, "Architecture") == "all" for one in stanzas)
        texts[artifact.name] = environment.get_template("backport.Dockerfile.j2").render(
            {
                "parent": PARENT,
                "artifacts": ARTIFACTS,
                "with": WITH,
                "source": f"{KEY}/{artifact.name}",
                "profiles": profiles(entry),
                "version": _version(artifact.id, stanzas[0]),
                "release": cell.point["debian"],
                "adapt": entry.adapt.rstrip(),
                "what": "binary" if is_for_all else "any",
                "packages": entry.packages,
            }
        )
    return texts


def _version(what: str, stanza: str) -> str:
    """Return the version of what is built.

    Raises:
        IntegrityError: it is none, and no command may be made of it.

    """
    version = deb822.field(stanza, "Version") or ""
    if not VERSION.fullmatch(version):
        message = f"{what} would be built as version {version[:SHOWN]!r}"
        raise IntegrityError(
            message, hint="the lock was tampered with: restore it from version control"
        )
    return version


def path(name: str) -> str:
    """Return where the Dockerfile of a source package is in the build context of its cell."""
    return f"{KEY}/{name}/{FILE}"
