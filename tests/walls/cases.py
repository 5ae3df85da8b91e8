"""Cases at random, each from its number alone: changed files, changed settings, a command line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

from tests.walls.mutations import another, odd, twisted

COMMANDS: Mapping[str, Sequence[str]] = {
    "catalog": (
        "validate",
        "validate --json",
        "list",
        "list --absent",
        "list --sample",
        "list --json jupyter-*",
        "show jupyter-python",
        "show jupyter-r-python --at python=3.13 --json",
        "show python --packages",
        "graph",
        "graph --json",
        "graph --dot jupyter-*",
        "graph --mermaid",
        "plan",
        "plan --all --json",
        "render jupyter-python:py3.13",
        "why jupyter-python:py3.13 python:numpy",
        "lock --check",
        "lock --merge",
        "doctor",
        "digests",
        "prune --dry-run",
        "schema --check",
        "new layer streamlit --on python --apt curl --python streamlit",
        "new image other --layers python vscode",
        "new service vscode-other --image vscode-python --port 8080",
        "chart generate --check",
        "chart lint",
        "build",
        "load",
        "test",
        "explain base",
        "explain jupyter-python",
        "explain registry --json",
        "plan --shards 3 --json",
        "workflows",
        "upgrade --dry-run",
    ),
    "charts": (
        "explain jupyter-python resources.limits.memory",
        "validate",
        "validate --json",
        "chart generate --check --json",
        "chart generate",
        "chart generate --output out",
        "chart verify",
        "chart package --destination out --dry-run",
        "chart diff jupyter-python",
        "list --sample",
    ),
    "lock": (
        "plan",
        "plan --json",
        "why jupyter-r-python:py3.13-r4.5 deb:r-base-core",
        "show jupyter-python:py3.13 --packages",
        "lock --check",
        "lock --merge",
        "doctor",
        "digests",
        "prune --dry-run",
        "build",
        "size jupyter-python:py3.13",
        "plan --shards 3",
    ),
    "store": (
        "bundle out.tar",
        "bundle out.tar jupyter-python --no-artifacts",
        "publish --to 127.0.0.1:1/x --without unbuilt",
        "weekly --no-lock --no-services --to 127.0.0.1:1/x",
        "plan",
        "plan --json",
        "prune --dry-run",
        "prune --all",
        "digests",
        "digests --write",
        "size jupyter-python:py3.13",
        "size python --json",
        "diff jupyter-python:py3.13 vscode-python:py3.13",
        "why jupyter-python:py3.13 numpy",
        "show jupyter-python:py3.13 --packages",
        "load",
        "test",
        "push --to 127.0.0.1:1/x",
        "run jupyter-python:py3.13",
        "shell jupyter-python:py3.13",
        "verify",
        "build",
    ),
    "digests": ("digests", "digests --write", "digests --json", "build"),
    "settings": (
        "plan",
        "doctor",
        "prune --dry-run",
        "build",
        "digests",
        "lock",
        "lock --check",
        "plan --from 127.0.0.1:1/x",
        "releases",
    ),
    "arguments": (
        "explain registry",
        "explain jupyter-python resources.limits.memory",
        "init --from . fork",
        "import out.tar --charts site",
        "plan --shards 3 --since HEAD",
        "releases --keep 3 --days 9 --dry-run --to 127.0.0.1:1/x",
        "upgrade --dry-run",
        "verify jupyter-python@sha256:" + 64 * "0",
        "weekly --within minor --charts site --commit --to 127.0.0.1:1/x",
        "workflows --check",
        "completion bash",
        "schema",
        "chart lint charts/jupyter-python",
        "chart test jupyter-python --timeout 3 --namespace x",
        "chart package --destination out --url http://127.0.0.1:1/",
        "diff jupyter-python --from HEAD",
        "notes HEAD --osv images",
        "vulnerabilities jupyter-* --osv images --since HEAD --vex out.json",
        "push --to 127.0.0.1:1/x --plain-http -j 2",
        "run jupyter-python:py3.13 -e A=b -p 80 -u user",
        "build -j 2 --force python@3.13",
        "prune --days 3 --dry-run",
        "lock --upgrade numpy",
        "lock --upgrade numpy --within patch",
        "verify --all -j 2",
        "test --layer python --junit out.xml",
        "-q list",
        "--version",
    ),
}
"""What is changed -> the commands that read it."""
FILES: Mapping[str, tuple[str, ...]] = {
    "catalog": ("catalog.yaml", "images/*/layer.yaml", "images/*/Dockerfile.j2"),
    "charts": (
        "charts/*/service.yaml",
        "charts/options/*.yaml",
        "charts/stubs/**/*",
        "charts/library/**/*",
        "charts/*/source/*",
        "catalog.yaml",
    ),
    "lock": ("catalog.lock/**/*.json",),
    "store": (
        ".catalog/store/index.json",
        ".catalog/store/oci-layout",
        ".catalog/store/blobs/sha256/*",
    ),
    "digests": ("catalog.digests.json",),
    "settings": (),
    "arguments": (),
}
SETTINGS = (
    "CATALOG_REGISTRY_STORE",
    "CATALOG_REGISTRY_TRUST",
    "CATALOG_SIGN_KEY",
    "CATALOG_CACHE",
    "CATALOG_STORE",
    "CATALOG_JOBS",
    "CATALOG_CA_BUNDLE",
    "SSL_CERT_FILE",
    "CATALOG_MIRROR_DEBIAN",
    "CATALOG_MIRROR_PYPI",
    "CATALOG_MIRROR_X",
    "CATALOG_SNAPSHOT_DEBIAN",
    "CATALOG_CLUSTER",
    "CATALOG_NODE_IMAGE",
    "CATALOG_DEBIAN_KEYRING",
    "CATALOG_X",
    "XDG_CACHE_HOME",
    "HOME",
    "http_proxy",
    "no_proxy",
    "PIP_CONFIG_FILE",
    "PIP_INDEX_URL",
    "UV_CONFIG_FILE",
    "UV_DEFAULT_INDEX",
    "npm_config_registry",
    "NPM_CONFIG_USERCONFIG",
    "GOPROXY",
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "NO_COLOR",
    "COLUMNS",
    "TERM",
)
WEIGHTS = {
    "catalog": 8,
    "charts": 5,
    "lock": 3,
    "store": 3,
    "digests": 1,
    "settings": 2,
    "arguments": 4,
}


@dataclass(frozen=True)
class Case:
    """One input: what is changed, and what is run on it."""

    number: int
    what: str
    files: Mapping[str, bytes]
    environment: Mapping[str, str]
    argv: tuple[str, ...]

    def __str__(self) -> str:
        parts = [f"case {self.number}: catalog {' '.join(map(repr, self.argv))}"]
        parts += [f"  {name}={value!r}" for name, value in self.environment.items()]
        for name, data in self.files.items():
            parts.append(f"  {name}: {data[:3000]!r}")
        return "\n".join(parts)


class Inputs:
    """The sound files below a directory, and cases made from them."""

    def __init__(self, root: Path) -> None:
        self.sound = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }
        self._root = root
        self._stamps = {name: self._stamp(name) for name in self.sound}

    def put(self, name: str, data: bytes) -> None:
        """Write a file in the place of what is there."""
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        if data == self.sound[name]:
            self._stamps[name] = self._stamp(name)

    def is_sound(self, name: str) -> bool:
        """Tell whether nobody wrote a file anew."""
        return self._stamp(name) == self._stamps[name]

    def _stamp(self, name: str) -> tuple[int, int, int]:
        stat = (self._root / name).lstat()
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

    @cached_property
    def _names(self) -> Mapping[str, Sequence[Sequence[str]]]:
        def names(pattern: str) -> list[str]:
            every = sorted(self._root.glob(pattern))
            return [one.relative_to(self._root).as_posix() for one in every if one.is_file()]

        return {
            what: [group for group in map(names, patterns) if group]
            for what, patterns in FILES.items()
        }

    def case(self, number: int) -> Case:
        """Return the case of this number: always the same one."""
        random = Random(number)  # noqa: S311  the same cases every time
        (what,) = random.choices(list(WEIGHTS), list(WEIGHTS.values()))
        files: dict[str, bytes] = {}
        for _ in range(random.choice((1, 1, 2))):
            if self._names[what]:
                name = random.choice(random.choice(self._names[what]))
                files[name] = self._changed(name, files.get(name, self.sound[name]), random)
        environment = {}
        if what == "settings":
            for _ in range(random.choice((1, 1, 2))):
                environment[random.choice(SETTINGS)] = _word(random)
        argv = random.choice(COMMANDS[what]).split()
        if what == "arguments":
            argv = random.choice(COMMANDS[random.choice(list(COMMANDS))]).split()
            argv = _arguments(argv, random)
        return Case(number, what, files, environment, tuple(argv))

    def _changed(self, name: str, data: bytes, random: Random) -> bytes:
        is_json = name.endswith(".json") or "/store/" in name
        is_document = is_json or name.endswith(".yaml")
        return another(data, random, is_json=is_json, is_document=is_document)


def _word(random: Random) -> str:
    """Return a word as a process gets it: without NUL, and with bytes that are not UTF-8."""
    return _passed(str(odd(random)))


def _passed(text: str) -> str:
    return os.fsdecode(text.replace("\0", "").encode("utf-8", "surrogatepass"))


def _arguments(argv: list[str], random: Random) -> list[str]:
    """Return a command line with one or two words changed."""
    for _ in range(random.choice((1, 1, 2))):
        at = random.randrange(len(argv) + 1)
        before, word = argv[:at], argv[at] if at < len(argv) else ""
        changes: tuple[list[str], ...] = (
            [],
            [_word(random)],
            [_word(random)],
            [word, _word(random)],
            [word, word],
            [_passed(twisted(os.fsencode(word).decode("utf-8", "replace"), random))],
        )
        argv = [*before, *random.choice(changes), *argv[at + 1 :]]
    return argv
