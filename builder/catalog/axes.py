"""What `catalog.yaml` says of versions: the axes, their values, and how long each is for use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from builder.catalog.words import (
    DEBIAN_VERSION,
    RELEASE_NAME,
    SHA256,
    Day,
    Model,
    Package,
    Reason,
    Value,
    When,
)

Status = Literal["preview", "active", "maintenance"]


class Lifecycle(Model):
    """How long a version or an image is for use. `builder.graph.standing` tells what follows."""

    status: Status = Field(
        "active",
        description=(
            "preview: on offer, and nobody's default. maintenance: kept working, and no more."
        ),
    )
    eol: Day | None = Field(
        None, description="The day from which nobody maintains it, such as 2027-10-31."
    )
    yanked: Reason | None = Field(
        None,
        description=(
            "Why nobody should start it any more: it is still built for those who run it, and on"
            " offer nowhere."
        ),
    )


class Release(Model):
    """The Debian release from whose source package a version is built."""

    release: str = Field(
        description="The release that has the source package: sid, or a codename.",
        pattern=RELEASE_NAME,
    )
    version: str | None = Field(
        None,
        description=(
            "Its version, such as 3.14.7-1. Default: the newest that the release has when the"
            " catalog is locked."
        ),
        pattern=DEBIAN_VERSION,
    )
    sha256: str | None = Field(
        None,
        description=(
            "The sha256 of the .dsc of this version, which names its other files with theirs. With"
            " it, `catalog lock` does without the index of the release."
        ),
        pattern=SHA256,
    )


class AxisValue(Lifecycle):
    """One version on an axis."""

    when: When = Field({}, description="Conditions on other axes under which this value exists.")
    because: str | None = Field(
        None, description="Why the value is absent elsewhere; shown to whoever asks for it."
    )
    abi: Value | None = Field(
        None,
        description=(
            "The value of `axes.<axis>.abi` in ABI templates, e.g. debian-13. Default: the axis and"
            " the value, joined by '-'."
        ),
    )
    backport: Release | None = Field(
        None,
        description=(
            "The version is built from the source package of another Debian release, by the layers"
            " whose `backports` name this axis. Default: it is Debian's own."
        ),
    )
    successor: Value | None = Field(
        None, description="The value of this axis to use instead, for who has to move."
    )


class Axis(Model):
    """A version dimension: debian, python, r, julia, spark, cuda, arch."""

    description: str = Field("", description="What the versions are of.")
    values: Mapping[Value, AxisValue | None] = Field(
        description="The versions that are built, newest first.", min_length=1
    )
    label: str = Field(
        "{value}", description="How a value is written in cell names and tags, e.g. py{value}."
    )
    tag: bool = Field(default=True, description="Whether image tags name this axis.")
    exact: Package | None = Field(
        None,
        description=(
            "The package whose locked version is the exact one, for {exact} in tags, by its kind"
            " and name; may hold {value}, e.g. deb:python{value}."
        ),
    )
