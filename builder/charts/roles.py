"""What the catalog's images say in the options of a chart: names, defaults, how long each is for
use.

A list of Onyxia's form has values alone, no labels beside them: what is to be told of a version
stands in the description below the list. It says days, and not whether they are past, as a chart
is published once and read for years. Notes are rendered when somebody installs, and compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from builder.catalog.standing import summary
from builder.charts.gpus import described
from builder.charts.images import ImageRef
from builder.charts.model import Option


def fields(
    option: Option, images: Sequence[ImageRef], port: int | None, language: str
) -> Mapping[str, JsonValue]:
    """Return the fields to set in an option that has a role; `language` is the catalog's first."""
    references: list[JsonValue] = [str(image) for image in images]
    match option.role:
        case "image":
            told = {"default": references[0], "suggest": references}
            return {**told, **_lasting(option, images)}
        case "custom-image":
            return {"default": references[0]}
        case "gpu":
            return described(option, images)
        case "language":
            return {"default": language}
        case _:
            return {} if port is None else {"default": port}


def told(images: Sequence[ImageRef]) -> dict[str, dict[str, str]]:
    """Return how long images are for use as values, for templates: name and tag -> what is stated.
    Those of which nothing is are left out.
    """
    values: dict[str, dict[str, str]] = {}
    for image in images:
        standing = image.standing
        if standing.stated:
            registry = image.name.rpartition("/")[0]
            values[str(image)] = {
                "status": standing.status,
                "eol": standing.eol,
                "yanked": standing.yanked,
                "successor": f"{registry}/{standing.successor}" if standing.successor else "",
            }
    return values


def _lasting(option: Option, images: Sequence[ImageRef]) -> Mapping[str, JsonValue]:
    """Return the description of the option that offers images, with how long each is for use."""
    said = [f"{image.tag}: {summary(image.standing)}" for image in images if image.standing.stated]
    if not said:
        return {}
    return {"description": ". ".join(filter(None, (option.description, *said)))}
