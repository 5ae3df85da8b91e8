"""Carry out a plan: fetch, build missing cells, put images together; what fails holds back only
what needs it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from builder import confined
from builder.cells import records
from builder.errors import BuilderError, FetchError, IntegrityError, listed
from builder.events import Monitor, Note
from builder.execute import cells
from builder.execute.hold import hold, note
from builder.execute.images import put_together
from builder.execute.project import Project, image_ref
from builder.execute.schedule import Result, failed
from builder.execute.schedule import run as schedule
from builder.execute.workshop import Workshop
from builder.fetch.context import lacks
from builder.fetch.fetch import NODE as FETCH
from builder.fetch.fetch import attempt
from builder.fetch.lost import Lost, together
from builder.graph.model import Cell
from builder.plan.plan import Plan
from builder.record import digests
from builder.tools import buildx

RUNS = 20
"""Runs whose logs are kept."""
SHOWN = 12
"""How many images are named that wait for a host; all are told as held back."""


def unheard(_: str) -> None:
    """Hear of a cell that is built."""


def build(
    project: Project,
    made: Plan,
    monitor: Monitor,
    *,
    jobs: int | None = None,
    cache: bool = True,
    built: Callable[[str], None] = unheard,
) -> dict[str, Result]:
    """Carry out a plan; return how each step of it that was not kept ended, and how fetching did
    where it failed. `built` hears of each cell once it is in the store.

    Raises:
        BuilderError: no engine answers, and one is needed; or the store cannot be written.

    """
    missing = [step.node for step in made.to_build("cell")]
    images = _images(project, made)
    if not missing and not images:
        return {}
    jobs = jobs or project.settings.jobs
    checked = {step.node for step in made.to_check()}
    needs_engine = any(
        not project.graph.cells[name].layer.bootstrap for name in {*missing, *checked}
    )
    shop = shop_for(project, monitor, cache=cache, engine=needs_engine)
    with hold(project):
        results = _cells(shop, missing, checked, jobs, built)
        held = {
            name: by
            for name in images
            if (by := _held_back(project.graph.images[name].cells, results))
        }
        ready = {name: set[str]() for name in images if name not in held}
        note(project, _keys(project), exact=not held)
        results |= schedule(ready, lambda name: put_together(project, shop, name), jobs, monitor)
    _tell_unlike(project, shop, [name for name in results if name in project.graph.cells])
    return results | {
        name: Result(name, ok=False, because=by, held_back=True) for name, by in held.items()
    }


def _images(project: Project, made: Plan) -> list[str]:
    """Note which images a plan keeps; return those to put together. One that it would keep joins
    them if it went before it was noted.
    """
    kept = {step.node: step.key for step in made.steps if step.action == "keep" and step.key}
    kept = {node: key for node, key in kept.items() if node in project.graph.images}
    note(project, kept, exact=False)
    gone = {
        image for image, key in kept.items() if project.store.find(image_ref(image, key)) is None
    }
    wanted = gone | {step.node for step in made.to_build("image")}
    return [image for image in project.graph.images if image in wanted]


def _keys(project: Project) -> dict[str, str]:
    """Return the keys of the images of which all cells are there."""
    keys: dict[str, str] = {}
    for name, image in project.graph.images.items():
        there = [records.find(project.store, project.inputs[cell].key) for cell in image.cells]
        digests = [manifest.digest for manifest in there if manifest is not None]
        if len(digests) == len(image.cells):
            keys[name] = project.image_key(name, digests)
    return keys


def _tell_unlike(project: Project, shop: Workshop, names: Sequence[str]) -> None:
    """Say which cells came to other bytes than what is written down of the same inputs."""
    stated = digests.read(project.loaded.root / digests.NAME)
    for name in names:
        manifest = records.find(project.store, project.inputs[name].key)
        if name not in stated or manifest is None:
            continue
        now = digests.outcome(shop.facts(name))
        if digests.unlike(stated, {name: now}):
            why = f"{name} came to other bytes than {digests.NAME} has of the same inputs"
            shop.monitor(Note(f"{why}: `catalog verify {name}` looks for the cause", "warning"))


def shop_for(
    project: Project, monitor: Monitor, *, cache: bool = True, engine: bool = True
) -> Workshop:
    """Return a workshop with logs of its own, and with an engine where one is needed.

    Raises:
        BuilderError: no engine answers.

    """
    logs = _logs(project.state / "logs")
    builder = buildx.builder() if engine else ""
    return Workshop(project=project, builder=builder, logs=logs, monitor=monitor, cache=cache)


def _logs(directory: Path) -> Path:
    """Return a directory for the logs of this run, and remove those of runs long ago."""
    root, name = directory.parents[1], f"{directory.parent.name}/{directory.name}"
    try:
        with confined.directory(root, name) as handle:
            for old in confined.names(handle)[:-RUNS]:
                confined.remove_at(handle, old)
    except FileNotFoundError:
        # It is the first run here.
        pass
    return directory / f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}"


def _cells(
    shop: Workshop,
    missing: Sequence[str],
    checked: Collection[str],
    jobs: int,
    built: Callable[[str], None],
) -> dict[str, Result]:
    """Fetch what missing cells need, build them, and check others on what is below them then."""
    project = shop.project
    wanted = [project.graph.cells[name] for name in missing]
    names = {*missing, *checked}
    below = {
        name: names.intersection(cell.ancestors)
        for name, cell in project.graph.cells.items()
        if name in names
    }
    before: dict[str, Result] = {}
    if wanted:
        needs, errors = _fetched(project, wanted, shop.monitor)
        for cell, nodes in needs.items():
            below[cell] |= nodes
        for node, error in errors.items():
            before[node] = replace(failed(node, error), damaged=False)

    def work(name: str) -> str:
        came_to = cells.check(shop, name) if name in checked else cells.build(shop, name)
        built(name)
        return came_to

    return schedule(below, work, jobs, shop.monitor, before=before)


def _fetched(
    project: Project, wanted: Sequence[Cell], monitor: Monitor
) -> tuple[dict[str, set[str]], dict[str, BuilderError]]:
    """Fetch what cells need. Return which of them have to wait for what, and what went wrong: with
    each host that cannot be reached, and with all other files.
    """
    lock, settings = project.lock, project.settings
    try:
        _, lost = attempt(lock, wanted, settings, monitor, project.documents)
    except (FetchError, IntegrityError) as error:
        # What the files of a kind need before they can be asked for.
        lost = Lost(failures=[error])
    missing = [cell for cell in wanted if lacks(cell, lock, settings.cache)]
    needs: dict[str, set[str]] = {cell.id: set() for cell in missing}
    errors: dict[str, BuilderError] = {}
    for away in lost.away:
        node, waiting = f"{FETCH} from {away.host}", []
        for cell in missing:
            held = {lock.artifacts[name].digest for name in lock.cells[cell.id].artifacts}
            if held & away.digests:
                needs[cell.id].add(node)
                waiting.append(cell.id)
        errors[node] = _away(project, waiting, lost.of_host(away))
    if lost.failures:
        errors[FETCH] = together(lost.failures)
        for cell in missing:
            # What waits for no host lacks one of these.
            if not needs[cell.id]:
                needs[cell.id].add(FETCH)
    return needs, errors


def _away(project: Project, cells: Collection[str], error: FetchError) -> FetchError:
    """Return the error for a host, with the images that wait for it."""
    images = [image.id for image in project.graph.images.values() if {*image.cells} & {*cells}]
    waiting = f"\nfor it wait: {listed(images, SHOWN)}" if images else ""
    return FetchError(f"{error.message}{waiting}", hint=error.hint)


def _held_back(needs: Sequence[str], results: Mapping[str, Result]) -> str:
    """Return the step at the root of what an image lacks; empty when it lacks nothing."""
    broken = [results[cell] for cell in needs if cell in results and not results[cell].ok]
    return next((result.because if result.held_back else result.node for result in broken), "")
