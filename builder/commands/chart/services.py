"""`catalog chart services`: a page of what services there are."""

from __future__ import annotations

import argparse
from pathlib import Path

from builder import confined
from builder.catalog.load import load
from builder.charts.project import open_charts
from builder.charts.services import page
from builder.console.text import Console
from builder.errors import InputError, Problem
from builder.tree import File, replace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the page to a file (default: print it)"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when the file is out of date"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the page as Markdown, write it, or compare it with a file."""
    file: Path | None = arguments.output
    if arguments.check and file is None:
        raise InputError([Problem("--check", 0, 0, "there is no file to check", "give --output")])
    text = page(open_charts(load(arguments.catalog)).compositions)
    if file is None:
        console.text(text.rstrip("\n"))
        return 0
    if arguments.check:
        return _check(file, text, console)
    replace(file, File(text.encode()))
    console.note(f"written: {file}")
    return 0


def _check(file: Path, text: str, console: Console) -> int:
    try:
        is_same = confined.regular(file) == text.encode()
    except FileNotFoundError:
        is_same = False
    except OSError as error:
        raise InputError([Problem(str(file), 0, 0, str(error.strerror))]) from None
    console.note(
        "up to date" if is_same else f"{file} differs: run `catalog chart services --output {file}`"
    )
    return 0 if is_same else 1
