"""A container of a committed image, for the cases of a module."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from builder.execute.project import open_project
from tests.gates import ROOT


def run(*command: str, text: str = "") -> str:
    """Run a program, and return what it prints; a failure is the test's."""
    done = subprocess.run(
        command, cwd=ROOT, input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def in_the_engine(image: str) -> str:
    """Build and load an image, and return its reference."""
    for command in ("build", "load"):
        run(sys.executable, "-m", "builder", command, image)
    return open_project(ROOT / "catalog.yaml", [image]).reference(image)


@contextmanager
def kept(*command: str) -> Iterator[str]:
    """Keep the container that `docker run` with these arguments starts, and yield its name."""
    name = run("docker", "run", "--detach", "--rm", *command)
    try:
        yield name
    finally:
        run("docker", "kill", name)


@contextmanager
def running(image: str) -> Iterator[str]:
    """Give a container of an image, without a network and without its start script."""
    options = ("--network=none", "--init", "--entrypoint=sleep")
    with kept(*options, in_the_engine(image), "1800") as name:
        yield name


def python(container: str, script: str) -> str:
    """Run a script with the image's Python, as its user."""
    return run("docker", "exec", "--interactive", container, "python", "-", text=script)


def shell(container: str, script: str, env: Mapping[str, str] | None = None) -> str:
    """Run bash as the image's user, strictly."""
    options = [f"--env={name}={value}" for name, value in (env or {}).items()]
    return run("docker", "exec", *options, container, "bash", "-euo", "pipefail", "-c", script)
