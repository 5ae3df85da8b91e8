"""What the packages of a cell say of themselves, noted beside its facts: licences, source packages,
what they need.

    contents = known(store, manifest)
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import IO, Any

from builder.cells import checked, notes, records
from builder.cells.notes import words
from builder.debian import copyright as copyrights
from builder.debian import mergers, stanzas
from builder.debian.model import Facts, Summary
from builder.kinds.model import Described
from builder.kinds.table import BY_NAME, STATEMENTS, writable
from builder.oci.model import Descriptor
from builder.oci.store import Store

PREFIX = "contents/"
CONTENTS = "application/vnd.catalog.cell.contents.v1+json+zstd"
FORMAT = 1
"""To be raised when more is read from layers: what was recorded before is read again."""
RELEASE = ("etc/os-release", "usr/lib/os-release")
DEBIAN = "deb"
NEEDED = ("Pre-Depends", "Depends")
LONGEST = 4 << 20
"""Bytes of a text that is looked at."""
SOURCE = re.compile(r"(?P<name>\S+)(?:\s+\((?P<version>[^)]+)\))?")
_CONDITION = re.compile(r"\s*(?:\([^)]*\)|\[[^\]]*\]|<[^>]*>|:[a-z0-9-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The packages of a cell, and what is said of them elsewhere than in their own files."""

    packages: tuple[Described, ...] = ()
    copyrights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Debian package -> the licences of its copyright file, if a machine can read it."""
    borrowed: Mapping[str, str] = field(default_factory=dict)
    """Debian package -> the one whose copyright file it shares. It may be of another cell."""
    release: Mapping[str, str] = field(default_factory=dict)
    """The fields of os-release (os-release(5))."""


def known(store: Store, manifest: Descriptor) -> Contents:
    """Return what is recorded of the cell of a manifest, or else read its layers and record it. A
    store that cannot be written is read each time.

    Raises:
        IntegrityError: a layer is missing or damaged.

    """
    summary = records.summary(store, manifest)
    recorded = recall(store, summary)
    if recorded is None:
        reader = Reader()
        notes.read(store, summary, [reader])
        recorded = reader.record(store, records.facts(store, manifest))
    return recorded


def recall(store: Store, summary: Summary) -> Contents | None:
    """Return what is recorded of a cell; None if that is nothing, of another format, of other
    layers, or cannot be understood.
    """
    return notes.recall(store, _kind(), summary, _from)


def understood(store: Store, manifest: Descriptor) -> Contents:
    """Return what a manifest records.

    Raises:
        IntegrityError: it cannot be read, or is of another format.

    """
    return notes.understood(store, _kind(), manifest, _from)


def ref(key: str) -> str:
    """Return the ref under which that of a cell is recorded."""
    return _kind().ref(key)


@dataclass(slots=True)
class Reader:
    """What was seen in layers, by path: a later layer replaces what an earlier one has."""

    packages: dict[str, tuple[Described, ...]] = field(default_factory=dict)
    copyrights: dict[str, tuple[str, ...]] = field(default_factory=dict)
    borrowed: dict[str, str] = field(default_factory=dict)
    release: dict[str, str] = field(default_factory=dict)

    def wants(self, path: str, member: tarfile.TarInfo, head: bytes) -> bool:
        """Tell whether a member says something of a package, or of the release."""
        if member.issym():
            return copyrights.borrowed(path, member.linkname) is not None
        if not member.isreg():
            return False
        is_text = path in RELEASE or copyrights.PATH.fullmatch(path) is not None
        return is_text or any(one.fits(path, member.mode, head) for one in STATEMENTS)

    def see(self, path: str, member: tarfile.TarInfo, stream: IO[bytes]) -> None:
        """Read one of these."""
        if member.issym():
            if (pair := copyrights.borrowed(path, member.linkname)) is not None:
                self.borrowed[pair[0]] = pair[1]
            return
        if path in RELEASE:
            self.release = _release(_text(stream))
            return
        if place := copyrights.PATH.fullmatch(path):
            self.copyrights[place["package"]] = copyrights.licences(_text(stream))
            return
        head = stream.read(notes.HEAD)
        told: list[Described] = []
        for statement in STATEMENTS:
            if statement.fits(path, member.mode, head):
                stream.seek(0)
                told += map(_spelt, statement.read(path, stream))
        self.packages[path] = tuple(told)

    def record(self, store: Store, facts: Facts) -> Contents:
        """Record what was seen of a cell, and what its facts say of Debian's packages."""
        packages = list(_debian(facts))
        for path in sorted(self.packages):
            packages += self.packages[path]
        contents = Contents(
            packages=tuple(packages),
            copyrights=dict(sorted(self.copyrights.items())),
            borrowed=dict(sorted(self.borrowed.items())),
            release=self.release,
        )
        rows = [_row(package) for package in contents.packages]
        notes.record(store, _kind(), facts, {**asdict(contents), "packages": rows})
        return contents


def _spelt(package: Described) -> Described:
    return replace(package, name=writable(package.name), version=writable(package.version))


def _debian(facts: Facts) -> Iterator[Described]:
    """Yield the Debian packages that a cell adds, as dpkg has them."""
    by_name = stanzas.by_name(facts.bookkeeping.get(mergers.STATUS, ""))
    for name, stanza in sorted(by_name.items()):
        version = stanza.get("Version", "")
        if not stanza.get("Status", "").endswith(" installed") or not version:
            continue
        needed = ",".join(stanza.get(field, "") for field in NEEDED)
        yield Described(
            kind=DEBIAN,
            name=name,
            version=version,
            path=mergers.STATUS,
            requires=_names(needed),
            provides=_names(stanza.get("Provides", "")),
            source=_source(stanza.get("Source", ""), name, version),
            architecture=stanza.get("Architecture", ""),
        )


def _source(stated: str, name: str, version: str) -> str:
    """Return name and version of the source package; dpkg leaves out what is the same."""
    source = SOURCE.match(stated)
    if source is None:
        return f"{name} {version}"
    return f"{source['name']} {source['version'] or version}"


def _names(relations: str) -> tuple[str, ...]:
    """Return the packages of a relation (deb-control(5)), without versions; `a|b`: one of them."""
    names: dict[str, None] = {}
    for relation in _CONDITION.sub("", relations).split(","):
        choices = [choice.strip() for choice in relation.split("|") if choice.strip()]
        if choices:
            names["|".join(choices)] = None
    return tuple(names)


def _release(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def _text(stream: IO[bytes]) -> str:
    return stream.read(LONGEST).decode("utf-8", "replace")


def _kind() -> notes.Kind:
    return notes.Kind(prefix=PREFIX, media_type=CONTENTS, format=FORMAT)


def _row(package: Described) -> dict[str, object]:
    """Return a package without what it says nothing of."""
    return {name: value for name, value in asdict(package).items() if value}


def _from(value: Mapping[str, Any]) -> Contents:
    return Contents(
        packages=tuple(_package(one) for one in value["packages"]),
        copyrights={str(name): words(stated) for name, stated in value["copyrights"].items()},
        borrowed=_texts(value["borrowed"]),
        release=_texts(value["release"]),
    )


def _package(value: Mapping[str, Any]) -> Described:
    licences, requires, provides = (
        words(value.get(name, [])) for name in ("licences", "requires", "provides")
    )
    texts = _texts(
        {name: value.get(name, "") for name in ("version", "uuid", "source", "architecture")}
    )
    return Described(
        kind=BY_NAME[value["kind"]].name,
        name=_texts({"name": value["name"]})["name"],
        path=checked.path(value["path"]),
        licences=licences,
        requires=requires,
        provides=provides,
        **texts,
    )


def _texts(value: Mapping[str, Any]) -> dict[str, str]:
    """Return an object of texts.

    Raises:
        TypeError: it is none.

    """
    if not all(isinstance(one, str) for one in value.values()):
        raise TypeError("an object of texts has something else")
    return dict(value)
