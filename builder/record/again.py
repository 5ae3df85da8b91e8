"""An image of a registry is made again from what its provenance names, and compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.attest import statement
from builder.attest.statement import Statement
from builder.cells import records
from builder.digest import canonical
from builder.documents import from_json
from builder.errors import BuilderError, IntegrityError, listed
from builder.events import Monitor
from builder.execute.build import build
from builder.execute.project import Project, image_ref, open_project
from builder.execute.schedule import Result
from builder.plan import provenance
from builder.plan.provenance import Made, Provenance
from builder.plan.reason import reasons
from builder.record.states import catalog_at
from builder.release.shelf import Place
from builder.release.trust import Policy, find
from builder.tools import git
from builder.tools.referrers import blob
from builder.tools.referrers import listed as referrers

SHOWN = 3
LOOKED_AT = 50
"""Commits in which a state of the catalog is looked for, the newest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What making an image again came to."""

    results: Mapping[str, Result] = field(default_factory=dict)
    """How each step ended."""
    differing: tuple[str, ...] = ()
    """The cells that came to other bytes."""
    image: str = ""
    """Digest of the image that it came to; empty where it could not be made."""


def origin(place: Place, repository: str, digest: str, policy: Policy) -> Provenance:
    """Return what an image in a registry was made from, as one of a policy signed it; where nobody
    has to sign, as anybody says.

    Raises:
        BuilderError: nothing is said of it, or the registry does not answer.
        IntegrityError: it is not signed by one of the policy, or is no provenance.

    """
    name = f"{place.registry.host}/{repository}@{digest}"
    if policy:
        found = find(place, policy, repository, digest, statement.PROVENANCE)
        if found.bundle is None:
            message = f"the provenance of {name} cannot be trusted: {found.why}"
            raise IntegrityError(message, hint=found.hint)
        said = statement.read(found.bundle.payload, f"the provenance of {name}")
        return provenance.read(said.predicate, name)
    for said in _statements(place, repository, digest):
        if digest in said.subjects and said.kind == statement.PROVENANCE:
            return provenance.read(said.predicate, name)
    message = f"the registry has no provenance of {name}"
    raise BuilderError(message, hint="`catalog publish` attaches it to each image")


def disagreements(project: Project, said: Provenance) -> dict[str, str]:
    """Return the cells of an image that the catalog at hand means otherwise, and how they changed
    since the image was made; the image itself, if nothing but its metadata did.
    """
    wrong: dict[str, str] = {}
    for made in said.cells:
        here = project.inputs.get(made.cell)
        if here is None:
            wrong[made.cell] = "there is no such cell here"
        elif here.key != made.key:
            wrong[made.cell] = _changed(here.document, made)
    image = project.whole.images.get(said.image)
    for cell in image.cells if image else ():
        if cell not in {made.cell for made in said.cells}:
            wrong[cell] = "it was not in the image"
    is_same = project.image_key(said.image, [made.digest for made in said.cells]) == said.key
    if not wrong and not is_same:
        wrong[said.image] = "its metadata changed: what it runs, its labels or its description"
    return wrong


def revision(catalog: Path, said: Provenance) -> str:
    """Return the newest commit of the last ones, at which the catalog means what an image was made
    from; empty where there is none.
    """
    for commit in git.history(catalog.parent, LOOKED_AT):
        if _means(catalog, commit, said):
            return commit
    return ""


def again(project: Project, said: Provenance, monitor: Monitor, jobs: int) -> Comparison:
    """Make an image again in a store of its own, where nothing is kept, without the engine's
    cache; `project` is the part of the catalog that it is.

    Raises:
        BuilderError: no engine answers, or the store cannot be written.

    """
    project.state.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="again-", dir=project.state.absolute()) as store:
        fresh = replace(project, settings=replace(project.settings, store=Path(store)))
        results = build(fresh, fresh.plan(), monitor, jobs=jobs, cache=False)
        if not all(result.ok for result in results.values()):
            return Comparison(results=results)
        found = {made.cell: records.find(fresh.store, made.key) for made in said.cells}
        digests = {cell: known.digest for cell, known in found.items() if known is not None}
        key = fresh.image_key(said.image, [digests.get(made.cell, "") for made in said.cells])
        image = fresh.store.find(image_ref(said.image, key))
        return Comparison(
            results=results,
            differing=tuple(one.cell for one in said.cells if digests.get(one.cell) != one.digest),
            image=image.digest if image else "",
        )


def _statements(place: Place, repository: str, digest: str) -> Iterator[Statement]:
    """Yield the statements about an image that nobody signed."""
    for referrer in referrers(place.registry, repository, digest).referrers:
        if referrer.kind == statement.MEDIA_TYPE:
            try:
                data = blob(place.registry, repository, referrer)
                yield statement.read(data, referrer.digest)
            except IntegrityError:
                continue


def _means(catalog: Path, commit: str, said: Provenance) -> bool:
    """Tell whether a catalog meant at a commit what an image was made from."""
    try:
        with catalog_at(catalog, commit) as there:
            return not disagreements(open_project(there, [said.image]), said)
    except (BuilderError, OSError):
        # The catalog was somewhere else then, or is none that this program knows.
        return False


def _changed(here: Mapping[str, object], made: Made) -> str:
    """Return how the inputs of a cell changed since an image was made of it."""
    try:
        # As JSON has it: there are no tuples.
        words: Sequence[str] = reasons(from_json(canonical(here)), made.inputs)
    except (LookupError, TypeError, AttributeError):
        words = ("its inputs are of another form",)
    return listed(words, SHOWN, "; ")


def check_catalog(project: Project, said: Provenance) -> None:
    """Raise where an image is not one of the catalog at hand.

    Raises:
        BuilderError: it is of another catalog, or no image of this one.

    """
    name = project.loaded.catalog.name
    if said.catalog != name:
        message = f"the image is of the catalog {said.catalog!r}, and this is {name!r}"
    elif said.image not in project.whole.images:
        message = f"this catalog has no image {said.image!r} any more"
    else:
        return
    raise BuilderError(message, hint="run it where that catalog is, with --catalog")
