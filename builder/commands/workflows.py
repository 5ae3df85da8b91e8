"""`catalog workflows`: write the catalog's continuous integration."""

from __future__ import annotations

import argparse

from builder.catalog.load import load
from builder.catalog.workflows import Workflows
from builder.charts.sources import service_names
from builder.console.text import Console
from builder.errors import InputError
from builder.record.chart_images import on_this_machine
from builder.render.workflows import Project, workflows

WHAT = "jobs would publish to"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when a file is out of date"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the files, or compare them with what is there."""
    loaded = load(arguments.catalog)
    problem = on_this_machine(arguments.catalog, loaded.catalog.registry, WHAT)
    if problem:
        raise InputError([problem])
    project = Project(
        registry=loaded.catalog.registry,
        has_charts=bool(service_names(loaded.levels)),
        workflows=loaded.catalog.workflows or Workflows(),
        signers=loaded.catalog.signed_by,
    )
    tree = workflows(project)
    if arguments.check:
        differences = tree.check(loaded.root)
        for difference in differences:
            console.text(f"{difference}; run `catalog workflows`")
        return 1 if differences else 0
    for path, state in tree.write(loaded.root).items():
        console.text(f"{state:>9} {path}")
    return 0
