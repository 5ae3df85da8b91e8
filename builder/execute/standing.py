"""How the images that charts name stand: built as the catalog and its lock mean them now, built
from something else, or never.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from builder.catalog.load import Loaded
from builder.errors import BuilderError
from builder.execute.hold import held, looked_up
from builder.execute.project import IMAGES, Project, image_of, open_project
from builder.graph.build import graph
from builder.lock.model import NAME
from builder.oci.model import Descriptor
from builder.settings import read as read_settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What is known of some images."""

    manifests: Mapping[str, Descriptor] = field(default_factory=dict)
    """Of those that are what the catalog means now: `<name>:<tag>` -> manifest."""
    stale: Mapping[str, str] = field(default_factory=dict)
    """Of those that were built from something else: `<name>:<tag>` -> what changed since."""
    former: Mapping[str, Collection[str]] = field(default_factory=dict)
    """`<name>:<tag>` -> digests of all that was ever put together under it, and is still there."""


@contextmanager
def standing(path: Path, loaded: Loaded, references: Collection[str]) -> Iterator[Standing]:
    """Tell how images of a catalog stand, and hold those that are there. One that the catalog does
    not have, or that was never built here, is in none of the maps.

    Raises:
        InputError: the lock is wrong, or no longer answers what the catalog asks.

    """
    known = graph(loaded).images
    wanted = [reference for reference in references if reference in known]
    # Nothing is built where there is no store or no lock yet, and to look must not make one.
    store = read_settings(loaded.home).store
    if not wanted or not (store / "index.json").exists() or not (loaded.root / NAME).exists():
        yield Standing()
        return
    project = open_project(path, wanted, cells=False)
    with held(project):
        manifests, why = looked_up(project)
        stale = {image: reason for image, reason in why.items() if reason}
        yield Standing(manifests=manifests, stale=stale, former=_former(project))


def _former(project: Project) -> dict[str, set[str]]:
    former: dict[str, set[str]] = {}
    for ref, manifest in project.store.refs(IMAGES).items():
        former.setdefault(image_of(ref), set()).add(manifest.digest)
    return former


def check_digests(path: Path, loaded: Loaded, digests: Mapping[str, str], file: Path) -> None:
    """Check that a file pins images to what the catalog and its lock mean now, as far as this
    store can tell.

    Raises:
        BuilderError: it pins some to what was built from something else.
        InputError: the lock is wrong, or no longer answers what the catalog asks.

    """
    with standing(path, loaded, digests) as known:
        problems = []
        for image, digest in digests.items():
            now = known.manifests.get(image)
            if now is not None and now.digest != digest:
                problems.append(f"{file}: {image} is {now.digest} now, and not {digest}")
            elif image in known.stale and digest in known.former.get(image, ()):
                why = known.stale[image]
                problems.append(f"{file}: {image} is no longer {digest}: {why}")
    if problems:
        hint = f"run `catalog build`, and `catalog push --digests {file}`"
        raise BuilderError("\n".join(problems), hint=hint)
