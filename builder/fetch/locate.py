"""The addresses of locked artifacts, by kind: the other half of `builder.resolve.kinds`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol
from urllib.parse import quote

from builder.errors import ToolError
from builder.fetch.npm import registry
from builder.fetch.origin import debian_mirror, unreachable
from builder.fetch.pypi import ORIGIN as PYPI
from builder.fetch.pypi import client, with_credentials
from builder.lock.model import Artifact
from builder.settings import Settings
from builder.tools.uv import Distribution, Uv

# What stands in a path as it is.
PATH = "/:@!$&'()*+,;=~"
# A Python later than all: `Requires-Python: >=3.12` admits it.
LAST = "3.99"


class Locator(Protocol):
    """One kind of artifact: where its files are."""

    def __call__(
        self, artifacts: Sequence[Artifact], moment: str, settings: Settings
    ) -> Mapping[str, tuple[str, ...]]:
        """Return the addresses to try for each artifact, by id; none for what its origin no longer
        has.

        Raises:
            FetchError: an origin is not known on this machine, or does not answer.

        """


def debian(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the pool's address, and that in a snapshot where one is set."""
    return {artifact.id: tuple(_debian(artifact, moment, settings)) for artifact in artifacts}


def _debian(artifact: Artifact, moment: str, settings: Settings) -> Iterable[str]:
    yield f"{debian_mirror(artifact.origin, settings)}/{quote(artifact.locator, safe=PATH)}"
    if base := settings.snapshot("debian"):
        yield f"{snapshot(base, artifact.origin, moment)}/{quote(artifact.locator, safe=PATH)}"


def snapshot(base: str, archive: str, moment: str) -> str:
    """Return the address of an archive as it was at a moment (RFC 3339)."""
    return f"{base}/archive/{archive}/{re.sub(r'[-:]', '', moment)}"


def python(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the addresses that the index gives; one question holds one version of each
    distribution.
    """
    del moment
    uv = client(settings)
    found: dict[str, str] = {}
    for version, batch in _batches(artifacts):
        found |= {
            wheel.file: with_credentials(wheel.url, uv.index)
            for distribution in _ask(uv, batch, version)
            for wheel in distribution.wheels
        }
    return {
        artifact.id: (found[artifact.locator],) if artifact.locator in found else ()
        for artifact in artifacts
    }


def _batches(artifacts: Sequence[Artifact]) -> list[tuple[str, dict[str, str]]]:
    """Put artifacts into as few sets as possible that are for one Python, and in which each name
    has one version.
    """
    batches: list[tuple[str, dict[str, str]]] = []
    for python, name, version in sorted(
        {(made_for(item.locator), item.name, item.version) for item in artifacts}
    ):
        batch = next(
            (batch for other, batch in batches if other == python and name not in batch), None
        )
        if batch is None:
            batches.append((python, batch := {}))
        batch[name] = version
    return batches


def made_for(wheel: str) -> str:
    """Return the Python that an index lists a wheel for: its own version, or the last of all for
    wheels without an upper bound.
    """
    interpreter, abi = wheel.removesuffix(".whl").split("-")[-3:-1]
    own = re.fullmatch(r"cp(\d)(\d+)", interpreter)
    return f"{own[1]}.{own[2]}" if own and "abi3" not in abi else LAST


def _ask(uv: Uv, versions: Mapping[str, str], python: str) -> tuple[Distribution, ...]:
    """Ask for all at once; one that is gone makes that fail, and then each is asked for by
    itself.
    """
    try:
        return uv.compile(
            [f"{name}=={version}" for name, version in versions.items()],
            python=python,
            dependencies=False,
        )
    except ToolError as error:
        if lost := unreachable(error.tail, PYPI):
            raise lost from error
        if len(versions) == 1:
            return ()
    return tuple(
        found for name, version in versions.items() for found in _ask(uv, {name: version}, python)
    )


def npm(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the registry's addresses."""
    del moment
    base = registry(settings)
    return {artifact.id: (f"{base}/{artifact.locator}",) for artifact in artifacts}


def archive(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the address that the layer gives, in the mirror of archives where one is set."""
    del moment
    base = settings.mirror("archive")
    return {
        item.id: ((f"{base}/{item.locator.rpartition('/')[2]}",) if base else ()) + (item.locator,)
        for item in artifacts
    }


LOCATORS: Mapping[str, Locator] = {
    "deb": debian,
    "build": debian,
    "python": python,
    "wheel": python,
    "npm": npm,
    "archive": archive,
}
