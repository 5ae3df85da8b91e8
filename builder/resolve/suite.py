"""One Debian release on one architecture, as it is at one moment, with what a lock still holds of
former ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.errors import BuilderError, FetchError, InputError, Problem, ToolError
from builder.events import Note
from builder.fetch.origin import DEBIAN, SECURITY, debian_mirror, unreachable
from builder.fetch.session import bundle
from builder.fetch.transfer import place
from builder.graph.model import Cell
from builder.lock.deb import Index, Simulation, Stanza, packages_file, pins, simulation, status
from builder.lock.model import Artifact
from builder.resolve.task import Task
from builder.tools.apt import Apt, Source
from builder.tools.archive import control

KIND, BUILD = "deb", "build"
MISSING = re.compile(r"^E: (?:Unable to locate package |Package ')(?P<name>[^\s']+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """The packages of a release, and an apt that knows them."""

    release: str
    arch: str
    apt: Apt
    index: Index

    def stanza(self, artifact: Artifact) -> Stanza:
        """Return the stanza of a package that some cell holds."""
        found = self.index.find(artifact.name, artifact.version, self.arch)
        if found is None:
            message = (
                f"{artifact.name} {artifact.version} is locked, and neither in the archive of"
                f" {self.release} nor in the cache"
            )
            raise BuilderError(
                message,
                hint=(
                    f"set CATALOG_SNAPSHOT_DEBIAN, or run `catalog lock --upgrade {artifact.name}`"
                ),
            )
        return found

    def install(self, cell: Cell, held: Sequence[Stanza], names: Sequence[str]) -> list[Stanza]:
        """Return what installing packages by name adds where `held` is installed.

        Raises:
            InputError: there is no such package, or no way to install them all.

        """
        if not names:
            return []
        with TemporaryDirectory() as directory:
            path = Path(directory) / "status"
            path.write_text(status(held))
            try:
                found = simulation(self.apt.simulate(names, path))
            except ToolError as error:
                raise self._impossible(cell, error) from error
        _refuse_changes(cell, found)
        stanzas = [self.index.find(*package) for package in found.install]
        return [stanza for stanza in stanzas if stanza]

    def complaints(self, held: Iterable[Stanza]) -> str:
        """Return what apt finds wrong with a set of installed packages; empty when nothing is."""
        with TemporaryDirectory() as directory:
            path = Path(directory) / "status"
            path.write_text(status(held))
            return self.apt.check(path)

    def _impossible(self, cell: Cell, error: ToolError) -> InputError:
        """Say which package apt could not find, or why it found no way."""
        file = f"{cell.name}/layer.yaml"
        missing = sorted(set(MISSING.findall(error.tail)))
        if missing:
            return InputError(
                [
                    Problem(
                        file,
                        0,
                        0,
                        f"Debian {self.release} has no package {name!r}",
                        self.index.nearest(name),
                    )
                    for name in missing
                ]
            )
        return InputError(
            [
                Problem(
                    file,
                    0,
                    0,
                    f"apt finds no way to install the packages of {cell.id}:\n{error.tail}",
                )
            ]
        )


def open_suite(task: Task, release: str, arch: str, cells: Sequence[Cell]) -> Suite:
    """Fetch the indexes of a release as they are now, and add what the lock holds and they no
    longer do.

    Raises:
        FetchError: the archive does not answer, or is not signed by the keys it should be.

    """
    settings = task.settings
    main, security = (debian_mirror(origin, settings) for origin in (DEBIAN, SECURITY))
    apt = Apt(
        root=settings.cache / "apt" / f"{release}-{arch}", arch=arch, ca_bundle=bundle(settings)
    )
    sources = [
        Source(uri=main, suites=(release, f"{release}-updates"), keyring=settings.keyring),
        Source(uri=security, suites=(f"{release}-security",), keyring=settings.keyring),
    ]
    task.monitor(Note(f"reading the archive of Debian {release}"))
    apt.prepare(sources)
    try:
        apt.update()
    except FetchError as error:
        raise (
            unreachable(error.message, DEBIAN if f"{main}/" in error.message else SECURITY) or error
        ) from error
    index = Index()
    for uri, _, path in apt.indexes():
        index.add(path.read_text(), SECURITY if uri.startswith(security + "/") else DEBIAN)
    suite = Suite(release=release, arch=arch, apt=apt, index=index)
    _hold(task, suite, sources, cells)
    return suite


def _hold(task: Task, suite: Suite, sources: Sequence[Source], cells: Sequence[Cell]) -> None:
    """Let apt know packages that are locked and no longer in the archive, and prefer locked
    versions.
    """
    kept = [
        item
        for cell in cells
        if not task.resolves(cell.id)
        for kind in (KIND, BUILD)
        for item in task.locked(cell.id, kind)
    ]
    preferred = (
        task.preferred(cells, KIND)
        | task.preferred(cells, BUILD)
        | {item.name: item for item in kept}
    )
    lost = [
        item
        for item in preferred.values()
        if suite.index.find(item.name, item.version, suite.arch) is None
    ]
    found = [item for item in lost if _fetched(task, item, required=item in kept)]
    local = suite.apt.root / "locked"
    local.mkdir(exist_ok=True)
    stanzas = {item.id: control(place(item, task.settings.cache)) for item in found}
    (local / "Packages").write_text(packages_file(stanzas, found))
    for item in found:
        suite.index.put(item, stanzas[item.id])
    versions = {
        name: item.version for name, item in preferred.items() if item in found or item not in lost
    }
    suite.apt.prepare(
        [*sources, Source(uri=f"file:{local}", suites=("./",), components=())],
        preferences=pins(versions),
    )
    suite.apt.update(only=Source(uri=f"file:{local}", suites=("./",), components=()))


def _fetched(task: Task, artifact: Artifact, *, required: bool) -> bool:
    try:
        task.fetch([artifact])
    except FetchError:
        if required:
            raise
        return False
    return True


def _refuse_changes(cell: Cell, found: Simulation) -> None:
    problems = [
        f"needs {name} {new}, and what it stands on has {old}" for name, old, new in found.upgrade
    ]
    problems += [f"conflicts with {name}, which it stands on" for name in found.remove]
    if problems:
        hint = (
            "run `catalog lock --upgrade` where a newer version is needed, or take one of the"
            " packages out"
        )
        raise InputError([Problem(cell.id, 0, 0, problem, hint) for problem in problems])
