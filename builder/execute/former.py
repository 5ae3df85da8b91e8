"""Images as they were built last, whatever the catalog has become since: for whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from builder.cells import compose, records
from builder.debian.model import Facts
from builder.documents import DocumentError, from_json
from builder.errors import BuilderError
from builder.execute import uses
from builder.execute.hold import why_not
from builder.execute.images import CELLS
from builder.execute.project import IMAGES, Project
from builder.oci.model import Descriptor
from builder.oci.shelf import PREFIX


@dataclass(frozen=True, kw_only=True, slots=True)
class FormerImage:
    """An image as it was put together at some time."""

    manifest: Descriptor
    facts: Sequence[Facts]
    """Of its cells, bottom first."""
    since: str
    """What changed in the catalog since, in words; empty when nothing did."""


def built_last(project: Project, image: str) -> FormerImage:
    """Return an image as this catalog, in any of its states, built or took it last.

    Raises:
        BuilderError: it was never built, or the store no longer has its cells.

    """
    manifest = _manifest(project, image)
    keys = _keys(manifest)
    there = [records.find(project.store, key) for key in keys]
    cells = [one for one in there if one is not None]
    if not cells or len(cells) < len(keys):
        message = f"what {image} was built from is no longer in the store"
        raise BuilderError(message, hint=f"run `catalog build {image}`")
    plan = project.plan()
    is_now = any(
        step.node == image
        and step.action == "keep"
        and step.key == manifest.annotations.get(compose.KEY)
        for step in plan.steps
    )
    return FormerImage(
        manifest=manifest,
        facts=[records.facts(project.store, cell) for cell in cells],
        since="" if is_now else why_not(project, plan, [image])[image],
    )


def _keys(manifest: Descriptor) -> list[str]:
    """Return the keys of an image's cells; nothing where another version of this program put it
    together.
    """
    try:
        keys = from_json(manifest.annotations.get(CELLS, "[]"))
    except DocumentError:
        return []
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []


def _manifest(project: Project, image: str) -> Descriptor:
    refs = project.store.refs(f"{IMAGES}{image}@")
    whole = {ref: one for ref, one in refs.items() if project.store.intact(one)}
    if not whole:
        raise BuilderError(f"not built yet: {image}", hint=f"run `catalog build {image}`")
    for use in reversed(uses.all_uses(project.store)):
        for ref, manifest in whole.items():
            if f"{PREFIX}{project.store.owner}/{ref}" in use.refs:
                return manifest
    return next(iter(whole.values()))
