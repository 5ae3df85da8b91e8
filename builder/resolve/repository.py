"""Further Debian repositories: each is read and verified by itself, with its own key alone, and
shown to apt as one that gives way to Debian's archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from builder import deb822
from builder.catalog import certificate
from builder.catalog.origins import FurtherRepository, parted
from builder.digest import sha256
from builder.errors import FetchError, InputError, Problem, listed
from builder.events import Note
from builder.fetch.origin import unreachable
from builder.fetch.session import bundle
from builder.graph.model import Cell
from builder.graph.request import Request
from builder.lock.deb import Index, Stanza, priority
from builder.resolve.task import Task, requests
from builder.tools.apt import Apt, Source

APT, BUILD = "apt", "build"
"""Keys of layer.yaml whose packages may come from a further repository."""
BEHIND, NEVER = 100, -1
"""Priorities (apt_preferences(5)): used where Debian has no such package; and not at all."""
UNSIGNED = re.compile(r"NO_PUBKEY|Missing key", re.IGNORECASE)
EXPIRED = re.compile(r"EXPKEYSIG|REVKEYSIG|key.{0,200}(?:expired|revoked)", re.IGNORECASE)
INVALID = re.compile(
    r"BADSIG|ERRSIG|GPG error|is not signed|signature|hash sum mismatch|unexpected size",
    re.IGNORECASE,
)
ABSENT = re.compile(
    r"404\s|does not have a Release file|file not found|no such file", re.IGNORECASE
)
COMPARE = "compare it with the key that the repository's page names, and its fingerprint"
SHOWN = 4
INDEX, RELEASE, DATE = "Packages", "Release", "Thu, 01 Jan 1970 00:00:00 UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class Further:
    """A further repository that was read."""

    repository: FurtherRepository
    index: str
    """Its packages, as its signed indexes list them."""
    state: Mapping[str, str]

    @property
    def codename(self) -> str:
        """What apt calls it here; no archive of Debian's is called so."""
        return f"further-{self.repository.state}".replace("/", "-").replace(":", "-")


def opened(task: Task, arch: str, cells: Sequence[Cell]) -> list[Further]:
    """Read the repositories that some cells of a release take packages from.

    One that only cells need which stay as they are is left out, with a note, if it cannot be read.

    Raises:
        FetchError: a repository does not answer.
        InputError: it is not signed with its key, or has no such suite or component.

    """
    if not any(cell.repositories for cell in cells):
        return []
    near: set[str] = set()
    for image in task.graph.images.values():
        if any(map(task.resolves, image.cells)):
            near |= {*image.cells}
    needed: dict[str, FurtherRepository] = {}
    others: dict[str, FurtherRepository] = {}
    for cell in cells:
        is_resolved = task.resolves(cell.id)
        for name in (*cell.ancestors, cell.id) if is_resolved or cell.id in near else ():
            theirs = needed if is_resolved else others
            theirs |= {one.state: one for one in task.graph.cells[name].repositories.values()}
    further = [_read(task, one, arch) for one in needed.values()]
    for state, one in others.items():
        if state in needed or one.name in task.away:
            continue
        try:
            further.append(_read(task, one, arch))
        except (FetchError, InputError) as error:
            why = f"{one.name} is passed over, and nothing of it moves: {error}"
            task.monitor(Note(why, "warning"))
    return further


def _read(task: Task, repository: FurtherRepository, arch: str) -> Further:
    settings, name = task.settings, repository.name
    root = settings.cache / "apt" / f"{repository.state.replace('/', '-').replace(':', '-')}-{arch}"
    apt = Apt(root=root, arch=arch, ca_bundle=bundle(settings))
    # apt reads the form of a certificate from the end of its name.
    is_text = certificate.is_armoured(repository.certificate)
    keyring = root / f"key.{'asc' if is_text else 'gpg'}"
    source = Source(
        uri=settings.mirror(name) or repository.url,
        suites=(repository.suite,),
        components=repository.components,
        keyring=keyring,
    )
    task.monitor(Note(f"reading {name} {repository.suite}"))
    apt.prepare([source])
    keyring.write_bytes(repository.certificate)
    try:
        apt.update()
    except FetchError as error:
        raise _failure(task, repository, error) from error
    # apt passes over a component that the signed index does not name.
    missing = sorted(set(repository.components) - apt.components())
    if missing:
        message = f"{name} {repository.suite} has no component {missing[0]!r} for {arch}"
        place = ("repositories", name, "components")
        raise InputError([task.documents.of_origin(place, message, "correct `components`")])
    texts = [path.read_text() for _, _, path in apt.indexes()]
    try:
        (state,) = (apt.releases() or apt.releases("*_Release")).values()
    except ValueError:
        raise FetchError(f"the index of {name} {repository.suite} has no date") from None
    return Further(repository=repository, index="\n".join(texts), state=state)


def _failure(
    task: Task, repository: FurtherRepository, error: FetchError
) -> FetchError | InputError:
    """Return what apt's refusal of a repository means, and what to do about it."""
    name, said = repository.name, error.message
    key, suite = (("repositories", name, one) for one in ("key", "suite"))
    if EXPIRED.search(said):
        message, hint = f"the key of {name} is no longer valid", f"take its new one: {COMPARE}"
        return InputError(
            [task.documents.of_origin(key, f"{message}: {_line(EXPIRED, said)}", hint)]
        )
    if UNSIGNED.search(said):
        message = f"{name} is signed with another key: {_line(UNSIGNED, said)}"
        return InputError([task.documents.of_origin(key, message, COMPARE)])
    if ABSENT.search(said):
        message = f"{name} has no suite {repository.suite!r}: {_line(ABSENT, said)}"
        hint = "correct `suite` or `url`, or leave out the layers that need it at this point"
        return InputError([task.documents.of_origin(suite, message, hint)])
    if INVALID.search(said):
        message = f"what {name} gives is not what its key signed: {_line(INVALID, said)}"
        hint = f"see what changes its files on the way, or {COMPARE}"
        return InputError([task.documents.of_origin(key, message, hint)])
    lost = unreachable(said, name)
    waiting = listed(_asking(task, name), SHOWN)
    message = f"{lost.message if lost else said}\nneeded by {waiting}"
    return FetchError(message, hint=lost.hint if lost else "")


def _line(pattern: re.Pattern[str], said: str) -> str:
    """Return the line of apt's words that says it."""
    lines = (line for line in said.splitlines() if pattern.search(line))
    return next(lines, said.partition("\n")[0]).strip()


def _asking(task: Task, repository: str) -> list[str]:
    """Return where layers ask a repository for packages."""
    places: dict[str, None] = {}
    for cell in task.graph.cells.values():
        if repository not in cell.repositories:
            continue
        for request in (*requests(cell, APT), *requests(cell, BUILD)):
            if parted(request.text)[1] == repository:
                places[task.documents.place(request)] = None
    return list(places)


def shown(
    root: Path, further: Further, lost: Iterable[Stanza], kept: Mapping[str, Sequence[str]]
) -> Source:
    """Write what apt is to see of a repository, and return where: what it has, and `lost`, which it
    had. Of packages that keep their version, it is this version alone.
    """
    directory = root / "further" / further.codename
    directory.mkdir(parents=True, exist_ok=True)
    blocks = deb822.stanzas(further.index)
    stanzas = [*(Stanza(block + "\n", further.repository.name) for block in blocks), *lost]
    data = "\n".join(one.text for one in stanzas if _stays(one, kept)).encode()
    (directory / INDEX).write_bytes(data)
    (directory / RELEASE).write_text(
        f"Origin: {further.codename}\nSuite: {further.codename}\nCodename: {further.codename}\n"
        f"Date: {DATE}\nSHA256:\n {sha256(data)} {len(data)} {INDEX}\n"
    )
    return Source(uri=f"file:{directory}", suites=("./",), components=())


def _stays(stanza: Stanza, kept: Mapping[str, Sequence[str]]) -> bool:
    name, version, _ = stanza.key
    return version in kept.get(name, (version,))


def preferences(further: Iterable[Further], asked: Iterable[str] = ()) -> str:
    """Return an apt preferences file by which repositories are used as far as packages are asked
    for from them.
    """
    wanted = set(asked)
    return "".join(
        priority(one.codename, BEHIND if one.codename in wanted else NEVER) for one in further
    )


def unknown(
    task: Task, request: Request, index: Index, package: str, repository: FurtherRepository
) -> Problem:
    """Return the problem that a repository lacks a package that it is asked for."""
    message = f"{repository.name} {repository.suite} has no package {package!r}"
    hint = index.nearest(package, repository.name)
    if index.knows(package):
        hint = f"Debian has it: write {package!r}"
    return task.documents.problem(request, message, hint)


def doubled(task: Task, wanted: Iterable[Request]) -> Iterator[Problem]:
    """Yield where a cell asks for a package from two archives."""
    first: dict[str, str] = {}
    for request in wanted:
        package, repository = parted(request.text)
        other = first.setdefault(package, repository)
        if other != repository:
            both = " and from ".join(name or "Debian" for name in (other, repository))
            message = f"{package} is asked for from {both}"
            yield task.documents.problem(request, message, "remove one of them")
