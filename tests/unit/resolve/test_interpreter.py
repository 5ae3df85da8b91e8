"""The Python that Debian gives is the one that the axis names."""

from __future__ import annotations

from pathlib import Path

from builder.catalog.model import Layer
from builder.catalog.source import parse
from builder.errors import Problem
from builder.graph.request import Documents
from builder.lock.deb import Index
from builder.resolve.interpreter import check
from builder.resolve.suite import Suite
from builder.tools.apt import Apt
from tests.unit.resolve.test_resolve import artifact, cell

CATALOG = 'axes:\n  python:\n    values:\n      "3.13": \n      "3.14": {when: {debian: trixie}}\n'
DOCUMENTS = Documents(catalog=parse(CATALOG.encode(), "catalog.yaml"))
HELD = [artifact("deb", "python3", "3.13.5-1"), artifact("deb", "python3-venv", "3.14")]


def problems(python: str, *packages: str, known: str = "python3") -> list[Problem]:
    index = Index()
    index.add(f"Package: {known}\nVersion: 1\nArchitecture: amd64\n", "debian")
    suite = Suite(
        release="trixie", arch="amd64", apt=Apt(root=Path("/nowhere"), arch="amd64"), index=index
    )
    snake = cell("snake", layer=Layer(description="x", apt=packages), python=python)
    return check(DOCUMENTS, suite, snake, [cell("base")], HELD)


def test_a_version_that_debian_does_not_have_is_told_at_the_axis() -> None:
    (problem,) = problems("3.14", "python3", "python3-venv")
    assert (problem.file, problem.line, problem.column) == ("catalog.yaml", 5, 7)
    assert problem.message == (
        "snake would have no Python 3.14: on Debian trixie, python3 3.13.5-1 is Python 3.13"
    )
    assert problem.hint.startswith("Debian trixie has no package python3.14: exclude 3.14 there")


def test_a_package_of_that_version_is_proposed_where_there_is_one() -> None:
    (problem,) = problems("3.14", "python3", known="python3.14")
    assert problem.hint == "ask for python3.14 in snake"


def test_the_version_that_debian_gives_is_right_and_other_layers_are_not_asked() -> None:
    assert not problems("3.13", "python3")
    assert not problems("3.14", "python3-venv"), "whoever does not ask for Python brings another"
