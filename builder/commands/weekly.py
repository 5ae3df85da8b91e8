"""`catalog weekly`: bring the catalog up to date and publish it, unattended: the commands that a
person would type, in their order.
"""

from __future__ import annotations

import argparse
import dataclasses
import fcntl
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from builder.catalog.load import load
from builder.charts.project import open_charts
from builder.charts.sources import DIRECTORY
from builder.commands import call
from builder.commands.notes import LAST, between
from builder.commands.push import add_registry, given, place_of
from builder.console.text import Console
from builder.documents import from_json
from builder.errors import BuilderError, InputError
from builder.events import Plain
from builder.execute.hold import held, looked_up
from builder.execute.project import open_project
from builder.lock.bound import Reach
from builder.lock.model import NAME as LOCK
from builder.record import digests
from builder.record.chart_images import LOOPBACK, offered
from builder.record.examined import Asked, examine
from builder.record.osv import ARGUMENT, database_of
from builder.record.policy import policy_of
from builder.release.charts import bring_back
from builder.release.shelf import CURRENT, Place, Released, get
from builder.render.notes import markdown
from builder.render.vulnerabilities import markdown as section
from builder.settings import read as read_settings
from builder.settings import today
from builder.tools import git, process
from builder.tree import File, replace
from builder.verify import image as verify

STATE = Path(".catalog", "weekly")
"""What a run leaves beside catalog.yaml: notes.md, digests.json, services.json."""
LEFT_OUT = ("unbuilt", "untested", "unpackaged")


@dataclass(kw_only=True)
class Week:
    """The steps of a run, and how each ended."""

    arguments: argparse.Namespace
    console: Console
    steps: list[tuple[str, str, float]] = field(default_factory=list)
    """What was done, how it ended, and how many seconds it took."""
    code: int = 0

    def do(self, name: str, *words: str | Path, may_fail: bool = False) -> None:
        """Run a command. If it may fail, a failure only counts for the exit code of the run.

        Raises:
            BuilderError: it failed.

        """
        argv = [str(word) for word in words]
        self.console(Plain(process.quote(["catalog", *name.split(), *argv])))
        self.take(
            name, lambda: call(name, argv, self.arguments.catalog, self.console), may_fail=may_fail
        )

    def take(self, name: str, step: Callable[[], int], *, may_fail: bool = False) -> None:
        """Take a step, as `do` does."""
        began = time.monotonic()
        how = "failed"
        try:
            code = step()
            how = "failed in part" if code else "done"
        finally:
            self.steps.append((name, how, time.monotonic() - began))
        self.code = self.code or code
        if code and not may_fail:
            message = f"`catalog {name}` failed, and nothing that comes after it was done"
            raise BuilderError(message, hint="nothing was made public; mend it and run this again")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    add_registry(parser)
    parser.add_argument(
        "--charts",
        type=Path,
        metavar="DIR",
        help="where charts are published, with their index (default: no charts)",
    )
    parser.add_argument("--url", default="", help="where DIR is served, for the index")
    parser.add_argument(
        "--within",
        choices=[str(reach) for reach in Reach],
        help="move packages only so far: see `catalog lock --within`",
    )
    parser.add_argument(
        ARGUMENT,
        type=Path,
        metavar="DIRECTORY",
        help="for the notes and the policy on vulnerabilities: advisories, as JSON files of OSV"
        " (default: CATALOG_OSV)",
    )
    parser.add_argument(
        "--no-lock", action="store_true", help="take the lock as it is; move no package"
    )
    parser.add_argument(
        "--no-verify",
        action="store_true",
        help="take layers' word on what stays the same: see `catalog verify`",
    )
    parser.add_argument(
        "--no-services",
        action="store_true",
        help="launch no service on Kubernetes; package all charts whose images passed",
    )
    parser.add_argument(
        "--commit",
        action="store_true",
        help="commit the lock, the digests and the charts to git, with the notes",
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        choices=(LOOPBACK,),
        help="publish charts although the registry is on this machine, to try it out",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Lock, build, verify, test, package, commit, publish and promote what moved. An image that
    cannot be built, or whose tests fail, and a service that does not start hold back themselves
    alone: what was public of them stays. Exit 1 when there is one.
    """
    given(arguments)
    database_of(arguments.osv, read_settings(arguments.catalog.parent))
    policy_of(arguments.catalog.parent)
    week = Week(arguments=arguments, console=console)
    with _alone(load(arguments.catalog).root):
        before = _public(arguments)
        try:
            _build(week)
            pins = _package(week) if arguments.charts else []
            _publish(week, pins)
        finally:
            rows = [(name, how, f"{seconds:,.0f} s") for name, how, seconds in week.steps]
            console.table(["step", "", ">time"], rows)
        _report(before, _public(arguments), console)
    return week.code


def _build(week: Week) -> None:
    """Bring the lock up to date, build what moved, and test it."""
    arguments = week.arguments
    if not arguments.no_lock:
        within = ["--within", arguments.within] if arguments.within else []
        week.do("lock", "--upgrade", *within)
    week.do("build", may_fail=True)
    if not arguments.no_verify:
        week.do("verify")
    week.do("digests", "--write")
    week.do("test", "--built", may_fail=True)


def _package(week: Week) -> list[str | Path]:
    """Launch the services whose images passed, and package the charts of those that start; return
    the arguments that pin images.
    """
    arguments = week.arguments
    state = load(arguments.catalog).root / STATE
    week.take("charts that are public", lambda: _bring_back(arguments, week.console))
    week.do("chart generate")
    pins: list[str | Path] = ["--digests", state / "digests.json"]
    ready = _ready(arguments, state / "digests.json")
    if ready and not arguments.no_services:
        passed = state / "services.json"
        replace(passed, File(b"[]\n"))
        week.do("chart test", *ready, "--passed", passed, may_fail=True)
        ready = from_json(passed.read_bytes())
    if ready:
        allow = [f"--allow={reason}" for reason in arguments.allow]
        url = ["--url", arguments.url] if arguments.url else []
        more = ["--destination", arguments.charts, *pins, *url, *allow]
        week.do("chart package", *ready, *more)
    return ["--charts", arguments.charts, *pins]


def _publish(week: Week, charts: list[str | Path]) -> None:
    """Keep in git what is going to be public, and make it public."""
    arguments = week.arguments
    root = load(arguments.catalog).root
    notes = _notes(arguments, root / STATE / "notes.md", week.console, _vulnerabilities(week))
    if arguments.commit:
        week.take("commit", lambda: _commit(root, notes, week.console))
    to = ["--to", arguments.to] if arguments.to else []
    to += ["--plain-http"] if arguments.plain_http else []
    to += ["--jobs", str(arguments.jobs)] if arguments.jobs else []
    week.do("publish", *charts, *[f"--without={what}" for what in LEFT_OUT], *to)
    week.do("promote", *to)


def _bring_back(arguments: argparse.Namespace, console: Console) -> int:
    """Bring the charts that are public to the directory of charts, as far as it lacks them."""
    public = _public(arguments)
    if public is not None:
        release, place = public.release, _place(arguments)
        found = bring_back(place, release, arguments.charts, arguments.url)
        if found:
            console.note(f"brought back from the registry: {', '.join(found)}")
    return 0


def _ready(arguments: argparse.Namespace, pins: Path) -> list[str]:
    """Return the services of which all images are built and tested; write the digests of those
    images to a file.
    """
    project = open_project(arguments.catalog, cells=False)
    with held(project):
        manifests, _ = looked_up(project)
        results = project.state / "tests"
        late = verify.untested(
            project.graph, manifests, project.lock, project.loaded.layer_dirs, results
        )
    found = {name: one.digest for name, one in manifests.items() if name not in late}
    replace(pins, File((json.dumps(found, indent=2) + "\n").encode()))
    services = open_charts(project.loaded).compositions
    return [name for name, one in services.items() if found.keys() >= set(offered(one))]


def _vulnerabilities(week: Week) -> str:
    """Look for vulnerabilities where a database is known; return a section for the notes.

    Raises:
        BuilderError: the policy is broken, and says to hold.

    """
    arguments, console = week.arguments, week.console
    project = open_project(arguments.catalog, cells=False)
    if database_of(arguments.osv, project.settings) is None:
        return ""
    stated = policy_of(project.loaded.root)
    sections: list[str] = []

    def look() -> int:
        asked = Asked(today=today(), osv=arguments.osv, since=LAST)
        try:
            examined = examine(project, stated, asked, console)
        except InputError as error:
            console.note(f"not compared with {LAST}: {error.problems[0].message}")
            examined = examine(project, stated, dataclasses.replace(asked, since=None), console)
        sections.append(section(examined.verdict, examined.moved))
        return 1 if examined.verdict.breaking else 0

    week.take("vulnerabilities", look, may_fail=not stated.policy.hold)
    return sections[0]


def _notes(arguments: argparse.Namespace, file: Path, console: Console, more: str) -> str:
    """Return what moved since the last commit, in Markdown, with `more` after it, and write it to a
    file; empty where there is no git.
    """
    try:
        notes = markdown(between(arguments.catalog, LAST, None, arguments.osv, console))
        notes += f"\n{more}" if more else ""
    except InputError as error:
        console.note(f"no notes: {error.problems[0].message}")
        return ""
    replace(file, File(notes.encode()))
    console.note(f"what moved: {file}")
    return notes


def _commit(root: Path, notes: str, console: Console) -> int:
    """Commit what a run changes."""
    paths = [path for path in (LOCK, digests.NAME, DIRECTORY) if (root / path).exists()]
    made = git.commit(root, paths, f"Bring the catalog up to date\n\n{notes}")
    console.note(f"committed {made}" if made else "nothing to commit")
    return 0


def _public(arguments: argparse.Namespace) -> Released | None:
    """Return the release that is public."""
    return get(_place(arguments), CURRENT)


def _place(arguments: argparse.Namespace) -> Place:
    loaded = load(arguments.catalog)
    return place_of(arguments, loaded, read_settings(loaded.home))


def _report(before: Released | None, after: Released | None, console: Console) -> None:
    if after is None:
        return
    if before is not None and before.digest == after.digest:
        console.text(f"nothing moved: {after.release.tag} stays public")
    else:
        console.text(f"{after.release.tag} is public")
    for name, why in after.release.waiting.items():
        console.text(f"  left out: {name}, as {why}")


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keep other runs from this catalog.

    Raises:
        BuilderError: there is one.

    """
    path = root / STATE / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"another `catalog weekly` is at work on {root}"
            raise BuilderError(message, hint="wait for it, or end it") from None
        yield
