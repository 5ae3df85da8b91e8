"""Whether all that an image loads at run time is there, once, and fits together: from recorded
facts, without a container and without a graphics processor.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from builder.cells import gpu, linking, loadable
from builder.cells.gpu import Gpu, Stated
from builder.cells.linking import Fault
from builder.cells.seal import tree
from builder.cells.system import filesystem
from builder.digest import canonical
from builder.documents import from_json
from builder.execute.project import Project
from builder.graph.gpu import stated
from builder.graph.model import Cell, ImagePoint
from builder.tree import File, replace
from builder.verify.image import ImageTest, Outcome, passed

FORMAT = 1
"""To be raised when this program finds more or less: what passed before is looked at again."""
HINTS = {
    "missing": "let a layer bring the library (`apt`, `python`), or, if the file is never loaded"
    " here, say so in its layer.yaml: `unloaded: {PATH: reason}`",
    "twice": "let one layer alone bring it, and the others stand on that",
    "version": "let the layers that meet come from one release, or take another build of the file",
    "driver": "remove it at the end of the layer's `run`",
    "cuda": "let the frameworks of an image and NVIDIA's packages be locked together",
}


def examine(project: Project, image: ImagePoint) -> tuple[list[Fault], Gpu | None]:
    """Return what is wrong with what an image loads, and what it needs of a node's graphics
    processors.

    Raises:
        BuilderError: a cell of it is not in the store.
        ConflictError: its layers disagree on a path.

    """
    cells = [project.graph.cells[name] for name in image.cells]
    layers, config = project.facts(image.cells), project.config(image.id)
    loadables = [loadable.known(project.store, facts) for facts in layers]
    system = filesystem(layers, loadables, tree(layers, config), config)
    faults = [
        *linking.faults(system, {cell.name: tuple(cell.layer.unloaded) for cell in cells}),
        *gpu.faults(system, loadables, list(_stated(cells))),
    ]
    return faults, gpu.gpu_of(system, loadables)


def libraries(project: Project, image: ImagePoint, digest: str, results: Path) -> Outcome:
    """Check what an image loads; return the result kept under `results` if nothing changed.
    `digest` is that of the image's manifest. Raises as `examine` does.
    """
    start = time.monotonic()
    cells = [project.graph.cells[name] for name in image.cells]
    own_words = [asdict(stated) for stated in _stated(cells)]
    unloaded = {cell.name: sorted(cell.layer.unloaded) for cell in cells}
    test = ImageTest(
        image=image.id,
        digest=digest,
        layer="catalog",
        name="libraries",
        script=canonical([FORMAT, loadable.FORMAT]),
        facts=canonical([unloaded, own_words]),
    )
    kept = results / f"{test.key}.json"
    if passed(test, results):
        return Outcome(**{**from_json(kept.read_bytes()), "test": test.id, "cached": True})
    faults, needs = examine(project, image)
    output = "\n".join(told(faults)) or (in_words(needs) if needs else "")
    seconds = time.monotonic() - start
    outcome = Outcome(test=test.id, ok=not faults, seconds=seconds, output=output)
    if outcome.ok:
        replace(kept, File(json.dumps(asdict(outcome)).encode()))
    return outcome


def told(faults: Sequence[Fault]) -> Iterator[str]:
    """Yield what is wrong in words, and for each kind what to do about it."""
    for fault in faults:
        yield str(fault)
    for kind in dict.fromkeys(fault.kind for fault in faults):
        yield f"hint: {HINTS[kind]}"


def in_words(needs: Gpu) -> str:
    """Return what an image needs of a node's graphics processors."""
    driver = f"a driver {needs.driver} or newer" if needs.driver else "its driver"
    code = f"; code for {' '.join(needs.architectures)}" if needs.architectures else ""
    return f"CUDA {needs.cuda} needs {driver}{code}"


def _stated(cells: Sequence[Cell]) -> Iterator[Stated]:
    for cell in cells:
        for words in stated(cell):
            yield Stated(
                layer=cell.name,
                driver=words.driver or "",
                architectures=tuple(words.architectures),
            )
