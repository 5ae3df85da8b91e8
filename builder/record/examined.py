"""The images of a project, looked at for vulnerabilities: now, and at an earlier state."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from builder import confined
from builder.documents import DocumentError
from builder.errors import InputError, Problem, counted, listed
from builder.events import Monitor, Note, Step
from builder.execute.hold import taken
from builder.execute.project import Project, open_project
from builder.graph.model import Graph
from builder.graph.select import part
from builder.lock.osv import OsvPackage
from builder.record.bills import FORMATS, bill_of, text
from builder.record.osv import ARGUMENT, SETTING, Directory, Known, database_of, read
from builder.record.policy import Stated
from builder.record.states import REVISION, catalog_at
from builder.record.vulnerabilities import Holdings, holdings
from builder.tools import scanners
from builder.vulnerabilities import found, match, report
from builder.vulnerabilities.judge import Verdict, judge
from builder.vulnerabilities.model import Database
from builder.vulnerabilities.scanners import Match
from builder.vulnerabilities.scanners import read as read_matches

WITH, SINCE = "--with", "--since"
BILL = "cyclonedx"
"""The format of the bills that programs get."""
SHOWN = 3
DAY = len("2026-01-01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who is asked, and with what the answer is compared."""

    today: date
    osv: Path | None = None
    program: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was found, and what a policy makes of it."""

    verdict: Verdict
    database: Database
    moved: report.Movement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What the images of a state of a catalog hold."""

    graph: Graph
    recorded: Holdings
    locked: Holdings
    """The same as the lock alone has it."""
    day: date
    """Of its lock."""


def examine(project: Project, stated: Stated, asked: Asked, monitor: Monitor) -> Examined:
    """Look at what the images of a project hold.

    Raises:
        InputError: there is no database, or what it or an earlier report holds is not sound.
        BuilderError: a program failed, or an image for it is not built.

    """
    if asked.program:
        return _by_program(project, asked.program, stated, asked, monitor)
    return _by_database(project, stated, asked, monitor)


def _by_database(project: Project, stated: Stated, asked: Asked, monitor: Monitor) -> Examined:
    directory = _directory(project, asked)
    rows = _rows(asked.since)
    now = _state(project)
    _tell_unbuilt(now, monitor)
    former = _former(project, asked.since) if asked.since and rows is None else None
    known = read(directory, _packages([now, former] if former else [now]))
    _check_age(known, directory, stated, asked.today, monitor)
    found_now = match.findings(now.graph, now.recorded.held, known.advisories)
    verdict = judge(found_now, stated.policy, asked.today)
    moved = None
    if former is not None:
        moved = _moved(now, former, known, stated, asked, monitor)
    elif rows is not None:
        moved = report.movement(rows, verdict, str(asked.since))
    database = Database(source="osv", advisories=known.count, newest=known.newest)
    return Examined(verdict=verdict, database=database, moved=moved)


def _by_program(
    project: Project, program: str, stated: Stated, asked: Asked, monitor: Monitor
) -> Examined:
    rows = _rows(asked.since)
    if asked.since and rows is None:
        message = f"{asked.since!r} is no file, and {program} looks at what is built now"
        hint = "give a file that `catalog vulnerabilities --json` printed"
        raise InputError([Problem(SINCE, 0, 0, message, hint)])
    matches: dict[str, list[Match]] = {}
    with taken(project) as images:
        held = holdings(project).held
        for image, manifest in images.items():
            monitor(Step(image, "running", program))
            bill = text(bill_of(project, image, manifest), BILL)
            said = scanners.scan(program, bill, FORMATS[BILL].ends)
            matches[image] = read_matches(program, said)
    verdict = judge(found.findings(project.graph, held, matches), stated.policy, asked.today)
    moved = None if rows is None else report.movement(rows, verdict, str(asked.since))
    return Examined(verdict=verdict, database=Database(source=program), moved=moved)


def _directory(project: Project, asked: Asked) -> Directory:
    directory = database_of(asked.osv, project.settings)
    if directory is None:
        message = "no database of vulnerabilities is known"
        there = scanners.installed()
        program = f"; or `{WITH} {there[0]}`, which is installed" if there else ""
        hint = f"give a directory of advisories: `{ARGUMENT} DIRECTORY`, or {SETTING}{program}"
        raise InputError([Problem(ARGUMENT, 0, 0, message, hint)])
    return directory


def _state(project: Project) -> _State:
    return _State(
        graph=project.graph,
        recorded=holdings(project),
        locked=holdings(project, locked=True),
        day=date.fromisoformat(project.lock.moment[:DAY]),
    )


def _former(project: Project, since: str) -> _State:
    """Return the state of the same images at a revision, as far as they were there."""
    with catalog_at(project.loaded.path, since.removeprefix(REVISION), SINCE) as path:
        former = open_project(path, cells=False)
        names = [image for image in former.graph.images if image in project.graph.images]
        is_whole = len(project.graph.images) == len(project.whole.images)
        graph = former.graph if is_whole else part(former.graph, names)
        settings = replace(former.settings, store=project.settings.store)
        return _state(replace(former, graph=graph, settings=settings))


def _moved(  # noqa: PLR0917  both states, and how they are judged
    now: _State,
    former: _State,
    known: Known,
    stated: Stated,
    asked: Asked,
    monitor: Monitor,
) -> report.Movement:
    """Return what is another than at a revision: each state judged on its day."""
    is_recorded = not (now.recorded.unbuilt or former.recorded.unbuilt)
    if not is_recorded:
        monitor(Note("not all cells of both states are built: their locks alone are compared"))
    verdicts = []
    for state, day in ((former, former.day), (now, asked.today)):
        held = state.recorded.held if is_recorded else state.locked.held
        those = match.findings(state.graph, held, known.advisories)
        verdicts.append(judge(those, stated.policy, day))
    before, after = verdicts
    return report.movement(report.rows(before), after, str(asked.since))


def _packages(states: Iterable[_State]) -> set[OsvPackage]:
    packages: set[OsvPackage] = set()
    for state in states:
        for one in (*state.recorded.held, *state.locked.held):
            if one.osv is not None:
                packages.add(one.osv)
    return packages


def _rows(since: str | None) -> list[report.Row] | None:
    """Return the findings of an earlier report; None where a word names no file.

    Raises:
        InputError: the file is no report.

    """
    # Not Path.is_file, which raises for a name that no file system takes.
    if not since or since.startswith(REVISION) or not os.path.isfile(since):  # noqa: PTH113
        return None
    try:
        return report.read(confined.regular(Path(since), report.MOST))
    except DocumentError as error:
        raise InputError([report.unreadable(since, error)]) from None
    except OSError as error:
        raise InputError([Problem(since, 0, 0, f"cannot be read: {error.strerror}")]) from None


def _tell_unbuilt(state: _State, monitor: Monitor) -> None:
    unbuilt = state.recorded.unbuilt
    if unbuilt:
        text = f"not built, so only the lock says what they hold: {listed(unbuilt, SHOWN)}"
        monitor(Note(text, "warning"))


def _check_age(
    known: Known, directory: Directory, stated: Stated, today: date, monitor: Monitor
) -> None:
    """Tell of a database that is old, or of which nobody knows how old it is."""
    if not known.newest:
        said = "no advisory says when it was modified, so nobody knows how old the database is"
    else:
        days = (today - date.fromisoformat(known.newest)).days
        if days <= stated.policy.max_age:
            return
        said = f"the newest advisory is of {known.newest}, {counted(days, 'day')} ago: copy it anew"
    monitor(Note(f"{directory.path}: {said}", "warning"))
