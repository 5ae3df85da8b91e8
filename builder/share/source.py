"""The registry that a command's arguments or the settings name, and the plan with what it has."""

from __future__ import annotations

from collections.abc import Sequence

from builder.events import Monitor
from builder.execute.project import Project
from builder.fetch.session import session
from builder.plan.plan import Plan
from builder.release.shelf import Place
from builder.settings import REGISTRY_STORE, Settings
from builder.share.depot import Depot
from builder.share.exchange import offered
from builder.share.take import Offers, why
from builder.tools.address import read_address
from builder.tools.registry import Registry


def depot(settings: Settings, given: str | None, *, plain_http: bool) -> Depot | None:
    """Return the registry from which cells are taken: the one that is `given` by `--from`, else
    that of the settings; None where neither names one.

    Raises:
        InputError: it is no address.

    """
    text = settings.registry_store if given is None else given
    if not text:
        return None
    where = read_address(text, REGISTRY_STORE if given is None else "--from")
    registry = Registry(where, session(settings), plain_http=plain_http)
    return Depot(place=Place(registry=registry, address=where, jobs=settings.jobs))


def planned(
    project: Project,
    there: Depot | None,
    trust: str | None,
    monitor: Monitor,
    *,
    forced: Sequence[str] = (),
) -> tuple[Plan, Offers]:
    """Return the plan, and what the registry offers of the cells that are taken in it. `trust` is
    one of `builder.settings.TRUST`, None for that of the settings.

    Raises:
        InputError: a glob of `forced` matches no cell, or catalog.digests.json is damaged.

    """
    made = project.plan(forced=forced)
    if there is None:
        return made, {}
    trust = trust or project.settings.registry_trust
    offers = offered(project, there, made, monitor, trust=trust)
    if offers:
        made = project.plan(forced=forced, offered=why(project, offers, there.name))
    return made, {step.node: offers[step.node] for step in made.to_take()}
