"""Patterns to a part of the graph, with everything it needs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from fnmatch import translate

from builder.catalog.suggest import FEW, nearest
from builder.errors import InputError, Problem, listed
from builder.graph.model import Cell, Graph, ImagePoint

ARGUMENT = "PATTERN"


def select(graph: Graph, patterns: Sequence[str], *, cells: bool = True) -> Graph:
    """Return the images and the cells that patterns match, and every cell that these stand on.

    A pattern is a glob (`*`, `?`, `[…]`) over the names of images and their ids (`name:tag`). With
    an '@', it is one over the ids of cells; not so with `cells=False`, for commands about images.
    Without patterns, the whole graph is returned.

    Raises:
        InputError: a pattern matches nothing.

    """
    if not patterns:
        return graph
    images: dict[str, ImagePoint] = {}
    chosen: set[str] = set()
    problems: list[Problem] = []
    for pattern in patterns:
        matches = re.compile(translate(pattern)).match
        of_images = [
            image for image in graph.images.values() if matches(image.name) or matches(image.id)
        ]
        # A cell that depends on no axis has no '@' in its id.
        is_cell = cells and ("@" in pattern or (not of_images and pattern in graph.cells))
        of_cells = [cell for cell in graph.cells.values() if matches(cell.id)] if is_cell else []
        if not of_images and not of_cells:
            problems.append(unknown(graph, pattern) if cells else _no_image(graph, pattern))
        images.update((image.id, image) for image in of_images)
        chosen.update(cell.id for cell in of_cells)
    if problems:
        raise InputError(problems)
    return part(graph, images, chosen)


def part(graph: Graph, images: Collection[str], cells: Collection[str] = ()) -> Graph:
    """Return the images and the cells with these ids, and every cell that they stand on."""
    chosen = {name: image for name, image in graph.images.items() if name in images}
    wanted = dict.fromkeys(cells)
    for image in chosen.values():
        wanted.update(dict.fromkeys(image.cells))
    names = {image.name for image in chosen.values()}
    below = with_ancestors(graph, [graph.cells[cell] for cell in wanted])
    return Graph(
        cells={cell.id: cell for cell in below},
        images=chosen,
        absent=tuple(absent for absent in graph.absent if absent.name in names),
    )


def one_image(graph: Graph, pattern: str, argument: str = "IMAGE") -> str:
    """Return the id of the only image of a graph, which is what `pattern` selected.

    Raises:
        InputError: there are several, or none because the pattern selected cells.

    """
    if len(graph.images) == 1:
        return next(iter(graph.images))
    if not graph.images:
        raise InputError([Problem(argument, 0, 0, f"{pattern!r} is not an image")])
    names = listed(list(graph.images), 4)
    hint = "name one, with its tag"
    raise InputError([Problem(argument, 0, 0, f"{pattern!r} matches several: {names}", hint)])


def one_node(graph: Graph, word: str, argument: str) -> str:
    """Return the id of the image or the cell that a word names: by id, or by name if only one has
    it.

    Raises:
        InputError: it names nothing, or several.

    """
    if word in graph.images or word in graph.cells:
        return word
    images = [image.id for image in graph.images.values() if image.name == word]
    cells = [cell.id for cell in graph.cells.values() if cell.name == word]
    meant = images or cells
    if not meant:
        raise InputError([unknown_node(graph, word, argument)])
    if len(meant) > 1:
        what = "image" if images else "cell"
        message = f"{word!r} names several {what}s: {listed(meant, 4)}"
        raise InputError([Problem(argument, 0, 0, message, "name one of them")])
    return meant[0]


def cells_like(graph: Graph, patterns: Sequence[str], argument: str = "--force") -> set[str]:
    """Return the ids of the cells that patterns match: globs over ids, or over names of layers.

    Raises:
        InputError: a pattern matches none.

    """
    chosen: set[str] = set()
    problems: list[Problem] = []
    for pattern in patterns:
        matches = re.compile(translate(pattern)).match
        named = {cell.id for cell in graph.cells.values() if matches(cell.id) or matches(cell.name)}
        if not named:
            known = graph.cells if "@" in pattern else {one.name for one in graph.cells.values()}
            hint = nearest(pattern, known, what="cells")
            problems.append(Problem(argument, 0, 0, f"no cell matches {pattern!r}", hint))
        chosen |= named
    if problems:
        raise InputError(problems)
    return chosen


def with_ancestors(graph: Graph, cells: Iterable[Cell]) -> list[Cell]:
    """Return cells and all that their builds need, each once, in the graph's order.

    A cell that is built once for several releases needs cells that those above it do not stand on.
    """
    wanted: dict[str, Cell] = {}
    waiting = list(cells)
    while waiting:
        cell = waiting.pop()
        if cell.id not in wanted:
            wanted[cell.id] = cell
            waiting += [graph.cells[name] for name in cell.ancestors if name not in wanted]
    return [cell for name, cell in graph.cells.items() if name in wanted]


def unknown_node(graph: Graph, word: str, argument: str) -> Problem:
    """Return the problem that a word names no image, layer or cell, with the nearest name."""
    layers = {cell.name for cell in graph.cells.values()}
    if "@" in word:
        layer = word.partition("@")[0]
        of_layer = [cell.id for cell in graph.cells.values() if cell.name == layer]
        hint = nearest(word, graph.cells) or (
            f"there are {listed(of_layer, 4)}" if of_layer else ""
        )
        return Problem(argument, 0, 0, f"there is no cell {word!r}", hint)
    if ":" in word or any(absent.name == word for absent in graph.absent):
        return unknown(graph, word, argument)
    known = {image.name for image in graph.images.values()} | layers
    hint = nearest(word, known) or "`catalog list` shows the images, `catalog graph` the layers"
    return Problem(argument, 0, 0, f"there is no image, layer or cell {word!r}", hint)


def _no_image(graph: Graph, pattern: str) -> Problem:
    """Return the problem that a pattern matches no image, where cells are not allowed."""
    if "@" not in pattern or pattern in graph.cells:
        return unknown(graph, pattern)
    message = f"{pattern!r} is a pattern for cells, but images are expected"
    return Problem(ARGUMENT, 0, 0, message, "`catalog list` shows the images")


def unknown(graph: Graph, pattern: str, argument: str = ARGUMENT) -> Problem:
    """Return the problem that a pattern matches no image (or no cell, if it has an '@'), with the
    nearest name. It may also be the id of a cell where an image is expected.
    """
    if pattern in graph.cells:
        holders = [image.id for image in graph.images.values() if pattern in image.cells]
        message = f"{pattern!r} is a cell, but an image is expected"
        hint = f"it is in {listed(holders, FEW)}" if holders else ""
        return Problem(argument, 0, 0, message, hint)
    if "@" in pattern:
        return Problem(
            argument, 0, 0, f"no cell matches {pattern!r}", nearest(pattern, graph.cells)
        )
    gone = [
        absent.because for absent in graph.absent if absent.name == pattern and not absent.point
    ]
    if gone:
        return Problem(
            argument, 0, 0, f"the image {pattern!r} has no point: {'; '.join(dict.fromkeys(gone))}"
        )
    names: Collection[str] = (
        graph.images if ":" in pattern else {image.name for image in graph.images.values()}
    )
    hint = nearest(pattern, names, what="images")
    return Problem(
        argument, 0, 0, f"no image matches {pattern!r}", hint or "`catalog list` shows the images"
    )
