"""Rules about further repositories and indexes: their names, keys and suites, and the layers that
use them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from builder import confined
from builder.catalog import certificate, naming
from builder.catalog.draft import Draft, depends_on
from builder.catalog.levels import Levels
from builder.catalog.model import Layer
from builder.catalog.origins import RESERVED, Repository, parted
from builder.catalog.packages import IndexedPackages
from builder.catalog.reader import Keys
from builder.catalog.scalars import quoted
from builder.catalog.suggest import nearest
from builder.errors import IntegrityError, Problem
from builder.kinds.python import address
from builder.kinds.requests import places

REPOSITORIES, INDEXES, MIRRORS = "repositories", "indexes", "mirrors"
OF_DEBIAN, OF_PYTHON = ("apt", "build"), ("python", "shared")
"""Keys of layer.yaml whose packages may come from a further repository, or index."""
MOST = 1 << 20
"""Bytes of a certificate: those of whole teams have a tenth."""


def check(draft: Draft, levels: Levels) -> Iterator[Problem]:
    """Yield what is wrong with the origins of a catalog. A key lies beside the catalog.yaml of
    `levels` that names it.
    """
    for what, names in (
        (REPOSITORIES, draft.catalog.repositories),
        (INDEXES, draft.catalog.indexes),
    ):
        for name in names:
            if name in RESERVED:
                message = f"{name!r} is the name of an origin that every catalog has"
                yield draft.yaml.problem((what, name), message, "choose another", key=True)
    known = {*RESERVED, *draft.catalog.repositories, *draft.catalog.indexes}
    for name in draft.catalog.mirrors:
        if name not in known and draft.sure(REPOSITORIES, name) and draft.sure(INDEXES, name):
            hint = nearest(name, known) or f"origins: {', '.join(sorted(known))}"
            yield draft.yaml.problem((MIRRORS, name), f"unknown origin {name!r}", hint, key=True)
    for name in draft.catalog.indexes:
        if name in draft.catalog.repositories:
            message = f"a repository is called {name!r}, too, and both would have one setting"
            yield draft.yaml.problem((INDEXES, name), message, "rename one", key=True)
    for name, repository in draft.catalog.repositories.items():
        yield from _suite(draft, name, repository)
        yield from _key(draft, _root(draft, levels, name), name, repository)


def certificates(draft: Draft, levels: Levels) -> dict[str, bytes]:
    """Return the certificate of each repository of a catalog without problems."""
    return {
        name: confined.read(_root(draft, levels, name), repository.key, MOST)
        for name, repository in draft.catalog.repositories.items()
    }


def _root(draft: Draft, levels: Levels, name: str) -> Path:
    file, _, _ = draft.yaml.site((REPOSITORIES, name))
    return levels.of_file(file).root


def check_layer(
    draft: Draft, name: str, layer: Layer, having: Collection[str] | None
) -> Iterator[Problem]:
    """Yield where a layer uses a repository or an index that there is not, or that has no suite at
    its points. `having` are the axes that it depends on, if they are certain.
    """
    yaml, catalog = draft.readings[name].yaml, draft.catalog
    for path, repository in _repositories(layer):
        if repository not in catalog.repositories:
            if draft.sure(REPOSITORIES, repository):
                hint = nearest(repository, catalog.repositories, what="repositories")
                advice = hint or f"describe it under `{REPOSITORIES}` in catalog.yaml"
                yield yaml.problem(path, f"unknown repository {repository!r}", advice)
            continue
        for axis in _axes(catalog.repositories[repository].suite):
            if having is not None and axis in catalog.axes and axis not in having:
                message = (
                    f"the suite of {repository} depends on the axis {axis!r}, and the layer {name}"
                    " does not"
                )
                yield yaml.problem(path, message, depends_on(having))
    for path, index in _indexes(layer):
        if index not in catalog.indexes and draft.sure(INDEXES, index):
            hint = nearest(index, catalog.indexes, what="indexes")
            advice = hint or f"describe it under `{INDEXES}` in catalog.yaml"
            yield yaml.problem(path, f"unknown index {index!r}", advice)
    for path, text in _indexed(layer):
        if address(text):
            message = f"{quoted(text)} has an address, and is taken from an index"
            yield yaml.problem(path, message, "leave out one of them")


def _repositories(layer: Layer) -> Iterator[tuple[Keys, str]]:
    """Yield the repositories that a layer names, each with its place."""
    for key in OF_DEBIAN:
        for path, text in places(key, getattr(layer, key)):
            if parted(text)[1]:
                yield path, parted(text)[1]


def _indexes(layer: Layer) -> Iterator[tuple[Keys, str]]:
    for key in OF_PYTHON:
        for number, entry in enumerate(getattr(layer, key)):
            if isinstance(entry, IndexedPackages) and entry.index:
                yield (key, number, "index"), entry.index


def _indexed(layer: Layer) -> Iterator[tuple[Keys, str]]:
    """Yield the requirements that a layer takes from indexes, each with its place."""
    for key in OF_PYTHON:
        entries = getattr(layer, key)
        for path, text in places(key, entries):
            if getattr(entries[int(path[1])], "index", None):
                yield path, text


def _axes(suite: str) -> tuple[str, ...]:
    """Return the axes that a suite depends on; none if it cannot be read."""
    try:
        return naming.names(suite)
    except ValueError:
        return ()


def _suite(draft: Draft, name: str, repository: Repository) -> Iterator[Problem]:
    path = (REPOSITORIES, name, "suite")
    try:
        axes = naming.names(repository.suite)
    except ValueError as error:
        yield draft.yaml.problem(path, f"{repository.suite!r}: {error}")
        return
    for axis in axes:
        if draft.lacks_axis(axis):
            hint = nearest(axis, draft.catalog.axes, what="axes")
            yield draft.yaml.problem(path, f"unknown axis {axis!r}", hint)


def _key(draft: Draft, root: Path, name: str, repository: Repository) -> Iterator[Problem]:
    path = (REPOSITORIES, name, "key")
    if not repository.key:
        # It is missing, or no path, which is told already.
        return
    try:
        wrong = certificate.wrong(confined.read(root, repository.key, MOST))
    except FileNotFoundError:
        message = f"there is no file {repository.key!r} beside catalog.yaml"
        hint = "save the key there that the repository's page names; compare its fingerprint"
        yield draft.yaml.problem(path, message, hint)
        return
    except (OSError, IntegrityError) as error:
        why = getattr(error, "strerror", None) or str(error)
        message = f"{repository.key!r} cannot be read: {why}"
        yield draft.yaml.problem(path, message, "name a file beside catalog.yaml, or below it")
        return
    if wrong:
        message = f"{repository.key!r} {wrong}, not an OpenPGP certificate"
        hint = "`gpg --armor --export KEY` writes one"
        yield draft.yaml.problem(path, message, hint)
