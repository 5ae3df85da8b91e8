"""What one cell's build sees under /artifacts: hard links to the cache, and the files of its
slice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from builder import confined
from builder.errors import FetchError, IntegrityError
from builder.fetch.transfer import place
from builder.graph.accounts import given, packages
from builder.graph.model import Cell
from builder.kinds import table
from builder.lock.accounts import made_by
from builder.lock.deb import packages_file
from builder.lock.model import Artifact, Lock
from builder.render.accounts import ACCOUNTS, accounts
from builder.resolve.kinds import SUPPLIERS
from builder.tools.archive import check, control, scripts
from builder.tree import Tree


def context(cell: Cell, lock: Lock, cache: Path, directory: Path) -> Path:
    """Lay out the artifacts of a cell in an empty `directory`, and return it.

    Each lies where its kind has its place (see `builder.kinds`), beside the slice's files and
    `accounts/…`, where the cell makes system accounts. A
    bootstrap cell also gets Packages, which makes the directory a flat apt repository.

    Raises:
        FetchError: an artifact is not in the cache.
        IntegrityError: a place is outside of the directory, or of two artifacts.

    """
    # A build sees its mode, and the image's user reads what is in it.
    directory.chmod(0o755)
    piece = lock.cells[cell.id]
    artifacts = [lock.artifacts[name] for name in piece.artifacts]
    seen = [artifact for artifact in artifacts if not table.BY_NAME[artifact.kind].apart]
    _lay_all(seen, cache, directory)
    for name, text in piece.files.items():
        with confined.create(directory, name) as stream:
            stream.write(text.encode())
    _accounts(cell, lock, cache).below(ACCOUNTS).write(directory, settled=False)
    if cell.layer.bootstrap:
        _repository(list(packages(cell, lock)), cache, directory)
    return directory


def lay_apart(artifacts: Sequence[Artifact], cache: Path, directory: Path) -> None:
    """Lay out artifacts for a build of their own.

    Raises:
        FetchError, IntegrityError: as `context` does.

    """
    directory.chmod(0o755)
    _lay_all(artifacts, cache, directory)


def _lay_all(artifacts: Sequence[Artifact], cache: Path, directory: Path) -> None:
    """Give each artifact its place. Two may be one file under two names, as npm's aliases are."""
    there: dict[PurePosixPath, Artifact] = {}
    for artifact in artifacts:
        path = table.place(artifact)
        other = there.setdefault(path, artifact)
        if other.digest != artifact.digest:
            raise IntegrityError(
                f"{artifact.id} and {other.id} are two files, both called {path}",
                hint="the lock was tampered with: restore it from version control",
            )
        if other is artifact:
            _lay(artifact, place(artifact, cache), directory)


def _accounts(cell: Cell, lock: Lock, cache: Path) -> Tree:
    """Return what gives system accounts the ids of the lock."""
    ids = given(cell, lock)
    if not ids:
        return Tree({})
    sysusers: dict[str, str] = {}
    for package in packages(cell, lock):
        if made_by(package):
            sysusers |= scripts(place(package, cache)).sysusers
    return accounts(ids, _installed(cell, lock), sysusers)


def _installed(cell: Cell, lock: Lock) -> set[str]:
    """Return the Debian packages of a cell and of what it stands on."""
    names = set()
    for one in (*cell.ancestors, cell.id):
        for artifact in (lock.artifacts[name] for name in lock.cells[one].artifacts):
            if artifact.kind == "deb":
                names.add(artifact.name)
    return names


def lacks(cell: Cell, lock: Lock, cache: Path) -> bool:
    """Tell whether something that the cell needs is not in the cache."""
    return not all(
        place(lock.artifacts[name], cache).exists() for name in lock.cells[cell.id].artifacts
    )


def _lay(artifact: Artifact, source: Path, directory: Path) -> None:
    if not source.exists():
        raise FetchError(
            f"{artifact.name} {artifact.version} is not in the cache", hint="run `catalog fetch`"
        )
    lay = SUPPLIERS[artifact.kind].lay
    if lay is None or not lay(artifact, source, directory):
        confined.link(source, directory, table.place(artifact).as_posix())


def _repository(artifacts: Sequence[Artifact], cache: Path, directory: Path) -> None:
    # These are unpacked on this machine itself.
    for artifact in artifacts:
        check(place(artifact, cache))
    stanzas = {artifact.id: control(place(artifact, cache)) for artifact in artifacts}
    with confined.create(directory, "Packages") as stream:
        stream.write(packages_file(stanzas, artifacts, "deb").encode())
