"""What dividing deltas into chunks costs and saves, from the cells in the store: `python -m
bench.chunks [PATTERN…]`.

Each divided delta is written once more as one layer, and its chunks and that layer are unpacked:
decompressed and written to the disk by tar, in seconds of processor time. The last column is what a
node pulls, on average over the cell's packages, when one of them moves.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.cells import records
from builder.cells.derived import LATER
from builder.console.text import Console
from builder.debian.model import Facts
from builder.debian.scan import content, scan
from builder.execute.project import Project, open_project
from builder.lock import chunks
from builder.oci import layer, tar
from builder.oci.model import Chunk
from builder.oci.store import Store
from builder.tools import process

HEAD = (
    "| | layers | MB as one | in layers | | unpacked as one | in layers | MB if one moves |",
    "|---|--:|--:|--:|--:|--:|--:|--:|",
)


def report(project: Project, scratch: Path) -> Iterator[str]:
    """Yield the lines of the table, as Markdown."""
    yield from HEAD
    sums = [0, 0]
    times = [0.0, 0.0]
    for cell in project.graph.cells:
        if records.find(project.store, project.inputs[cell].key) is None:
            continue
        (facts,) = project.facts([cell])
        grouping = chunks.of_cell(project.lock, cell)
        if len(facts.delta) < 2 or not grouping:
            continue
        beside = Store.open(scratch / "store")
        one = whole(project.store, facts, beside, scratch)
        spent = _unpacking(beside, [one], scratch)
        shutil.rmtree(beside.root)
        divided = _unpacking(project.store, facts.delta, scratch)
        moved = _average(facts, grouping)
        sums = [sums[0] + one.blob.size, sums[1] + facts.size]
        times = [times[0] + spent, times[1] + divided]
        more = facts.size / one.blob.size * 100 - 100
        yield (
            f"| {cell} | {len(facts.delta)} | {one.blob.size / 1e6:.1f} | {facts.size / 1e6:.1f} |"
            f" {more:+.1f} % | {spent:.2f} s | {divided:.2f} s | {moved / 1e6:.1f} |"
        )
    if sums[0]:
        more, slower = sums[1] / sums[0] * 100 - 100, times[1] / times[0] * 100 - 100
        yield (
            f"| all | | {sums[0] / 1e6:.1f} | {sums[1] / 1e6:.1f} | {more:+.1f} % |"
            f" {times[0]:.1f} s | {times[1]:.1f} s ({slower:+.0f} %) | |"
        )


def _average(facts: Facts, grouping: chunks.Grouping) -> float:
    """Return the bytes of a package's chunk, on average over the packages. Where the first layer is
    that of what belongs to none, it moves with none.
    """
    numbers = sorted(set(grouping.values()))
    sizes = [chunk.blob.size for chunk in facts.delta][-len(numbers) :]
    of = dict(zip(numbers, sizes, strict=False))
    return sum(of.get(number, 0) for number in grouping.values()) / len(grouping)


def whole(store: Store, facts: Facts, beside: Store, scratch: Path) -> Chunk:
    """Write a delta as one layer into another store."""
    with ExitStack() as stack:
        streams = []
        for number, chunk in enumerate(facts.delta):
            plain = scratch / f"{number}.tar"
            with (
                tar.decompressed(store.path(chunk.blob.digest), chunk.blob.media_type) as source,
                plain.open("wb") as file,
            ):
                shutil.copyfileobj(source, file, tar.CHUNK)
            streams.append(stack.enter_context(plain.open("rb")))
        scanned = scan(streams, built_since=LATER)
        one = layer.write(
            beside, facts.entries, lambda path: content(scanned.items[path], streams), "zstd"
        )
    for plain in scratch.glob("*.tar"):
        plain.unlink()
    return one


def _unpacking(store: Store, delta: Sequence[Chunk], scratch: Path) -> float:
    """Return the processor time, in seconds, to write the files of layers to the disk, each as an
    engine does: in a directory of its own.
    """
    before = os.times()
    for number, chunk in enumerate(delta):
        there = scratch / f"unpacked-{number}"
        there.mkdir()
        blob = store.path(chunk.blob.digest)
        process.run(["tar", "--extract", "--zstd", f"--file={blob}", f"--directory={there}"])
    after = os.times()
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    for there in scratch.glob("unpacked-*"):
        shutil.rmtree(there)
    return spent


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        for line in report(open_project(Path("catalog.yaml"), sys.argv[1:]), Path(name)):
            Console().text(line)
