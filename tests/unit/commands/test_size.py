"""What images take beside each other."""

from __future__ import annotations

from dataclasses import replace

from builder.commands.size import image_sizes
from builder.debian.model import Facts
from builder.oci.model import Chunk
from tests.unit.oci.made import DELTA, facts


def sized(cell: str, size: int) -> Facts:
    blob = replace(DELTA, size=size)
    return replace(facts(cell), delta=(Chunk(blob=blob, diff_id=DELTA.digest, unpacked=size * 3),))


def test_what_images_share_is_of_neither() -> None:
    base, python, marimo = sized("base", 100), sized("python", 50), sized("marimo", 10)
    sizes = image_sizes({"python:1": [base, python], "marimo:1": [base, python, marimo]})
    told = [(size.image, size.compressed, size.own, size.unpacked) for size in sizes]
    assert told == [("marimo:1", 160, 10, 480), ("python:1", 150, 0, 450)]
