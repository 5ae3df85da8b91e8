"""What a layer may ask registries for, where a name and a version are not enough."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from builder.catalog.axes import Release
from builder.catalog.words import (
    CONDITIONAL,
    GO_VERSION,
    MOST_BYTES,
    ONE_LINE,
    SHA256,
    TEXT,
    URL,
    Absolute,
    Identifier,
    Model,
    When,
    text_or_mapping,
)


class Packages(Model):
    """Packages wanted only at some matrix points."""

    when: When = Field(description="Matrix points at which they are wanted.")
    packages: tuple[str, ...] = Field(min_length=1, description="Their names, or requirements.")
    because: str | None = Field(
        None,
        description="Why they are wanted nowhere else; `catalog show` prints it elsewhere.",
    )


PackageList = tuple[
    Annotated[
        Annotated[str, Tag(TEXT)] | Annotated[Packages, Tag(CONDITIONAL)],
        Discriminator(text_or_mapping),
    ],
    ...,
]


class IndexedPackages(Packages):
    """Python packages that come from a further index, or are wanted only at some points."""

    when: When = Field({}, description="Matrix points at which they are wanted. Default: all.")
    index: str | None = Field(
        None,
        description=(
            "The index that has them, by its name in catalog.yaml: they come from it alone."
        ),
    )


PythonList = tuple[
    Annotated[
        Annotated[str, Tag(TEXT)] | Annotated[IndexedPackages, Tag(CONDITIONAL)],
        Discriminator(text_or_mapping),
    ],
    ...,
]


class Absent(Model):
    """What a layer does not have although its users may look for it, and why."""

    names: tuple[str, ...] = Field(min_length=1, description="Programs or packages.")
    because: str = Field(description="The reason, in a few words.")
    when: When = Field({}, description="Matrix points at which they are absent. Default: all.")


class Archive(Model):
    """A file by its address, for what no package index has."""

    url: str = Field(description="Where it is; may be `file:///…`.", pattern=URL)
    version: str = Field(description="Its version, for people; `lock --upgrade` shows it.")
    sha256: str | None = Field(
        None,
        description=(
            "Its sha256. With it, `catalog lock` needs no network for the file; without it,"
            " `catalog lock` reads the file and records its hash."
        ),
        pattern=SHA256,
    )
    size: int | None = Field(
        None,
        description="Its size in bytes, for progress, and as the most that is ever fetched.",
        ge=1,
        le=MOST_BYTES,
    )
    when: When = Field({}, description="Matrix points at which it is wanted. Default: all.")


class Backport(Model):
    """A Debian source package of another release, built for the image's own."""

    axis: Identifier | None = Field(
        None,
        description=(
            "It is built where the value of this axis has `backport`, which says from which"
            " release. Names below may hold the value, as {axis}."
        ),
    )
    source: Release | None = Field(
        None, description="The release that has it, for one that no axis is about."
    )
    when: When = Field({}, description="Matrix points at which it is wanted. Default: all.")
    packages: tuple[str, ...] = Field(
        min_length=1,
        description="The binary packages that are installed, of those that it builds.",
    )
    instead: tuple[str, ...] = Field(
        (), description="Packages of `apt` that are not installed where this is."
    )
    needs: tuple[str, ...] = Field(
        (), description="Debian packages of the image's own release that those built need to run."
    )
    build: tuple[str, ...] = Field(
        (), description="Further packages to build with, beside those that the source names."
    )
    without: tuple[str, ...] = Field(
        (), description="Packages that the source names to build with, and that it does without."
    )
    profiles: tuple[str, ...] = Field(
        (), description="Build profiles beside nocheck and nodoc (DEB_BUILD_PROFILES)."
    )
    adapt: str = Field(
        "",
        description=(
            "Bash, run in the unpacked source before it is built: what has to be changed for this"
            " release."
        ),
    )
    heavy: bool = Field(
        default=False,
        description="It builds too long for `make test`: the layer counts as heavy where it does.",
    )


class Maven(Model):
    """Files of Maven projects, such as Java archives, with what they need at run time."""

    artifacts: PackageList = Field(
        min_length=1,
        description=(
            "Coordinates, group:artifact[:packaging[:classifier]]:version; the version may be a"
            " range, such as [3.4,3.5)."
        ),
    )
    to: Absolute | None = Field(
        None,
        description=(
            "Directory of the image into which they are copied. Default: none; they are only put"
            " under /artifacts/maven."
        ),
    )
    transitive: bool = Field(
        default=True, description="Whether to add what they depend on at run time."
    )
    exclude: tuple[str, ...] = Field(
        (), description="group:artifact of dependencies to leave out; `*` stands for any."
    )


class GoProgram(Model):
    """A program in Go, built without cgo."""

    version: str = Field(
        pattern=GO_VERSION,
        description="Version of its module, such as v1.2.3, or latest.",
    )
    tags: tuple[Identifier, ...] = Field((), description="Build tags.")
    ldflags: str = Field(
        "",
        pattern=ONE_LINE,
        description="Flags for Go's linker, such as -X main.version=1.2.3.",
    )
