"""All charts of a catalog, from its services, its options and its images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

from builder.charts.compose import Composition, compose
from builder.charts.images import ImageRefs
from builder.charts.library import load_library
from builder.charts.load import SERVICE, load_groups, load_services
from builder.charts.service import Service
from builder.errors import InputError, Problem
from builder.tree import Tree

OWNED = "templates"
"""The directory of a chart that holds nothing but what is generated."""


def compositions(
    directory: Path, refs: ImageRefs, shared: Path | None = None, file: str = ""
) -> Mapping[str, Composition]:
    """Return every service below `directory` with all its options, by name. `shared` is the
    directory of options, library and stubs, which problems call `file`; without it, the same one.

    Raises:
        InputError: something is wrong with services, options or images; holds every problem of the
        first kind found.

    """
    shared, file = shared or directory, file or directory.name
    groups = load_groups({file: shared, directory.name: directory})
    library = load_library(shared, file)
    services = load_services(directory, groups)
    composed, problems = dict[str, Composition](), list[Problem]()
    # A service is composed after those that it contains.
    for name in _inside_out(services):
        service = services[name]
        if any(inner not in composed for inner in service.contained.values()):
            continue  # one of them is wrong, which is told already
        contained = {key: composed[inner] for key, inner in service.contained.items()}
        try:
            images = refs.of(service, f"{directory.name}/{name}/{SERVICE}")
            composed[name] = compose(name, service, groups, images, library, contained=contained)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return {name: composed[name] for name in services}


def _inside_out(services: Mapping[str, Service]) -> Iterator[str]:
    """Yield the services, each after those that it contains; `load_services` refuses circles."""
    waiting = {name: set(service.contained.values()) for name, service in services.items()}
    yield from TopologicalSorter(waiting).static_order()


def joined(trees: Iterable[tuple[str, Tree]]) -> Tree:
    """Return charts, given with their names, as one tree, each in its directory."""
    return Tree({f"{name}/{path}": file for name, tree in trees for path, file in tree.items()})
