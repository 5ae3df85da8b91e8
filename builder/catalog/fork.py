"""What `catalog.yaml` says of the catalog that it extends: where that is, and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Discriminator, Field, JsonValue, StringConstraints, Tag

from builder.catalog.words import (
    CONDITIONAL,
    TEXT,
    Absolute,
    Identifier,
    Model,
    Name,
    Value,
    text_or_mapping,
)

# No password or query: it is in git. What git would run as a program (ext::) is not here.
GIT_URL = (
    r"^((https?|file)://[^\s?#\\@]+|ssh://([A-Za-z0-9_.-]+@)?[A-Za-z0-9][^\s?#\\@]*"
    r"|[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^\s-]\S*)$"
)
COMMIT = r"^([0-9a-f]{40}|[0-9a-f]{64})$"
DIRECTORY = r"^([A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*)?$"
UPSTREAM = r"^[^\x00-\x1f\x7f]+$"
GLOB = r"^[A-Za-z0-9_.*?\[\]{}!-]+$"

RULE = r"^[^\x00-\x1f\x7f]+$"
Rule = Annotated[str, StringConstraints(pattern=RULE, max_length=500)]
"""A glob over the reasons that rules give."""
Glob = Annotated[str, StringConstraints(pattern=GLOB, max_length=100)]
Change = Mapping[str, JsonValue]
"""A JSON merge patch (RFC 7396); a list may be `{add: […], remove: [globs]}`."""


class GitUpstream(Model):
    """A catalog in a git repository, as of one commit."""

    git: str = Field(pattern=GIT_URL, description="URL of the repository.")
    commit: str = Field(
        pattern=COMMIT, description="Whole id of the commit. A branch or a tag could move."
    )
    directory: str = Field(
        "", pattern=DIRECTORY, description="Directory there that holds catalog.yaml."
    )


Upstream = Annotated[
    Annotated[Annotated[str, StringConstraints(pattern=UPSTREAM)], Tag(TEXT)]
    | Annotated[GitUpstream, Tag(CONDITIONAL)],
    Discriminator(text_or_mapping),
]


class Keep(Model):
    """The only parts of upstream that are kept."""

    images: tuple[Glob, ...] = Field((), description="Globs over names of images.")
    services: tuple[Glob, ...] = Field((), description="Globs over names of services.")


class Drop(Keep):
    """The parts of upstream that are left out."""

    layers: tuple[Glob, ...] = Field((), description="Globs over names of layers.")
    axes: Mapping[Identifier, tuple[Value, ...]] = Field(
        {}, description="Axis -> the values at which nothing is built."
    )
    files: Mapping[Name, tuple[Absolute, ...]] = Field(
        {}, description="Layer -> globs over the absolute paths of its files/."
    )
    exclude: tuple[Rule, ...] = Field(
        (),
        description="Rules of upstream's `exclude`, by the words with which each says `because`.",
    )
    require: tuple[Rule, ...] = Field((), description="Rules of upstream's `require`, likewise.")


class Patch(Model):
    """What is different in parts of upstream: glob over their names -> JSON merge patch."""

    axes: Mapping[Glob, Change] = Field({}, description="Axes.")
    images: Mapping[Glob, Change] = Field({}, description="Entries of `images`, by their keys.")
    layers: Mapping[Glob, Change] = Field({}, description="Layers: keys of layer.yaml.")
    services: Mapping[Glob, Change] = Field({}, description="Services: keys of service.yaml.")
    options: Mapping[Glob, Change] = Field(
        {}, description="Groups of options: keys of charts/options/*.yaml."
    )


class Fork(Model):
    """What a catalog says of the one that it extends."""

    extends: Upstream | None = Field(
        None,
        description=(
            "The catalog that this one is a fork of: a directory, or {git: URL, commit: ID}."
            " What is in it is here too, but for what the other keys say."
        ),
    )
    keep: Keep = Field(Keep(), description="The only parts of upstream that are kept.")
    drop: Drop = Field(Drop(), description="Parts of upstream that are left out.")
    patch: Patch = Field(Patch(), description="What is different in parts of upstream.")


KEYS = tuple(Fork.model_fields)
