"""A catalog so small that a build of it takes seconds, and the command line on it in a process of
its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from builder.catalog.load import load
from builder.cells import records
from builder.debian.model import Facts
from builder.execute.project import image_of, image_ref, owner
from builder.oci.blob import blobs_of
from builder.oci.model import Descriptor
from builder.oci.shelf import Shelf
from tests import processes

CATALOG = """\
format: 1
name: tiny
registry: localhost:5000/tiny
description: Small enough to be built within a test
axes:
  debian: {values: {trixie: {abi: debian-13}}, tag: false}
  arch: {values: {amd64: }, tag: false}
  python: {label: "py{value}", values: {"3.13": }}
images:
  alpha: {layers: [alpha], tag: "{debian}", description: One layer with a Debian package}
  beta: {layers: [beta], tag: "{debian}", description: One layer without}
  both: {layers: [alpha, beta], tag: "{debian}", description: "Two layers, and the glue between them"}
  links: {layers: [links], tag: "{debian}", description: All kinds of files}
  snake: {layers: [snake], description: Python packages}
"""
LAYERS = {
    "system": (
        """\
description: Debian, as small as its package manager allows
bootstrap: true
axes: [debian, arch]
abi: ["{{ axes.debian.abi }}"]
apt: [apt, base-files, passwd]
"""
    ),
    "tools": (
        """\
description: A user, and a command that a layer below has, too
on: [system]
abi: [tools-1]
run: |
  useradd --uid 1000 --gid 100 --create-home --shell /bin/bash --no-log-init person
  chage --lastday -1 person
  echo 'echo hello' >>/etc/skel/.bashrc
replaces: [/etc/skel/.bashrc]
user: "1000"
cmd: [bash]
"""
    ),
    "alpha": (
        """\
description: A Debian package with two libraries, and a file
on: [tools]
apt: [jq]
run: |
  install -D /dev/stdin /opt/alpha/name <<<alpha
"""
    ),
    "beta": (
        """\
description: Files only
on: [tools]
run: |
  chmod 0700 /opt/beta/secret
env: {BETA: "yes"}
"""
    ),
    "gamma": (
        """\
description: What joins the two
on: [alpha, beta]
glue: true
run: cat /opt/alpha/name /opt/beta/name >/opt/gamma
"""
    ),
    "links": (
        """\
description: All kinds of files
on: [tools]
apt: [libcap2-bin]
replaces: [/etc/skel/.profile, /usr/share/base-files]
run: |
  rm /etc/skel/.profile && rm -r /usr/share/base-files
  mkdir -p /opt/links/empty /opt/links/sticky /opt/links/shared && cd /opt/links
  chmod 1777 sticky && chown 1000:100 shared && chmod 2775 shared
  echo one >file && ln file hard && ln -s file soft && ln -s /nowhere dangling
  cp /usr/bin/true capable && setcap cap_net_bind_service=+ep capable
  cp /usr/bin/true setuid && chmod 4755 setuid && cp /usr/bin/true setgid && chmod 2755 setgid
  echo text >'Grüße, 世界 ☃' && printf '' >nothing
  touch "$(printf 'latin-\\xe9')" "$(printf 'x%.0s' {1..200})" && mkfifo pipe
  printf 'x%.0s' {1..3000} >"with
  newline"
"""
    ),
    "snake": (
        """\
description: Python with distributions
on: [tools]
axes: [python]
abi: [cp313]
apt: [python3, python3-venv]
prepare: |
  install -d -o 1000 -g 100 -m 2775 /opt/python
  umask 002
  setpriv --reuid=1000 --regid=100 --clear-groups python3 -m venv --without-pip /opt/python
python: [uv, idna, six]
env: {VIRTUAL_ENV: /opt/python}
path: [/opt/python/bin]
"""
    ),
}
SHARED = """\
description: The same for every edition
on: [ground]
once: {at: {edition: early}, paths: [/opt/shared, /usr/local/bin/shared]}
run: |
  install -d -m 2775 -o 1000 -g 100 /opt/shared/own && cp /opt/edition /opt/shared/seen && ln -s seen /opt/shared/link
  install /usr/bin/true /usr/local/bin/shared
env: {SHARED: "yes"}
path: [/opt/shared]
"""
FILES = {"beta": {"opt/beta/name": "beta\n", "opt/beta/secret": "quiet\n"}}
SYSTEM = "system@trixie-amd64"
SLOW = "echo it has begun; sleep 3600"


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(frozen=True, kw_only=True)
class Tiny:
    """The catalog in a directory, and its store."""

    root: Path
    store: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = (sys.executable, "-m", "builder")

    def argv(self, *argv: str) -> list[str]:
        return [*self.command, "-C", str(self.root / "catalog.yaml"), *argv]

    def env(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {
            **os.environ,
            "CATALOG_STORE": str(self.store),
            "CATALOG_JOBS": "2",
            "COLUMNS": "200",
            **self.environment,
            **(more or {}),
        }

    def run(self, *argv: str, **env: str) -> Done:
        """Run a command to its end."""
        ended = processes.run(self.argv(*argv), env=self.env(env))
        return Done(code=ended.returncode, out=ended.stdout, err=ended.stderr)

    def done(self, *argv: str, **env: str) -> Done:
        """Run a command, which must succeed."""
        ended = self.run(*argv, **env)
        assert ended.code == 0, ended.said
        return ended

    def build(self, *argv: str, **env: str) -> Done:
        """Build, which must succeed."""
        return self.done("build", *argv, **env)

    def running(
        self, *argv: str, **env: str
    ) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
        """Start a command; kill it when it has not ended by itself."""
        return processes.running(self.argv(*argv), env=self.env(env))

    def plan(self, *argv: str) -> dict[str, dict[str, Any]]:
        """Return the plan: node -> its step."""
        return {step["node"]: step for step in json.loads(self.done("plan", "--json", *argv).out)}

    def to_build(self, *argv: str) -> dict[str, list[str]]:
        """Return what a plan would not keep, with the reasons."""
        return {
            node: step["reasons"]
            for node, step in self.plan(*argv).items()
            if step["action"] == "build"
        }

    def layer(self, name: str, text: str) -> None:
        path = self.root / "images" / name / "layer.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def change(self, name: str, old: str, new: str) -> None:
        """Change a layer's text."""
        assert old in LAYERS[name]
        self.layer(name, LAYERS[name].replace(old, new))

    def file(self, layer: str, path: str, text: str) -> None:
        target = self.root / "images" / layer / "files" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def give_test(self, layer: str, script: str) -> None:
        """Give a layer this test."""
        path = self.root / "images" / layer / "tests" / "it.sh"
        path.parent.mkdir(exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)

    def with_store(self, store: Path) -> Tiny:
        return replace(self, store=store)

    def opened(self) -> Shelf:
        """Return the catalog's part of the store."""
        return Shelf(self.store, owner(load(self.root / "catalog.yaml").catalog))

    def digests(self) -> dict[str, str]:
        """Return the digest of every cell and image in the store, by name; of an image, the one
        that was put together last."""
        store = self.opened()
        found: dict[str, str] = {}
        images: dict[str, list[Descriptor]] = {}
        for ref, manifest in store.refs().items():
            kind, _, _ = ref.partition("/")
            if kind == "cell":
                found[records.summary(store, manifest).cell] = manifest.digest
            elif kind == "image":
                images.setdefault(image_of(ref), []).append(manifest)
        for name, made in images.items():
            made.sort(key=lambda one: store.path(one.digest).stat().st_mtime_ns)
            found[name] = made[-1].digest
        return found

    def manifest(self, name: str) -> Descriptor:
        """Return the manifest of a cell or an image."""
        refs, key = self.opened().refs(), self.plan()[name]["key"]
        found = refs[image_ref(name, key) if ":" in name else f"cell/{key}"]
        assert isinstance(found, Descriptor)
        return found

    def facts(self, cell: str) -> Facts:
        return records.facts(self.opened(), self.manifest(cell))

    def damaged(self) -> list[str]:
        """Return what is wrong with the store: blobs that are not what their name says, refs that
        lead nowhere, what was left behind."""
        store = self.opened()
        blobs = sorted((self.store / "blobs" / "sha256").iterdir())
        wrong = [
            f"blob {blob.name} has another hash" for blob in blobs if digest(blob) != blob.name
        ]
        for ref, manifest in store.refs().items():
            if not store.intact(manifest):
                wrong.append(
                    f"{ref} leads to"
                    f" {[blob.digest for blob in blobs_of(store.read_json(manifest)) if not store.has(blob)]}"
                )
        return wrong

    def left(self) -> list[str]:
        """Return what unfinished work left in the store."""
        return sorted(path.name for path in (self.store / "ingest").iterdir())

    def log(self, cell: str) -> str:
        """Return a cell's logs, of all builds."""
        return "".join(
            path.read_text() for path in sorted(self.root.glob(f".catalog/logs/*/{cell}.log"))
        )


def digest(file: Path) -> str:
    return (
        subprocess.run(["sha256sum", str(file)], capture_output=True, text=True, check=True)
        .stdout.lstrip("\\")
        .partition(" ")[0]
    )


def at(root: Path) -> Tiny:
    """Return the catalog in a directory."""
    return Tiny(root=root, store=root / "store")


def make(root: Path) -> Tiny:
    """Write the catalog, without a lock."""
    root.mkdir(parents=True)
    (root / "catalog.yaml").write_text(CATALOG)
    made = at(root)
    for name, text in LAYERS.items():
        made.layer(name, text)
    for name, files in FILES.items():
        for path, text in files.items():
            made.file(name, path, text)
    return made


def copy(tiny: Tiny, root: Path) -> Tiny:
    """Copy the catalog, and its store by hard links: blobs never change, and the index is
    replaced."""
    shutil.copytree(tiny.root, root, ignore=shutil.ignore_patterns("store", ".catalog"))
    copy_store(tiny, root / "store")
    return replace(tiny, root=root, store=root / "store")


def copy_store(tiny: Tiny, store: Path) -> None:
    """Copy a catalog's store by hard links, to a place where nothing is yet."""
    subprocess.run(["cp", "-al", str(tiny.store), str(store)], check=True)


def wait_for(what: str, condition: Any, seconds: float = 300.0) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.05)


def with_once(tiny: Tiny) -> Tiny:
    """Add a layer that differs between two editions, one on it that is built at the early one for
    both, and one on that."""
    catalog = (tiny.root / "catalog.yaml").read_text()
    catalog = catalog.replace(
        "images:\n", "  edition: {values: {early: , late: }}\nimages:\n  pair: {layers: [top]}\n"
    )
    (tiny.root / "catalog.yaml").write_text(catalog)
    tiny.layer(
        "ground",
        "description: Its edition\non: [tools]\naxes: [edition]\nrun: echo $AXIS_EDITION"
        " >/opt/edition\n",
    )
    tiny.layer("shared", SHARED)
    tiny.layer(
        "top",
        "description: What stands on both\non: [ground, shared]\nrun: cat /opt/edition"
        " /opt/shared/seen >/opt/top\n",
    )
    tiny.done("lock")
    return tiny


def slow(tiny: Tiny) -> None:
    """Let beta's build take an hour."""
    tiny.layer("beta", f"description: Takes its time\non: [tools]\nrun: {SLOW}\n")


def quick(tiny: Tiny) -> None:
    tiny.layer("beta", LAYERS["beta"])


def children(pid: int) -> list[str]:
    """Return the command lines of all processes below one."""
    table = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    rows = [line.split(None, 2) for line in table]
    below, found = {str(pid)}, []
    for child, parent, command in rows:
        if parent in below:
            below.add(child)
            found.append(command)
    return found


def using(tiny: Tiny) -> list[str]:
    """Return the command lines of all processes that work on this store."""
    table = subprocess.run(
        ["ps", "-eo", "args="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [line for line in table if str(tiny.store) in line]


def begun(tiny: Tiny) -> None:
    wait_for(
        "beta's step",
        lambda: re.search(
            r"^#\d+ [\d.]+ it has begun", tiny.log("beta@trixie-amd64"), re.MULTILINE
        ),
    )


def damage(file: Path, harm: str) -> None:
    """Break the file's hard links, then harm its bytes."""
    data = bytearray(file.read_bytes())
    file.unlink()
    if harm == "truncated":
        file.write_bytes(data[: len(data) // 2])
    else:
        data[len(data) // 2] ^= 0x01
        file.write_bytes(data)
    file.chmod(0o444)
