"""Containers in which the start script runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from builder.tools import process

INIT = "/opt/onyxia-init.sh"
FILES = Path(__file__).parents[2] / "images/base/files"
# The start script as it is now, over the one in the image.
SCRIPT = tuple(f"--volume={FILES}{path}:{path}:ro" for path in (INIT, "/opt/onyxia"))


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
        options: Sequence[str] = (),
        stdin: bytes | None = None,
        check: bool = True,
    ) -> Ran:
        """Run a container to its end on the machine's network. Variables go by the environment, so
        that any value may."""
        ended = process.run(
            ["docker", "run", "--rm", *self._options(env, files, options), self.image, *argv],
            env=env,
            stdin=stdin,
            check=False,
        )
        ran = Ran(code=ended.returncode, out=ended.stdout.decode(), err=ended.stderr.decode())
        assert not check or ran.code == 0, f"{argv} ended with {ran.code}:\n{ran.out}\n{ran.err}"
        return ran

    def shell(
        self,
        script: str,
        *,
        env: Mapping[str, str] | None = None,
        files: Mapping[str, Path] | None = None,
        options: Sequence[str] = (),
    ) -> Ran:
        """Run a bash script as the service."""
        return self.run(
            "bash", "-euo", "pipefail", "-c", script, env=env, files=files, options=options
        )

    @contextmanager
    def started(
        self, *argv: str, env: Mapping[str, str] | None = None, options: Sequence[str] = ()
    ) -> Iterator[str]:
        """Keep a container for a while, and yield its id."""
        name = (
            process.run(
                [
                    "docker",
                    "run",
                    "--detach",
                    *self._options(env, None, options),
                    self.image,
                    *argv,
                ],
                env=env,
            )
            .stdout.decode()
            .strip()
        )
        try:
            yield name
        finally:
            process.run(["docker", "rm", "--force", "--volumes", name])

    @contextmanager
    def volume(
        self, path: str, owner: str = "0:0", mode: str = "0755"
    ) -> Iterator[tuple[str, ...]]:
        """Keep an empty volume for a while, and yield the options that mount it."""
        name = process.text(["docker", "volume", "create", "--label", "catalog=test"])
        mount = ("--mount", f"type=volume,source={name},destination={path},volume-nocopy")
        prepare = f"chown {owner} {path} && chmod {mode} {path}"
        try:
            process.run(
                [
                    "docker",
                    "run",
                    "--rm",
                    "--user",
                    "0",
                    "--entrypoint",
                    "bash",
                    "--workdir",
                    "/",
                    *mount,
                    self.image,
                    "-c",
                    prepare,
                ]
            )
            yield mount
        finally:
            process.run(["docker", "volume", "rm", "--force", name])

    def _options(
        self,
        env: Mapping[str, str] | None,
        files: Mapping[str, Path] | None,
        options: Sequence[str],
    ) -> list[str]:
        variables = [part for name in env or {} for part in ("--env", name)]
        mounts = [
            part
            for target, source in (files or {}).items()
            for part in ("--volume", f"{source}:{target}:ro")
        ]
        return [
            "--network",
            self.network,
            "--label",
            "catalog=test",
            *SCRIPT,
            *variables,
            *mounts,
            *options,
        ]


def execute(
    container: str, *argv: str, user: str | None = None, env: Mapping[str, str] | None = None
) -> Ran:
    """Run a command in a container that is running, as `kubectl exec` does."""
    variables = [part for name in env or {} for part in ("--env", name)]
    who = ["--user", user] if user else []
    ended = process.run(
        ["docker", "exec", *who, *variables, container, *argv], env=env, check=False
    )
    return Ran(code=ended.returncode, out=ended.stdout.decode(), err=ended.stderr.decode())
