"""A registry as the store of several machines: what a plan lacks is taken from it, and what was
built is put there. One that fails costs time, and no result.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from builder.cells import records
from builder.errors import BuilderError, InputError, IntegrityError, counted, listed
from builder.events import Monitor, Note, Step
from builder.execute.project import Project
from builder.oci.blob import blobs_of
from builder.oci.model import Descriptor
from builder.plan.plan import Plan
from builder.settings import ALL
from builder.share.depot import Depot
from builder.share.judge import Recorded
from builder.share.offer import offer
from builder.share.take import Offers, look, take

SHOWN = 3


def offered(project: Project, depot: Depot, made: Plan, monitor: Monitor, *, trust: str) -> Offers:
    """Return what a registry has of the cells that a plan would build, and that may be taken. One
    that cannot be used has nothing.
    """
    recorded = Recorded.of(project)
    missing = []
    for step in made.to_build("cell"):
        is_asked = not depot.of_upstream or recorded.of_upstream(step.node) is not None
        if is_asked and records.find(project.store, step.key) is None:
            missing.append(step.node)
    if not missing:
        return {}

    def builds(key: str) -> Sequence[Descriptor]:
        try:
            return depot.offers(key)
        except IntegrityError as error:
            monitor(Note(error.message, "warning"))
            return ()

    try:
        shelved = look(project, missing, builds, trust, depot.place.jobs)
    except InputError:
        raise
    except BuilderError as error:
        monitor(Note(f"cells of {depot.name} cannot be taken: {_told(error)}", "warning"))
        return {}
    if shelved.unknown:
        count, names = counted(len(shelved.unknown), "cell"), listed(shelved.unknown, SHOWN)
        message = f"{depot.name} has {count} of which nothing is recorded: {names}"
        monitor(Note(f"{message}; --trust {ALL} takes them on its word"))
    return shelved.offers


def taken(project: Project, depot: Depot, offers: Offers, monitor: Monitor) -> None:
    """Take cells into the store. Those that cannot be taken are told, and left to be built.

    Raises:
        BuilderError: the store cannot be written.

    """
    refused = take(project, offers, depot, monitor, depot.place.jobs)
    for reason, names in _by_reason(refused).items():
        monitor(Note(f"built here: {listed(names, SHOWN)}, as {reason}", "warning"))


@dataclass(kw_only=True)
class Sharing:
    """Puts cells that are in the store into a registry. Safe for several threads; one that fails is
    asked for nothing more.
    """

    project: Project
    depot: Depot
    monitor: Monitor
    origins: dict[str, str] = field(default_factory=dict)
    """See `Depot.put`."""
    failure: str = ""
    """Why cells could not be put there."""
    put: set[str] = field(default_factory=set)
    sent: int = 0
    """Bytes."""
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, name: str) -> None:
        """Put a cell there, if it is in the store."""
        project = self.project
        key = project.inputs[name].key
        manifest = records.find(project.store, key)
        if manifest is None or self.failure or name in self.put:
            return
        try:
            build = offer(manifest, project.store.owner)
            sent = self.depot.put(project.store, key, build, self.origins)
        except BuilderError as error:
            self.failure = _told(error)
            self.monitor(Note(f"{name} is not put into {self.depot.name}", "warning"))
            return
        with self._guard:
            self.put.add(name)
            self.sent += sent
        if sent:
            detail = f"{sent / 1e6:,.1f} MB to {self.depot.name}"
            self.monitor(Step(name, "done", detail))

    def near(self, source: Depot, names: Iterable[str]) -> None:
        """Hear of cells that were taken from a registry: if it is the same one, they are mounted
        from there.
        """
        if source.place.address.host != self.depot.place.address.host:
            return
        for name in names:
            manifest = records.find(self.project.store, self.project.inputs[name].key)
            blobs = blobs_of(self.project.store.read_json(manifest)) if manifest else ()
            self.origins.update((blob.digest, source.repository) for blob in blobs)

    def all(self, names: Iterable[str]) -> None:
        """Put several there."""
        with ThreadPoolExecutor(max(1, self.depot.place.jobs)) as pool:
            list(pool.map(self, names))


def _told(error: BuilderError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


def _by_reason(refused: Mapping[str, str]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, reason in refused.items():
        names.setdefault(reason.replace("\n  hint: ", "; "), []).append(name)
    return names
