"""What a layer says of itself where a word or a list of words is not enough."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from builder.catalog.words import (
    DRIVER,
    MODE,
    Absolute,
    Architecture,
    Identifier,
    Model,
    Owner,
    Value,
    When,
)


class FileAttributes(Model):
    """One entry of `files`: the owner of files (default: root), and modes that git does not
    record.
    """

    path: Absolute = Field(description="Glob over absolute paths under files/.")
    mode: str | None = Field(None, pattern=MODE, description='Octal, in quotes, such as "0440".')
    owner: Owner | None = Field(None, description="user:group, by number or name.")


class Once(Model):
    """A layer that is the same at all values of some axes: where it is built, and where it may
    write.
    """

    at: Mapping[Identifier, Value] = Field(
        description=(
            "Axis -> the value at which it is built for all, e.g. the oldest Debian release: what"
            " is compiled there runs on later ones."
        ),
        min_length=1,
    )
    paths: tuple[Absolute, ...] = Field(
        description="Files and directories that it adds. Its build may touch nothing else.",
        min_length=1,
    )


class Gpu(Model):
    """What a layer needs of a node with NVIDIA's graphics processors."""

    when: When = Field({}, description="Matrix points at which it needs that.")
    driver: str | None = Field(None, pattern=DRIVER, description="The oldest driver that does.")
    architectures: tuple[Architecture, ...] = Field(
        (),
        description=(
            "What there is code for: sm_90, and compute_90 for what the driver compiles itself."
        ),
    )
