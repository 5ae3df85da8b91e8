"""Families of images: one entry of `images` to the images that it stands for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from builder.catalog import naming
from builder.catalog.model import Image

MAX_MEMBERS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyMember:
    """One image by name, before its matrix. An image outside of a family is its only member."""

    name: str
    entry: str
    """Its key in `images`: the family's name, or its own."""
    image: Image
    choices: Mapping[str, str]
    """Parameter -> choice; empty outside a family."""
    asked: tuple[str, ...]
    """The layers asked for, each once, in the order of the catalog."""


def members(entry: str, image: Image) -> Iterator[FamilyMember]:
    """Yield the images of an entry, the last parameter changing fastest.

    Raises:
        ValueError: the name's braces are wrong.
        KeyError: the name holds a parameter that `product` does not have.

    """
    for choice in itertools.product(*image.product.values()):
        choices = dict(zip(image.product, choice, strict=True))
        asked = dict.fromkeys(image.layers)
        for parameter, chosen in choices.items():
            asked.update(dict.fromkeys(image.product[parameter][chosen]))
        yield FamilyMember(
            name=naming.fill(entry, choices),
            entry=entry,
            image=image,
            choices=choices,
            asked=tuple(asked),
        )


def size(image: Image) -> int:
    """Return how many images an entry stands for."""
    count = 1
    for choices in image.product.values():
        count *= len(choices)
    return count
