"""How long an engine takes to pull an image from a registry on loopback, with deltas in one layer
each and with divided ones: `python -m bench.pulls IMAGE`. Every cell of it is in the store; the
engine should do nothing else meanwhile.
"""

from __future__ import annotations

import os
import sys
import uuid
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic

import docker

from bench.chunks import whole
from builder.cells import compose
from builder.console.text import Console
from builder.debian.model import Facts
from builder.execute.project import Project, open_project
from builder.execute.serve import Tagged, registry
from builder.oci.model import ImageConfig
from builder.oci.store import Store
from builder.tools import engine

TIMES = 3


def report(project: Project, image: str, scratch: Path) -> str:
    """Return a row of a table, as Markdown."""
    store = Store.open(scratch / "store")
    divided = project.facts(project.graph.images[image].cells)
    one_each: list[Facts] = []
    for facts in divided:
        for chunk in facts.delta:
            target = store.path(chunk.blob.digest)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                os.link(project.store.path(chunk.blob.digest), target)
        few = len(facts.delta) < 2
        one = facts.delta if few else (whole(project.store, facts, store, scratch),)
        one_each.append(replace(facts, delta=one))
    ways = {"one": one_each, "divided": divided}
    client = engine.client()
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(TIMES):
        for way, stack in ways.items():
            seconds[way].append(_pulled(client, store, stack))
    layers = {way: sum(len(facts.delta) for facts in stack) + 1 for way, stack in ways.items()}
    sizes = {way: sum(facts.size for facts in stack) / 1e6 for way, stack in ways.items()}
    spent = {way: median(each) for way, each in seconds.items()}
    slower = spent["divided"] / spent["one"] * 100 - 100
    return (
        f"| {image} | {layers['one']} | {sizes['one']:.0f} MB | {spent['one']:.1f} s |"
        f" {layers['divided']} | {sizes['divided']:.0f} MB | {spent['divided']:.1f} s |"
        f" {slower:+.0f} % |"
    )


def _pulled(client: docker.DockerClient, store: Store, stack: list[Facts]) -> float:
    """Return the seconds that the engine takes for an image of which it has nothing."""
    name = f"localhost:5000/pulls-{uuid.uuid4().hex[:12]}:now"
    manifest = compose.compose(store, stack, ImageConfig())
    offer = Tagged(store.root / "blobs" / "sha256", {"pulls:now": manifest.digest})
    with registry(offer) as served:
        began = monotonic()
        engine.pull(client, f"{served.address}/pulls:now", name)
        spent = monotonic() - began
    engine.remove(client, name)
    return spent


if __name__ == "__main__":
    name = sys.argv[1]
    with TemporaryDirectory(dir=".catalog") as directory:
        text = report(open_project(Path("catalog.yaml"), [name]), name, Path(directory))
    Console().text(text)
