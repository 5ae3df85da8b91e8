"""A Docker engine through its API: pull images, run containers to their end."""

from __future__ import annotations

import contextlib
import io
import posixpath
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import docker
import docker.errors
import requests
from docker.models.containers import Container

from builder.errors import BuilderError
from builder.tools import process

FILES = "/catalog-test"
"""Where the files of a container lie if its root is read-only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerCommand:
    """A container to run to its end. `files` are copied in before it starts, path -> (bytes,
    mode); where the root file system is read-only, all of them are below `FILES`.
    """

    image: str
    argv: Sequence[str] | None
    user: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[bytes, int]] = field(default_factory=dict)
    volumes: Sequence[str] = ()
    """Paths at which an empty volume, owned by root, is mounted."""
    writable: Sequence[str] | None = None
    """If given, the root file system is read-only, and each of these is empty and the user's."""
    restricted: bool = False
    """No capability and no new privileges: Kubernetes' Pod Security Standard "restricted"."""
    network: str = "none"
    timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a container ended; `code` is None when its time ran out."""

    code: int | None
    output: str
    seconds: float


def client(timeout: float = 600) -> docker.DockerClient:
    """Return a client of the engine that the environment selects.

    Raises:
        BuilderError: no engine answers.

    """
    try:
        engine = docker.from_env(timeout=int(timeout))
        engine.ping()
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise BuilderError(
            "no Docker engine answers", hint="start it, or run `make setup`"
        ) from error
    except ValueError as error:
        message = f"DOCKER_HOST is no address of an engine: {error}"
        raise BuilderError(message, hint="for example unix:///var/run/docker.sock") from error
    return engine


def pull(engine: docker.DockerClient, source: str, name: str) -> None:
    """Pull `source` (a reference by tag) and tag it as `name`; the tag `source` is removed
    again.

    Raises:
        BuilderError: the engine could not; has the engine's message.

    """
    repository, _, tag = source.rpartition(":")
    try:
        for event in engine.api.pull(repository, tag=tag, stream=True, decode=True):
            if "error" in event:
                raise BuilderError(f"docker could not load {name}: {event['error']}")
        target, _, target_tag = name.rpartition(":")
        engine.api.tag(source, target, target_tag, force=True)
        engine.api.remove_image(source, noprune=True)
    except docker.errors.APIError as error:
        raise BuilderError(f"docker could not load {name}: {error.explanation or error}") from error
    except requests.RequestException as error:
        raise _lost(error) from error


def digest(engine: docker.DockerClient, name: str) -> str | None:
    """Return the digest of an image's manifest or configuration, as the engine knows it; None if it
    does not have the image.
    """
    with contextlib.suppress(docker.errors.ImageNotFound):
        return str(engine.images.get(name).id)
    return None


def remove(engine: docker.DockerClient, name: str) -> None:
    """Remove an image from the engine, if it is there."""
    with contextlib.suppress(docker.errors.APIError):
        engine.images.remove(name, force=True)


def remove_container(engine: docker.DockerClient, name: str) -> None:
    """Remove a container, running or not, if it is there."""
    with contextlib.suppress(docker.errors.APIError, requests.RequestException):
        engine.containers.get(name).remove(force=True, v=True)


def run(engine: docker.DockerClient, command: ContainerCommand) -> Ended:
    """Run a container to its end, and remove it with its volumes.

    Raises:
        BuilderError: the engine could not start it.

    """
    try:
        with _container(engine, command) as container, process.at_stop(lambda: _remove(container)):
            if command.files:
                top = "/" if command.writable is None else FILES
                container.put_archive(top, _archive(command.files, top))
            began = time.monotonic()
            container.start()
            code = _wait(container, command.timeout)
            return Ended(code, container.logs().decode(errors="replace"), time.monotonic() - began)
    except docker.errors.APIError as error:
        raise BuilderError(f"container of {command.image}: {error.explanation or error}") from error
    except requests.RequestException as error:
        raise _lost(error) from error


def _lost(error: Exception) -> BuilderError:
    return BuilderError(
        f"the connection to the Docker engine was lost: {error}",
        hint="start it, or run `make setup`",
    )


@contextlib.contextmanager
def _container(engine: docker.DockerClient, command: ContainerCommand) -> Iterator[Container]:
    volumes = list(command.volumes)
    if command.writable is not None:
        # The engine copies nothing into a read-only container, but into its volumes.
        volumes.append(FILES)
    container = engine.containers.create(
        command.image,
        list(command.argv) if command.argv is not None else None,
        user=command.user,
        environment=dict(command.environment),
        network_mode=command.network,
        # The test does not get the proxies of the client's own configuration.
        use_config_proxy=False,
        mounts=[docker.types.Mount(path, None, type="volume", no_copy=True) for path in volumes],
        read_only=command.writable is not None,
        tmpfs=dict.fromkeys(command.writable or (), _owned_by(command.user)),
        cap_drop=["ALL"] if command.restricted else [],
        security_opt=["no-new-privileges"] if command.restricted else [],
        labels={"catalog": "test"},
    )
    try:
        yield container
    finally:
        _remove(container)


def _owned_by(user: str | None) -> str:
    """Return the options of a file system in memory that is a user's, given as uid or uid:gid.

    Not a mode: the engine gives it the mode of the image's directory.
    """
    uid, _, gid = (user or "0").partition(":")
    return f"exec,uid={uid},gid={gid or 0}"


def _remove(container: Container) -> None:
    # When a run is interrupted, the container may be gone already. If the engine is gone, another
    # error says so better.
    with contextlib.suppress(docker.errors.APIError, requests.RequestException):
        container.remove(force=True, v=True)


def _wait(container: Container, timeout: float) -> int | None:
    try:
        return int(container.wait(timeout=timeout)["StatusCode"])
    except requests.RequestException:
        container.kill()
        return None


def _archive(files: Mapping[str, tuple[bytes, int]], top: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, (data, mode) in files.items():
            entry = tarfile.TarInfo(posixpath.relpath(path, top))
            entry.size, entry.mode = len(data), mode
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
