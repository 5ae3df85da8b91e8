"""All charts of a catalog, from its services, its options and its images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from builder.charts.compose import Composition, compose
from builder.charts.images import ImageRefs
from builder.charts.library import load_library
from builder.charts.load import SERVICE, load_groups, load_services
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
    found, problems = dict[str, Composition](), list[Problem]()
    for name, service in load_services(directory, groups).items():
        try:
            images = refs.of(service, f"{directory.name}/{name}/{SERVICE}")
            found[name] = compose(name, service, groups, images, library)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def joined(trees: Iterable[tuple[str, Tree]]) -> Tree:
    """Return charts, given with their names, as one tree, each in its directory."""
    return Tree({f"{name}/{path}": file for name, tree in trees for path, file in tree.items()})
