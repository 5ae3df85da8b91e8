"""Tests of images: executables that live with the layers, run inside every image that has the
layer.

An executable in `images/<layer>/tests/` passes when it exits 0. It runs through the image's own
entrypoint, as the image's user, without a network. Comment lines among its first twenty change
that:

    # user: 12345:100          another user
    # volume: /home/onyxia     an empty volume, owned by root (may be repeated)
    # env: NAME=value          an environment variable (may be repeated)
    # read-only: /tmp /srv     a read-only root; each of these is empty, and the user's
    # security: restricted     no capability, no new privileges
    # timeout: 300             seconds until it counts as failed (default 120)

It finds `/catalog-test/image.json`: the image's id, point, layers, and by kind (deb, python, …)
what was `asked` for and the `packages` with their versions in the lock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import docker

from builder.catalog.folder import Folder, folder
from builder.digest import canonical, sha256
from builder.documents import from_json
from builder.graph.model import Graph, ImagePoint
from builder.kinds.table import names as asked
from builder.lock.model import Lock
from builder.oci.model import Descriptor
from builder.tools import engine
from builder.tree import File, replace

OPTION = re.compile(r"#\s*(user|volume|env|read-only|security|timeout):\s*(\S.*?)\s*")
DEFAULT_TIMEOUT = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageTest:
    """One test for one image. `key` changes with the image, the test and the facts it is given:
    equal
    keys mean equal results.
    """

    image: str
    digest: str
    layer: str
    name: str
    script: bytes
    facts: bytes

    @property
    def id(self) -> str:
        """`<image> <layer>/<test>`: its name in every report."""
        return f"{self.image} {self.layer}/{self.name}"

    @property
    def key(self) -> str:
        """Sha256 hex."""
        contents = [sha256(self.script), sha256(self.facts)]
        return sha256(canonical([self.digest, self.layer, self.name, *contents]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a test ended."""

    test: str
    ok: bool
    seconds: float
    output: str
    cached: bool = False


def tests_of(
    graph: Graph,
    image: ImagePoint,
    digest: str,
    lock: Lock,
    directories: Mapping[str, Path | Folder],
) -> Iterator[ImageTest]:
    """Yield the tests of every layer that the image has, bottom first."""
    facts = canonical(facts_of(graph, image, lock))
    for cell in image.cells:
        layer = graph.cells[cell].name
        for path in _executables(folder(directories[layer])):
            yield ImageTest(
                image=image.id,
                digest=digest,
                layer=layer,
                name=path.name,
                script=folder(directories[layer]).read(f"tests/{path.name}"),
                facts=facts,
            )


def shared_out(images: Iterable[ImagePoint]) -> dict[str, frozenset[str]]:
    """Return the cells to test in each image, by its id, so that every cell is tested in one image:
    the one with the most cells that has it, as most can go wrong there.
    """
    shares = {}
    tested: set[str] = set()
    for image in sorted(images, key=lambda image: (-len(image.cells), image.id)):
        shares[image.id] = frozenset(image.cells) - tested
        tested.update(image.cells)
    return shares


def _executables(directory: Folder) -> list[Path]:
    there = [path for name, path in directory.paths("tests").items() if "/" not in name]
    files = [path for path in there if path.is_file() and not path.is_symlink()]
    return [path for path in files if path.stat().st_mode & 0o100]


def facts_of(graph: Graph, image: ImagePoint, lock: Lock) -> dict[str, object]:
    """Return the facts that the tests of an image can read."""
    packages: dict[str, dict[str, str]] = {}
    wanted: dict[str, list[str]] = {}
    for cell in image.cells:
        for name in lock.cells[cell].artifacts:
            artifact = lock.artifacts[name]
            packages.setdefault(artifact.kind, {})[artifact.name] = artifact.version
        for kind, requirements in asked(graph.cells[cell].layer, graph.cells[cell].point).items():
            wanted.setdefault(kind, []).extend(_distribution(text) for text in requirements)
    layers = [graph.cells[cell].name for cell in image.cells]
    return {
        "image": image.id,
        "point": dict(image.point),
        "layers": layers,
        "packages": packages,
        "asked": wanted,
    }


def run(client: docker.DockerClient, test: ImageTest, reference: str, results: Path) -> Outcome:
    """Run a test in a container of `reference`, or return the result kept under `results` if
    nothing changed.

    Failures are not kept: they run again.
    """
    kept = results / f"{test.key}.json"
    if passed(test, results):
        return Outcome(**{**from_json(kept.read_bytes()), "test": test.id, "cached": True})
    path = f"{engine.FILES}/{test.layer}-{test.name}"
    command = engine.ContainerCommand(
        image=reference,
        argv=[path],
        files={path: (test.script, 0o755), f"{engine.FILES}/image.json": (test.facts, 0o644)},
        **options(test.script),  # type: ignore[arg-type]
    )
    ended = engine.run(client, command)
    output = ended.output
    if ended.code is None:
        output += f"\ntimed out after {command.timeout:.0f} s"
    outcome = Outcome(test=test.id, ok=ended.code == 0, seconds=ended.seconds, output=output)
    if outcome.ok:
        replace(kept, File(json.dumps(asdict(outcome)).encode()))
    return outcome


def passed(test: ImageTest, results: Path) -> bool:
    """Tell whether the test has passed on this very image before."""
    return (results / f"{test.key}.json").is_file()


def untested(
    graph: Graph,
    manifests: Mapping[str, Descriptor],
    lock: Lock,
    directories: Mapping[str, Path | Folder],
    results: Path,
) -> list[str]:
    """Return the images of which some tests have not passed on their very bytes."""
    late = []
    for name, manifest in manifests.items():
        tests = tests_of(graph, graph.images[name], manifest.digest, lock, directories)
        if not all(passed(test, results) for test in tests):
            late.append(name)
    return late


def options(script: bytes) -> dict[str, object]:
    """Return what the comment lines of a test ask for, as fields of `engine.ContainerCommand`."""
    given: dict[str, object] = {"timeout": DEFAULT_TIMEOUT}
    volumes: list[str] = []
    environment: dict[str, str] = {}
    for line in script.decode(errors="replace").splitlines()[:20]:
        option = OPTION.fullmatch(line)
        if option is None:
            continue
        name, value = option.groups()
        if name == "user":
            given["user"] = value
        elif name == "timeout":
            given["timeout"] = float(value)
        elif name == "read-only":
            given["writable"] = value.split()
        elif name == "security":
            given["restricted"] = value == "restricted"
        elif name == "volume":
            volumes.append(value)
        else:
            variable, _, content = value.partition("=")
            environment[variable] = content
    return {**given, "volumes": volumes, "environment": environment}


def _distribution(requirement: str) -> str:
    """Return the name at the front of a requirement: `numpy` of `numpy>=2`."""
    return re.split(r"[\s\[<>=!~;@]", requirement, maxsplit=1)[0]
