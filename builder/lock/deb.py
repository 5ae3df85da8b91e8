"""Debian package indexes and status files as text: the pure part of resolving apt packages."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from builder import deb822
from builder.lock.model import Artifact

# Fields of a Packages stanza that describe the file. dpkg's status file does not have them.
OF_THE_FILE = frozenset(
    {
        "Filename",
        "Size",
        "MD5sum",
        "SHA1",
        "SHA256",
        "SHA512",
        "Description-md5",
        "Task",
        "Tag",
    }
)
INSTALL = re.compile(
    r"^Inst (?P<name>\S+) (?:\[(?P<old>[^\]]+)\] )?\((?P<version>\S+)"
    r" .*?\[(?P<arch>[a-z0-9-]+)\]\)",
    re.MULTILINE,
)
REMOVE = re.compile(r"^Remv (?P<name>\S+) \[(?P<version>[^\]]+)\]", re.MULTILINE)
# ` python3-venv : Depends: python3 (= 3.13) but 3.12 is installed`; the lines below it may continue
# without the name.
BROKEN = re.compile(
    r"^ (?P<name>[a-z0-9][a-z0-9+.:-]*) : (?P<relation>\w[\w-]*):"
    r" (?P<other>[a-z0-9][a-z0-9+.-]*)(?P<rest>.*)$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Stanza:
    """One package of an index, as the index has it."""

    text: str
    origin: str

    def field(self, name: str) -> str:
        """Return a field's first line, or an empty string."""
        return deb822.field(self.text, name) or ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Name, version and architecture."""
        return self.field("Package"), self.field("Version"), self.field("Architecture")

    def artifact(self, kind: str = "deb") -> Artifact:
        """Return the file that the stanza describes. One of a further repository has another id
        than Debian's of the same version: it is another file.
        """
        name, version, arch = self.key
        place = arch if self.origin in PREFERRED_ORIGINS else f"{self.origin}:{arch}"
        return Artifact(
            id=f"{kind}:{name}={version}:{place}",
            kind=kind,
            name=name,
            version=version,
            origin=self.origin,
            locator=self.field("Filename"),
            digest=f"sha256:{self.field('SHA256')}",
            size=int(self.field("Size") or 0),
        )

    def installed(self) -> str:
        """Return the stanza as dpkg's status file has it for an installed package."""
        head, _, rest = deb822.without(self.text, OF_THE_FILE).partition("\n")
        return f"{head}\nStatus: install ok installed\n{rest}"


PACKAGE = "Package: "
BUILT = "built"
"""The origin of packages that are built of sources: no archive has them."""
# A file may be in several archives at once. The lock names the first of these that has it, in
# whatever order their indexes were read.
PREFERRED_ORIGINS = ("debian-security", "debian")


def beside(origin: str) -> tuple[str, ...]:
    """Return the origins that may have the same file as one: both of Debian's archives, or a
    further repository alone.
    """
    return PREFERRED_ORIGINS if origin in ("", *PREFERRED_ORIGINS) else (origin,)


class Index:
    """The packages of several archives, by name. Where no origin is given, Debian's are meant."""

    def __init__(self) -> None:
        self._stanzas: dict[str, list[Stanza]] = {}

    def add(self, text: str, origin: str) -> None:
        """Add the packages of one Packages file."""
        for block in deb822.stanzas(text):
            stanza = Stanza(block + "\n", origin)
            self._stanzas.setdefault(stanza.field("Package"), []).append(stanza)

    def put(self, artifact: Artifact, control: str) -> None:
        """Add a single package that no index has any more."""
        algorithm, _, value = artifact.digest.partition(":")
        text = (
            f"{control.rstrip()}\nFilename: {artifact.locator}\nSize:"
            f" {artifact.size}\n{algorithm.upper()}: {value}\n"
        )
        self._stanzas.setdefault(artifact.name, []).append(Stanza(text, artifact.origin))

    def find(self, name: str, version: str, arch: str, origin: str = "") -> Stanza | None:
        """Return the stanza of exactly this package; packages for all architectures
        are found, too.
        """
        same = [
            stanza
            for stanza in self._of(name, origin)
            if stanza.field("Version") == version and stanza.field("Architecture") in {arch, "all"}
        ]
        return min(same, key=_origin_rank, default=None)

    def knows(self, name: str, origin: str = "") -> bool:
        """Tell whether there is a package of this name, or one that provides it; a further
        repository is not asked for what others provide.
        """
        return bool(self._of(name, origin)) or (not origin and name in self._provided())

    def versions(self, name: str, origin: str = "") -> list[str]:
        """Return the versions of a package, each once, as the indexes list them."""
        return list(dict.fromkeys(one.field("Version") for one in self._of(name, origin)))

    def origins(self, name: str) -> list[str]:
        """Return the further repositories that have a package, sorted."""
        every = {stanza.origin for stanza in self._stanzas.get(name, ())}
        return sorted(every.difference(PREFERRED_ORIGINS))

    def _of(self, name: str, origin: str) -> list[Stanza]:
        meant = beside(origin)
        return [stanza for stanza in self._stanzas.get(name, ()) if stanza.origin in meant]

    def _provided(self) -> set[str]:
        """Return the names of Debian's virtual packages."""
        names = set()
        for stanzas in self._stanzas.values():
            for stanza in stanzas:
                if stanza.origin in PREFERRED_ORIGINS:
                    provided = stanza.field("Provides")
                    names.update(re.findall(r"([^\s,(]+)(?: \([^)]*\))?", provided))
        return names

    def essential(self) -> list[str]:
        """Return the names of the packages that every Debian system must have, sorted."""
        return sorted(
            name
            for name in self._stanzas
            if any("\nEssential: yes\n" in stanza.text for stanza in self._of(name, ""))
        )

    def nearest(self, name: str, origin: str = "") -> str:
        """Return a hint with the names most like this one; empty if there are none."""
        known = [other for other in self._stanzas if self._of(other, origin)]
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.8)
        return f"did you mean {' or '.join(near)}?" if near else ""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What `apt-get --simulate install` said it would do."""

    install: tuple[tuple[str, str, str], ...]
    """(name, version, architecture), sorted."""
    upgrade: tuple[tuple[str, str, str], ...]
    """(name, installed version, new version)."""
    remove: tuple[str, ...]


def simulation(output: str) -> Simulation:
    """Read the output of `apt-get --simulate install`."""
    install, upgrade = [], []
    for line in INSTALL.finditer(output):
        name, old, version, arch = line.group("name", "old", "version", "arch")
        if old:
            upgrade.append((name, old, version))
        else:
            install.append((name, version, arch))
    remove = sorted(line.group("name") for line in REMOVE.finditer(output))
    return Simulation(tuple(sorted(install)), tuple(sorted(upgrade)), tuple(remove))


@dataclass(frozen=True, slots=True)
class Complaint:
    """A relation between packages that apt reports as broken."""

    package: str
    relation: str
    """Depends, Pre-Depends, Conflicts or Breaks."""
    other: str
    rest: str
    """The versions that the relation is about, and what apt says about them."""

    def __str__(self) -> str:
        """Apt's own words."""
        return f"{self.package} : {self.relation}: {self.other}{self.rest}"

    @property
    def wants(self) -> str:
        """The other package, with the versions that the relation is about."""
        versions = re.match(r" \([^)]*\)", self.rest)
        return self.other + (versions[0] if versions else "")


def complaints(output: str) -> list[Complaint]:
    """Read what apt reports as wrong with a set of packages, each complaint once."""
    told = [
        Complaint(line["name"].partition(":")[0], line["relation"], line["other"], line["rest"])
        for line in BROKEN.finditer(output)
    ]
    return list(dict.fromkeys(told))


def _origin_rank(stanza: Stanza) -> int:
    if stanza.origin in PREFERRED_ORIGINS:
        return PREFERRED_ORIGINS.index(stanza.origin)
    return len(PREFERRED_ORIGINS)


def status(stanzas: Iterable[Stanza]) -> str:
    """Return a dpkg status file in which exactly these packages are installed."""
    return "\n".join(
        stanza.installed() for stanza in sorted(stanzas, key=lambda stanza: stanza.key)
    )


def packages_file(
    stanzas: Mapping[str, str], artifacts: Sequence[Artifact], directory: str = "."
) -> str:
    """Return the Packages file of a flat repository.

    `stanzas` holds the control file of each artifact by its id; each file lies at
    `<directory>/<file_name(artifact)>`.
    """
    blocks = []
    for artifact in sorted(artifacts, key=lambda item: item.id):
        control = deb822.without(stanzas[artifact.id], OF_THE_FILE)
        algorithm, _, value = artifact.digest.partition(":")
        blocks.append(
            f"{control}Filename: {directory}/{file_name(artifact)}\nSize:"
            f" {artifact.size}\n{algorithm.upper()}: {value}\n"
        )
    return "\n".join(blocks)


def file_name(artifact: Artifact) -> str:
    """Return the name under which apt accepts the file: name_version_arch.deb, with the epoch's
    colon escaped.
    """
    arch = artifact.id.rpartition(":")[2]
    return f"{artifact.name}_{artifact.version.replace(':', '%3a')}_{arch}.deb"


def pins(versions: Mapping[str, str], number: int = 1001) -> str:
    """Return an apt preferences file that pins packages to these versions, even if that means a
    downgrade; of two versions, that with the higher number wins.
    """
    return "".join(
        f"Package: {name}\nPin: version {version}\nPin-Priority: {number}\n\n"
        for name, version in sorted(versions.items())
    )


def priority(codename: str, number: int) -> str:
    """Return an apt preferences file that gives all packages of a release a priority."""
    return f"Package: *\nPin: release n={codename}\nPin-Priority: {number}\n\n"
