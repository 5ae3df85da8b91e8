"""Uses: what each state of a catalog leads to in a store, and when it was built last.

A store may serve several catalogs, and several branches of one. Each build leaves a file that names
the refs of what it asked for, and its time is that of the last build of the same. So `prune` can
tell what nobody has built for long from what another branch will build again tomorrow.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from builder import confined, settle
from builder.cells import inputs, records
from builder.digest import canonical, sha256
from builder.documents import DocumentError, from_json
from builder.execute.project import IMAGES, Project
from builder.oci.blob import disk
from builder.oci.store import Store

DIRECTORY = "uses"
MOST = 64 << 20
"""Bytes of what one build leaves."""
DAY = 86_400.0
"""Seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """What somebody built, and when."""

    path: Path
    catalog: str
    refs: frozenset[str]
    last: float
    """Seconds since 1970."""


def refs_of(project: Project) -> frozenset[str]:
    """Return the refs of all that a project leads to."""
    cells = {records.ref(item.key) for item in project.inputs.values()}
    images = {IMAGES + name for name in project.graph.images}
    return frozenset(cells | images | {inputs.PREFIX + name for name in project.graph.cells})


def note(project: Project) -> None:
    """Keep that a project is built now.

    Raises:
        BuilderError: the store cannot be written.

    """
    refs = sorted(refs_of(project))
    path = project.store.root / DIRECTORY / f"{sha256(canonical(refs))}.json"
    document = {"format": 1, "catalog": project.loaded.catalog.name, "refs": refs}
    with (
        disk(project.store.root),
        confined.directory(project.store.root, DIRECTORY, make=True, settled=True) as handle,
    ):
        if path.name in confined.names(handle):
            os.utime(path.name, dir_fd=handle, follow_symlinks=False)
        else:
            data = f"{json.dumps(document, indent=0)}\n".encode()
            settle.put(handle, path.name, data, 0o644)


def since(store: Store, days: float) -> list[Use]:
    """Return what was built within the last days."""
    limit = time.time() - days * DAY
    return [use for use in _all(store) if use.last >= limit]


def forget(store: Store, kept: list[Use]) -> None:
    """Forget all uses but these."""
    stay = {use.path for use in kept}
    for path in _files(store):
        if path not in stay:
            confined.remove(store.root, f"{DIRECTORY}/{path.name}")


def is_sound(store: Store, name: str) -> bool:
    """Tell whether a file of the directory of uses is what a build left there."""
    use = _read(store.root / DIRECTORY / name)
    return use is not None and name == f"{sha256(canonical(sorted(use.refs)))}.json"


def _all(store: Store) -> Iterator[Use]:
    for path in _files(store):
        use = _read(path)
        if use is not None:
            yield use


def _files(store: Store) -> list[Path]:
    names = [name for name, _ in confined.files(store.root, DIRECTORY) if name.endswith(".json")]
    return [store.root / DIRECTORY / name for name in names]


def _read(path: Path) -> Use | None:
    """Read what another run wrote; None where it is not such a file."""
    try:
        with confined.opened(path.parent.parent, f"{DIRECTORY}/{path.name}") as stream:
            last = os.fstat(stream.fileno()).st_mtime
            document = from_json(stream.read(MOST + 1), most=MOST)
    except (OSError, DocumentError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("refs"), list):
        return None
    refs = frozenset(ref for ref in document["refs"] if isinstance(ref, str))
    return Use(path=path, catalog=str(document.get("catalog", "")), refs=refs, last=last)
