"""`catalog schema`: the JSON Schemas of what people write, for editors."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from pydantic import BaseModel

from builder.catalog.model import Catalog, Layer
from builder.catalog.schema import schemas
from builder.charts.model import Group
from builder.charts.service import Service
from builder.charts.texts import Texts
from builder.console.text import Console
from builder.vulnerabilities.policy import Policy

DIRECTORY = "schemas"
DOCUMENTS: Mapping[str, type[BaseModel]] = {
    "catalog": Catalog,
    "layer": Layer,
    "service": Service,
    "options": Group,
    "texts": Texts,
    "vulnerabilities": Policy,
}
"""catalog.yaml, images/*/layer.yaml, charts/*/service.yaml, a group of options, texts in one
language, and vulnerabilities.yaml.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "document",
        nargs="?",
        choices=list(DOCUMENTS),
        default="catalog",
        help="which one to print (default: %(default)s)",
    )
    do = parser.add_mutually_exclusive_group()
    do.add_argument(
        "--write", action="store_true", help=f"write all of them to {DIRECTORY}/ beside the catalog"
    )
    do.add_argument("--check", action="store_true", help=f"exit 1 when {DIRECTORY}/ differs")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print a schema, write all, or compare them with what is there."""
    tree = schemas(DOCUMENTS).below(DIRECTORY)
    root = arguments.catalog.parent
    if arguments.write:
        for path, state in tree.write(root).items():
            console.text(f"{state:>9} {path}")
        return 0
    if arguments.check:
        differences = tree.check(root)
        for difference in differences:
            console.text(f"{difference}; run `catalog schema --write`")
        return 1 if differences else 0
    console.text(tree[f"{DIRECTORY}/{arguments.document}.schema.json"].data.decode().rstrip("\n"))
    return 0
