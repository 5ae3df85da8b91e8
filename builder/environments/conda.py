"""environment.yml: what conda, mamba and micromamba read (conda's documentation, "Managing
environments" and "Package match specifications").

Conda's own packages cannot be had: a layer takes Python packages from a Python index, and programs
from Debian. Most have the same name there. Those that are known to have another one are renamed;
one that is a program is never taken from a Python index, where a stranger may have its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from builder.catalog import source
from builder.catalog.reader import Key
from builder.catalog.source import YamlFile
from builder.documents import from_toml
from builder.environments.model import Environment, Place, merged
from builder.environments.requirements import SHOWN, requirement
from builder.errors import InputError, Problem, listed
from builder.redact import redact

SPEC = re.compile(
    r"(?:[A-Za-z0-9_./-]+(?:/[a-z0-9-]+)?::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*)"
    r"\s*(?P<version>[^\[\]]*)"
)
EXACT_BUILD = re.compile(r"=(?P<version>[^=<>!,|\s]+)=(?P<build>[^=<>!,|\s]+)")
FUZZY = re.compile(r"=(?P<version>[^=<>!,|\s]+)")
BARE = re.compile(r"(?P<version>[0-9][^=<>!,|\s]*)")
PYTHON, R = "python", "r-base"
R_PACKAGE = "r-"
THERE = frozenset({"pip", "setuptools", "wheel"})
"""What every Python of an image brings, or no image needs."""
_NAMES = from_toml(Path(__file__).with_suffix(".toml").read_bytes())
RENAMED: Mapping[str, str] = _NAMES["python"]
"""Packages of conda -> those of a Python index."""
PROGRAMS: Mapping[str, str] = _NAMES["debian"]
"""Packages of conda that are programs -> those of Debian."""
CONDA_ALONE = re.compile(
    r"_.*|.*-ng|cuda.*|cudatoolkit|cudnn|mkl|libblas|libcblas|liblapack|nodejs|openjdk|openssl"
    r"|ca-certificates|compilers|sysroot_.*|ld_impl_.*|ncurses|readline|tk|xz|zlib|bzip2|libffi"
)
"""Packages that only have a meaning among others of conda."""


def read(path: Path, shown: str) -> Environment:
    """Return what an environment of conda has, as far as layers can have it.

    Raises:
        InputError: the file is not YAML, or no environment.

    """
    yaml = source.read(path, shown)
    document = yaml.data
    entries = document.get("dependencies") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(entries, list):
        message = "it is no environment of conda: it has no list `dependencies`"
        raise InputError([Problem(shown, 1, 1, message)])
    parts = []
    for index, entry in enumerate(entries):
        place = ("dependencies", index)
        if isinstance(entry, str):
            parts.append(_package(yaml, place, entry))
        else:
            parts.append(_pip(yaml, place, entry))
    name = document.get("name")
    whole = merged([Environment(name=name if isinstance(name, str) else ""), *parts])
    return merged([whole, Environment(notes=tuple(_notes(entries, whole)))])


def _pip(yaml: YamlFile, place: tuple[Key, ...], entry: object) -> Environment:
    """Return what a list for pip asks for."""
    lines = entry.get("pip") if isinstance(entry, dict) and len(entry) == 1 else None
    if not isinstance(lines, list):
        problem = yaml.problem(place, "a package or {pip: [...]} is expected")
        return Environment(problems=(problem,))
    places: dict[str, Place] = {}
    problems = []
    for index, line in enumerate(lines):
        parsed = requirement(line) if isinstance(line, str) else None
        if parsed is None or parsed.url:
            message = f"{redact(str(line))!r} is not a package of an index"
            hint = "options, files and addresses of pip do not hold for a layer"
            problems.append(yaml.problem((*place, "pip", index), message, hint))
        else:
            places.setdefault(str(parsed), yaml.site((*place, "pip", index)))
    return Environment(python=tuple(places), places=places, problems=tuple(problems))


def _package(yaml: YamlFile, place: tuple[Key, ...], text: str) -> Environment:
    """Return what a package of conda is elsewhere."""

    def refused(message: str, hint: str = "") -> Environment:
        return Environment(problems=(yaml.problem(place, message, hint),))

    found = SPEC.fullmatch(text.strip())
    if found is None:
        return refused(f"{text!r} is not a package that can be read", "such as numpy>=2")
    name, version = found["name"].lower(), found["version"].strip()
    if EXACT_BUILD.fullmatch(version):
        hint = "`conda env export --from-history` writes what was asked for alone"
        return refused(f"{text!r} names a build of conda's", hint)
    if CONDA_ALONE.fullmatch(name):
        hint = "remove it, or choose a layer of the catalog that brings what it is for"
        return refused(f"{name} has a meaning among packages of conda alone", hint)
    specifier = _specifier(version)
    if specifier is None:
        return refused(f"{version!r} is not a version that can be read", "such as >=2,<3")
    made = _elsewhere(name, specifier)
    if made is None:
        return refused(f"{name} comes from Debian here, which has one version", f"write {name}")
    return replace(made, places=dict.fromkeys(made.python + made.apt, yaml.site(place)))


def _elsewhere(name: str, specifier: SpecifierSet) -> Environment | None:
    """Return what a package is elsewhere; None where it cannot be had in such a version."""
    if name == PYTHON:
        return Environment(versions={"python": specifier} if specifier else {})
    if name == R:
        return Environment(versions={"r": specifier} if specifier else {})
    if name in THERE:
        return Environment()
    if name in PROGRAMS or name.startswith(R_PACKAGE):
        package = PROGRAMS.get(name) or f"r-cran-{name.removeprefix(R_PACKAGE)}"
        return None if specifier else Environment(apt=(package,))
    return Environment(python=(f"{RENAMED.get(name, name)}{specifier}",))


def _specifier(version: str) -> SpecifierSet | None:
    """Return what a version of a match specification allows; None if it cannot be said so."""
    if found := FUZZY.fullmatch(version):
        words = f"=={found['version'].removesuffix('.*').removesuffix('*')}.*"
    elif found := BARE.fullmatch(version):
        words = f"=={found['version']}"
    else:
        words = version
    try:
        return SpecifierSet(words)
    except InvalidSpecifier:
        return None


def _notes(entries: list[object], whole: Environment) -> Iterator[str]:
    of_conda = [entry for entry in entries if isinstance(entry, str)]
    if of_conda and whole.python:
        names = [one.name for text in whole.python if (one := requirement(text))]
        yield (
            f"nothing is taken from conda's channels: from a Python index come"
            f" {listed(names, SHOWN)}"
        )
    if whole.apt:
        yield f"from Debian come {listed(list(whole.apt), SHOWN)}"
