"""`catalog sbom`: what images hold, as SPDX 2.3 and CycloneDX 1.6 documents."""

from __future__ import annotations

import argparse
from pathlib import Path

from builder.console.text import Console
from builder.errors import InputError, Problem, counted
from builder.execute.hold import taken
from builder.execute.project import open_project
from builder.record.bills import FORMATS, bill_of, text
from builder.tree import File, replace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns", nargs="+", metavar="IMAGE", help="images (globs), such as python:py3.13"
    )
    parser.add_argument(
        "--format",
        choices=[*FORMATS],
        help="the format of the documents (default: both into a directory; else spdx, or what the"
        " name of the file says)",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="a file for one image and format, or a directory, where it is one or ends with a"
        " slash (default: standard output)",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the documents. Exit 1 when an image is not built as the catalog means it now."""
    project = open_project(arguments.catalog, arguments.patterns, cells=False)
    output = arguments.output
    is_directory = output is not None and (output.endswith("/") or Path(output).is_dir())
    if not is_directory and len(project.graph.images) > 1:
        count = counted(len(project.graph.images), "image")
        message = f"{count} are meant, and one document is of one image"
        hint = "name one as name:tag, or give a directory: --output sboms/"
        raise InputError([Problem("IMAGE", 0, 0, message, hint)])
    formats = _formats(arguments.format, output, is_directory=is_directory)
    documents: dict[str, bytes] = {}
    with taken(project) as images:
        for image, manifest in images.items():
            bill = bill_of(project, image, manifest)
            name = image.replace(":", "-")
            documents |= {f"{name}{FORMATS[one].ends}": text(bill, one) for one in formats}
    for name, document in documents.items():
        if output is None:
            console.text(document.decode().rstrip("\n"))
        else:
            _write(Path(output) / name if is_directory else Path(output), document)
    if output is not None:
        console.note(f"{counted(len(documents), 'document')} in {output}")
    return 0


def _write(path: Path, document: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, File(document))


def _formats(chosen: str | None, output: str | None, *, is_directory: bool) -> list[str]:
    if chosen:
        return [chosen]
    if is_directory:
        return [*FORMATS]
    named = [name for name, form in FORMATS.items() if output and output.endswith(form.ends)]
    return named or [next(iter(FORMATS))]
