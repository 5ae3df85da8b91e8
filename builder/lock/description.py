"""R's descriptions of packages as values: the DESCRIPTION of one, and PACKAGES, which lists those
of a repository (Writing R Extensions, 1.1.1 and 1.1.3; R Installation and Administration, 6.6).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from builder import deb822
from builder.confined import steps
from builder.errors import IntegrityError
from builder.lock.version import r_key

R = "R"
BASE = frozenset(
    {
        *("base", "compiler", "datasets", "graphics", "grDevices", "grid", "methods", "parallel"),
        *("splines", "stats", "stats4", "tcltk", "tools", "utils"),
    }
)
"""Packages that are R itself, and have its version."""
CONTRIB = "src/contrib"
"""Where a repository has sources."""
NEEDED = ("depends", "imports", "linkingto")
"""Fields with what a package needs to be installed and loaded."""
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": ge,
    "<=": le,
    "==": eq,
    "!=": ne,
    ">": gt,
    "<": lt,
}
NAME = r"[A-Za-z][A-Za-z0-9.]{0,126}[A-Za-z0-9]"
VERSION = r"[0-9]{1,9}(?:[.-][0-9]{1,9}){0,9}"
IS_NAME, IS_VERSION = re.compile(NAME), re.compile(VERSION)
REQUIREMENT = re.compile(
    rf"\s*(?P<name>{NAME}|R)"
    rf"(?:\s*\(\s*(?P<operator>>=|<=|==|!=|>|<)\s*(?P<version>{VERSION})\s*\))?\s*"
)
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\.tar\.gz")
FOLDER = re.compile(r"[A-Za-z0-9._+/-]{1,255}")
SUMS = {"md5": re.compile(r"[0-9a-f]{32}"), "sha256": re.compile(r"[0-9a-f]{64}")}
NUMBERS = re.compile(VERSION)
REALLY = "+really"
"""What stands in a Debian version before the one that is really there."""
SHOWN = 60


class DescriptionError(ValueError):
    """A description is not of the form that it should have; the text says what is not."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package that is needed, in any version where it has no operator."""

    name: str
    operator: str = ""
    version: str = ""

    def __str__(self) -> str:
        """Return it as a DESCRIPTION writes it."""
        return f"{self.name} ({self.operator} {self.version})" if self.operator else self.name

    def admits(self, version: str) -> bool:
        """Tell whether a version fulfils it."""
        if not self.operator:
            return True
        return OPERATORS[self.operator](r_key(version), r_key(self.version))


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """One version of a package, with what it needs."""

    name: str
    version: str
    needs: tuple[Requirement, ...] = ()
    locator: str = ""
    """Path of its source in a repository."""
    sums: Mapping[str, str] | None = None
    """Its checksums as the repository gives them: md5 or sha256 -> hexadecimal."""

    def __str__(self) -> str:
        """Return its name and its version."""
        return f"{self.name} {self.version}"


def requirement(text: str) -> Requirement | None:
    """Return what a text such as `config (>= 0.3)` asks for; None if it has another form."""
    match = REQUIREMENT.fullmatch(text)
    if match is None:
        return None
    return Requirement(match["name"], match["operator"] or "", match["version"] or "")


def requirements(text: str) -> tuple[Requirement, ...]:
    """Return what a field of a DESCRIPTION lists.

    Raises:
        DescriptionError: an entry has another form.

    """
    listed = []
    for part in filter(str.strip, text.split(",")):
        one = requirement(part)
        if one is None:
            raise DescriptionError(f"{_shown(part)} is not a package with a version")
        listed.append(one)
    return tuple(dict.fromkeys(listed))


def joined(needs: Iterable[Requirement]) -> str:
    """Return requirements as one text, which `requirements` reads."""
    return ", ".join(str(one) for one in needs)


def release(stanza: str) -> Release:
    """Return what a stanza of PACKAGES, or a DESCRIPTION, describes.

    Raises:
        DescriptionError: it is not of that form, or a path would lead elsewhere.

    """
    fields = {name.lower(): value for name, value in deb822.fields(stanza).items()}
    name, version = fields.get("package", ""), fields.get("version", "")
    if not IS_NAME.fullmatch(name):
        raise DescriptionError(f"{_shown(name)} is not the name of a package")
    if not IS_VERSION.fullmatch(version):
        raise DescriptionError(f"{_shown(version)} is not a version")
    return Release(
        name=name,
        version=version,
        needs=requirements(",".join(fields.get(field, "") for field in NEEDED)),
        locator=_locator(name, version, fields),
        sums=dict(_sums(fields)),
    )


def _locator(name: str, version: str, fields: Mapping[str, str]) -> str:
    """Return where a repository has the source (`Path` and `File` of write_PACKAGES)."""
    file, folder = fields.get("file") or file_of(name, version), fields.get("path", "")
    if not FILE.fullmatch(file):
        raise DescriptionError(f"{_shown(file)} is not the name of a source")
    if not folder:
        return f"{CONTRIB}/{file}"
    try:
        steps(folder)
    except IntegrityError:
        raise DescriptionError(f"{_shown(folder)} leads out of the repository") from None
    if not FOLDER.fullmatch(folder):
        raise DescriptionError(f"{_shown(folder)} is not a directory of the repository")
    return f"{CONTRIB}/{folder}/{file}"


def _sums(fields: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for algorithm, form in SUMS.items():
        value = fields.get(f"{algorithm}sum") or fields.get(algorithm, "")
        if value and not form.fullmatch(value.lower()):
            raise DescriptionError(f"{_shown(value)} is not its {algorithm}")
        if value:
            yield algorithm, value.lower()


def file_of(name: str, version: str) -> str:
    """Return the name of the file that has the source of a release."""
    return f"{name}_{version}.tar.gz"


def archived(name: str, file: str) -> str:
    """Return where a repository has a source once a newer one took its place."""
    return f"{CONTRIB}/Archive/{name}/{file}"


def index(text: str) -> dict[str, list[str]]:
    """Return the stanzas of PACKAGES by the name of their package: one for each version that is
    there.
    """
    by_name: dict[str, list[str]] = {}
    for stanza in deb822.stanzas(text):
        # Windows' own packages are no sources for anything else.
        if deb822.field(stanza, "OS_type") in {None, "unix"}:
            by_name.setdefault(deb822.field(stanza, "Package") or "", []).append(stanza)
    return by_name


def of_debian(version: str) -> str:
    """Return the version of the R package in a Debian package: without epoch, revision and what
    tells of a repacked source.
    """
    upstream = version.partition(":")[2] or version
    upstream = upstream.rpartition("-")[0] or upstream
    upstream = upstream.rpartition(REALLY)[2]
    numbers = NUMBERS.match(upstream)
    return numbers[0] if numbers else "0"


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 3] + "...")
