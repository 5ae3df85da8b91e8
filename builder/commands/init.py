"""`catalog init`: a fork of a catalog, with its first lock."""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from builder import confined
from builder.attest import pem
from builder.catalog.additions import check_name
from builder.catalog.fork import DIRECTORY, GIT_URL, RELEASES
from builder.catalog.levels import NAME
from builder.catalog.load import load
from builder.catalog.signer_rules import HINT, MOST
from builder.catalog.words import FILE
from builder.catalog.workflows import Workflows
from builder.charts.sources import service_names
from builder.commands import lock
from builder.commands.workflows import WHAT
from builder.console.text import Console
from builder.errors import InputError, Problem
from builder.events import Plain
from builder.fetch import upstream
from builder.record.chart_images import on_this_machine
from builder.release import shelf
from builder.release.extended import place_of, refers
from builder.render import scaffold
from builder.render.scaffold import NewFork
from builder.render.workflows import Project, workflows
from builder.settings import read as read_settings
from builder.tools import git
from builder.tree import File, Tree

REGISTRY = "registry.example.org"
SCHEME, KEYS = "oci:", "keys"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "directory",
        type=Path,
        metavar="DIRECTORY",
        help="the new directory; its name is the fork's",
    )
    parser.add_argument(
        "--from",
        dest="upstream",
        metavar="PATH|URL",
        required=True,
        help=(
            "the catalog to extend: a directory, the URL of a git repository, or a release, as"
            " oci:REGISTRY/PATH with a @DIGEST or a :TAG (default: the one that is public)"
        ),
    )
    parser.add_argument(
        "--at",
        metavar="REVISION",
        default="HEAD",
        help="a commit, a branch or a tag of the git repository (default: %(default)s)",
    )
    parser.add_argument(
        "--subdirectory",
        metavar="PATH",
        default="",
        help="the directory of the git repository that holds catalog.yaml",
    )
    parser.add_argument(
        "--signed-by",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help=(
            "the public key by which the release has to be signed, now and after each upgrade; may"
            " be repeated"
        ),
    )
    parser.add_argument("--name", metavar="NAME", help="the fork's name, if it is not DIRECTORY's")
    parser.add_argument("--registry", metavar="HOST/PATH", help="where its images are published")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the fork beside its place, lock it there, and move it into its place."""
    target: Path = arguments.directory
    name = arguments.name or target.resolve().name
    problems = [*check_name(name), *_check(arguments)]
    if problems:
        raise InputError(problems)
    keys = _keys(arguments)
    extends = _extends(arguments, keys)
    new = NewFork(
        name=name,
        extends=extends,
        registry=arguments.registry or f"{REGISTRY}/{name}",
        title=name.replace("-", " ").capitalize(),
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place, so that a relative path to upstream leads to the same.
    beside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        beside.chmod(0o755)
        scaffold.fork(new).merged(keys).write(beside)
        upstream.bring(beside / NAME, console)
        _lock(beside / NAME, console)
        _integrate(beside / NAME, console)
        beside.rename(target)
    finally:
        confined.remove(target.parent, beside.name)
    console.text(f"created {target / NAME}")
    console.note("Next: say in it what differs, with `keep`, `drop` and `patch`, then")
    console(Plain(f"catalog -C {target / NAME} validate"))
    return 0


def _check(arguments: argparse.Namespace) -> Iterator[Problem]:
    """Yield what is wrong with the two places."""
    target: Path = arguments.directory
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        message = f"{target.as_posix()!r} is there already"
        yield Problem("DIRECTORY", 0, 0, message, "name a new one, or an empty one")
    if arguments.upstream.startswith(SCHEME):
        if refers(arguments.upstream.removeprefix(SCHEME)) is None:
            message = f"{arguments.upstream!r} names no release"
            hint = "write oci:REGISTRY/PATH, oci:REGISTRY/PATH:TAG or oci:REGISTRY/PATH@sha256:…"
            yield Problem("--from", 0, 0, message, hint)
        return
    if arguments.signed_by:
        message, hint = "only releases are signed", "give --from oci:REGISTRY/PATH with it"
        yield Problem("--signed-by", 0, 0, message, hint)
    if re.fullmatch(GIT_URL, arguments.upstream):
        if not re.fullmatch(DIRECTORY, arguments.subdirectory):
            message = f"{arguments.subdirectory!r} is no directory of a repository"
            yield Problem("--subdirectory", 0, 0, message, "such as catalogs/national")
    elif not (Path(arguments.upstream) / NAME).is_file():
        message = f"there is no {(Path(arguments.upstream) / NAME).as_posix()}"
        hint = "give the directory of a catalog, the URL of a git repository, or oci:REGISTRY/PATH"
        yield Problem("--from", 0, 0, message, hint)


def _keys(arguments: argparse.Namespace) -> Tree:
    """Return the keys of upstream's signers, as files of the fork.

    Raises:
        InputError: one cannot be read, or has the name of another.

    """
    files: dict[str, File] = {}
    problems: list[Problem] = []
    for file in arguments.signed_by:
        path = f"{KEYS}/{file.name}"
        try:
            data = confined.regular(file, MOST)
        except OSError as error:
            why = f"{file.as_posix()!r} cannot be read: {(error.strerror or '').lower()}"
            problems.append(Problem("--signed-by", 0, 0, why))
            continue
        if wrong := pem.wrong(data):
            problems.append(Problem("--signed-by", 0, 0, f"{file.as_posix()!r} {wrong}", HINT))
        if not re.fullmatch(FILE, path):
            message = f"{file.name!r} cannot be named in catalog.yaml"
            hint = "rename it: letters, digits, '.', '_', '+' and '-'"
            problems.append(Problem("--signed-by", 0, 0, message, hint))
        if path in files:
            message = f"two files are called {file.name!r}"
            problems.append(Problem("--signed-by", 0, 0, message, "rename one"))
        files[path] = File(data)
    if problems:
        raise InputError(problems)
    return Tree(files)


def _release(arguments: argparse.Namespace, keys: Collection[str]) -> Mapping[str, object]:
    """Return what `extends` says of a release.

    Raises:
        BuilderError: the registry does not answer, or has no such release.

    """
    registry, reference = refers(arguments.upstream.removeprefix(SCHEME)) or ("", "")
    place = place_of(registry, "--from", read_settings(arguments.directory.parent))
    released = shelf.named(place, reference or shelf.CURRENT)
    source = released.release.source
    there = {"directory": source.directory} if source and source.directory else {}
    named = {"signed_by": {"keys": sorted(keys)}} if keys else {}
    return {"oci": f"{registry}/{RELEASES}@{released.digest}", **there, **named}


def _extends(arguments: argparse.Namespace, keys: Collection[str]) -> Mapping[str, object] | str:
    """Return what `extends` says.

    Raises:
        BuilderError: the repository or the registry does not answer, or has no such revision.

    """
    given: str = arguments.upstream
    if given.startswith(SCHEME):
        return _release(arguments, keys)
    if not re.fullmatch(GIT_URL, given):
        return given if Path(given).is_absolute() else os.path.relpath(given, arguments.directory)
    commit = git.commit_of(given, arguments.at)
    there = {"directory": arguments.subdirectory} if arguments.subdirectory else {}
    return {"git": given, "commit": commit, **there}


def _integrate(path: Path, console: Console) -> None:
    """Write the fork's continuous integration."""
    loaded = load(path)
    if on_this_machine(path, loaded.catalog.registry, WHAT):
        console.note("no workflows are written, as the registry is on this machine")
        return
    has_charts = bool(service_names(loaded.levels))
    project = Project(
        registry=loaded.catalog.registry, has_charts=has_charts, workflows=Workflows()
    )
    workflows(project).write(path.parent)


def _lock(path: Path, console: Console) -> None:
    parser = argparse.ArgumentParser()
    lock.add_arguments(parser)
    lock.run(parser.parse_args([], argparse.Namespace(catalog=path)), console)
