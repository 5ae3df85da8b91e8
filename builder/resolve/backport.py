"""Debian source packages of another release that are built for the image's own.

A resolver of its own, before that of Debian packages: these are then resolved with what is built in
place, and so is what it is built with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from builder.catalog.packages import Backport
from builder.errors import IntegrityError, Problem
from builder.events import Step
from builder.fetch.origin import DEBIAN
from builder.fetch.transfer import place
from builder.graph.model import Cell
from builder.graph.request import Request
from builder.kinds.backport import KEY, KIND
from builder.lock import backport
from builder.lock.deb import BUILT, Stanza
from builder.lock.debian_source import Binary, binaries, built_version, checksums, description
from builder.lock.model import Artifact
from builder.resolve.source import held, staying
from builder.resolve.source_index import RELEASE, SourceIndex, identity
from builder.resolve.task import Piece, Resolved, Task
from builder.tools.archive import texts as texts_of

AXIS = "debian"
DSC = ".dsc"
PACKED = (".debian.tar.", ".tar.")
"""What is in the name of the archive that holds debian/control, the likelier first."""


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve the source packages of all cells; see `builder.resolve.task.Resolver`."""
    del before
    pieces = {}
    found = _Sources(task=task, index=SourceIndex(task, KIND))
    for cell in task.cells:
        if not cell.layer.backports:
            continue
        task.monitor(Step(cell.id, "running", "resolving source packages"))
        files: list[Artifact] = []
        for name, entry in sorted(cell.layer.backports.items()):
            files += found.package(cell, name, entry)
        pieces[cell.id] = Piece(artifacts=tuple(files))
    return Resolved(pieces=pieces, archives=found.index.states, problems=tuple(found.problems))


def stanzas(artifacts: Sequence[Artifact]) -> list[Stanza]:
    """Return the packages that are built of locked sources, as an index would list them."""
    texts: list[str] = []
    for artifact in artifacts:
        texts += backport.packages(artifact)
    return [Stanza(text, BUILT) for text in texts]


@dataclass(kw_only=True, slots=True)
class _Sources:
    """The source packages of a task."""

    task: Task
    index: SourceIndex
    problems: list[Problem] = field(default_factory=list)

    def package(self, cell: Cell, name: str, entry: Backport) -> list[Artifact]:
        """Return the files of a source package; nothing, with the problem recorded, if there is no
        such package, or it cannot be built here.
        """
        request = Request(cell, KEY, name)
        source = entry.source
        if source is None:
            return []
        if AXIS not in cell.point:
            message = "is built for a Debian release, but no axis of the layer is named debian"
            return self._wrong(request, message, "stand `on` a layer made by `bootstrap`")
        if source.version and source.sha256:
            files = self._given(name, source.release, source.version, source.sha256)
        else:
            locked = held(self.task, cell, KIND, name, source.release)
            moving = locked if self.task.upgrades(name) else []
            kept = staying(self.task, name, locked)
            files = kept or self.index.newest(name, source.release, moving)
        if not files:
            message = f"Debian {source.release} has no source package {name!r}"
            return self._wrong(request, message, self.index.near(name, source.release))
        return self._described(request, entry, files)

    def _given(self, name: str, release: str, version: str, sha256: str) -> list[Artifact]:
        """Return the files of the version that the catalog gives, by its .dsc.

        Raises:
            FetchError: it cannot be had.
            IntegrityError: it is another file, or names files that it cannot have.

        """
        file = f"{name}_{version.partition(':')[2] or version}{DSC}"
        first = name[:4] if name.startswith("lib") else name[:1]
        pool = f"pool/main/{first}/{name}"

        def artifact(file: str, sha256: str, size: int) -> Artifact:
            return Artifact(
                id=identity(KIND, name, version, release, file),
                kind=KIND,
                name=name,
                version=version,
                origin=DEBIAN,
                locator=f"{pool}/{file}",
                digest=f"sha256:{sha256}",
                size=size,
                extra={RELEASE: release},
            ).checked()

        unread = artifact(file, sha256, 0)
        self.task.fetch([unread])
        path = place(unread, self.task.settings.cache)
        fields = description(path.read_text(errors="replace"), file)
        others = [
            artifact(one.name, one.sha256, one.size)
            for one in checksums(fields, f"{file} says of its files")
        ]
        return [replace(unread, size=path.stat().st_size), *others]

    def _described(
        self, request: Request, entry: Backport, files: list[Artifact]
    ) -> list[Artifact]:
        """Return the files, with what is built of them noted at the first."""
        dsc = next((file for file in files if file.locator.endswith(DSC)), None)
        packed = next(_control_archives(files), None)
        if dsc is None or packed is None:
            message = f"{request.text} has no .dsc, or nothing that holds debian/control"
            return self._wrong(request, message, "source formats 3.0 alone are supported")
        self.task.fetch([dsc, packed])
        cache = self.task.settings.cache
        fields = description(place(dsc, cache).read_text(errors="replace"), dsc.id)
        known = binaries(_control(texts_of(place(packed, cache), frozenset({"control"})), packed))
        lacking = [name for name in entry.packages if name not in known]
        if lacking:
            message = f"{request.text} {dsc.version} builds no {', '.join(lacking)}"
            return self._wrong(request, message, f"it builds {', '.join(sorted(known))}")
        point = request.cell.point
        version = built_version(dsc.version, point[AXIS])
        wanted: list[Binary] = [known[name] for name in entry.packages]
        built = [one.stanza(version, dsc.version, point.get("arch", "amd64")) for one in wanted]
        noted = backport.noted(dsc, built, fields, entry.without, entry.build)
        return [noted if file is dsc else file for file in files]

    def _wrong(self, request: Request, message: str, hint: str) -> list[Artifact]:
        self.problems.append(self.task.documents.problem(request, message, hint))
        return []


def _control_archives(files: Sequence[Artifact]) -> Iterator[Artifact]:
    for part in PACKED:
        for file in files:
            name = file.locator.rpartition("/")[2]
            if part in name and ".orig" not in name and not name.endswith(".asc"):
                yield file


def _control(found: Mapping[str, str], packed: Artifact) -> str:
    """Return debian/control, from an archive with `debian/` or with the whole source.

    Raises:
        IntegrityError: there is none.

    """
    for path, text in sorted(found.items(), key=lambda item: item[0].count("/")):
        if path.removeprefix("./").split("/")[-2:] == ["debian", "control"]:
            return text
    raise IntegrityError(f"{packed.id} holds no debian/control")
