"""`catalog vulnerabilities`: what images hold that is known to be vulnerable, by a policy."""

from __future__ import annotations

import argparse
import json
from itertools import chain
from pathlib import Path

from builder.console.text import Console
from builder.errors import counted, listed
from builder.events import Note
from builder.execute.hold import held, looked_up
from builder.execute.project import Project, open_project
from builder.lock.severity import WORDS, rank
from builder.record.bills import url_of
from builder.record.examined import SINCE, WITH, Asked, Examined, examine
from builder.record.osv import ARGUMENT
from builder.record.policy import Stated, policy_of
from builder.render.vulnerabilities import moved, summary
from builder.settings import today
from builder.tools.scanners import ARGUMENTS
from builder.tree import File, replace
from builder.vulnerabilities import report, vex
from builder.vulnerabilities.judge import warnings
from builder.vulnerabilities.model import Judged
from builder.vulnerabilities.policy import NAME

SHOWN = 3
"""How many images, layers or versions one row names."""
COLUMNS = (
    "severity",
    "vulnerability",
    "package",
    "version",
    "fixed in",
    "asked for",
    "layers",
    "images",
    "policy",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns", nargs="*", metavar="IMAGE", help="images (globs), such as python:py3.13"
    )
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        ARGUMENT,
        type=Path,
        metavar="DIRECTORY",
        help="a database: advisories as JSON files of OSV, or its all.zip of each ecosystem"
        " (default: CATALOG_OSV)",
    )
    who.add_argument(
        WITH,
        dest="program",
        choices=[*ARGUMENTS],
        help="let an installed program look at the images' bills of materials instead",
    )
    parser.add_argument(
        SINCE,
        metavar="WHAT",
        help="also show what is new, gone or no longer waived since a git revision, or since a"
        " report that --json printed",
    )
    parser.add_argument(
        "--severity",
        choices=WORDS,
        default=WORDS[0],
        help="show no less severe ones (default: %(default)s, which is all)",
    )
    parser.add_argument(
        "--vex", type=Path, metavar="FILE", help="write what waivers say, as an OpenVEX document"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what is vulnerable, the worst first. Exit 1 when the policy is broken."""
    project = open_project(arguments.catalog, arguments.patterns, cells=False)
    stated = policy_of(project.loaded.root)
    day = today()
    asked = Asked(today=day, osv=arguments.osv, program=arguments.program, since=arguments.since)
    examined = examine(project, stated, asked, console)
    is_whole = len(project.graph.images) == len(project.whole.images)
    told = warnings(examined.verdict, stated.policy, stated.yaml, day, whole=is_whole)
    for problem in told:
        console(Note(str(problem), "warning"))
    if arguments.vex is not None:
        _write_vex(arguments.vex, project, stated, examined, console)
    if arguments.json:
        console.json(document(project, stated, examined, asked))
    else:
        _show(examined, stated, arguments.severity, console)
    return 1 if examined.verdict.breaking else 0


def document(project: Project, stated: Stated, examined: Examined, asked: Asked) -> object:
    """Return the report as JSON data."""
    about = {"day": asked.today.isoformat(), "moment": project.lock.moment}
    policy = stated.policy
    return report.document(examined.verdict, policy, examined.database, about, examined.moved)


def _write_vex(
    path: Path, project: Project, stated: Stated, examined: Examined, console: Console
) -> None:
    with held(project):
        manifests, unbuilt = looked_up(project)
        products = {name: url_of(project, name, one) for name, one in manifests.items()}
    waived = set(chain.from_iterable(one.waived for one in examined.verdict.judged))
    left_out = sorted(waived & unbuilt.keys())
    if left_out:
        text = f"not built, so {path} says nothing of them: {listed(left_out, SHOWN)}"
        console(Note(text, "warning"))
    author = stated.policy.author or project.loaded.catalog.name
    made = vex.document(examined.verdict, stated.policy, products, author, project.lock.moment)
    if not made["statements"]:
        # A document has one statement at least; an older one would go on saying what it said.
        path.unlink(missing_ok=True)
        console.note(f"nothing is waived: no {path}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, File(json.dumps(made, indent=1, ensure_ascii=False).encode() + b"\n"))
    console.note(f"{counted(len(made['statements']), 'statement')} in {path}")


def _show(examined: Examined, stated: Stated, least: str, console: Console) -> None:
    judged = examined.verdict.judged
    shown = [one for one in judged if rank(one.finding.severity.word) >= rank(least)]
    if shown:
        console.table(COLUMNS, [_row(one, stated) for one in shown])
        console.text()
    if examined.moved is not None:
        _show_moved(examined.moved, console)
    console.text(summary(judged))
    if stated.policy.fail_on is None:
        console.text(f"{NAME} says nothing of what fails, so nothing does")


def _row(judged: Judged, stated: Stated) -> tuple[str, ...]:
    one = judged.finding
    score = f" {one.severity.score}" if one.severity.score is not None else ""
    asked = {True: "yes", False: "comes along", None: ""}[one.direct]
    return (
        f"{one.severity.word}{score}",
        one.id,
        _package(judged),
        one.version,
        listed(one.fixed, SHOWN),
        asked,
        listed(one.cells, SHOWN),
        listed(one.images, SHOWN),
        _said(judged, stated),
    )


def _package(judged: Judged) -> str:
    """Return the package, with the names that it has in images where they are others."""
    one = judged.finding
    others = [name for name in one.packages if name != one.package]
    kind = one.ecosystem.partition(":")[0]
    inside = f" ({listed(others, SHOWN)})" if others and kind == "Debian" else ""
    return f"{one.package}{inside}"


def _said(judged: Judged, stated: Stated) -> str:
    """Return what the policy makes of a finding."""
    words = []
    if judged.breaks:
        some = len(judged.breaks) < len(judged.finding.images)
        words.append(f"breaks in {listed(judged.breaks, SHOWN)}" if some else "breaks")
    for number in dict.fromkeys(judged.waived.values()):
        waiver = stated.policy.waivers[number]
        words.append(f"{waiver.status} until {waiver.until}")
    if judged.ended and not judged.is_waived:
        words.append("its waiver ended")
    return "; ".join(words)


def _show_moved(movement: report.Movement, console: Console) -> None:
    if movement.is_still:
        console.text(f"since {movement.since}: nothing new, nothing gone")
    else:
        console.text(f"since {movement.since}:")
    for what, name, package, version, severity in moved(movement):
        console.text(f"  {what}: {name} in {package} {version} ({severity})")
    console.text()
