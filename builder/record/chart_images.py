"""Whether users who install a chart can pull its images."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from builder.catalog import source
from builder.charts.compose import Composition
from builder.errors import Problem
from builder.tools.registry import address

UNBUILT, LOOPBACK = "unbuilt", "loopback"
REASONS = (UNBUILT, LOOPBACK)
"""Reasons why nobody could pull an image; each can be allowed."""


def unpullable(
    catalog: Path,
    registry: str,
    compositions: Sequence[Composition],
    known: Callable[[str], bool],
    allowed: Collection[str],
) -> list[Problem]:
    """Return why the images of charts could not be pulled, for reasons that are not allowed.

    `known` tells of `<name>:<tag>` whether the image is built; `catalog` is catalog.yaml.
    """
    problems: list[Problem] = []
    if compositions and LOOPBACK not in allowed:
        problem = on_this_machine(catalog, registry, "charts would refer to images at")
        if problem:
            hint = f"{problem.hint}, or pass --allow {LOOPBACK}"
            problems.append(replace(problem, hint=hint))
    if UNBUILT not in allowed:
        for composition in compositions:
            problems += _unbuilt(catalog, composition, known)
    return problems


def offered(composition: Composition) -> list[str]:
    """Return the images that a chart offers or starts, as `<name>:<tag>`."""
    name = composition.service.image
    own = [f"{name}:{image.tag}" for image in composition.images]
    return list(dict.fromkeys([*own, *composition.launched]))


def on_this_machine(catalog: Path, registry: str, what: str) -> Problem | None:
    """Return the problem that a catalog's registry is on this machine, if it is; `what` would use
    it.
    """
    if not _is_loopback(registry):
        return None
    file = catalog.as_posix()
    place = source.read(catalog, file).at(("registry",))
    message = f"{what} {registry}, which for each user means their own machine"
    return Problem(file, *place, message, "set `registry` to where images are pushed")


def _unbuilt(
    catalog: Path, composition: Composition, known: Callable[[str], bool]
) -> Iterator[Problem]:
    name = composition.service.image
    planned = {f"{name}:{tag}" for tag in composition.service.planned}
    file = (catalog.parent / "charts" / composition.name / "service.yaml").as_posix()
    for reference in offered(composition):
        if not known(reference):
            hint = f"run `catalog build {reference}`, or pass --allow {UNBUILT}"
            if reference in planned:
                hint = f"add the image to catalog.yaml, or pass --allow {UNBUILT}"
            message = f"{composition.name} would offer {reference}, which is not built"
            yield Problem(file, 0, 0, message, hint)


def _is_loopback(registry: str) -> bool:
    try:
        return address(registry).loopback
    except ValueError:
        # `team/catalog`, which Docker takes for a path of its own registry.
        return False
