"""Which image tests which cell."""

from __future__ import annotations

from builder.graph.model import ImagePoint
from builder.verify.image import shared_out


def image(name: str, *cells: str) -> ImagePoint:
    return ImagePoint(id=f"{name}:1", name=name, tag="1", point={}, cells=cells)


def test_each_cell_is_tested_once_in_the_image_with_the_most_cells() -> None:
    small, large = image("small", "base", "own"), image("large", "base", "python", "jupyter")
    shares = shared_out([small, large])
    assert shares == {"large:1": {"base", "python", "jupyter"}, "small:1": {"own"}}


def test_an_image_whose_cells_are_all_in_others_tests_none() -> None:
    shares = shared_out([image("a", "base"), image("b", "base", "python")])
    assert shares["a:1"] == frozenset()


def test_of_images_that_are_as_large_the_first_by_name_tests() -> None:
    shares = shared_out([image("b", "base"), image("a", "base")])
    assert [name for name, cells in shares.items() if cells] == ["a:1"]
