"""`catalog list`: the images."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from typing import Any

from builder.catalog.conditions import written
from builder.catalog.load import load
from builder.catalog.standing import summary
from builder.console.text import Console
from builder.errors import listed
from builder.graph.build import with_mixes
from builder.graph.draw import image_document
from builder.graph.model import Graph
from builder.graph.needs import needs
from builder.graph.sample import ASPECTS, Sample, sample
from builder.graph.select import select
from builder.record.published import tags_by_lock
from builder.settings import today

NAMED = 8
"""How many names of a kind a line has."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns",
        nargs="*",
        metavar="PATTERN",
        help="images (globs over names or name:tag); all without one",
    )
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--absent", action="store_true", help="list the points that images do not have, and why"
    )
    part.add_argument(
        "--sample",
        action="store_true",
        help="show which images `make test` tests as a sample, and why the others are left out",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print one line for each image name, with its tags, in the order of the catalog."""
    loaded = load(arguments.catalog)
    made, patterns = with_mixes(loaded, arguments.patterns)
    if arguments.absent:
        _absent(arguments, made, patterns, console)
        return 0
    part = select(made, patterns, cells=False)
    if arguments.sample:
        _sample(sample(part), part, console, as_json=arguments.json)
        return 0
    if arguments.json:
        tags = tags_by_lock(loaded, made)
        console.json(
            [
                {**image_document(image, part), "tags": tags[image.id]}
                for image in part.images.values()
            ]
        )
        return 0
    _list(part, console)
    return 0


def _list(part: Graph, console: Console) -> None:
    """Print the images; which hosts they need beside the package registries, and how long they are
    for use, where something is to be told of some.
    """
    hosts: dict[str, set[str]] = {}
    for image in part.images.values():
        hosts.setdefault(image.name, set()).update(needs(image, part))
    told = _standings(part, today())
    optional = {
        "needs": {name: " ".join(sorted(of)) for name, of in hosts.items()},
        "lifecycle": told,
    }
    shown = {column: of for column, of in optional.items() if any(of.values())}
    console.table(
        ["image", "tags", *shown, "description"],
        [
            (name, " ".join(tags), *(of.get(name, "") for of in shown.values()), text)
            for (name, text), tags in by_name(part).items()
        ],
    )


def _standings(part: Graph, day: date) -> dict[str, str]:
    """Return how long the images of each name are for use: once for all of its tags, or with the
    tag in front.
    """
    by_name: dict[str, dict[str, str]] = {}
    for image in part.images.values():
        by_name.setdefault(image.name, {})[image.tag] = summary(image.standing, day)
    told: dict[str, str] = {}
    for name, tags in by_name.items():
        is_one = len(set(tags.values())) == 1
        each = [f"{tag} {text}" for tag, text in tags.items() if text]
        told[name] = next(iter(tags.values())) if is_one else "; ".join(each)
    return told


def _absent(
    arguments: argparse.Namespace, made: Graph, patterns: Sequence[str], console: Console
) -> None:
    """Print the points that images do not have. A pattern may also name an image that a rule
    removed altogether.
    """
    whole = {entry.name for entry in made.absent if not entry.point}
    named = [pattern for pattern in patterns if pattern not in whole]
    names: set[str] = set()
    if named or not patterns:
        names = {entry.name for entry in select(made, named).absent}
    shown = names | whole.intersection(patterns)
    absent = [entry for entry in made.absent if entry.name in shown]
    if arguments.json:
        console.json(
            [
                {"name": entry.name, "point": dict(entry.point), "because": entry.because}
                for entry in absent
            ]
        )
    else:
        console.table(
            ["image", "absent at", "because"],
            [
                (entry.name, written(entry.point) or "every point", entry.because)
                for entry in absent
            ],
        )


def by_name(graph: Graph) -> dict[tuple[str, str], list[str]]:
    """Return the tags of the images of each name and description."""
    tags: dict[tuple[str, str], list[str]] = {}
    for image in graph.images.values():
        tags.setdefault((image.name, image.description), []).append(image.tag)
    return tags


def _sample(chosen: Sample, part: Graph, console: Console, *, as_json: bool) -> None:
    """Print the images of a sample with what each was chosen for, then why the others were not."""
    if as_json:
        console.json(_document(chosen))
        return
    console.table(
        ["image", "chosen for"], [(name, _purpose(chosen, name)) for name in chosen.images]
    )
    left_out = [(name, _reason(chosen, name)) for name in part.images if name not in chosen.images]
    if left_out:
        console.text()
        console.table(["left out", "because"], left_out)
    console.text()
    console.text(f"{len(chosen.images)} of {len(part.images)} images show {coverage(chosen)}")
    if chosen.missed:
        console.text()
        console.table(["shown by heavy images alone", ""], _missed(chosen))
        console.text("`--json` names all of them")


def coverage(chosen: Sample) -> str:
    """Return how much of everything a sample shows: `13 of 13 layers, …`."""
    counts = []
    for kind, (one, several) in ASPECTS.items():
        shown, there = chosen.count(kind)
        counts.append(f"{shown} of {there} {one if there == 1 else several}")
    return ", ".join(counts)


def _missed(chosen: Sample) -> list[tuple[str, str]]:
    """Return what only heavy images show, kind by kind: how many, and the names of the first."""
    rows = []
    for kind, (one, several) in ASPECTS.items():
        names = sorted(aspect.name for aspect in chosen.missed if aspect.kind == kind)
        if names:
            count = f"{len(names)} {one if len(names) == 1 else several}"
            rows.append((count, listed(names, limit=NAMED)))
    return rows


def _purpose(chosen: Sample, name: str) -> str:
    """Return what an image adds to a sample, and what it needs for that: `1 layer, 5 pairs of
    layers that meet`.
    """
    counts = []
    for kind, (one, several) in ASPECTS.items():
        count = sum(aspect.kind == kind for aspect in chosen.images[name])
        if count:
            counts.append(f"{count} {one if count == 1 else several}")
    hosts = chosen.needs.get(name, ())
    condition = f"; left out where {' or '.join(hosts)} cannot be reached" if hosts else ""
    return f"{', '.join(counts)}{condition}"


def _reason(chosen: Sample, name: str) -> str:
    """Return why an image is not in a sample."""
    if name in chosen.heavy:
        return f"heavy: {', '.join(chosen.heavy[name])}"
    return f"shown by {', '.join(sorted(chosen.covered[name]))}"


def _document(chosen: Sample) -> dict[str, Any]:
    """Return a sample as JSON data."""
    return {
        "images": {name: [str(one) for one in adds] for name, adds in chosen.images.items()},
        "left_out": {
            **{name: {"shown_by": sorted(others)} for name, others in chosen.covered.items()},
            **{name: {"heavy": list(layers)} for name, layers in chosen.heavy.items()},
        },
        "needs": {name: list(hosts) for name, hosts in chosen.needs.items()},
        "shown": [str(aspect) for aspect in sorted(chosen.shown)],
        "missed": [str(aspect) for aspect in sorted(chosen.missed)],
    }
