"""Source packages as Dockerfiles: how each is built for a release."""

from __future__ import annotations

from builder import deb822
from builder.graph.model import Cell
from builder.kinds.backport import KEY, KIND, WITH, profiles
from builder.lock import backport
from builder.lock.model import Lock
from builder.render.jinja import environment

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
                "version": deb822.field(stanzas[0], "Version"),
                "release": cell.point["debian"],
                "adapt": entry.adapt.rstrip(),
                "what": "binary" if is_for_all else "any",
                "packages": entry.packages,
            }
        )
    return texts


def path(name: str) -> str:
    """Return where the Dockerfile of a source package is in the build context of its cell."""
    return f"{KEY}/{name}/{FILE}"
