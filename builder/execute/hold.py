"""Hold what a catalog leads to in its store while somebody works with it, so that no `prune` takes
it away, and take the images that the catalog and its lock mean now.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from builder.cells import inputs, loadable, records
from builder.errors import BuilderError, listed
from builder.execute import uses
from builder.execute.project import IMAGES, SHOWN, Project, image_of, image_ref
from builder.oci.model import Descriptor
from builder.oci.writers import writing
from builder.plan.plan import Plan
from builder.sbom import contents

NEW = ("new",)
"""The reasons for which a plan builds what was never built."""
REFS = (records.ref, loadable.ref, contents.ref)
"""What a store may have of a cell, by its key."""


def state(project: Project) -> frozenset[str]:
    """Return the refs that tell a state of a catalog from others: of its cells, by their keys."""
    keys = [item.key for item in project.inputs.values()]
    cells: set[str] = set()
    for ref in REFS:
        cells.update(map(ref, keys))
    return frozenset(cells | {inputs.PREFIX + name for name in project.graph.cells})


def image_refs(plan: Plan) -> frozenset[str]:
    """Return the refs of the images of a plan, as far as their keys are known."""
    steps = [step for step in plan.steps if step.kind == "image" and step.key]
    return frozenset(image_ref(step.node, step.key) for step in steps)


def note(project: Project, images: Mapping[str, str], *, exact: bool) -> None:
    """Keep that a project is in use; `images` are the keys of its images, as far as they are known.

    Raises:
        BuilderError: the store cannot be written.

    """
    more = [image_ref(image, key) for image, key in images.items()]
    uses.note(project.store, _who(project), state(project), more, exact=exact)
    project.store.adopt(more)


def _who(project: Project) -> tuple[str, str]:
    return project.store.owner, project.loaded.catalog.name


@contextlib.contextmanager
def hold(project: Project) -> Iterator[None]:
    """Hold the cells of a project, and make its own what other catalogs lend. Whoever builds plans
    within: what is there then stays.

    Raises:
        BuilderError: the store cannot be written.

    """
    with writing(project.store), uses.held(project.store, _who(project), state(project)):
        project.store.adopt(state(project))
        yield


@contextlib.contextmanager
def held(project: Project) -> Iterator[None]:
    """Hold the cells of a project as `hold` does, if its store can be written. One that cannot be
    serves those who read as well: this process could not hold anything there.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(BuilderError):
            stack.enter_context(hold(project))
        yield


@contextlib.contextmanager
def taken(project: Project) -> Iterator[dict[str, Descriptor]]:
    """Hold the images of a project, and give the manifest of each: of what the catalog and its lock
    mean now.

    Raises:
        BuilderError: some are not built, or were built from something else.

    """
    with held(project):
        manifests, why = looked_up(project)
        if why:
            raise not_built(why)
        yield manifests


def looked_up(project: Project) -> tuple[dict[str, Descriptor], dict[str, str]]:
    """Return the manifests of the images of a project that are what the catalog and its lock mean
    now, and why the others are not (see `why_not`).
    """
    plan = project.plan()
    manifests: dict[str, Descriptor] = {}
    keys: dict[str, str] = {}
    for step in plan.steps:
        kept = step.kind == "image" and step.action == "keep"
        manifest = project.store.find(image_ref(step.node, step.key)) if kept else None
        if manifest is not None:
            manifests[step.node], keys[step.node] = manifest, step.key
    with contextlib.suppress(BuilderError):
        note(project, keys, exact=False)
    missing = [image for image in project.graph.images if image not in manifests]
    return manifests, why_not(project, plan, missing)


def why_not(project: Project, plan: Plan, images: Sequence[str]) -> dict[str, str]:
    """Return why images of a project cannot be taken: what changed since they were built; empty for
    one that was never built.
    """
    if not images:
        return {}
    built = {image_of(ref) for ref in project.store.refs(IMAGES)}
    reasons: dict[str, str] = {}
    for image in images:
        reasons[image] = ""
        if image in built:
            cells = changed(plan, project.graph.images[image].cells)
            reasons[image] = cells or "its metadata changed, or what its cells came to"
    return reasons


def changed(plan: Plan, cells: Sequence[str]) -> str:
    """Return, in words, which of some cells are not kept, and why; empty when all are."""
    words = []
    for step in plan.steps:
        if step.node in cells and step.action != "keep":
            words.append(f"{step.node} ({listed(step.reasons, SHOWN, '; ')})")
    return listed(words, SHOWN)


def check_cells(project: Project, node: str, cells: Sequence[str]) -> None:
    """Check that cells of a project, of which `node` is made, are what the catalog and its lock
    mean now.

    Raises:
        BuilderError: some are not built, or were built from something else.

    """
    plan = project.plan()
    stale = changed(plan, cells)
    if stale:
        late = [step for step in plan.steps if step.node in cells and step.action != "keep"]
        is_new = all(step.reasons == NEW for step in late)
        never = f"not built yet: {listed([step.node for step in late], SHOWN)}"
        message = never if is_new else f"{node} is not built as it is now: {stale}"
        raise BuilderError(message, hint=f"run `catalog build {node}`")


def not_built(why: Mapping[str, str]) -> BuilderError:
    """Return the error that says which images have to be built first, and why (see `why_not`)."""
    lines = []
    never = [image for image, reason in why.items() if not reason]
    if never:
        lines.append(f"not built yet: {listed(never, SHOWN)}")
    late = [f"{image} is not built as it is now: {why[image]}" for image in why if why[image]]
    if late:
        lines.append(listed(late, SHOWN, "\n"))
    names = list(why) if len(why) <= SHOWN else []
    return BuilderError("\n".join(lines), hint=f"run `{' '.join(['catalog build', *names])}`")
