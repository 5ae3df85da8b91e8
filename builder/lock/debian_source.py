"""Debian source packages as text: what a .dsc and debian/control say (deb-src-control(5))."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from builder import deb822
from builder.errors import IntegrityError

LINE = re.compile(r"\s*(?P<sha256>[0-9a-f]{64})\s+(?P<size>[0-9]{1,18})\s+(?P<file>\S+)\s*")
SHOWN = 80
RELATIONS = ("Provides", "Conflicts", "Breaks", "Replaces")
"""Fields of a binary package that say which others it goes with. What it needs is known in full
once it is built, and apt looks at that then."""
NEEDED = ("Build-Depends", "Build-Depends-Arch")
UNKNOWN = re.compile(r"\$\{|\[|<!?[a-z]")
"""What stands in a relation that is not yet decided: a variable, architectures, build profiles."""
NAME = re.compile(r"\s*([a-z0-9][a-z0-9+.-]*)")


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFile:
    """One file of a source package."""

    name: str
    sha256: str
    size: int


def checksums(stanza: Mapping[str, str], said_by: str) -> Iterator[SourceFile]:
    """Yield the files that a stanza of a .dsc, or of an index of sources, names.

    Raises:
        IntegrityError: a line is not of its form.

    """
    for line in filter(str.strip, stanza.get("Checksums-Sha256", "").splitlines()):
        words = LINE.fullmatch(line)
        if words is None:
            raise IntegrityError(f"{said_by}: {line.strip()[:SHOWN]!r}")
        yield SourceFile(name=words["file"], sha256=words["sha256"], size=int(words["size"]))


def description(text: str, what: str) -> dict[str, str]:
    """Return the fields of a .dsc, which may be signed.

    Raises:
        IntegrityError: it has none.

    """
    for stanza in deb822.stanzas(text):
        if deb822.field(stanza, "Source"):
            return deb822.fields(stanza)
    raise IntegrityError(f"{what} is not the description of a Debian source package")


def built_version(version: str, release: str) -> str:
    """Return the version of what is built for a release: lower than that of the other release, so
    that an upgrade to that one replaces it.
    """
    return f"{version}~{release}1"


def needed(fields: Mapping[str, str], without: Collection[str], also: Sequence[str]) -> str:
    """Return what a source package is built with, as `apt-get satisfy` reads it."""
    clauses = ["build-essential", *also]
    for name in NEEDED:
        for clause in fields.get(name, "").split(","):
            package = NAME.match(clause)
            if package and package[1] not in without:
                clauses.append(" ".join(clause.split()))
    return ", ".join(clauses)


@dataclass(frozen=True, kw_only=True, slots=True)
class Binary:
    """A binary package that a source package builds, as debian/control describes it."""

    name: str
    architecture: str
    fields: Mapping[str, str]

    def stanza(self, version: str, source_version: str, arch: str) -> str:
        """Return it as an index would list it, once it is built."""
        lines = [
            f"Package: {self.name}",
            f"Version: {version}",
            f"Architecture: {'all' if self.architecture == 'all' else arch}",
        ]
        known = {"binary:Version": version, "source:Version": source_version}
        for field in RELATIONS:
            clauses = [_filled(one, known) for one in self.fields.get(field, "").split(",")]
            whole = [one for one in clauses if one and not UNKNOWN.search(one)]
            if whole:
                lines.append(f"{field}: {', '.join(whole)}")
        return "\n".join(lines) + "\n"


def binaries(control: str) -> dict[str, Binary]:
    """Return the binary packages of a debian/control, by name."""
    found = {}
    for stanza in deb822.stanzas(control):
        fields = deb822.fields(stanza)
        name = fields.get("Package", "")
        if name:
            found[name] = Binary(
                name=name, architecture=fields.get("Architecture", ""), fields=fields
            )
    return found


def _filled(clause: str, known: Mapping[str, str]) -> str:
    for name, value in known.items():
        clause = clause.replace(f"${{{name}}}", value)
    return " ".join(clause.split())
