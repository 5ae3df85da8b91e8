"""One Debian release on one architecture, as it is now, and the packages of earlier states that a
lock still has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from builder.catalog.origins import FurtherRepository, parted
from builder.errors import BuilderError, FetchError, ToolError
from builder.events import Note
from builder.fetch.origin import DEBIAN, SECURITY, debian_mirror, unreachable
from builder.fetch.session import bundle
from builder.fetch.transfer import place
from builder.graph.model import Cell
from builder.lock.deb import (
    BUILT,
    PREFERRED_ORIGINS,
    Complaint,
    Index,
    Simulation,
    Stanza,
    complaints,
    packages_file,
    pins,
    simulation,
    status,
)
from builder.lock.model import Artifact
from builder.resolve.debian_bound import Bounds, bounds, package_of
from builder.resolve.refused import AptRefusedError
from builder.resolve.repository import Further, opened, preferences, shown
from builder.resolve.task import Task
from builder.tools.apt import Apt, Source, without_user
from builder.tools.archive import control

KIND, BUILD, BUILD_DEPENDENCY = "deb", "build", "builddep"
KINDS = KIND, BUILD, BUILD_DEPENDENCY
NEEDS = {"Depends", "PreDepends", "Pre-Depends"}
WRONG = re.compile(r"^E: (.+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """The packages of a release, and an apt with its indexes."""

    release: str
    arch: str
    apt: Apt
    index: Index
    further: tuple[Further, ...] = ()
    """The further repositories that could be read."""
    pins: str = ""
    """apt's preferences for locked packages of Debian's."""

    @property
    def states(self) -> dict[str, Mapping[str, str]]:
        """The signed states of the archives."""
        own = {one.repository.state: one.state for one in self.further}
        return {**self.apt.releases(), **own}

    def lacks(self, artifact: Artifact) -> bool:
        """Tell whether a package of a further repository cannot be compared with others, because
        neither its repository could be read nor its file is in the cache.
        """
        is_debians = artifact.origin in PREFERRED_ORIGINS
        return not is_debians and _stanza(self.index, artifact, self.arch) is None

    def stanza(self, artifact: Artifact) -> Stanza:
        """Return the stanza of a package that some cell has."""
        stanza = _stanza(self.index, artifact, self.arch)
        if stanza is None:
            message = (
                f"{artifact.name} {artifact.version} is locked, but it is neither in the archive of"
                f" {self.release} nor in the cache"
            )
            if artifact.origin not in PREFERRED_ORIGINS:
                message = (
                    f"{artifact.name} {artifact.version} is locked, but neither {artifact.origin}"
                    " has it nor the cache"
                )
                hint = f"run `catalog lock --upgrade {artifact.name}`"
                raise BuilderError(message, hint=hint)
            hint = f"set CATALOG_SNAPSHOT_DEBIAN, or run `catalog lock --upgrade {artifact.name}`"
            raise BuilderError(message, hint=hint)
        return stanza

    def install(
        self,
        held: Sequence[Stanza],
        names: Sequence[str],
        repositories: Mapping[str, FurtherRepository] = MappingProxyType({}),
    ) -> list[Stanza]:
        """Return what installing packages adds where `held` is installed: those of `names`, each
        from Debian's archive, or from one of the `repositories` if it says which
        (`package/repository`). What these need comes from Debian's archive, and from them only
        where that has nothing that fits.

        Raises:
            AptRefusedError: they cannot all be installed without changing what is installed.

        """
        if not names:
            return []
        asked = dict(map(parted, names))
        # Those that a call names nothing of have no say in it.
        states = {one.state for name, one in repositories.items() if name in asked.values()}
        used = [one for one in self.further if one.repository.state in states]
        codenames = {one.repository.name: one.codename for one in used}
        words = []
        for package, repository in asked.items():
            words.append(f"{package}/{codenames[repository]}" if repository else package)
        with TemporaryDirectory() as directory:
            path, rules = Path(directory) / "status", Path(directory) / "preferences"
            path.write_text(status(held))
            chosen = self.pins + preferences(self.further, codenames.values())
            rules.write_text(chosen + _built(held))
            plan = self._simulated(words, path, rules, codenames)
        if plan.upgrade or plan.remove:
            raise AptRefusedError(upgrades=plan.upgrade, removals=plan.remove)
        return [self._chosen(package, asked, list(codenames)) for package in plan.install]

    def satisfy(self, held: Sequence[Stanza], text: str, profiles: Sequence[str]) -> list[Stanza]:
        """Return what Debian's archive adds so that dependencies, written as Build-Depends has
        them, hold where `held` is installed. It raises as `install` does.
        """
        with TemporaryDirectory() as directory:
            path, rules = Path(directory) / "status", Path(directory) / "preferences"
            path.write_text(status(held))
            rules.write_text(self.pins + preferences(self.further, ()))
            try:
                said = self.apt.simulate([text], path, rules, command="satisfy", profiles=profiles)
            except ToolError as error:
                said = "\n".join(WRONG.findall(error.tail)) or error.tail
                raise AptRefusedError(complaints=complaints(error.tail), said=said) from error
        plan = simulation(said)
        if plan.upgrade or plan.remove:
            raise AptRefusedError(upgrades=plan.upgrade, removals=plan.remove)
        return [self._chosen(package, {}, ()) for package in plan.install]

    def _simulated(
        self, words: list[str], path: Path, rules: Path, codenames: Mapping[str, str]
    ) -> Simulation:
        """Return what apt would do. Where what Debian has does not fit, apt is told to take the
        package from a repository: by itself it does so for direct and versioned dependencies alone.

        Raises:
            AptRefusedError: it finds no solution.

        """
        while True:
            try:
                return simulation(self.apt.simulate(words, path, rules))
            except ToolError as error:
                wrong = complaints(error.tail)
                more = self._taken_along(wrong, words, codenames)
                if not more:
                    said = "\n".join(WRONG.findall(error.tail)) or error.tail
                    raise AptRefusedError(complaints=wrong, said=said) from error
                words = [*words, *more]

    def _taken_along(
        self, wrong: Sequence[Complaint], words: Sequence[str], codenames: Mapping[str, str]
    ) -> list[str]:
        """Return packages of repositories that may fit where Debian's do not, as apt takes them:
        what others need, else all that does not fit together. What is asked for from Debian stays.
        """
        needed = [one.other for one in wrong if one.relation in NEEDS]
        every = [*(one.package for one in wrong), *(one.other for one in wrong)]
        stays = {word.partition("/")[0] for word in words}
        for names in (needed, every):
            more = {}
            for name in dict.fromkeys(names):
                having = [one for one in codenames if self.index.knows(name, one)]
                if having and name not in stays:
                    more[name] = f"{name}/{codenames[having[0]]}"
            if more:
                return sorted(more.values())
        return []

    def _chosen(
        self, package: tuple[str, str, str], asked: Mapping[str, str], repositories: Sequence[str]
    ) -> Stanza:
        """Return the stanza of a package that apt chose: of the repository that was asked for it,
        else of Debian's archive, else of another of the repositories.
        """
        for origin in (asked.get(package[0], ""), "", *repositories):
            if stanza := self.index.find(*package, origin):
                return stanza
        raise LookupError(f"apt chose {' '.join(package)}, which no index has")

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
    further = opened(task, arch, cells)
    for one in further:
        index.add(one.index, one.repository.name)
    suite = Suite(release=release, arch=arch, apt=apt, index=index, further=tuple(further))
    return replace(suite, pins=_hold(task, suite, sources, cells))


def _built(held: Sequence[Stanza]) -> str:
    """Return apt's preferences that keep what is built of sources before what is locked."""
    own = {one.field("Package"): one.field("Version") for one in held if one.origin == BUILT}
    return pins(own, 1002)


def _stanza(index: Index, artifact: Artifact, arch: str) -> Stanza | None:
    return index.find(artifact.name, artifact.version, arch, artifact.origin)


def _hold(task: Task, suite: Suite, sources: Sequence[Source], cells: Sequence[Cell]) -> str:
    """Add locked packages that are no longer in the archive to apt's indexes, and prefer locked
    versions; return apt's preferences for those of Debian's.
    """
    kept: list[Artifact] = []
    for cell in cells:
        if not task.resolves(cell.id):
            kept += chain.from_iterable(task.locked(cell.id, kind) for kind in KINDS)
    stays = [item for item in _locked(task, cells) if not task.upgrades(item.name)]
    bound = _bounds(task, suite, cells, kept)
    needed = [*kept, *bound.staying]
    preferred = {item.name: item for item in (*stays, *needed) if _is_debians(item)}
    # Layers that never meet may have two versions of a package, so all that are kept count.
    theirs = [item for item in (*stays, *needed) if not _is_debians(item)]
    wanted = {item.id: item for item in (*preferred.values(), *theirs, *needed)}
    lost = [item for item in wanted.values() if _stanza(suite.index, item, suite.arch) is None]
    read = {one.repository.name for one in suite.further}
    fetched = []
    for item in lost:
        is_debians = _is_debians(item)
        # What a repository no longer has, or one that was not read, can be done without, unless a
        # bound keeps it.
        is_required = item in (needed if is_debians else bound.staying)
        may_ask = is_debians or item.origin in read or place(item, task.settings.cache).exists()
        if may_ask and _fetched(task, item, required=is_required):
            fetched.append(item)
    stanzas = {item.id: control(place(item, task.settings.cache)) for item in fetched}
    for item in fetched:
        suite.index.put(item, stanzas[item.id])
    local = suite.apt.root / "locked"
    local.mkdir(exist_ok=True)
    debians = [item for item in fetched if _is_debians(item)]
    (local / "Packages").write_text(packages_file(stanzas, debians))
    own = [Source(uri=f"file:{local}", suites=("./",), components=())]
    for one in suite.further:
        same = {item.id: item for item in theirs if item.origin == one.repository.name}
        versions = {name: [pinned] for name, pinned in bound.pins(one.repository.name).items()}
        for item in same.values():
            if not suite.lacks(item):
                versions.setdefault(item.name, []).append(item.version)
        former = [suite.stanza(item) for item in same.values() if item in fetched]
        own.append(shown(suite.apt.root, one, former, versions))
    there = {
        name: item.version
        for name, item in preferred.items()
        if item in fetched or item not in lost
    }
    rules = pins(there | bound.pins())
    suite.apt.prepare([*sources, *own], preferences=rules + preferences(suite.further))
    for source in own:
        suite.apt.update(only=source)
    return rules


def _bounds(task: Task, suite: Suite, cells: Sequence[Cell], kept: Iterable[Artifact]) -> Bounds:
    """Return the bounds of what moves. What cells have that are not resolved stays in all."""
    holding = {package_of(item) for item in kept}
    moving = chain.from_iterable(task.bounded(cells, KINDS).values())
    free = [item for item in moving if package_of(item) not in holding]
    read = {one.repository.name for one in suite.further}
    return bounds(task, suite.index, suite.arch, free, read)


def _locked(task: Task, cells: Sequence[Cell]) -> list[Artifact]:
    """Return all locked Debian packages of cells, those to be installed first."""
    locked: list[Artifact] = []
    for kind in KINDS:
        for cell in cells:
            locked += task.locked(cell.id, kind)
    return locked


def _is_debians(artifact: Artifact) -> bool:
    return artifact.origin in PREFERRED_ORIGINS


def _fetched(task: Task, artifact: Artifact, *, required: bool) -> bool:
    try:
        task.fetch([artifact])
    except FetchError:
        if required:
            raise
        return False
    return True
