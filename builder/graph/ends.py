"""What a catalog should be told on a day: versions past their end that people get by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from builder.catalog.axes import Lifecycle
from builder.catalog.load import Loaded
from builder.catalog.reader import Keys
from builder.errors import Problem, listed
from builder.graph.model import Graph, ImagePoint
from builder.graph.tags import default_versions

SHOWN = 3
"""How many images a warning names."""


def warnings(loaded: Loaded, graph: Graph, today: date) -> list[Problem]:
    """Return, with their places, ends of life that are past although people who choose nothing get
    what has them; and images that are yanked as a whole.
    """
    defaults = default_versions(graph)
    ended: dict[Keys, list[ImagePoint]] = {}
    for name in defaults.values():
        image = graph.images[name]
        for path, stated in _stating(loaded, image):
            if stated.eol is not None and date.fromisoformat(stated.eol) <= today:
                ended.setdefault(path, []).append(image)
    problems = [_ended(loaded, path, images) for path, images in ended.items()]
    return [*problems, *_gone(loaded, graph, defaults)]


def _ended(loaded: Loaded, path: Keys, images: Sequence[ImagePoint]) -> Problem:
    names = listed([image.id for image in images], SHOWN)
    successor = next((one.standing.successor for one in images if one.standing.successor), "")
    message = f"is past, and people who choose nothing get {names}"
    is_axis = path[0] == "axes"
    better = f"list the version of {successor} first" if successor else "add a newer version"
    hint = better if is_axis else "name a successor, or `yanked` with a reason"
    return loaded.source.problem((*path, "eol"), f"this end of life {message}", hint)


def _gone(loaded: Loaded, graph: Graph, defaults: Mapping[str, str]) -> Iterator[Problem]:
    entries = {matrix.name: matrix.member.entry for matrix in loaded.matrices}
    by_name: dict[str, list[ImagePoint]] = {}
    for image in graph.images.values():
        by_name.setdefault(image.name, []).append(image)
    for name, images in by_name.items():
        if name not in defaults and all(image.standing.yanked for image in images):
            message = f"every version of {name!r} is yanked, so nothing leads to it"
            hint = "add a version, or remove the image once nobody runs it"
            yield loaded.source.problem(("images", entries[name]), message, hint, key=True)


def _stating(loaded: Loaded, image: ImagePoint) -> Iterator[tuple[Keys, Lifecycle]]:
    """Yield what states something of an image, with its place in catalog.yaml."""
    for axis, value in image.point.items():
        details = loaded.catalog.axes[axis].values.get(value)
        if details is not None:
            yield ("axes", axis, "values", value), details
    for matrix in loaded.matrices:
        if matrix.name == image.name:
            yield ("images", matrix.member.entry), matrix.member.image
