"""`catalog upgrade`: move a fork to what its upstream is by now, and say what that changes."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from builder.catalog.fork import Fetched, OciUpstream
from builder.catalog.levels import Levels, read
from builder.catalog.load import load
from builder.charts.project import chart_problems
from builder.charts.threeway import ABSENT, Movement, movements
from builder.commands import lock
from builder.console.text import Console
from builder.errors import BuilderError, InputError, Problem
from builder.events import Plain
from builder.fetch import upstream
from builder.lock.model import NAME as LOCK
from builder.release import shelf
from builder.release.extended import place_of
from builder.settings import read as read_settings
from builder.tools import git
from builder.tree import File
from builder.tree import replace as write_file

HEAD = "HEAD"
SHOWN = 60
"""Characters of a value that are shown; `--json` has all of it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--to",
        metavar="REVISION",
        help=(
            "a commit, a branch or a tag of upstream (default: HEAD); of a registry, a release by"
            " its tag or digest (default: the one that is public)"
        ),
    )
    parser.add_argument(
        "--accept",
        action="store_true",
        help="move although upstream changed what the fork says otherwise; the fork's word stays",
    )
    parser.add_argument("--dry-run", action="store_true", help="change nothing")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what upstream changed, with both sides where the fork says something else. Then move
    the commit or the digest in catalog.yaml, and take upstream's lock. Exit 1, and change nothing,
    where both changed something and that was not accepted.
    """
    path: Path = arguments.catalog
    before = read(path)
    target = _target(before, arguments.catalog)
    new = _new(target, arguments, console)
    if new.id == target.id:
        console.text(f"upstream is {new}, as the fork is")
        return 0
    text = path.read_bytes().decode()
    moved = text.replace(target.id, new.id)
    after = _tried(path, moved, console)
    found = movements(before, after)
    both = [one for one in found if one.who == "both"]
    if arguments.json:
        console.json({"old": target.id, "new": new.id, "moved": [_row(one) for one in found]})
    else:
        _show(found, console)
    if both and not arguments.accept:
        console.note(
            f"nothing is changed: answer the {len(both)} above in catalog.yaml, or --accept them"
        )
        return 1
    if arguments.dry_run:
        return 0
    write_file(path, File(moved.encode(), path.stat().st_mode & 0o777))
    console.note(f"moved {path} from {target} to {new}")
    if (path.parent / LOCK).exists():
        _lock(path, console, quiet=arguments.json)
    return 0


def _target(levels: Levels, path: Path) -> Fetched:
    """Return what a fork extends.

    Raises:
        InputError: it is no commit of a git repository and no release, or is wrong.

    """
    if levels.problems:
        raise InputError(levels.problems)
    extends = levels.own.says.extends
    if extends is not None and not isinstance(extends, str):
        return extends
    message = "it extends no commit of a git repository and no release, which could move"
    hint = "a directory is as it is: run `catalog lock --upstream`"
    raise InputError([Problem(path.as_posix(), 0, 0, message, hint)])


def _new(target: Fetched, arguments: argparse.Namespace, console: Console) -> Fetched:
    """Return what upstream is by now, or the state of it that was asked for.

    Raises:
        BuilderError: the repository or the registry does not answer, or has no such state.

    """
    if not isinstance(target, OciUpstream):
        commit = git.commit_of(target.git, arguments.to or HEAD)
        return target.model_copy(update={"commit": commit})
    place = place_of(target.registry, "extends", read_settings(arguments.catalog.parent))
    released = shelf.named(place, arguments.to or shelf.CURRENT)
    former = shelf.get(place, target.id)
    if former is not None and released.release.moment < former.release.moment:
        console.note(f"{released.release.tag} is older than {former.release.tag}, which it extends")
    return target.model_copy(update={"oci": target.oci.replace(target.id, released.digest)})


def _tried(path: Path, text: str, console: Console) -> Levels:
    """Return the levels of a fork after it moved.

    Raises:
        InputError: what it says does not fit any more; holds every problem.

    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:
        file.write(text.encode())
        file.flush()
        tried = Path(file.name)
        _bring(tried, path, console)
        problems = _problems(tried)
        if problems:
            console.note("the fork does not fit what upstream is by now; nothing is changed")
            raise InputError([_named(one, tried, path) for one in problems])
        return read(tried)


def _bring(tried: Path, path: Path, console: Console) -> None:
    """Fetch what a fork extends after it moved; problems are with `path`, which is to say the same.

    Raises: as `upstream.bring`.
    """
    try:
        upstream.bring(tried, console)
    except InputError as error:
        raise InputError([_named(one, tried, path) for one in error.problems]) from None
    except BuilderError as error:
        message = error.message.replace(tried.as_posix(), path.as_posix())
        raise BuilderError(message, hint=error.hint) from error


def _problems(path: Path) -> Sequence[Problem]:
    try:
        return chart_problems(path, load(path))
    except InputError as error:
        return error.problems


def _named(problem: Problem, tried: Path, path: Path) -> Problem:
    return replace(problem, file=problem.file.replace(tried.as_posix(), path.as_posix()))


def _show(found: Sequence[Movement], console: Console) -> None:
    rows = [(" ".join(one.part[:2]), ".".join(one.part[2:]), *_sides(one)) for one in found]
    ours = [row for row, one in zip(rows, found, strict=True) if one.who == "both"]
    theirs = [row[:4] for row, one in zip(rows, found, strict=True) if one.who == "upstream"]
    if theirs:
        console.text("upstream moved")
        console.table(["of", "key", "old", "new"], theirs)
    gone = dict.fromkeys(" ".join(one.part[:2]) for one in found if one.who == "dropped")
    if gone:
        console.text(f"\nupstream moved, and you leave out: {', '.join(gone)}")
    if ours:
        console.text("\nupstream moved, and you say something else")
        console.table(["of", "key", "old", "new", "yours"], ours)
    console.text(f"{len(found)} moved, of which you say something else of {len(ours)}")


def _sides(one: Movement) -> Iterator[str]:
    """Yield the three values as texts; of lists, what the first and the second do not share."""
    for value in (one.old, one.new, one.ours):
        other = one.new if value is one.old else one.old
        text = "" if value is ABSENT else json.dumps(_less(value, other), ensure_ascii=False)
        yield text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _less(value: object, other: object) -> object:
    if isinstance(value, list) and isinstance(other, list):
        return ["…", *(item for item in value if item not in other)]
    return value


def _row(one: Movement) -> dict[str, object]:
    sides = {"old": one.old, "new": one.new, "yours": one.ours}
    there = {name: value for name, value in sides.items() if value is not ABSENT}
    return {"part": list(one.part), "who": one.who, **there}


class _Aside(Console):
    """Tells results of one command as notes, where those of another one are printed as JSON."""

    def text(self, value: str = "") -> None:
        """Tell a line."""
        self.note(value)


def _lock(path: Path, console: Console, *, quiet: bool) -> None:
    parser = argparse.ArgumentParser()
    lock.add_arguments(parser)
    arguments = parser.parse_args(["--upstream"], argparse.Namespace(catalog=path))
    lock.run(arguments, _Aside(quiet=True) if quiet else console)
    console(Plain("catalog plan"))
