"""System accounts: the packages of a lock are read for the accounts that they make, and each
account gets an id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from builder.events import Monitor, Note
from builder.fetch.fetch import ensure
from builder.fetch.transfer import place
from builder.graph.accounts import packages, wanted
from builder.graph.model import Graph
from builder.lock.accounts import decide, made_by, written
from builder.lock.model import Artifact, Lock
from builder.lock.scripts import Made, made_by_shell, made_by_sysusers
from builder.settings import Settings
from builder.tools.archive import scripts


def with_accounts(
    graph: Graph, lock: Lock, previous: Lock, settings: Settings, monitor: Monitor
) -> Lock:
    """Return the lock with the ids of all accounts that the catalog makes.

    Packages that were not read yet are fetched and read, and the lock records what they make.
    Accounts keep the ids that they have in the previous lock.

    Raises:
        FetchError: a package could not be fetched.
        InputError: there are more accounts than ids.

    """
    artifacts = _remembered(lock, previous)
    unread: dict[str, Artifact] = {}
    for cell in graph.cells.values():
        for package in packages(cell, lock):
            if made_by(artifacts[package.id]) is None:
                unread[package.id] = package
    artifacts |= _read(unread.values(), lock.moment, settings, monitor)
    known = replace(lock, artifacts=artifacts)
    decision = decide(previous.accounts, wanted(known, graph))
    for sentence in decision.moved:
        monitor(Note(sentence, "warning"))
    return replace(known, accounts=decision.ids)


def _remembered(lock: Lock, previous: Lock) -> dict[str, Artifact]:
    """Return the artifacts of a lock, with what the previous one recorded about the same files."""
    artifacts = {}
    for name, artifact in lock.artifacts.items():
        before = previous.artifacts.get(name)
        same = before is not None and before.digest == artifact.digest
        made = made_by(before) if before is not None and same else None
        artifacts[name] = artifact if made is None else _with(artifact, made)
    return artifacts


def _read(
    unread: Iterable[Artifact], moment: str, settings: Settings, monitor: Monitor
) -> dict[str, Artifact]:
    """Return artifacts with what is read from their files."""
    artifacts = list(unread)
    if artifacts:
        ensure(artifacts, moment, settings, monitor)
    looked_at = {}
    for artifact in artifacts:
        texts = scripts(place(artifact, settings.cache))
        made: set[Made] = set()
        for text in texts.shell:
            made |= made_by_shell(text)
        for text in texts.sysusers.values():
            made |= made_by_sysusers(text)
        looked_at[artifact.id] = _with(artifact, made)
    return looked_at


def _with(artifact: Artifact, made: Iterable[Made]) -> Artifact:
    return replace(artifact, extra={**artifact.extra, **written(made)})
