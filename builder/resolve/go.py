"""Programs in Go: the modules that each is built from, and the toolchain that builds them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from platform import machine
from tempfile import TemporaryDirectory
from urllib.parse import quote

from requests import RequestException

from builder.digest import sha256_file
from builder.errors import FetchError, Problem, ToolError
from builder.events import Step
from builder.fetch.go import ORIGIN, of_toolchain, program, proxy
from builder.fetch.origin import unreachable
from builder.fetch.session import session
from builder.fetch.transfer import GoneError, pieces, place, redacted
from builder.graph.model import Cell
from builder.lock.bound import go_query
from builder.lock.model import Artifact
from builder.lock.wheel import machine as kernel_name
from builder.resolve.task import Piece, Resolved, Task, requests
from builder.settings import MIRROR, Settings, variable
from builder.tools.go import Go, unpack
from builder.tools.web import reason
from builder.tree import File, replace

KIND = KEY = "go"
TOOLCHAIN = "golang.org/toolchain"
LATEST = "latest"
# The version of a commit without a tag: v0.0.0-20260131120000-0123456789ab.
UNTAGGED = re.compile(r"[-.]\d{14}-[0-9a-f]{12}$")
# Debian's names of architectures to Go's; the others are the same.
GOARCH = {"ppc64el": "ppc64le", "armhf": "arm", "i386": "386"}
# Where the build finds them under /artifacts.
ROOT, PROGRAMS, UNPACKED = "go", "go/programs", "go/toolchain"
MAX_LIST, MOST_TOOLCHAIN = 16 << 20, 1 << 30


@dataclass(frozen=True, kw_only=True, slots=True)
class ModuleFile:
    """A file that Go downloaded from a module proxy."""

    path: Path
    locator: str
    """Its path at the proxy, with `!a` for `A`."""
    module: str
    version: str
    end: str
    """`zip` or `mod`."""

    @property
    def name(self) -> str:
        """Its name in go.sum."""
        return self.module if self.end == "zip" else f"{self.module}/go.mod"


def resolve(task: Task, before: Mapping[str, Sequence[Artifact]]) -> Resolved:
    """Resolve the Go programs of all cells; see `builder.resolve.task.Resolver`."""
    del before
    resolved = {}
    problems: list[Problem] = []
    for cell in task.cells:
        if cell.layer.go:
            task.monitor(Step(cell.id, "running", "resolving Go modules"))
            resolved[cell.id] = _cell(task, cell, problems)
    return Resolved(pieces=resolved, problems=tuple(problems))


def locate(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the URLs at the module proxy."""
    del moment
    base = proxy(settings)
    return {item.id: (f"{base}/{quote(item.locator, safe='/!@+~')}",) for item in artifacts}


def lay(artifact: Artifact, source: Path, directory: Path) -> bool:
    """Unpack a toolchain, because the build has no program that could; skip other files."""
    if not is_toolchain(artifact):
        return False
    unpack(source, directory / UNPACKED)
    return True


def is_toolchain(artifact: Artifact) -> bool:
    """Tell whether an artifact is the archive of a toolchain."""
    return artifact.name == TOOLCHAIN and artifact.locator.endswith(".zip")


def _cell(task: Task, cell: Cell, problems: list[Problem]) -> Piece:
    """Resolve the programs of one cell; append their problems."""
    arch = cell.point.get("arch", "amd64")
    goarch = GOARCH.get(arch, arch)
    toolchain = _toolchain(task, cell, goarch)
    go = program(task.settings)
    if kernel_name(arch) == machine():
        archive = place(toolchain, task.settings.cache)
        go = of_toolchain(task.settings, archive, toolchain.digest)
    artifacts = {toolchain.id: toolchain}
    files = {PROGRAMS: ""}
    for request in requests(cell, KEY):
        path = request.text
        try:
            module, version, needed = _program(task, cell, go, path, goarch)
        except ToolError as error:
            if lost := unreachable(error.tail, ORIGIN):
                raise lost from error
            message = f"{path} cannot be resolved: {error.tail}"
            problems.append(task.documents.problem(request, message))
            continue
        artifacts |= {item.id: item for item in needed}
        files[PROGRAMS] += f"{path} {version}\n"
        # What a proxy says about a version and a module; the build only needs these files to exist.
        folder = f"{ROOT}/{escaped(module)}/@v"
        files[f"{folder}/{version}.info"] = json.dumps({"Version": version}) + "\n"
        files[f"{folder}/list"] = f"{version}\n"
    return Piece(artifacts=tuple(artifacts.values()), files=files)


def _toolchain(task: Task, cell: Cell, goarch: str) -> Artifact:
    """Return the toolchain for the build: the locked one, else the newest release."""
    suffix = f".linux-{goarch}"
    for item in task.preferred([cell], KIND).values():
        if is_toolchain(item) and item.version.endswith(suffix):
            task.fetch([item])
            return item
    version = _newest(task, cell, suffix)
    name = version.removeprefix("v0.0.1-").removesuffix(suffix)
    with TemporaryDirectory() as directory:
        modules = Path(directory)
        go = program(task.settings)
        if go.configured("GOSUMDB") == "off":
            _unverified(task.settings, version, modules)
        elif goarch == _here():
            go.toolchain(name, modules)
        else:
            go.module(f"{TOOLCHAIN}@{version}", modules)
        (archive,) = [
            file for file in _downloaded(modules) if (file.module, file.end) == (TOOLCHAIN, "zip")
        ]
        return _kept(task, archive)


def _unverified(settings: Settings, version: str, modules: Path) -> None:
    """Fetch a toolchain to where Go would put it. Go itself refuses to if its checksum database is
    turned off, as it has to be where only a mirror can be reached.
    """
    locator = f"{TOOLCHAIN}/@v/{version}.zip"
    target = modules / "cache" / "download" / locator
    target.parent.mkdir(parents=True)
    url = f"{proxy(settings)}/{locator}"
    try:
        with target.open("wb") as file:
            bytes_of = pieces(session(settings), url, f"{TOOLCHAIN} {version}", most=MOST_TOOLCHAIN)
            file.writelines(bytes_of)
    except RequestException as error:
        raise _lost(url, error) from error


def _lost(url: str, error: Exception) -> FetchError:
    return FetchError(
        f"{redacted(url)}: {reason(error)}",
        hint=f"set {variable(MIRROR, ORIGIN)} to a module proxy that answers",
    )


def _here() -> str:
    return next(
        (arch for arch in ("amd64", "arm64", "ppc64el", "s390x") if kernel_name(arch) == machine()),
        "",
    )


def _newest(task: Task, cell: Cell, suffix: str) -> str:
    """Return the newest toolchain to which the locked one may move, or its own version."""
    released = _released(task.settings, suffix)
    named = task.bounded([cell], (KIND,)).get(TOOLCHAIN, [])
    moving = [item for item in named if is_toolchain(item) and item.version.endswith(suffix)]
    if not moving:
        return released[0]
    task.compare(moving, released[0])
    fitting = [one for one in released if any(task.admits(item, one) for item in moving)]
    return fitting[0] if fitting else moving[0].version


def _released(settings: Settings, suffix: str) -> list[str]:
    """Return the released toolchains that the proxy lists, the newest first."""
    url = f"{proxy(settings)}/{TOOLCHAIN}/@v/list"
    try:
        data = b"".join(pieces(session(settings), url, f"the list of {TOOLCHAIN}", most=MAX_LIST))
    except GoneError as error:
        raise FetchError(f"the module proxy has no {TOOLCHAIN}{error.where}") from error
    except OSError as error:
        raise _lost(url, error) from error
    released = re.compile(rf"v0\.0\.1-go(\d+)\.(\d+)(?:\.(\d+))?{re.escape(suffix)}")
    numbers = {}
    for line in data.decode("ascii", "replace").splitlines():
        version = released.fullmatch(line.strip())
        if version:
            numbers[line.strip()] = tuple(int(number or 0) for number in version.groups())
    if not numbers:
        raise FetchError(f"the module proxy lists no toolchain for {suffix.lstrip('.')}")
    return sorted(numbers, key=numbers.__getitem__, reverse=True)


Program = tuple[str, str, list[Artifact]]
"""The module of a program, its version, and all files that its build needs."""


def _program(task: Task, cell: Cell, go: Go, path: str, goarch: str) -> Program:
    """Resolve a program. If its newest version is further than it may move, take another."""
    wanted = cell.layer.go[path].version
    if wanted != LATEST:
        return _at(task, go, path, wanted, goarch)
    wanted = _locked_version(task, cell, path) or wanted
    made = _at(task, go, path, wanted, goarch)
    module, newest, _ = made
    locked = _programs(task, cell).get(path, "")
    moving = task.bounded([cell], (KIND,)).get(module, [])
    moving = [item for item in moving if item.version == locked]
    if not moving or task.admits(moving[0], newest):
        return made
    task.compare(moving, newest)
    # A query finds no versions without a tag.
    query = locked if UNTAGGED.search(locked) else go_query(locked, task.within)
    return _at(task, go, path, query, goarch)


def _at(task: Task, go: Go, path: str, wanted: str, goarch: str) -> Program:
    """Resolve a program at a version, or at the one that a query asks for."""
    with TemporaryDirectory() as directory:
        modules = Path(directory)
        go.download(f"{path}@{wanted}", goarch, modules)
        files = sorted(_downloaded(modules), key=lambda file: file.locator)
        main = max(
            (file for file in files if file.end == "zip" and _holds(file.module, path)),
            key=lambda file: len(file.module),
        )
        # Go also checks whether a newer version of the program was retracted.
        needed = [
            file for file in files if file.module != main.module or file.version == main.version
        ]
        return main.module, main.version, [_kept(task, file) for file in needed]


def _holds(module: str, package: str) -> bool:
    return package == module or package.startswith(f"{module}/")


def _locked_version(task: Task, cell: Cell, path: str) -> str:
    """Return the locked version of a program if it stays; otherwise an empty text."""
    locked = _programs(task, cell)
    held = {item.name: item for item in task.preferred([cell], KIND).values()}
    modules = [name for name in held if _holds(name, path)]
    if path in locked and modules and held[max(modules, key=len)].version == locked[path]:
        return locked[path]
    return ""


def _programs(task: Task, cell: Cell) -> dict[str, str]:
    """Return the locked version of each program of a cell."""
    piece = task.previous.cells.get(cell.id)
    lines = piece.files.get(PROGRAMS, "").splitlines() if piece else []
    return dict(line.split(" ", 1) for line in lines if " " in line)


def _downloaded(modules: Path) -> Iterator[ModuleFile]:
    """Yield the files of modules in a directory that Go downloads to."""
    top = modules / "cache" / "download"
    for path in sorted(top.glob("**/@v/*")):
        locator = path.relative_to(top).as_posix()
        module, _, file = locator.partition("/@v/")
        version, _, end = file.rpartition(".")
        if end in {"zip", "mod"}:
            yield ModuleFile(
                path=path,
                locator=locator,
                module=_plain(module),
                version=_plain(version),
                end=end,
            )


def escaped(module: str) -> str:
    """Return a module's path in the form for proxies: `!a` for `A`."""
    return re.sub("[A-Z]", lambda letter: f"!{letter[0].lower()}", module)


def _plain(text: str) -> str:
    return re.sub("!([a-z])", lambda letter: letter[1].upper(), text)


def _kept(task: Task, file: ModuleFile) -> Artifact:
    """Put a file that Go has verified into the cache, and return it as an artifact."""
    artifact = Artifact(
        id=f"{KIND}:{file.name}={file.version}",
        kind=KIND,
        name=file.name,
        version=file.version,
        origin=ORIGIN,
        locator=file.locator,
        digest=f"sha256:{sha256_file(file.path)}",
        size=file.path.stat().st_size,
    )
    target = place(artifact, task.settings.cache)
    if not target.exists():
        replace(target, File(file.path.read_bytes(), 0o444))
    return artifact
