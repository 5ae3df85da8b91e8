"""A container in the foreground: what a person runs, or works in, on this terminal."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import docker

from builder.errors import InputError, Problem
from builder.events import Monitor, Plain
from builder.tools import engine, process

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """A container that is about to run in the foreground."""

    image: str
    """Its name in the engine."""
    pinned: str = ""
    """Its id there, as the name may become another's; empty for what only this process names."""
    argv: Sequence[str] = ()
    """What it runs instead of the image's command."""
    entrypoint: str = ""
    """What runs `argv`, instead of the image's own."""
    user: str = ""
    environment: Sequence[str] = ()
    """Names of variables that it gets from this process's environment."""
    ports: Mapping[int, int] = field(default_factory=dict)
    """Port of the container -> port of this machine's loopback interface."""
    mounts: Mapping[str, Path] = field(default_factory=dict)
    """Path in the container -> directory or file of this machine, mounted read-only."""
    network: str = ""
    """Name of its network; empty for the engine's default."""

    def command(self, name: str = "", *, tty: bool) -> list[str]:
        """Return the `docker run` command, for a container of this name; without one, as a person
        would write it.
        """
        options = ["--rm", "--interactive", *(["--tty"] if tty else [])]
        options += [f"--name={name}"] if name else []
        options += [f"--network={self.network}"] if self.network else []
        options += [f"--user={self.user}"] if self.user else []
        options += [f"--entrypoint={self.entrypoint}"] if self.entrypoint else []
        # The name alone: the value goes by the environment, for arguments are everybody's to read.
        options += [f"--env={variable}" for variable in self.environment]
        for inside, outside in self.ports.items():
            options.append(f"--publish={LOOPBACK}:{outside}:{inside}")
        for target, source in self.mounts.items():
            options.append(f"--mount=type=bind,source={source},target={target},readonly")
        image = self.pinned if name and self.pinned else self.image
        return ["docker", "run", *options, image, *self.argv]


def run(client: docker.DockerClient, session: Session, monitor: Monitor) -> int:
    """Run a container to its end, with this process's terminal, input and output; return its exit
    code.

    Raises:
        ToolError: there is no program `docker`.

    """
    name = f"catalog-{secrets.token_hex(6)}"
    tty = sys.stdin.isatty() and sys.stdout.isatty()
    monitor(Plain(process.quote(session.command(tty=tty))))
    try:
        return process.foreground(session.command(name, tty=tty))
    finally:
        # It is gone already, unless this process was asked to end before it.
        engine.remove_container(client, name)


def check_environment(variables: Sequence[str], argument: str) -> None:
    """Check that variables can be passed on.

    Raises:
        InputError: one holds a value, or is not set.

    """
    problems = []
    for variable in variables:
        name, equals, _ = variable.partition("=")
        if equals:
            message = f"{name} has a value, which everybody on this machine could read"
            hint = f"set it in the environment and pass its name: {name}=… catalog run --env {name}"
            problems.append(Problem(argument, 0, 0, message, hint))
        elif name not in os.environ:
            problems.append(Problem(argument, 0, 0, f"{name!r} is not set in the environment"))
    if problems:
        raise InputError(problems)


def free_port(wanted: int) -> int:
    """Return a free port of the loopback interface: the one wanted, unless something uses it."""
    for port in (wanted, 0):
        with socket.socket() as listener:
            # As servers do: what closed a moment ago does not keep its port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    return wanted
