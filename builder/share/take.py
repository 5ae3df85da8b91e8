"""Cells are taken instead of built: those that a registry or a file offers, as far as they can be
trusted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from builder.cells import inputs, records
from builder.errors import BuilderError, IntegrityError
from builder.events import Monitor
from builder.execute.project import Project
from builder.execute.replaced import manifests
from builder.execute.schedule import run as schedule
from builder.oci.model import Descriptor
from builder.settings import ALL
from builder.share.judge import Recorded, Source, bring
from builder.share.offer import OWNER
from builder.tools.registry import SilentError

Offers = Mapping[str, Sequence[Descriptor]]
"""Cell -> the builds of its key, the latest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelved:
    """What a source has of cells that are missing here."""

    offers: Offers
    """Those that may be taken."""
    unknown: tuple[str, ...]
    """Those that nothing here vouches for: they are built."""


def look(
    project: Project,
    names: Iterable[str],
    offers: Callable[[str], Sequence[Descriptor]],
    trust: str,
    jobs: int,
) -> Shelved:
    """Ask what there is of some cells; `offers` returns the builds of a key.

    Raises: as `offers` does.
    """
    recorded, wanted = Recorded.of(project), list(names)
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        found = list(pool.map(lambda name: offers(project.inputs[name].key), wanted))
    there = {name: builds for name, builds in zip(wanted, found, strict=True) if builds}
    trusted = {name for name in there if trust == ALL or recorded.of_cell(name)}
    return Shelved(
        offers={name: builds for name, builds in there.items() if name in trusted},
        unknown=tuple(name for name in there if name not in trusted),
    )


def why(project: Project, offers: Offers, source: str) -> dict[str, str]:
    """Return, in words, why cells are taken, by their keys: what a plan says of them."""
    recorded = Recorded.of(project)
    words = {}
    for name in offers:
        vouched = "as it is recorded" if recorded.of_cell(name) else "on its word"
        words[project.inputs[name].key] = f"from {source}, {vouched}"
    return words


@dataclass(slots=True)
class _Taking:
    """What came of it so far."""

    builds: dict[str, Descriptor] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    silent: BuilderError | None = None
    guard: threading.Lock = field(default_factory=threading.Lock)


def take(
    project: Project, offers: Offers, source: Source, monitor: Monitor, jobs: int
) -> dict[str, str]:
    """Take cells into the store; return why some are not taken, which have to be built.

    A source that does not answer is asked for nothing more.

    Raises:
        InputError: catalog.digests.json is damaged.
        BuilderError: the store cannot be written.

    """
    recorded, taking = Recorded.of(project), _Taking()

    def work(name: str) -> str:
        if taking.silent is not None:
            raise SilentError(taking.silent.message, hint=taking.silent.hint)
        try:
            build = _first(project, name, offers[name], source, recorded)
        except SilentError as error:
            taking.silent = error
            raise
        with taking.guard:
            taking.builds[name] = build
        return f"from {source.name}"

    results = schedule({name: set() for name in offers}, work, jobs, monitor)
    taking.refused |= {name: one.because for name, one in results.items() if not one.ok}
    # From the bottom: what is below decides whether a cell is right on it.
    for name in project.graph.cells:
        if name in taking.builds:
            reason = _keep(project, name, taking.builds[name], recorded)
            taking.refused |= {name: reason} if reason else {}
    return {name: taking.refused[name] for name in project.graph.cells if name in taking.refused}


def _first(
    project: Project, name: str, builds: Sequence[Descriptor], source: Source, recorded: Recorded
) -> Descriptor:
    """Bring the first build that is what it is said to be.

    Raises:
        IntegrityError: none is.
        BuilderError: the disk is full, or the source does not answer, or refuses.

    """
    cell, stated = project.graph.cells[name], recorded.of_cell(name)
    reasons = []
    for build in builds:
        try:
            bring(project, cell, build, source, stated)
        except IntegrityError as error:
            reasons.append(error.message)
        else:
            return build
    message = f"{source.name} offers {name}, which is not taken: {'; '.join(reasons)}"
    raise IntegrityError(message)


def _keep(project: Project, name: str, build: Descriptor, recorded: Recorded) -> str:
    """Let a ref lead to a build that was brought, and say on what it is known to be right. Return
    why it is not kept; empty where it is.
    """
    cell, item = project.graph.cells[name], project.inputs[name]
    below = manifests(project.store, cell, project.inputs)
    is_whole = len(below) == len(cell.ancestors)
    is_ours = build.annotations.get(OWNER, "") == project.store.owner
    is_recorded = recorded.of_cell(name) is not None
    if is_recorded and is_whole and all(map(recorded.vouches, cell.ancestors)):
        # What is recorded was built one on the other, whatever the layers were packed with.
        records.built_on(project.store, item.key, build, below)
    elif not is_recorded and not is_ours and (not is_whole or records.moved(build, below)):
        return f"another catalog built {name} on other bytes than are below it here"
    else:
        kept = {records.BELOW: build.annotations.get(records.BELOW, "{}")}
        project.store.tag({records.ref(item.key): replace(build, annotations=kept)})
    inputs.remember(project.store, name, item.document)
    return ""
