"""The graph: cells and images at their points, in an order that lets images share the longest
prefix.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from builder.catalog import abi, backports, mix, naming
from builder.catalog.expand import Matrix, tag
from builder.catalog.load import Loaded
from builder.catalog.matrix import Point
from builder.errors import InputError, Problem
from builder.graph.model import Absent, Cell, Graph, ImagePoint
from builder.graph.origins import indexes, repositories
from builder.graph.successors import with_successors


def graph(loaded: Loaded, mixes: Iterable[Matrix] = ()) -> Graph:
    """Return all images of a catalog at all their points, and the cells that they are made of;
    `mixes` are further images, which it does not list.
    """
    cells = _Cells(loaded)
    images: dict[str, ImagePoint] = {}
    for matrix in (*loaded.matrices, *mixes):
        for point in matrix.points:
            image = _image(loaded, matrix, point, cells)
            images[image.id] = image
    absent: dict[tuple[object, ...], Absent] = {}
    for matrix in loaded.matrices:
        for hole in matrix.holes:
            entry = Absent(matrix.name, hole.point, hole.because)
            absent[entry.name, *entry.point.items(), entry.because] = entry
    return Graph(
        cells=cells.ordered(),
        images=with_successors(loaded, images),
        absent=tuple(absent.values()),
    )


def with_mixes(loaded: Loaded, words: Sequence[str]) -> tuple[Graph, list[str]]:
    """Return the graph with the images that some of these words ask for by their layers, and the
    words with the ids of these images instead.

    Raises:
        InputError: the catalog does not allow one, or it can be had nowhere; with all problems.

    """
    made: dict[str, Matrix] = {}
    problems: list[Problem] = []
    for word in words:
        try:
            made |= {word: mix.matrix(loaded, mix.parse(word))} if mix.is_mix(word) else {}
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    # Two words may mean one image.
    ids = {word: _id(loaded, matrix, matrix.points[0]) for word, matrix in made.items()}
    each = {ids[word]: matrix for word, matrix in made.items()}
    return graph(loaded, each.values()), [ids.get(word, word) for word in words]


def _id(loaded: Loaded, matrix: Matrix, point: Point) -> str:
    return f"{matrix.name}:{tag(loaded.catalog, loaded.labels, matrix, point)}"


@dataclass(slots=True)
class _Cells:
    """The cells made so far, each once. A layer with `once` has cells only at the values that it
    names, and its cells stand on cells at these values.
    """

    loaded: Loaded
    made: dict[tuple[str, tuple[str, ...]], Cell] = field(default_factory=dict)

    def at(self, layer: str, point: Point) -> Cell:
        axes, once = self.loaded.arranged.axes[layer], self.loaded.layers[layer].once
        if once is not None:
            point = {**point, **once.at}
        key = (layer, tuple([point[axis] for axis in axes]))
        cell = self.made.get(key)
        if cell is None:
            cell = self.made[key] = self._make(layer, {axis: point[axis] for axis in axes})
        return cell

    def _make(self, name: str, point: Point) -> Cell:
        loaded = self.loaded
        layer = backports.at(loaded.layers[name], loaded.catalog.axes, point)
        below = sorted(loaded.arranged.ancestors[name], key=loaded.arranged.rank)
        return Cell(
            id=naming.cell_id(name, loaded.labels, point),
            name=name,
            point=point,
            layer=layer,
            parents=tuple(self.at(parent, point).id for parent in layer.on),
            ancestors=tuple(self.at(ancestor, point).id for ancestor in below),
            abi=tuple(abi.render(template, point, loaded.catalog.axes) for template in layer.abi),
            scripts=loaded.scripts[name],
            repositories=repositories(loaded, layer, point),
            indexes=indexes(loaded, layer, point),
        )

    def ordered(self) -> dict[str, Cell]:
        values = {
            axis: {value: index for index, value in enumerate(entry.values)}
            for axis, entry in self.loaded.catalog.axes.items()
        }
        rank = self.loaded.arranged.rank
        cells = sorted(
            self.made.values(),
            key=lambda cell: (
                rank(cell.name),
                [values[axis][value] for axis, value in cell.point.items()],
            ),
        )
        return {cell.id: cell for cell in cells}


def _image(loaded: Loaded, matrix: Matrix, point: Point, cells: _Cells) -> ImagePoint:
    member = matrix.member
    name = _id(loaded, matrix, point)
    values = {**member.choices, **point}
    return ImagePoint(
        id=name,
        name=matrix.name,
        tag=name.removeprefix(f"{matrix.name}:"),
        point=point,
        cells=tuple([cells.at(layer, point).id for layer in matrix.layers(point)]),
        description=naming.fill(member.image.description, values),
        labels={
            label: naming.fill(template, values) for label, template in member.image.labels.items()
        },
        asked=member.asked,
        service=member.image.service or "",
        standing=matrix.standing(point),
    )
