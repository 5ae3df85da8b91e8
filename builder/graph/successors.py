"""What to use instead of an image: the one at the versions that succeed its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from builder.catalog import naming
from builder.catalog.load import Loaded
from builder.graph.model import ImagePoint


def with_successors(loaded: Loaded, images: Mapping[str, ImagePoint]) -> dict[str, ImagePoint]:
    """Return images by id, those of which something is stated with their successors."""
    by_name: dict[str, list[ImagePoint]] = {}
    for image in images.values():
        by_name.setdefault(image.name, []).append(image)
    named: dict[str, str] = {}
    for matrix in loaded.matrices:
        template = matrix.member.image.successor
        if template is not None:
            named[matrix.name] = naming.fill(template, matrix.member.choices)
    return {
        name: _with_successor(loaded, image, named.get(image.name, ""), by_name)
        for name, image in images.items()
    }


def _with_successor(
    loaded: Loaded, image: ImagePoint, named: str, by_name: Mapping[str, Sequence[ImagePoint]]
) -> ImagePoint:
    if not image.standing.stated:
        return image
    moved = _moved(loaded, image.point)
    others = [one for one in by_name.get(named or image.name, ()) if one.id != image.id]
    # Where versions move, others that depend on them move as well: Python's may need another
    # Debian. So every other axis may differ, and the nearest point is taken, the catalog's first.
    there = [one for one in others if _agrees(one, moved) and one.standing.may_be_default]
    if not there or not (named or moved):
        return image
    nearest = max(there, key=lambda one: _shared(one.point, image.point))
    return replace(image, standing=replace(image.standing, successor=nearest.id))


def _moved(loaded: Loaded, point: Mapping[str, str]) -> dict[str, str]:
    """Return the axes whose values have a successor, each with it."""
    moved: dict[str, str] = {}
    for axis, value in point.items():
        details = loaded.catalog.axes[axis].values.get(value)
        if details is not None and details.successor is not None:
            moved[axis] = details.successor
    return moved


def _agrees(image: ImagePoint, moved: Mapping[str, str]) -> bool:
    """Tell whether an image is at the successors of versions, as far as it has their axes."""
    return all(image.point.get(axis, value) == value for axis, value in moved.items())


def _shared(point: Mapping[str, str], other: Mapping[str, str]) -> int:
    return sum(other.get(axis) == value for axis, value in point.items())
