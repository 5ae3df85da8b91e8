"""What `catalog.yaml` says of the catalog that it extends: where that is, and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Discriminator, Field, JsonValue, StringConstraints, Tag

from builder.catalog.signers import Signers
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
RELEASES = "releases"
"""The repository of a registry's releases, below the path of the catalog."""
OCI = (
    r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
    r"/releases@sha256:[0-9a-f]{64}$"
)
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

    @property
    def id(self) -> str:
        """What never means anything else."""
        return self.commit

    @property
    def folder(self) -> str:
        """The directory that its files have to themselves."""
        return self.commit

    def __str__(self) -> str:
        """How messages name it."""
        return f"{self.git} at {self.commit[:12]}"


class OciUpstream(Model):
    """A catalog as a release in a registry has it."""

    oci: str = Field(
        pattern=OCI,
        description="A release by its digest: REGISTRY/PATH/releases@sha256:… A tag could move.",
    )
    directory: str = Field(
        "", pattern=DIRECTORY, description="Directory of its files that holds catalog.yaml."
    )
    signed_by: Signers | None = Field(
        None,
        description=(
            "Who has to have signed the release: one of these, before anything of it is read."
            " Default: its digest is trusted as it is."
        ),
    )

    @property
    def id(self) -> str:
        """What never means anything else."""
        return self.oci.rpartition("@")[2]

    @property
    def folder(self) -> str:
        """The directory that its files have to themselves."""
        return self.id.replace(":", "-")

    @property
    def registry(self) -> str:
        """The registry and the path below which the catalog was published."""
        return self.oci.rpartition(f"/{RELEASES}@")[0]

    def __str__(self) -> str:
        """How messages name it."""
        return f"{self.registry} at {self.id[:19]}"


Fetched = GitUpstream | OciUpstream
"""What has to be fetched before it can be read."""
RELEASED = "(released)"


def _kind(value: object) -> str:
    """Tell which of the ways to name an upstream a value is."""
    is_released = isinstance(value, OciUpstream) or (isinstance(value, dict) and "oci" in value)
    return RELEASED if is_released else text_or_mapping(value)


Upstream = Annotated[
    Annotated[Annotated[str, StringConstraints(pattern=UPSTREAM)], Tag(TEXT)]
    | Annotated[GitUpstream, Tag(CONDITIONAL)]
    | Annotated[OciUpstream, Tag(RELEASED)],
    Discriminator(_kind),
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
            "The catalog that this one is a fork of: a directory, {git: URL, commit: ID}, or"
            " {oci: RELEASE@DIGEST}. What is in it is here too, but for what the other keys say."
        ),
    )
    keep: Keep = Field(Keep(), description="The only parts of upstream that are kept.")
    drop: Drop = Field(Drop(), description="Parts of upstream that are left out.")
    patch: Patch = Field(Patch(), description="What is different in parts of upstream.")


KEYS = tuple(Fork.model_fields)
