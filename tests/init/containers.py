"""Containers in which the start script runs.

They are started by the engine's API: a variable of a container never becomes one of a client, for
which PATH, HOME or DOCKER_HOST would mean something else. Values may hold anything, and no process
list shows them.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from docker import DockerClient
from docker.models.containers import Container
from docker.types import Mount

from builder.tools import engine, process

INIT = "/opt/onyxia-init.sh"
FILES = Path(__file__).parents[2] / "images/base/files"
PATHS = (INIT, "/opt/onyxia", "/opt/onyxia-set-repositories.sh", "/opt/certifi_ca.py")
# The start script as it is now, over the one in the image.
SCRIPT = tuple(f"{FILES}{path}:{path}:ro" for path in PATHS)
LABELS = {"catalog": "test"}
Options = Mapping[str, Any]
"""How a container is started: arguments of `create` in the `docker` package."""
NO_SUDO: Options = {"security_opt": ["no-new-privileges"]}
BASH: Options = {"entrypoint": ["bash"]}
ROOT: Options = {"user": "0:0"}


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a container left."""

    code: int
    out: str
    err: str

    @property
    def environment(self) -> dict[str, str]:
        """What `env -0` printed."""
        return dict(entry.split("=", 1) for entry in self.out.split("\0") if entry)

    @property
    def failures(self) -> list[str]:
        """The steps reported as failed."""
        return [
            line.split(": ")[1]
            for line in self.err.splitlines()
            if line.startswith("onyxia-init: ") and ": failed: " in line
        ]


@dataclass(frozen=True, kw_only=True)
class Box:
    """An image, and how its containers are started."""

    image: str
    network: str = "host"

    def run(
        self,
        *argv: str,
        env: Mapping[str, str] | None = None,
        files: Mapping[str, Path] | None = None,
        options: Options | None = None,
        stdin: bytes | None = None,
        check: bool = True,
    ) -> Ran:
        """Run a container to its end on the machine's network."""
        given = {**(options or {}), "stdin_open": stdin is not None}
        with self._created(argv, env, files, given) as container:
            if stdin is None:
                container.start()
            else:
                _start_with(container, stdin)
            code = int(container.wait()["StatusCode"])
            out = container.logs(stdout=True, stderr=False).decode()
            err = container.logs(stdout=False, stderr=True).decode()
        ran = Ran(code=code, out=out, err=err)
        assert not check or ran.code == 0, f"{argv} ended with {ran.code}:\n{ran.out}\n{ran.err}"
        return ran

    def shell(
        self,
        script: str,
        *,
        env: Mapping[str, str] | None = None,
        files: Mapping[str, Path] | None = None,
        options: Options | None = None,
    ) -> Ran:
        """Run a bash script as the service."""
        return self.run(
            "bash", "-euo", "pipefail", "-c", script, env=env, files=files, options=options
        )

    @contextmanager
    def started(
        self, *argv: str, env: Mapping[str, str] | None = None, options: Options | None = None
    ) -> Iterator[str]:
        """Keep a container for a while, and yield its id."""
        with self._created(argv, env, None, options) as container:
            container.start()
            yield str(container.id)

    @contextmanager
    def volume(self, path: str, owner: str = "0:0", mode: str = "0755") -> Iterator[Options]:
        """Keep an empty volume for a while, and yield the options that mount it."""
        name = process.text(["docker", "volume", "create", "--label", "catalog=test"])
        mount = {"mounts": [Mount(path, name, type="volume", no_copy=True)]}
        prepare = f"chown {owner} {path} && chmod {mode} {path}"
        try:
            self.run("-c", prepare, options={**ROOT, **BASH, "working_dir": "/", **mount})
            yield mount
        finally:
            process.run(["docker", "volume", "rm", "--force", name])

    @contextmanager
    def _created(
        self,
        argv: Sequence[str],
        env: Mapping[str, str] | None,
        files: Mapping[str, Path] | None,
        options: Options | None,
    ) -> Iterator[Container]:
        """Make a container, not yet started, and remove it in the end."""
        mounted = [f"{source}:{target}:ro" for target, source in (files or {}).items()]
        container = client().containers.create(
            self.image,
            list(argv),
            environment=dict(env or {}),
            volumes=[*SCRIPT, *mounted],
            labels=LABELS,
            network_mode=self.network,
            use_config_proxy=False,
            **(options or {}),
        )
        try:
            yield container
        finally:
            container.remove(force=True, v=True)


@functools.cache
def client() -> DockerClient:
    """Return one client of the engine for all tests."""
    return engine.client()


def execute(
    container: str, *argv: str, user: str = "", env: Mapping[str, str] | None = None
) -> Ran:
    """Run a command in a container that is running, as `kubectl exec` does."""
    ended = (
        client()
        .containers.get(container)
        .exec_run(list(argv), user=user, environment=dict(env or {}), demux=True)
    )
    assert ended.exit_code is not None, "it was waited for"
    out, err = cast("tuple[bytes | None, bytes | None]", ended.output)
    return Ran(code=ended.exit_code, out=(out or b"").decode(), err=(err or b"").decode())


def _start_with(container: Container, stdin: bytes) -> None:
    """Start a container, write to its standard input, and close that."""
    attached = container.attach_socket(params={"stdin": 1, "stream": 1})
    container.start()
    # The package hands out a reader around the socket, of which only the inside can be written to.
    raw = cast("socket.socket", getattr(attached, "_sock", attached))
    raw.sendall(stdin)
    raw.shutdown(socket.SHUT_WR)
    raw.close()
    attached.close()
