"""`catalog chart diff`: what differs between two versions of a chart, and the next version that
this asks for.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from semver import Version

from builder.catalog.load import load
from builder.charts import contents
from builder.charts.chart import VERSION
from builder.charts.defaults import ValueChange
from builder.charts.levels import ChartChange
from builder.charts.objects import ObjectChange
from builder.charts.project import Charts, open_charts, read_digests
from builder.charts.switches import passwords
from builder.console.text import Console
from builder.events import Plain
from builder.execute.standing import check_digests
from builder.record.chart_diff import KUBERNETES, ChartDifference, compare, following
from builder.record.chart_versions import NOW, ChartVersion, generated, published, version_of
from builder.tools import helm, process

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
EPILOG = """\
A chart is a directory, a .tgz, NAME@VERSION from the index in --destination, or NAME for what
would be generated now.
With one NAME alone, the last published version is compared with what would be generated."""


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


@dataclass(frozen=True, kw_only=True, slots=True)
class NextVersion:
    """What the differences mean for the version."""

    level: str
    """`major`, `minor`, `patch`, or `none`."""
    version: str = ""
    """The version after OLD's; empty where OLD's is not a valid version."""
    problem: str = ""
    """What is wrong with the version that NEW has."""


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print values, schema and objects that differ, the next version, and the lines of its
    changelog.
    """
    old, new = _sides(arguments)
    difference = compare(new.name, old.tree, new.tree)
    following_version = _next_version(old, new, difference)
    if arguments.json:
        console.json(_document(old, new, difference, following_version))
    else:
        console.text("\n".join(_lines(old, new, difference, following_version)))
    console(Plain(_plain(old, new)))
    return 0


def _sides(arguments: argparse.Namespace) -> tuple[ChartVersion, ChartVersion]:
    @functools.cache
    def charts() -> Charts:
        loaded, digests = load(arguments.catalog), read_digests(arguments.digests)
        if digests:
            check_digests(arguments.catalog, loaded, digests, arguments.digests)
        return open_charts(loaded, digests)

    def named(text: str, side: str) -> ChartVersion:
        return version_of(text, charts, arguments.destination, side)

    if arguments.new is not None:
        return named(arguments.old, "OLD"), named(arguments.new, "NEW")
    is_service = not Path(arguments.old).exists() and arguments.old in charts().compositions
    if is_service:
        last = published(arguments.old, "", arguments.destination, "OLD")
        return last, generated(arguments.old, charts())
    old = named(arguments.old, "OLD")
    return old, named(old.name, "NEW")


def _next_version(old: ChartVersion, new: ChartVersion, difference: ChartDifference) -> NextVersion:
    level = str(difference.level or "none")
    try:
        version = following(old.version, difference)
        is_too_low = Version.parse(new.version) < Version.parse(version)
    except ValueError as error:
        return NextVersion(level=level, problem=str(error))
    # An unpublished chart has no version of its own yet, so there is nothing to judge.
    if is_too_low and new.version != VERSION:
        problem = (
            f"NEW has version {new.version}, but it must be higher: after {old.version} comes"
            f" {version}"
        )
        return NextVersion(level=level, version=version, problem=problem)
    return NextVersion(level=level, version=version)


def _lines(
    old: ChartVersion, new: ChartVersion, difference: ChartDifference, following: NextVersion
) -> Iterator[str]:
    """Yield what a person reads."""
    yield f"{old.name} {old.version} ({old.origin})"
    if new.origin == NOW:
        yield f"  → {', '.join(filter(None, (new.name, new.whose, new.origin)))}"
    else:
        yield f"  → {new.name} {new.version} ({new.origin})"
    yield from _section("Values", [_value(change) for change in difference.values])
    yield from _section("Schema", [str(change) for change in difference.options])
    yield from _section("Images", [change.text for change in difference.images])
    for case, objects in difference.objects.items():
        yield from _section(f"Manifests, with {case}", list(_objects(objects)))
    yield ""
    if difference.changes:
        yield f"Version: {old.version} → {following.version} ({following.level})"
    else:
        yield f"Version: {old.version} (nothing differs)"
    if following.problem:
        yield f"  ! {following.problem}"
    yield from _section("Changelog", [f"- {change.text}" for change in difference.changes])


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"\n{title}"
        yield from (f"  {line}" for line in lines)


def _value(change: ValueChange) -> str:
    old = json.dumps(change.old, ensure_ascii=False)
    new = json.dumps(change.new, ensure_ascii=False)
    values = {"added": new, "removed": old, "changed": f"{old} → {new}"}
    return f"{SIGNS[change.kind]} {change.path}: {values[change.kind]}"


def _objects(changes: Sequence[ObjectChange]) -> Iterator[str]:
    for change in changes:
        yield f"{SIGNS[change.kind]} {change.name}"
        for refused in change.fixed:
            yield f"  ! {refused}: Kubernetes refuses the upgrade until the object is deleted"
        if change.kind == "changed":
            # The first two lines name the files that are compared, which here are none.
            yield from (f"    {line}" for line in change.diff.splitlines()[2:])


def _document(
    old: ChartVersion, new: ChartVersion, difference: ChartDifference, following: NextVersion
) -> dict[str, object]:
    """Return what programs read."""
    manifests: list[dict[str, object]] = []
    for case, objects in difference.objects.items():
        manifests += [_manifest(case, change) for change in objects]
    return {
        "old": _side(old),
        "new": _side(new),
        "values": [asdict(change) for change in difference.values],
        "schema": [_change(change) for change in difference.options],
        "images": [_change(change) for change in difference.images],
        "manifests": manifests,
        **asdict(following),
        "changelog": [_change(change) for change in difference.changes],
    }


def _side(one: ChartVersion) -> dict[str, str]:
    side = {"name": one.name, "version": one.version, "origin": one.origin}
    return {**side, "whose": one.whose} if one.whose else side


def _manifest(case: str, change: ObjectChange) -> dict[str, object]:
    return {
        "values": case,
        "object": change.name,
        "kind": change.kind,
        "immutable": list(change.fixed),
        "diff": change.diff,
    }


def _change(change: ChartChange) -> dict[str, str]:
    return {"level": str(change.level), "text": change.text}


def _plain(old: ChartVersion, new: ChartVersion) -> str:
    """Return the command that compares what Helm renders. Passwords, which are random, are set to
    one word.
    """
    before, after = _rendering(old), _rendering(new)
    return f"diff -u <({before}) <({after})"


def _rendering(one: ChartVersion) -> str:
    given = passwords(contents.schema(one.tree))
    options = ["--set-json", json.dumps(given, separators=(",", ":"))] if given else []
    return process.quote(helm.template_command(one.path, kubernetes=KUBERNETES, options=options))
