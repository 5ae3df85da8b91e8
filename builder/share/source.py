"""The registries that have cells: the one that a command's arguments or the settings name, and
those of the catalogs that one extends; and the plan with what they have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from builder.events import Monitor
from builder.execute.project import Project
from builder.fetch.session import session
from builder.plan.plan import Plan
from builder.release.shelf import Place
from builder.settings import RECORDED, REGISTRY_STORE, Settings
from builder.share.depot import Depot
from builder.share.exchange import offered
from builder.share.judge import Recorded
from builder.share.take import Offers, why
from builder.tools.address import address, read_address
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


def of_upstreams(project: Project, *, host: str = "") -> Iterator[Depot]:
    """Yield the registries of the catalogs that a project extends, the nearest first; with a
    `host`, only those that are there.
    """
    settings = project.settings
    for text in project.loaded.levels.registries:
        try:
            where = address(text)
        except ValueError:
            # What a fork does not use of its upstream may be wrong.
            continue
        if host and where.host != host:
            continue
        registry = Registry(where, session(settings))
        place = Place(registry=registry, address=where, jobs=settings.jobs)
        yield Depot(place=place, of_upstream=True)


def planned(
    project: Project,
    there: Depot | None,
    trust: str | None,
    monitor: Monitor,
    *,
    forced: Sequence[str] = (),
) -> tuple[Plan, Sequence[tuple[Depot, Offers]]]:
    """Return the plan, and what each registry offers of the cells that are taken in it: the given
    one, and then those of upstreams. `trust` is one of `builder.settings.TRUST`, None for that of
    the settings.

    Raises:
        InputError: a glob of `forced` matches no cell, or catalog.digests.json is damaged.

    """
    made, found = project.plan(forced=forced), list[tuple[Depot, Offers]]()
    trust = trust or project.settings.registry_trust
    reasons: dict[str, str] = {}
    for depot in _depots(project, there, made):
        offers = offered(
            project, depot, made, monitor, trust=RECORDED if depot.of_upstream else trust
        )
        if offers:
            reasons = {**why(project, offers, depot.name), **reasons}
            made = project.plan(forced=forced, offered=reasons)
            found.append((depot, offers))
    taken = {step.node for step in made.to_take()}
    return made, [(depot, _only(offers, taken)) for depot, offers in found]


def _depots(project: Project, there: Depot | None, made: Plan) -> Iterator[Depot]:
    """Yield the registries that may have what a plan would build. None is looked for in vain: to
    speak to one takes time.
    """
    if there is not None:
        yield there
    recorded = Recorded.of(project)
    if any(recorded.of_upstream(step.node) for step in made.to_build("cell")):
        yield from of_upstreams(project)


def _only(offers: Offers, names: Collection[str]) -> Offers:
    return {name: builds for name, builds in offers.items() if name in names}
