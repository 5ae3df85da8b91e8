"""npm packages: a lock file for what a layer asks, completed for packages that install further ones
by themselves.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from builder.catalog.suggest import nearest
from builder.errors import FetchError, Problem, ToolError
from builder.events import Step
from builder.fetch.fetch import ensure
from builder.fetch.npm import program
from builder.fetch.origin import unreachable
from builder.fetch.transfer import place
from builder.graph.model import Cell
from builder.lock.model import Artifact
from builder.lock.npm import artifact, entries, installed, name_of, text
from builder.resolve.task import Found, Piece, Task, requests
from builder.tools.archive import texts
from builder.tools.npm import Npm, unpack

LOCK, SHRINKWRAP, MANIFEST = "package-lock.json", "npm-shrinkwrap.json", "package.json"
# Where the build finds them under /artifacts.
ROOT, OVERLAY = "npm", "npm/overlay"
# npm's key in layer.yaml.
KEY = "npm"
# Where npm's own log is helps nobody, as it is removed.
LOG = re.compile(r"complete log of this run|_logs/|^code E")
# npm puts a package's files below this directory of its tarball.
TOP = "package/"


class RefusedError(Exception):
    """npm finds no solution; holds its words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Nested:
    """A lock file inside a package: its install script installs what it says."""

    package: str
    directory: str
    """Inside the package, for example lib/app."""
    name: str
    lock: Mapping[str, Any]


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Found:
    """Resolve the npm packages of all cells; see `builder.resolve.task.Resolver`."""
    pieces = {}
    problems: list[Problem] = []
    for cell in task.cells:
        if not cell.layer.npm:
            continue
        task.monitor(Step(cell.id, "running", "resolving npm packages"))
        below: list[Artifact] = []
        for name in (*cell.ancestors, cell.id):
            below += before.get(name, ())
        npm = _npm(task, below)
        try:
            pieces[cell.id] = _cell(task, cell, npm)
        except RefusedError as error:
            problems += _explained(task, cell, npm, error)
    return Found(pieces=pieces, problems=tuple(problems))


def _npm(task: Task, below: Sequence[Artifact]) -> Npm:
    """Return npm on the Node.js that the image will have, as npm chooses versions by what runs on
    it; else on the machine's.
    """
    for wheel in below:
        if wheel.kind == "wheel":
            ensure([wheel], task.moment, task.settings, task.monitor)
            root = unpack(place(wheel, task.settings.cache), task.settings.cache)
            if root:
                return program(task.settings, root)
    return program(task.settings)


def _explained(task: Task, cell: Cell, npm: Npm, error: RefusedError) -> list[Problem]:
    """Return which packages npm refuses by themselves; the whole list, where each is fine alone."""
    problems = []
    for request in requests(cell, KEY):
        alone = {request.text: cell.layer.npm[request.text]}
        try:
            _complete(npm, {MANIFEST: json.dumps(_manifest(alone))})
        except RefusedError as refusal:
            message, hint = _words(task, request.text, alone[request.text], refusal)
            problems.append(task.documents.problem(request, message, hint))
    if not problems:
        message = f"npm finds no versions that go together: {error}"
        hint = "ask for versions that go together"
        problems.append(task.documents.of_layer(cell, KEY, message, hint))
    return problems


def _words(task: Task, name: str, wanted: str, refusal: RefusedError) -> tuple[str, str]:
    """Return what is wrong with one package, and what to do about it."""
    said = str(refusal)
    if f"{name}@" in said and "No matching version" in said:
        return f"npm has no {name} {wanted}", "ask for another version of it"
    if "404" in said and f"'{name}@" in said:
        return f"npm has no package {name!r}", nearest(name, task.known("npm"), what="locked")
    return f"npm cannot resolve {name} {wanted}: {said}", ""


def _manifest(packages: Mapping[str, str]) -> dict[str, object]:
    return {
        "name": "layer",
        "version": "0.0.0",
        "private": True,
        "dependencies": dict(sorted(packages.items())),
    }


def _cell(task: Task, cell: Cell, npm: Npm) -> Piece:
    """Resolve the packages of one cell.

    Raises:
        RefusedError: npm finds no solution.

    """
    arch = cell.point.get("arch", "amd64")
    manifest = _manifest(cell.layer.npm)
    lock = _complete(npm, {MANIFEST: json.dumps(manifest)} | _previous(task, cell))
    artifacts = {found.id: found for found in _artifacts(lock, arch)}
    files = {
        f"{ROOT}/{MANIFEST}": json.dumps(manifest, indent=1) + "\n",
        f"{ROOT}/{LOCK}": text(lock),
    }
    direct = {f"node_modules/{name}" for name in cell.layer.npm}
    tops = [
        found
        for where, entry in entries(lock)
        if where in direct and (found := artifact(where, entry))
    ]
    ensure(tops, task.moment, task.settings, task.monitor)
    for top in tops:
        for nested in _nested(npm, top, place(top, task.settings.cache)):
            artifacts |= {found.id: found for found in _artifacts(nested.lock, arch)}
            files[f"{OVERLAY}/{nested.package}/{nested.directory}/{nested.name}"] = text(
                nested.lock
            )
    return Piece(artifacts=tuple(artifacts.values()), files=files)


def _previous(task: Task, cell: Cell) -> dict[str, str]:
    """Return the lock file to start from, so that versions stay; none when one of its packages is
    to move.
    """
    piece = task.previous.cells.get(cell.id)
    locked = piece.files.get(f"{ROOT}/{LOCK}") if piece else None
    if locked is None or any(
        fnmatch.fnmatchcase(name_of(where), glob)
        for where, _ in entries(json.loads(locked))
        for glob in task.upgrade
    ):
        return {}
    return {LOCK: locked}


def _complete(npm: Npm, files: Mapping[str, str]) -> Mapping[str, Any]:
    """Let npm write or complete the lock file that belongs to these files; return it.

    Raises:
        RefusedError: npm finds no solution.
        FetchError: the registry does not answer.

    """
    with TemporaryDirectory() as name:
        directory = Path(name)
        for path, content in files.items():
            (directory / path).write_text(content)
        try:
            npm.lock(directory)
        except ToolError as error:
            raise _failure(error) from error
        written = next(path for path in (directory / SHRINKWRAP, directory / LOCK) if path.exists())
        lock: Mapping[str, Any] = json.loads(written.read_text())
        return lock


def _artifacts(lock: Mapping[str, Any], arch: str) -> Iterator[Artifact]:
    """Yield what a lock file installs.

    Raises:
        RefusedError: a package cannot be locked.

    """
    for where, entry in installed(lock, arch):
        found = artifact(where, entry)
        if found is None:
            message = (
                f"{name_of(where)} {entry.get('version')} cannot be locked, as it is not from a"
                " registry, or has no sha512"
            )
            raise RefusedError(message)
        yield found


def _nested(npm: Npm, top: Artifact, tarball: Path) -> Iterator[Nested]:
    """Yield the lock files inside a package, completed: what its authors left out, no build without
    a network could find.
    """
    found = {
        name.removeprefix(TOP): content
        for name, content in texts(tarball, frozenset({LOCK, SHRINKWRAP, MANIFEST})).items()
    }
    for path in sorted(found):
        directory, _, name = path.rpartition("/")
        if (
            not directory
            or name == MANIFEST
            or f"{directory}/{MANIFEST}" not in found
            or "node_modules" in directory
        ):
            continue
        if name == LOCK and f"{directory}/{SHRINKWRAP}" in found:
            continue
        lock = _complete(npm, {MANIFEST: found[f"{directory}/{MANIFEST}"], name: found[path]})
        yield Nested(package=top.name, directory=directory, name=name, lock=lock)


def _failure(error: ToolError) -> FetchError | RefusedError:
    """Tell a registry that does not answer from packages that have no solution."""
    if lost := unreachable(error.tail, "npm"):
        return lost
    lines = [
        line.removeprefix("npm error ").removeprefix("npm ERR! ")
        for line in error.tail.splitlines()
    ]
    return RefusedError("\n".join(line for line in lines if not LOG.search(line)).strip())
