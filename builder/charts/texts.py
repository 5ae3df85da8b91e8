"""What a file of texts may say: the only definition of `charts/texts/<language>.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field

from builder.catalog.words import Model

TEXTS: Final = "texts"
"""Directory of the files, beside options/."""
ENGLISH: Final = "en"
"""What texts are in that stand in options, services and templates themselves."""
WITHIN: Final = "*"
"""Step of a path to what a list or a mapping holds."""
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title",),
    "description": ("description",),
    "semantic": ("slider", "semantic"),
}
"""Texts of an option, with the keys that lead to them in a file of options."""


class OptionText(Model):
    """The texts of one option. One that is empty or absent is taken from the next language."""

    title: str | None = Field(None, description="Label in the form.")
    description: str | None = Field(None, description="What it does, in a sentence.")
    semantic: str | None = Field(None, description="Meaning of an end of a slider, in a word.")


class ServiceText(Model):
    """The texts of one service."""

    title: str | None = Field(None, description="The service's name as people write it.")
    description: str | None = Field(None, description="What it is for, in a sentence.")
    options: Mapping[str, OptionText] = Field(
        {}, description="Options as they are in this service alone: dotted path -> texts."
    )


class Texts(Model):
    """charts/texts/<language>.yaml: texts of a catalog's charts in one language."""

    services: Mapping[str, ServiceText] = Field({}, description="Services, by name.")
    options: Mapping[str, Mapping[str, OptionText]] = Field(
        {},
        description=(
            "Group of options (the name of its file) -> dotted path of an option, from the section"
            " down -> texts. The step `*` is what a list or a mapping holds."
        ),
    )
    notes: Mapping[str, str | None] = Field(
        {},
        description=(
            "Sentences of the notes: in English, as the templates have them -> in this language."
            " Each `%s` and `%d` stands for a value; `%[2]s` is the second one."
        ),
    )
