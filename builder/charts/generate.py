"""All charts of a catalog, from its services, options and images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

from builder.charts.compose import Composition, compose
from builder.charts.images import ImageRefs
from builder.charts.library import load_library
from builder.charts.library_rules import library_problems
from builder.charts.load import load_groups, read_services
from builder.charts.service import Service
from builder.charts.service_rules import service_files, service_problems, setting_problems
from builder.errors import InputError, Problem
from builder.tree import File, Tree

OWNED = "templates"
"""The directory of a chart that holds only generated files."""


def compositions(
    directory: Path, refs: ImageRefs, shared: Path | None = None, file: str = ""
) -> Mapping[str, Composition]:
    """Return every service below `directory` with all its options, by name. `shared` is the
    directory of options, library and stubs (the same one by default), and `file` its name in
    problems.

    Raises:
        InputError: something is wrong with services, options or images; holds every problem.

    """
    composed, problems = composed_services(directory, refs, shared, file)
    if problems:
        raise InputError(problems)
    return composed


def composed_services(
    directory: Path, refs: ImageRefs, shared: Path | None = None, file: str = ""
) -> tuple[Mapping[str, Composition], list[Problem]]:
    """Return the services below `directory` that can be composed, and every problem of all of them;
    see `compositions`.

    Raises:
        InputError: something is wrong with the options or the library, which all services need.

    """
    shared, file = shared or directory, file or directory.name
    groups = load_groups((shared, file), (directory, directory.name))
    library = load_library(shared, file)
    read = read_services(directory, groups)
    files = service_files(directory, read.documents)
    composed: dict[str, Composition] = {}
    problems = [*library_problems(groups, library), *read.problems]
    # A service is composed after the ones it contains.
    for name in _inside_out(read.services):
        service, written = read.services[name], files[name]
        if any(inner not in composed for inner in service.contained.values()):
            continue  # one of them is wrong, which is reported already
        wrong = list(setting_problems(written))
        if wrong:
            problems += wrong
            continue
        contained = {key: composed[inner] for key, inner in service.contained.items()}
        try:
            images = refs.of(service, written.problem)
            composed[name] = compose(
                name,
                service,
                groups,
                images,
                library,
                contained=contained,
                places=written.places_of("set"),
            )
        except InputError as error:
            problems += error.problems
        else:
            problems += service_problems(composed[name], written)
    return {name: composed[name] for name in read.services if name in composed}, problems


def _inside_out(services: Mapping[str, Service]) -> Iterator[str]:
    """Yield the services, each after those that it contains; `read_services` refuses cycles."""
    waiting = {name: set(service.contained.values()) for name, service in services.items()}
    for name in TopologicalSorter(waiting).static_order():
        if name in services:
            yield name


def joined(trees: Iterable[tuple[str, Tree]]) -> Tree:
    """Return named charts as one tree, each in its own directory."""
    files: dict[str, File] = {}
    for name, tree in trees:
        files |= {f"{name}/{path}": file for path, file in tree.items()}
    return Tree(files)
