"""All charts of a catalog, from its services, its options and its images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from builder.charts.chart import Origin, chart
from builder.charts.compose import Composition, compose
from builder.charts.images import ImageRefs
from builder.charts.load import SERVICE, load_groups, load_services
from builder.errors import InputError, Problem
from builder.tree import Tree

OWNED = "templates"
"""The directory of a chart that holds nothing but what is generated."""


def compositions(directory: Path, refs: ImageRefs) -> Mapping[str, Composition]:
    """Return every service below `directory` with all its options, by name.

    Raises:
        InputError: something is wrong with services, options or images; holds every problem of the first kind found.

    """
    groups = load_groups()
    found, problems = dict[str, Composition](), list[Problem]()
    for name, service in load_services(directory, groups).items():
        try:
            found[name] = compose(name, service, groups, refs.of(service, f"{directory.name}/{name}/{SERVICE}"))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def charts(directory: Path, refs: ImageRefs, origin: Origin) -> Mapping[str, Tree]:
    """Return the files of every chart, by name, as they are committed.

    Raises:
        InputError: see `compositions`, and `builder.charts.chart.chart`.

    """
    return {name: chart(composition, directory, origin) for name, composition in compositions(directory, refs).items()}


def joined(trees: Mapping[str, Tree]) -> Tree:
    """Return all charts as one tree, each in its directory."""
    whole = Tree({})
    for name, tree in trees.items():
        whole = whole.merged(tree.below(name))
    return whole
