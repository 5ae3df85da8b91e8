"""A container of a committed image, for the cases of a module."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
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


@contextmanager
def running(image: str) -> Iterator[str]:
    """Give a container of an image, without a network and without its start script."""
    for command in ("build", "load"):
        run(sys.executable, "-m", "builder", command, image)
    reference = open_project(ROOT / "catalog.yaml", [image]).reference(image)
    options = ("--detach", "--rm", "--network=none", "--init", "--entrypoint=sleep")
    name = run("docker", "run", *options, reference, "1800")
    try:
        yield name
    finally:
        run("docker", "kill", name)


def python(container: str, script: str) -> str:
    """Run a script with the image's Python, as its user."""
    return run("docker", "exec", "--interactive", container, "python", "-", text=script)


def shell(container: str, script: str) -> str:
    """Run bash as the image's user, strictly."""
    return run("docker", "exec", container, "bash", "-euo", "pipefail", "-c", script)
