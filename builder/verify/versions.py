"""Whether an image has a program or a library in two versions: from the recorded facts, without a
container.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from builder.cells.twice import Copy, twice
from builder.digest import canonical
from builder.documents import from_json
from builder.execute.project import Project
from builder.graph.model import Cell, ImagePoint
from builder.lock.model import Lock
from builder.tree import File, replace
from builder.verify.image import ImageTest, Outcome, passed

FORMAT = 1
"""To be raised when this program finds more or less: what passed before is looked at again."""


def one_version(project: Project, image: ImagePoint, digest: str, results: Path) -> Outcome:
    """Check that every program and library of an image is there in one version; return the result
    kept under `results` if nothing changed. `digest` is that of the image's manifest.

    Raises:
        BuilderError: a cell of it is not in the store.
        ConflictError: its layers disagree on a path.

    """
    start = time.monotonic()
    cells = [project.graph.cells[name] for name in image.cells]
    families: dict[str, tuple[str, ...]] = {}
    for cell in cells:
        for family, patterns in cell.layer.one_version.items():
            families[family] = (*families.get(family, ()), *patterns)
    private = {cell.name: tuple(cell.layer.private) for cell in cells}
    named = {cell.name: dict(_by_name(cell, project.lock)) for cell in cells}
    test = ImageTest(
        image=image.id,
        digest=digest,
        layer="catalog",
        name="one-version",
        script=canonical([FORMAT, families, private]),
        facts=canonical(named),
    )
    kept = results / f"{test.key}.json"
    if passed(test, results):
        return Outcome(**{**from_json(kept.read_bytes()), "test": test.id, "cached": True})
    several = twice(
        project.facts(image.cells),
        config=project.config(image.id),
        named=named,
        families=families,
        private=private,
    )
    output, seconds = "\n".join(told(several)), time.monotonic() - start
    outcome = Outcome(test=test.id, ok=not several, seconds=seconds, output=output)
    if outcome.ok:
        replace(kept, File(json.dumps(asdict(outcome)).encode()))
    return outcome


def told(several: Mapping[str, Iterable[Copy]]) -> Iterator[str]:
    """Yield what is there in several versions, in words."""
    for thing, copies in several.items():
        listing = "; ".join(str(copy) for copy in copies)
        yield f"{thing} is there in several versions: {listing}"
    if several:
        yield (
            "let the layers agree on one version; or, if a layer has its own for a reason, say so"
            " in its layer.yaml: `private: {NAME: reason}`"
        )


def _by_name(cell: Cell, lock: Lock) -> Iterator[tuple[str, str]]:
    """Yield what a layer asked for by name and no facts hold: wheels that it unpacked, and npm
    packages.
    """
    for name in lock.cells[cell.id].artifacts:
        artifact = lock.artifacts[name]
        if artifact.kind == "wheel" or (artifact.kind == "npm" and artifact.name in cell.layer.npm):
            yield f"{artifact.kind}:{artifact.name}", artifact.version
