"""`catalog doctor`: what this machine lacks, and the command that fixes it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from builder.catalog.load import Loaded, load
from builder.charts.sources import sources
from builder.console.text import Console
from builder.errors import BuilderError, InputError
from builder.graph.asks import stale
from builder.graph.build import graph
from builder.graph.needs import addresses
from builder.graph.origins import origins
from builder.kinds.requests import places
from builder.lock.file import read as read_lock
from builder.lock.maven import RANGE, coordinates
from builder.lock.model import NAME as LOCK
from builder.settings import Settings
from builder.settings import read as read_settings
from builder.verify.check import CheckResult, Needs
from builder.verify.machine import examine

RELEASES = "debian"
"""The axis whose values are Debian releases."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what was found; exit 1 when something needed is missing or wrong."""
    findings: list[CheckResult] = []
    loaded = _loaded(arguments.catalog, findings)
    settings = _settings(arguments.catalog.parent, findings)
    if loaded is not None:
        findings += _lock(loaded)
    if settings is not None:
        needs = _needs(loaded) if loaded is not None else Needs()
        findings += examine(settings, needs)
    wrong = sum(finding.verdict == "wrong" for finding in findings)
    if arguments.json:
        console.json([asdict(finding) for finding in findings])
        return 1 if wrong else 0
    console.table(
        ["", "what", "found", "how to fix it"],
        [(one.verdict, one.name, one.detail, one.fix) for one in findings],
    )
    console.text(f"{wrong} to fix" if wrong else "nothing is wrong")
    return 1 if wrong else 0


def _loaded(path: Path, findings: list[CheckResult]) -> Loaded | None:
    """Return the catalog, unless it has a mistake."""
    try:
        loaded = load(path)
    except InputError as error:
        count = len(error.problems)
        detail = f"{count} problem{'s' * (count != 1)}: {error.problems[0].message}"
        findings.append(
            CheckResult(name="catalog", verdict="wrong", detail=detail, fix="catalog validate")
        )
        return None
    findings.append(CheckResult(name="catalog", verdict="ok", detail=path.as_posix()))
    return loaded


def _settings(root: Path, findings: list[CheckResult]) -> Settings | None:
    """Return the settings, unless one of them is wrong."""
    try:
        return read_settings(root)
    except InputError as error:
        for problem in error.problems:
            findings.append(
                CheckResult(
                    name=problem.file,
                    verdict="wrong",
                    detail=problem.message,
                    fix=problem.hint or f"unset {problem.file}",
                )
            )
        return None


def _lock(loaded: Loaded) -> Iterator[CheckResult]:
    """Check that the lock can be read, and covers what layers ask for."""
    path = loaded.root / LOCK
    if not path.exists():
        detail = f"there is no {path}"
        yield CheckResult(name="lock", verdict="wrong", detail=detail, fix="catalog lock")
        return
    try:
        late = stale(read_lock(path), graph(loaded))
    except BuilderError as error:
        detail = error.message.partition("\n")[0]
        yield CheckResult(name="lock", verdict="wrong", detail=detail, fix="catalog lock")
        return
    if late:
        detail = f"it does not cover what {len(late)} cells ask for"
        yield CheckResult(name="lock", verdict="wrong", detail=detail, fix="catalog lock")
        return
    yield CheckResult(name="lock", verdict="ok", detail="covers what layers ask for")


def _needs(loaded: Loaded) -> Needs:
    layers = loaded.layers.values()
    releases = loaded.catalog.axes.get(RELEASES)
    whole = graph(loaded)
    further: dict[str, tuple[str, str]] = {}
    for cell in whole.cells.values():
        further |= origins(cell, whole)
    return Needs(
        releases=tuple(releases.values) if releases else (),
        python=any(layer.python or layer.wheels for layer in layers),
        npm=any(layer.npm for layer in layers),
        maven=next(_maven_files(loaded), ""),
        go=any(layer.go for layer in layers),
        cran=any(layer.cran for layer in layers),
        julia=any(layer.julia for layer in layers),
        archives=addresses(whole),
        further=further,
        charts=bool(sources(loaded.levels).written),
    )


def _maven_files(loaded: Loaded) -> Iterator[str]:
    """Yield the path in a repository of a file of each Maven artifact that layers ask for."""
    for layer in loaded.layers.values():
        asked = places("artifacts", layer.maven.artifacts) if layer.maven else ()
        for _, text in asked:
            wanted = coordinates(text)
            if wanted is None:
                continue
            module = wanted.module
            if RANGE.fullmatch(wanted.version):
                yield f"{module.path.rpartition('/')[0]}/maven-metadata.xml"
            else:
                yield f"{module.path}/{module.artifact}-{module.version}.pom"
