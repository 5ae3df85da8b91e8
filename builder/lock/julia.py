"""Versions, bounds and requests of Julia packages, as Pkg writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from builder.errors import IntegrityError
from builder.lock.model import Artifact

KIND, FILES = "julia", "julia-artifact"
"""Packages; and what they name in Artifacts.toml: files that Pkg calls artifacts."""
NEEDS, WEAK, JULIA, BRINGS = "needs", "weak", "julia", "brings"
"""Keys of an artifact's `extra`: what the package needs, what it admits of others where they are
there, which Julia it runs on, and the trees that its Artifacts.toml names for this machine."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TREE = re.compile(r"[0-9a-f]{40}")
PACKAGE = re.compile(rf"package/({UUID.pattern})/({TREE.pattern})")
ARTIFACT = re.compile(rf"artifact/({TREE.pattern})")
"""Locators, which are paths at a package server."""
_NUMBERS = r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?"
_REQUEST = re.compile(
    rf"(?P<name>{NAME.pattern})(?:=(?P<uuid>{UUID.pattern}))?(?:@(?P<compat>.+))?"
)
_VERSION = re.compile(
    r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?P<pre>-[0-9A-Za-z.-]{1,64})?(?P<build>\+[0-9A-Za-z.-]{1,64})?"
)
_BOUND = re.compile(rf"{_NUMBERS}(?:\+(\d{{1,9}}))?")
_SEMVER = re.compile(rf"([~^]?){_NUMBERS}")
_INEQUALITY = re.compile(rf"(≥|>=|=|<)\s*{_NUMBERS}")
_HYPHEN = re.compile(rf"{_NUMBERS}\s+-\s+{_NUMBERS}")
_NEED = re.compile(rf"(?P<name>{NAME.pattern})=(?P<uuid>{UUID.pattern})(?: (?P<spec>[0-9.*+|-]+))?")
Numbers = tuple[int, ...]
"""Major, minor and patch number, and the build's, as many as are written."""
ANY = "*"
Key = tuple[object, ...]


class JuliaError(ValueError):
    """A text is not of the form that Pkg writes."""


@dataclass(frozen=True, slots=True)
class Range:
    """Versions from a lower to an upper bound, both included; a bound of fewer numbers admits all
    that begin with it, and one of none admits all.
    """

    lower: Numbers = ()
    upper: Numbers = ()

    def admits(self, numbers: Numbers) -> bool:
        """Tell whether a version is one of these, by its four numbers."""
        return numbers[: len(self.lower)] >= self.lower and numbers[: len(self.upper)] <= self.upper

    def __str__(self) -> str:
        """As registries write it: `1.2-1`."""
        lower = _dotted(self.lower) or ("0" if self.upper else ANY)
        if self.lower == self.upper:
            return lower
        return f"{lower}-{_dotted(self.upper) or ANY}"


@dataclass(frozen=True, slots=True)
class Spec:
    """Versions that are admitted: those of any of these ranges."""

    ranges: tuple[Range, ...] = (Range(),)

    def admits(self, version: str) -> bool:
        """Tell whether a version is admitted. Whether it comes before a release does not count."""
        numbers = version_numbers(version)
        return any(one.admits(numbers) for one in self.ranges)

    def __str__(self) -> str:
        """As registries write it: `0.7-1`; `a|b` for several ranges."""
        return "|".join(map(str, self.ranges))


EVERY = Spec()


@dataclass(frozen=True, slots=True)
class Request:
    """A package that a layer asks for."""

    name: str
    uuid: str = ""
    """Where registries have several of the name."""
    spec: Spec = EVERY


@dataclass(frozen=True, slots=True)
class Need:
    """What a release needs, or admits, of another package."""

    name: str
    uuid: str
    spec: Spec = EVERY

    def __str__(self) -> str:
        """For people: `JSON 0.21`."""
        return self.name if self.spec == EVERY else f"{self.name} {self.spec}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """One version of a package."""

    name: str
    uuid: str
    version: str
    tree: str
    """The git tree hash (SHA-1) of its files."""
    julia: Spec = EVERY
    needs: tuple[Need, ...] = ()
    weak: tuple[Need, ...] = ()
    """What it admits of packages that it does without."""
    yanked: bool = field(default=False, compare=False)

    @property
    def locator(self) -> str:
        """Its path at a package server."""
        return f"package/{self.uuid}/{self.tree}"

    def __str__(self) -> str:
        """For people: `JSON 0.21.4`."""
        return f"{self.name} {self.version}"


def request(text: str) -> Request | None:
    """Return a request of a layer, `Name`, `Name@compat` or `Name=uuid@compat`, where `compat` is
    written as in a Project.toml; None if it is none.
    """
    match = _REQUEST.fullmatch(text)
    if match is None:
        return None
    try:
        spec = compat(match["compat"]) if match["compat"] else EVERY
    except JuliaError:
        return None
    return Request(match["name"], match["uuid"] or "", spec)


def compat(text: str) -> Spec:
    """Return what a [compat] entry of a Project.toml admits (Pkg's manual, "Compatibility"): caret
    by default.

    Raises:
        JuliaError: it is none.

    """
    return Spec(tuple(_entry(word.strip()) for word in text.split(",")))


def ranges(texts: Iterable[str]) -> Spec:
    """Return what the ranges of a registry admit, `0.7-1` or `*`.

    Raises:
        JuliaError: one is none.

    """
    return Spec(tuple(map(version_range, texts)))


def version_range(text: str) -> Range:
    """Return a range of a registry.

    Raises:
        JuliaError: it is none.

    """
    bounds = [_bound(word.strip()) for word in text.split("-")]
    if len(bounds) > 2:
        raise JuliaError(f"{text[:80]!r} is not a range of versions")
    return Range(bounds[0], bounds[-1])


def version_numbers(version: str) -> Numbers:
    """Return the three numbers of a version, and that of its build, which is 0 where it has none.

    Raises:
        JuliaError: it is no version.

    """
    match = _VERSION.fullmatch(version)
    if match is None:
        raise JuliaError(f"{version[:80]!r} is not a version such as 1.2.3")
    build = re.match(r"\+(\d{1,9})(?!\d)", match["build"] or "")
    return int(match[1]), int(match[2]), int(match[3]), int(build[1]) if build else 0


def version_key(version: str) -> Key:
    """Return the sort key of a version: by Semantic Versioning, and then by its build, which counts
    the builds of one release.

    Raises:
        JuliaError: it is none.

    """
    match = _VERSION.fullmatch(version)
    if match is None:
        raise JuliaError(f"{version[:80]!r} is not a version such as 1.2.3")
    before = (0, _words(match["pre"])) if match["pre"] else (1, ())
    return (*version_numbers(version)[:3], before, _words(match["build"] or ""))


def written(needs: Iterable[Need]) -> str:
    """Return needs as a lock holds them."""
    return ", ".join(
        f"{one.name}={one.uuid}" + ("" if one.spec == EVERY else f" {one.spec}") for one in needs
    )


def needs_of(text: str) -> tuple[Need, ...]:
    """Return the needs that a lock holds.

    Raises:
        JuliaError: they are something else than this program writes.

    """
    return tuple(_need(word) for word in text.split(", ") if word)


def in_order(artifacts: Iterable[Artifact]) -> list[Artifact]:
    """Return locked packages so that each follows those that it needs; the same for the same
    packages. Packages that need each other, as no release does, come by name.
    """
    by_name = {one.name: one for one in artifacts}
    graph = {name: sorted(set(needed(by_name[name])) & by_name.keys()) for name in sorted(by_name)}
    try:
        return [by_name[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError:
        return [by_name[name] for name in graph]


def needed(artifact: Artifact) -> list[str]:
    """Return the names of what a locked package needs."""
    return [word.partition("=")[0] for word in artifact.extra.get(NEEDS, "").split(", ") if word]


def uuid_of(artifact: Artifact) -> str:
    """Return the UUID of a locked package. Raises as `tree_of`."""
    return _parts(artifact)[0]


def tree_of(artifact: Artifact) -> str:
    """Return the git tree hash of a locked package or artifact.

    Raises:
        IntegrityError: it has no name or locator that this program writes.

    """
    return _parts(artifact)[1]


def brings(artifact: Artifact) -> list[tuple[str, str]]:
    """Return the artifacts that a locked package brings along: name and git tree hash of each."""
    words = [word.partition("=") for word in artifact.extra.get(BRINGS, "").split()]
    return [(name, tree) for name, _, tree in words if TREE.fullmatch(tree)]


def _parts(artifact: Artifact) -> tuple[str, str]:
    """Return UUID and tree of a locked package; no UUID for an artifact."""
    is_package = artifact.kind == KIND
    if is_package and not NAME.fullmatch(artifact.name):
        raise IntegrityError(f"{artifact.id} has a name that no Julia package has")
    match = (PACKAGE if is_package else ARTIFACT).fullmatch(artifact.locator)
    if match is None:
        form = "package/UUID/TREE" if is_package else "artifact/TREE"
        raise IntegrityError(
            f"the locator of {artifact.id} is {artifact.locator[:80]!r}: expected {form}"
        )
    return (match[1], match[2]) if is_package else ("", match[1])


def _need(text: str) -> Need:
    match = _NEED.fullmatch(text)
    if match is None:
        raise JuliaError(f"{text[:80]!r} is not what a package needs")
    spec = ranges(match["spec"].split("|")) if match["spec"] else EVERY
    return Need(match["name"], match["uuid"], spec)


def _entry(word: str) -> Range:
    if match := _SEMVER.fullmatch(word):
        return _caret(_numbers(match.groups()[1:])) if match[1] != "~" else _tilde(match.groups())
    if match := _INEQUALITY.fullmatch(word):
        return _inequality(match[1], _numbers(match.groups()[1:]))
    if match := _HYPHEN.fullmatch(word):
        return Range(_numbers(match.groups()[:3]), _numbers(match.groups()[3:]))
    raise JuliaError(f"{word[:80]!r} is not a bound such as 1.2, ~1.2, =1.2.3 or 1.2 - 2")


def _caret(numbers: Numbers) -> Range:
    """Return what agrees up to the first number that is not zero, or to the last one."""
    if numbers == (0, 0, 0):
        raise JuliaError("0.0.0 is no version")
    significant = next((at for at, one in enumerate(numbers) if one), len(numbers) - 1)
    return Range(_three(numbers), _three(numbers)[: significant + 1])


def _tilde(groups: tuple[str | None, ...]) -> Range:
    numbers = _numbers(groups[1:])
    return Range(_three(numbers), numbers[:2])


def _inequality(sign: str, numbers: Numbers) -> Range:
    whole = _three(numbers)
    if sign == "=":
        return Range(whole, whole)
    if sign != "<":
        return Range(whole)
    last = next((at for at in (2, 1, 0) if whole[at]), None)
    if last is None:
        raise JuliaError("no version is below 0")
    return Range((0, 0, 0), (*whole[:last], whole[last] - 1))


def _bound(text: str) -> Numbers:
    if text == ANY:
        return ()
    match = _BOUND.fullmatch(text)
    if match is None:
        raise JuliaError(f"{text[:80]!r} is not a bound such as 1.2")
    return _numbers(match.groups())


def _numbers(groups: Iterable[str | None]) -> Numbers:
    return tuple(int(one) for one in groups if one is not None)


def _three(numbers: Numbers) -> Numbers:
    return (*numbers, 0, 0)[:3]


def _dotted(numbers: Numbers) -> str:
    text = ".".join(map(str, numbers[:3]))
    return f"{text}+{numbers[3]}" if len(numbers) > 3 else text


def _words(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return the parts behind a version so that numbers are ordered by value, before words."""
    parts = re.split(r"[.+-]", text)[1:] if text else []
    return tuple((0, int(one), "") if one.isdecimal() else (1, 0, one) for one in parts)
