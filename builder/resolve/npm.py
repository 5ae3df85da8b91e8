"""npm packages: a lock file for what a layer asks for, and for each package that installs further
packages itself.
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
from builder.documents import DocumentError, from_json
from builder.errors import FetchError, Problem, ToolError
from builder.events import Step
from builder.fetch.npm import program
from builder.fetch.origin import unreachable
from builder.fetch.transfer import place
from builder.graph.model import Cell
from builder.kinds.table import place as npm_place
from builder.lock.bound import Reach
from builder.lock.model import Artifact
from builder.lock.npm import CPU, artifact, entries, installed, name_of, text
from builder.resolve.npm_bound import Bound, BoundNotKeptError
from builder.resolve.task import Piece, Resolved, Task, requests
from builder.tools.archive import texts
from builder.tools.npm import Npm, unpack

LOCK, SHRINKWRAP, MANIFEST = "package-lock.json", "npm-shrinkwrap.json", "package.json"
# Where the build finds them under /artifacts.
ROOT, OVERLAY = "npm", "npm/overlay"
# A file that names the tarballs of the npm that installs, and of the Node.js that programs run on.
TOOLS = f"{ROOT}/tools"
# The newest npm that runs on the Node.js of every supported Debian release.
NPM_VERSION = "^10"
# npm's key in layer.yaml.
KEY = "npm"
# The path of npm's own log is of no use, because the log is removed.
LOG = re.compile(r"complete log of this run|_logs/|^code E")
# npm puts a package's files below this directory of its tarball.
TOP = "package/"
# Node.js is published as one package for each processor. Versions after the default need
# libatomic1, which a minimal Debian does not have.
NODE, NODE_PACKAGE, NODE_VERSION = "node", "npm:node-linux-{cpu}@{version}", "^24"


MOST_LOCK = 64 << 20


class NpmRefusedError(Exception):
    """npm finds no solution; holds its message."""


class UnlockableError(NpmRefusedError):
    """A package has no hash, or does not come from a registry; names it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Nested:
    """A lock file inside a package, which its install script uses."""

    package: str
    directory: str
    """Inside the package, for example lib/app."""
    name: str
    lock: Mapping[str, Any]


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve the npm packages of all cells; see `builder.resolve.task.Resolver`."""
    pieces = {}
    problems: list[Problem] = []
    for cell in task.cells:
        if not cell.layer.npm:
            continue
        task.monitor(Step(cell.id, "running", "resolving npm packages"))
        there: list[Artifact] = []
        for name in (*cell.ancestors, cell.id):
            there += before.get(name, ())
        npm = _npm(task, there)
        try:
            pieces[cell.id] = _cell(task, cell, npm, has_node=_has_node(task, cell, there))
        except NpmRefusedError as error:
            problems += _explained(task, cell, npm, error)
    return Resolved(pieces=pieces, problems=tuple(problems))


def _npm(task: Task, below: Sequence[Artifact]) -> Npm:
    """Return npm on the Node.js that the image will have, because npm chooses versions that run on
    it; else on the machine's.
    """
    for wheel in below:
        if wheel.kind == "wheel":
            task.fetch([wheel])
            root = unpack(place(wheel, task.settings.cache), task.settings.cache)
            if root:
                return program(task.settings, root)
    return program(task.settings)


def _has_node(task: Task, cell: Cell, there: Sequence[Artifact]) -> bool:
    """Tell whether the programs will find a Node.js on PATH: Debian's, or that of a layer below."""
    below = [task.graph.cells[ancestor] for ancestor in cell.ancestors]
    debian = any((item.kind, item.name) == ("deb", "nodejs") for item in there)
    return debian or any(NODE in other.layer.npm for other in below)


def _explained(task: Task, cell: Cell, npm: Npm, error: NpmRefusedError) -> list[Problem]:
    """Return a problem for each package that npm refuses by itself; if there is none, one problem
    for all of them together.
    """
    if isinstance(error, UnlockableError):
        return [task.documents.of_layer(cell, KEY, str(error))]
    problems = []
    wanted = _dependencies(cell, has_node=True)
    for request in requests(cell, KEY):
        alone = {request.text: wanted[request.text]}
        try:
            _complete(npm, {MANIFEST: json.dumps(_manifest(alone))})
        except NpmRefusedError as refusal:
            message, hint = _words(task, request.text, cell.layer.npm[request.text], refusal)
            problems.append(task.documents.problem(request, message, hint))
    if not problems:
        message = f"npm finds no compatible versions: {error}"
        hint = "ask for compatible versions"
        problems.append(task.documents.of_layer(cell, KEY, message, hint))
    return problems


def _words(task: Task, name: str, wanted: str, refusal: NpmRefusedError) -> tuple[str, str]:
    """Return what is wrong with one package, and what to do about it."""
    said = str(refusal)
    if f"{name}@" in said and "No matching version" in said:
        return f"npm has no {name} {wanted}", "ask for another version of it"
    if "404" in said and f"'{name}@" in said:
        return f"npm has no package {name!r}", nearest(name, task.known("npm"), what="locked")
    return f"npm cannot resolve {name} {wanted}: {said}", ""


def _dependencies(cell: Cell, *, has_node: bool) -> dict[str, str]:
    """Return what a layer names, and Node.js if nothing else provides it."""
    wanted = dict(cell.layer.npm)
    if NODE in wanted or not has_node:
        arch = cell.point.get("arch", "amd64")
        version = wanted.get(NODE, NODE_VERSION)
        wanted[NODE] = NODE_PACKAGE.format(cpu=CPU.get(arch, arch), version=version)
    return wanted


def _manifest(packages: Mapping[str, str]) -> dict[str, object]:
    """Return a package.json that asks for these, and for npm itself, which only the build uses."""
    manifest: dict[str, object] = {
        "name": "layer",
        "version": "0.0.0",
        "private": True,
        "dependencies": dict(sorted(packages.items())),
    }
    if "npm" not in packages:
        manifest["devDependencies"] = {"npm": NPM_VERSION}
    return manifest


def _tools(lock: Mapping[str, Any]) -> dict[str, Artifact]:
    """Return what the build runs: npm, and Node.js if the layer has its own."""
    tools = {}
    for name in ("npm", NODE):
        entry = lock["packages"].get(f"node_modules/{name}")
        if entry is not None:
            tools[name] = _tarball(f"node_modules/{name}", entry)
    return tools


def _cell(task: Task, cell: Cell, npm: Npm, *, has_node: bool) -> Piece:
    """Resolve the packages of one cell.

    Raises:
        NpmRefusedError: npm finds no solution.

    """
    arch = cell.point.get("arch", "amd64")
    manifest = _manifest(_dependencies(cell, has_node=has_node))
    start = _previous(task, cell)
    lock = _complete(npm, {MANIFEST: json.dumps(manifest)} | start)
    if not start and task.within is not Reach.MAJOR:
        lock = _bounded(task, cell, npm, manifest, lock)
    tools = _tools(lock)
    artifacts = {item.id: item for item in (*tools.values(), *_artifacts(lock, arch))}
    paths = {name: npm_place(item).relative_to(ROOT) for name, item in tools.items()}
    files = {
        f"{ROOT}/{MANIFEST}": json.dumps(manifest, indent=1) + "\n",
        f"{ROOT}/{LOCK}": text(lock),
        TOOLS: "".join(f"{name}={paths.get(name, '')}\n" for name in ("npm", NODE)),
    }
    direct = {f"node_modules/{name}" for name in cell.layer.npm}
    tops = [
        tarball
        for where, entry in entries(lock)
        if where in direct and (tarball := artifact(where, entry))
    ]
    task.fetch(tops)
    for top in tops:
        for nested in _nested(npm, top, place(top, task.settings.cache)):
            artifacts |= {item.id: item for item in _artifacts(nested.lock, arch)}
            files[f"{OVERLAY}/{nested.package}/{nested.directory}/{nested.name}"] = text(
                nested.lock
            )
    return Piece(artifacts=tuple(artifacts.values()), files=files)


def _previous(task: Task, cell: Cell) -> dict[str, str]:
    """Return the lock file to start from, so that versions stay; none if one of its packages is to
    be upgraded.
    """
    locked = _locked(task, cell)
    if locked is None:
        return {}
    names = [name_of(where) for where, _ in entries(_lock_of(locked))]
    if any(fnmatch.filter(names, glob) for glob in task.upgrade):
        return {}
    return {LOCK: locked}


def _locked(task: Task, cell: Cell) -> str | None:
    piece = task.previous.cells.get(cell.id)
    return piece.files.get(f"{ROOT}/{LOCK}") if piece else None


def _bounded(
    task: Task, cell: Cell, npm: Npm, manifest: Mapping[str, object], free: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return a lock file in which nothing moves further than it may; the locked one if npm finds
    none.
    """
    locked = _locked(task, cell)
    if locked is None:
        return free
    bound = Bound(
        complete=lambda files: _complete(npm, files),
        manifest=manifest,
        before=_lock_of(locked),
        within=task.within,
    )
    try:
        kept = bound.kept(free)
    except (BoundNotKeptError, NpmRefusedError):
        kept = _complete(npm, {MANIFEST: json.dumps(manifest), LOCK: locked})
    for stayed in bound.stayed(free, kept):
        task.tell(stayed)
    return kept


def _complete(npm: Npm, files: Mapping[str, str]) -> Mapping[str, Any]:
    """Let npm write or complete the lock file for these files; return it.

    Raises:
        NpmRefusedError: npm finds no solution.
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
        return _lock_of(written.read_text())


def _lock_of(text: str) -> Mapping[str, Any]:
    """Return a lock file of npm, as a registry and packages made it.

    Raises:
        UnlockableError: it is none.

    """
    try:
        lock = from_json(text, most=MOST_LOCK)
    except DocumentError as error:
        raise UnlockableError(f"the lock file that npm wrote {error}") from None
    if not isinstance(lock, dict) or not isinstance(lock.get("packages"), dict):
        raise UnlockableError("the lock file that npm wrote lists no packages")
    return lock


def _artifacts(lock: Mapping[str, Any], arch: str) -> Iterator[Artifact]:
    """Yield what a lock file installs.

    Raises:
        UnlockableError: a package cannot be locked.

    """
    for where, entry in installed(lock, arch):
        yield _tarball(where, entry)


def _tarball(where: str, entry: Mapping[str, Any]) -> Artifact:
    tarball = artifact(where, entry)
    if tarball is None:
        message = (
            f"{name_of(where)} {entry.get('version')} cannot be locked, because it is not from a"
            " registry or has no sha512"
        )
        raise UnlockableError(message)
    return tarball


def _nested(npm: Npm, top: Artifact, tarball: Path) -> Iterator[Nested]:
    """Yield the lock files inside a package, completed: a build without network could not find what
    is missing there.
    """
    contents = {
        name.removeprefix(TOP): content
        for name, content in texts(tarball, frozenset({LOCK, SHRINKWRAP, MANIFEST})).items()
    }
    for path in sorted(contents):
        directory, _, name = path.rpartition("/")
        if (
            not directory
            or name == MANIFEST
            or f"{directory}/{MANIFEST}" not in contents
            or "node_modules" in directory
        ):
            continue
        if name == LOCK and f"{directory}/{SHRINKWRAP}" in contents:
            continue
        lock = _complete(npm, {MANIFEST: contents[f"{directory}/{MANIFEST}"], name: contents[path]})
        yield Nested(package=top.name, directory=directory, name=name, lock=lock)


def _failure(error: ToolError) -> FetchError | NpmRefusedError:
    """Return the right error: the registry does not answer, or there is no solution."""
    if lost := unreachable(error.tail, "npm"):
        return lost
    lines = [
        line.removeprefix("npm error ").removeprefix("npm ERR! ")
        for line in error.tail.splitlines()
    ]
    return NpmRefusedError("\n".join(line for line in lines if not LOG.search(line)).strip())
