"""All charts of a catalog, from its services, its options and its images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from builder.charts.compose import Composition, compose
from builder.charts.images import ImageRefs
from builder.charts.load import load_groups, read_services
from builder.charts.service_rules import service_files, service_problems, setting_problems
from builder.errors import InputError, Problem
from builder.tree import Tree

OWNED = "templates"
"""The directory of a chart that holds nothing but what is generated."""


def compositions(directory: Path, refs: ImageRefs) -> Mapping[str, Composition]:
    """Return every service below `directory` with all its options, by name.

    Raises:
        InputError: something is wrong with services, options or images; holds every problem.

    """
    composed, problems = composed_services(directory, refs)
    if problems:
        raise InputError(problems)
    return composed


def composed_services(
    directory: Path, refs: ImageRefs
) -> tuple[Mapping[str, Composition], list[Problem]]:
    """Return the services below `directory` that can be composed, and every problem of all of them.

    Raises:
        InputError: something is wrong with the groups of options, which all services need.

    """
    groups = load_groups()
    read = read_services(directory, groups)
    files = service_files(directory, read.documents)
    composed: dict[str, Composition] = {}
    problems = list(read.problems)
    for name, service in read.services.items():
        file = files[name]
        wrong = list(setting_problems(file))
        if wrong:
            problems += wrong
            continue
        try:
            holder = file.holder("image").document
            images = refs.of(service, holder.file, holder.at(("image",)))
            composed[name] = compose(name, service, groups, images, file.places_of("set"))
        except InputError as error:
            problems += error.problems
        else:
            problems += service_problems(composed[name], file)
    return composed, problems


def joined(trees: Iterable[tuple[str, Tree]]) -> Tree:
    """Return charts, given with their names, as one tree, each in its directory."""
    return Tree({f"{name}/{path}": file for name, tree in trees for path, file in tree.items()})
