"""Images the usual way: each built `FROM` its parent, so that an IDE on four bundles is built four
times.

The same engine, the same artifacts and the same steps as the cells; only the shape differs.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from builder.digest import sha256
from builder.errors import BuilderError, ToolError
from builder.events import Monitor
from builder.execute.project import Project
from builder.execute.schedule import run as schedule
from builder.execute.workshop import Workshop
from builder.fetch.context import context as lay_out
from builder.oci.model import EPOCH
from builder.render.dockerfile import ARTIFACTS, PARENT
from builder.render.dockerfile import context as build_context
from builder.tools import buildx

LEVEL = 3
"""Of zstd, for the layers: its default, and the engine's."""

Node = tuple[str, ...]
"""The cells below and including this one, bottom first: one link of a chain."""


@dataclass
class Chains:
    """What was built: per node its manifest's digest and its own compressed layers' sizes in
    bytes.
    """

    layout: Path
    digests: dict[Node, str] = field(default_factory=dict)
    sizes: dict[Node, int] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)


def chains(project: Project) -> dict[str, Node]:
    """Return the links of every image, bottom first, as one would write its `FROM` by hand.

    An image is built on that other one of the catalog which saves it the most bytes, and which is
    no service itself: JupyterLab with R and Python is built on the image of R and Python. The rest
    follows in the order that layers have everywhere.
    """
    sizes = {cell: project.summary(cell).size for cell in project.graph.cells}
    images = {name: image.cells for name, image in project.graph.images.items()}
    bundles = [
        cells
        for cells in images.values()
        if not any(project.graph.cells[cell].layer.service for cell in cells)
    ]
    made: dict[Node, Node] = {}
    for cells in sorted({*bundles, *images.values()}, key=len):
        below = [made[other] for other in bundles if other in made and set(other) < set(cells)]
        parent = max(below, key=lambda node: sum(sizes[cell] for cell in node), default=())
        made[cells] = (*parent, *(cell for cell in cells if cell not in parent))
    return {name: made[cells] for name, cells in images.items()}


def nodes(images: Mapping[str, Node]) -> list[Node]:
    """Return every distinct link of these chains, shortest first: what has to be built."""
    links: set[Node] = set()
    for cells in images.values():
        links.update(cells[: end + 1] for end in range(len(cells)))
    return sorted(links, key=lambda node: (len(node), node))


def build(
    shop: Workshop, images: Mapping[str, tuple[str, ...]], root: Path, jobs: int, monitor: Monitor
) -> Chains:
    """Build every node into the OCI layout under `root`; bootstrapped cells are taken from the
    store, composed.

    Raises:
        BuilderError: a node could not be built.

    """
    made = Chains(root / "layout")
    (made.layout / "blobs" / "sha256").mkdir(parents=True)
    todo = nodes(images)
    names = {" ".join(node): node for node in todo}
    parents = {
        name: {" ".join(node[:-1])} if len(node) > 1 else set() for name, node in names.items()
    }
    results = schedule(parents, lambda name: _node(shop, made, names[name], root), jobs, monitor)
    failed = [result for result in results.values() if not result.ok and not result.held_back]
    if failed:
        raise BuilderError(f"{failed[0].node}: {failed[0].because}")
    return made


def unique_bytes(made: Chains) -> int:
    """Return the compressed bytes of all distinct layers, as a registry would hold them."""
    return sum(made.sizes.values())


def _node(shop: Workshop, made: Chains, node: Node, root: Path) -> str:
    cell = shop.project.graph.cells[node[-1]]
    # The names of all its cells are longer than a file's name may be.
    name = f"{cell.id}-{sha256(' '.join(node).encode())[:12]}"
    work = root / "work" / name
    work.mkdir(parents=True)
    try:
        if cell.layer.bootstrap:
            return _bootstrap(shop, made, node)
        artifacts = work / "artifacts"
        artifacts.mkdir()
        lay_out(cell, shop.project.lock, shop.project.settings.cache, artifacts)
        source = shop.project.loaded.layer_dirs[cell.name]
        tree = build_context(shop.project.graph, cell, shop.project.lock, source)
        tree.write(work / "context")
        parent = made.digests[node[:-1]]
        output = work / "output"
        (output / "blobs").mkdir(parents=True)
        shutil.copytree(
            made.layout / "blobs" / "sha256", output / "blobs" / "sha256", copy_function=os.link
        )
        spec = buildx.Build(
            context=work / "context",
            output=output,
            contexts={PARENT: f"oci-layout://{made.layout}@{parent}", ARTIFACTS: str(artifacts)},
            log=root / "logs" / f"{name}.log",
            arguments={"SOURCE_DATE_EPOCH": str(EPOCH)},
            cache=False,
            level=LEVEL,
        )
        _adopt(made, node, output, buildx.build(spec, shop.builder))
        return f"{made.sizes[node] / 1e6:,.1f} MB"
    except ToolError as error:
        raise BuilderError(error.message) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _bootstrap(shop: Workshop, made: Chains, node: Node) -> str:
    """The same starting point for both ways: the bootstrapped root, which neither is charged
    for.
    """
    store, digest = shop.store, shop.compose(node).digest
    manifest = json.loads(store.path(digest).read_bytes())
    for name in (
        digest,
        manifest["config"]["digest"],
        *(layer["digest"] for layer in manifest["layers"]),
    ):
        target = made.layout / "blobs" / "sha256" / name.removeprefix("sha256:")
        if not target.exists():
            os.link(store.path(name), target)
    with made.guard:
        made.digests[node] = digest
        made.sizes[node] = sum(layer["size"] for layer in manifest["layers"])
    return "from the store"


def _adopt(made: Chains, node: Node, output: Path, digest: str) -> None:
    blobs = made.layout / "blobs" / "sha256"
    with made.guard:
        for path in (output / "blobs" / "sha256").iterdir():
            if not (blobs / path.name).exists():
                os.link(path, blobs / path.name)
    manifest = json.loads((blobs / digest.removeprefix("sha256:")).read_bytes())
    below = json.loads((blobs / made.digests[node[:-1]].removeprefix("sha256:")).read_bytes())
    with made.guard:
        made.digests[node] = digest
        made.sizes[node] = sum(
            layer["size"] for layer in manifest["layers"][len(below["layers"]) :]
        )
