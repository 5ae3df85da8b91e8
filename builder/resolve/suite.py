"""One Debian release on one architecture, as it is now, and the packages of earlier states that a
lock still has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.errors import BuilderError, FetchError, ToolError
from builder.events import Note
from builder.fetch.origin import DEBIAN, SECURITY, debian_mirror, unreachable
from builder.fetch.session import bundle
from builder.fetch.transfer import place
from builder.graph.model import Cell
from builder.lock.deb import (
    Complaint,
    Index,
    Stanza,
    complaints,
    packages_file,
    pins,
    simulation,
    status,
)
from builder.lock.model import Artifact
from builder.lock.version import debian_key, newest
from builder.resolve.task import Task
from builder.tools.apt import Apt, Source, without_user
from builder.tools.archive import control

KIND, BUILD = "deb", "build"
WRONG = re.compile(r"^E: (.+)$", re.MULTILINE)


class AptRefusedError(Exception):
    """apt cannot install some packages on top of those that are installed.

    `complaints` are the relations between packages that prevent it. `upgrades` are installed
    packages that would have to move: (name, installed version, new version). `removals` are those
    that would have to be removed. If apt reports none of these, `said` holds its errors.
    """

    def __init__(
        self,
        *,
        complaints: Sequence[Complaint] = (),
        upgrades: Sequence[tuple[str, str, str]] = (),
        removals: Sequence[str] = (),
        said: str = "",
    ) -> None:
        super().__init__(said)
        self.complaints, self.upgrades = tuple(complaints), tuple(upgrades)
        self.removals, self.said = tuple(removals), said


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """The packages of a release, and an apt with its indexes."""

    release: str
    arch: str
    apt: Apt
    index: Index

    def stanza(self, artifact: Artifact) -> Stanza:
        """Return the stanza of a package that some cell has."""
        stanza = self.index.find(artifact.name, artifact.version, self.arch)
        if stanza is None:
            message = (
                f"{artifact.name} {artifact.version} is locked, but it is neither in the archive of"
                f" {self.release} nor in the cache"
            )
            hint = f"set CATALOG_SNAPSHOT_DEBIAN, or run `catalog lock --upgrade {artifact.name}`"
            raise BuilderError(message, hint=hint)
        return stanza

    def install(self, held: Sequence[Stanza], names: Sequence[str]) -> list[Stanza]:
        """Return what installing packages by name adds where `held` is installed.

        Raises:
            AptRefusedError: they cannot all be installed without changing what is installed.

        """
        if not names:
            return []
        with TemporaryDirectory() as directory:
            path = Path(directory) / "status"
            path.write_text(status(held))
            try:
                plan = simulation(self.apt.simulate(names, path))
            except ToolError as error:
                said = "\n".join(WRONG.findall(error.tail)) or error.tail
                raise AptRefusedError(complaints=complaints(error.tail), said=said) from error
        if plan.upgrade or plan.remove:
            raise AptRefusedError(upgrades=plan.upgrade, removals=plan.remove)
        stanzas = [self.index.find(*package) for package in plan.install]
        return [stanza for stanza in stanzas if stanza]

    def complaints(self, held: Iterable[Stanza]) -> list[Complaint]:
        """Return what apt reports as wrong with a set of installed packages."""
        with TemporaryDirectory() as directory:
            path = Path(directory) / "status"
            path.write_text(status(held))
            return complaints(self.apt.check(path))


def open_suite(task: Task, release: str, arch: str, cells: Sequence[Cell]) -> Suite:
    """Fetch the current indexes of a release, and add the locked packages that they no longer
    have.

    Raises:
        FetchError: the archive does not answer, or is not signed with the expected keys.

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
        is_main = f"{without_user(main)}/" in error.message
        raise unreachable(error.message, DEBIAN if is_main else SECURITY) or error from error
    index = Index()
    for uri, _, path in apt.indexes():
        index.add(
            path.read_text(), SECURITY if uri.startswith(without_user(security) + "/") else DEBIAN
        )
    suite = Suite(release=release, arch=arch, apt=apt, index=index)
    _hold(task, suite, sources, cells)
    return suite


def _hold(task: Task, suite: Suite, sources: Sequence[Source], cells: Sequence[Cell]) -> None:
    """Add locked packages that are no longer in the archive to apt's indexes, and prefer locked
    versions.
    """
    kept: list[Artifact] = []
    for cell in cells:
        if not task.resolves(cell.id):
            kept += task.locked(cell.id, KIND) + task.locked(cell.id, BUILD)
    preferred = task.preferred(cells, KIND) | task.preferred(cells, BUILD)
    preferred |= {item.name: item for item in kept}
    moving = task.bounded(cells, (KIND, BUILD))
    pinned, staying = _within(task, suite, moving)
    preferred |= staying
    kept += staying.values()
    # Layers that never meet may have two versions of a package, so all that are kept count.
    wanted = {item.id: item for item in (*preferred.values(), *kept)}
    lost = [
        item
        for item in wanted.values()
        if suite.index.find(item.name, item.version, suite.arch) is None
    ]
    fetched = [item for item in lost if _fetched(task, item, required=item in kept)]
    local = suite.apt.root / "locked"
    local.mkdir(exist_ok=True)
    stanzas = {item.id: control(place(item, task.settings.cache)) for item in fetched}
    (local / "Packages").write_text(packages_file(stanzas, fetched))
    for item in fetched:
        suite.index.put(item, stanzas[item.id])
    versions = {
        name: item.version
        for name, item in preferred.items()
        if item in fetched or item not in lost
    }
    versions |= pinned
    suite.apt.prepare(
        [*sources, Source(uri=f"file:{local}", suites=("./",), components=())],
        preferences=pins(versions),
    )
    suite.apt.update(only=Source(uri=f"file:{local}", suites=("./",), components=()))


def _within(
    task: Task, suite: Suite, moving: Mapping[str, Sequence[Artifact]]
) -> tuple[dict[str, str], dict[str, Artifact]]:
    """Return, of packages that move only so far, the versions of those that the archive has newer
    ones of, and the locked artifacts of those that stay as they are.
    """
    pinned: dict[str, str] = {}
    staying: dict[str, Artifact] = {}
    for name, locked in moving.items():
        there = suite.index.versions(name)
        newest_of_all = newest(KIND, there) if there else ""
        fitting = [one for one in there if any(task.admits(item, one) for item in locked)]
        if not fitting:
            staying[name] = max(locked, key=lambda item: debian_key(item.version))
        elif newest_of_all not in fitting:
            pinned[name] = newest(KIND, fitting)
        stanza = suite.index.find(name, newest_of_all, suite.arch)
        if stanza is not None:
            task.compare(locked, newest_of_all, security=stanza.origin == SECURITY)
    return pinned, staying


def _fetched(task: Task, artifact: Artifact, *, required: bool) -> bool:
    try:
        task.fetch([artifact])
    except FetchError:
        if required:
            raise
        return False
    return True
