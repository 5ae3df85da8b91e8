"""`catalog chart diff`: what differs between two versions of a chart, and the version that follows
from it.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from semver import Version

from builder.catalog.load import load
from builder.charts import contents
from builder.charts.chart import VERSION
from builder.charts.levels import ChartChange
from builder.charts.objects import ObjectChange
from builder.charts.project import Charts, open_charts, read_digests
from builder.charts.switches import passwords
from builder.console.text import Console
from builder.events import Plain
from builder.record.chart_diff import KUBERNETES, ChartDifference, compare, following
from builder.record.chart_versions import NOW, ChartVersion, generated, published, version_of
from builder.tools import helm, process

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
EPILOG = """\
a chart is a directory, a .tgz, NAME@VERSION of those published in --destination, or NAME: as it
would be generated now.
Of one NAME alone, the last published version is compared with what would be generated."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.epilog = EPILOG
    parser.add_argument("old", metavar="OLD", help="a chart, or NAME alone")
    parser.add_argument(
        "new",
        metavar="NEW",
        nargs="?",
        help="a chart (default: OLD's, as it would be generated now)",
    )
    parser.add_argument(
        "--destination",
        type=Path,
        metavar="DIR",
        help="directory of the published archives and their index.yaml",
    )
    parser.add_argument(
        "--digests",
        type=Path,
        metavar="FILE",
        help="JSON that maps <image>:<tag> to the digest that a generated chart is pinned to",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print values, schema and objects that differ, the version that follows, and the lines of its
    changelog.
    """
    old, new = _sides(arguments)
    found = compare(new.name, old.tree, new.tree)
    step = _step(old, new, found)
    if arguments.json:
        console.json(_document(old, new, found, step))
    else:
        console.text("\n".join(_lines(old, new, found, step)))
    console(Plain(_plain(old, new)))
    return 0


def _sides(arguments: argparse.Namespace) -> tuple[ChartVersion, ChartVersion]:
    @functools.cache
    def charts() -> Charts:
        return open_charts(load(arguments.catalog), read_digests(arguments.digests))

    def named(text: str, side: str) -> ChartVersion:
        return version_of(text, charts, arguments.destination, side)

    if arguments.new is not None:
        return named(arguments.old, "OLD"), named(arguments.new, "NEW")
    if not Path(arguments.old).exists() and arguments.old in charts().compositions:
        return published(arguments.old, "", arguments.destination, "OLD"), generated(
            arguments.old, charts()
        )
    old = named(arguments.old, "OLD")
    return old, named(old.name, "NEW")


def _step(old: ChartVersion, new: ChartVersion, found: ChartDifference) -> dict[str, str]:
    """Return which number is to be raised, the version that follows, and what is wrong with the one
    that NEW has.
    """
    try:
        follows = following(old.version, found)
        wrong = new.version != VERSION and Version.parse(new.version) < Version.parse(follows)
    except ValueError as error:
        return {"level": str(found.level or "none"), "version": "", "problem": str(error)}
    problem = (
        f"NEW has version {new.version}, which promises too much: it follows on {old.version} as"
        f" {follows}"
        if wrong
        else ""
    )
    return {"level": str(found.level or "none"), "version": follows, "problem": problem}


def _lines(
    old: ChartVersion, new: ChartVersion, found: ChartDifference, step: dict[str, str]
) -> Iterator[str]:
    yield f"{old.name} {old.version} ({old.origin})"
    yield (
        f"  → {new.name} {new.version} ({new.origin})"
        if new.origin != NOW
        else f"  → {new.name}, {new.origin}"
    )
    yield from _section(
        "Values",
        [_value(change.kind, change.path, change.old, change.new) for change in found.values],
    )
    yield from _section("Schema", [str(change) for change in found.options])
    yield from _section("Images", [change.text for change in found.images])
    for case, objects in found.objects.items():
        yield from _section(
            f"Manifests, with {case}", [line for change in objects for line in _object(change)]
        )
    yield ""
    yield (
        f"Version: {old.version} → {step['version']} ({step['level']})"
        if found.changes
        else f"Version: {old.version} (nothing differs)"
    )
    if step["problem"]:
        yield f"  ! {step['problem']}"
    yield from _section("Changelog", [f"- {change.text}" for change in found.changes])


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"\n{title}"
        yield from (f"  {line}" for line in lines)


def _value(kind: str, path: str, old: object, new: object) -> str:
    texts = [json.dumps(value, ensure_ascii=False) for value in (old, new)]
    return (
        f"{SIGNS[kind]} {path}: "
        + {"added": texts[1], "removed": texts[0], "changed": f"{texts[0]} → {texts[1]}"}[kind]
    )


def _object(change: ObjectChange) -> Iterator[str]:
    yield f"{SIGNS[change.kind]} {change.name}"
    yield from (
        f"  ! {refused}: Kubernetes refuses the upgrade until the object is deleted"
        for refused in change.fixed
    )
    if change.kind == "changed":
        yield from (f"    {line}" for line in change.diff.splitlines()[2:])


def _document(
    old: ChartVersion, new: ChartVersion, found: ChartDifference, step: dict[str, str]
) -> dict[str, object]:
    return {
        **{
            side: {"name": one.name, "version": one.version, "origin": one.origin}
            for side, one in (("old", old), ("new", new))
        },
        "values": [
            {"path": change.path, "kind": change.kind, "old": change.old, "new": change.new}
            for change in found.values
        ],
        "schema": [_change(change) for change in found.options],
        "images": [_change(change) for change in found.images],
        "manifests": [
            {
                "values": case,
                "object": change.name,
                "kind": change.kind,
                "immutable": list(change.fixed),
                "diff": change.diff,
            }
            for case, objects in found.objects.items()
            for change in objects
        ],
        **step,
        "changelog": [_change(change) for change in found.changes],
    }


def _change(change: ChartChange) -> dict[str, str]:
    return {"level": str(change.level), "text": change.text}


def _plain(old: ChartVersion, new: ChartVersion) -> str:
    """Return the command that compares what Helm renders; passwords, which are random, are set to
    one word.
    """
    rendered = []
    for side in (old, new):
        given = passwords(contents.schema(side.tree))
        options = ["--set-json", json.dumps(given, separators=(",", ":"))] if given else []
        rendered.append(
            process.quote(helm.template_command(side.path, kubernetes=KUBERNETES, options=options))
        )
    return f"diff -u <({rendered[0]}) <({rendered[1]})"
