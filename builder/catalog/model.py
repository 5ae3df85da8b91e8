"""What `catalog.yaml` and `images/<layer>/layer.yaml` may say: the only definition of both formats.

The JSON Schemas for editors are generated from these classes, so a field's description is its
documentation. Every value is frozen; `builder.catalog.wording` tells what is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from builder.catalog.axes import Axis, Lifecycle
from builder.catalog.chart_settings import ChartSettings
from builder.catalog.fork import Fork
from builder.catalog.mixes import PutTogether
from builder.catalog.origins import Origins
from builder.catalog.packages import (
    Absent,
    Archive,
    Backport,
    GoProgram,
    Maven,
    PackageList,
    PythonList,
)
from builder.catalog.parts import FileAttributes, Gpu, Once
from builder.catalog.rule import Rule
from builder.catalog.signers import Signed
from builder.catalog.words import (
    Absolute,
    Account,
    Argument,
    Directory,
    DpkgPath,
    Identifier,
    ImageName,
    Label,
    Line,
    Model,
    Name,
    Owner,
    Page,
    Port,
    Registry,
    TagTemplate,
    Variable,
    When,
)
from builder.catalog.workflows import Workflows


class Image(Lifecycle):
    """An image, or a family of images when `product` is given."""

    description: str = Field(
        "", description="What it is for, in a sentence; may hold {parameter} and {axis}."
    )
    layers: tuple[Name, ...] = Field(
        (), description="The layers asked for; what they stand on, and glue, joins automatically."
    )
    product: Mapping[Identifier, Mapping[Name, tuple[Name, ...]]] = Field(
        {},
        description=(
            "Parameters of a family: each maps its choices to the layers they add. The image's name"
            " contains {parameter}."
        ),
    )
    tag: str | None = Field(
        None,
        description=(
            "Tag, may hold {axis} and {parameter}, e.g. '{debian}'. Default: the labels of its axes"
            " joined by '-'."
        ),
    )
    when: When = Field({}, description="Build the image at these matrix points only.")
    labels: Mapping[Label, Line] = Field(
        {}, description="OCI annotations and labels; values may hold {parameter} and {axis}."
    )
    service: Name | None = Field(
        None,
        description=(
            "The layer that the image runs, where several of its layers have `service: true`."
        ),
    )
    successor: ImageName | None = Field(
        None, description="The image to use instead, by name; may hold {parameter}."
    )


def _less_where_it_extends(document: dict[str, JsonValue]) -> None:
    """Require only the name of a catalog that extends another: that one has the rest."""
    needed = document["required"]
    document["anyOf"] = [{"required": ["name", "extends"]}, {"required": needed}]
    del document["required"]


class Catalog(Origins, Fork, Signed, PutTogether):
    """catalog.yaml."""

    model_config = ConfigDict(json_schema_extra=_less_where_it_extends)

    format: Literal[1] = Field(1, description="Version of this format.")
    name: Name = Field(description="The catalog's name.")
    description: str = Field("", description="What the catalog offers, in a sentence.")
    url: Page | None = Field(None, description="Home page, for image labels and charts.")
    registry: Registry = Field(
        "localhost:5000/catalog", description="Registry and path under which images are published."
    )
    charts: ChartSettings = Field(
        ChartSettings(), description="Where to find what the charts share."
    )
    axes: Mapping[Identifier, Axis] = Field(
        description="The version dimensions, in the order in which labels are joined.", min_length=1
    )
    layers: str = Field("images", description="Directory that holds one directory per layer.")
    images: Mapping[ImageName, Image] = Field(
        description="The images and families, by name.", min_length=1
    )
    exclude: tuple[Rule, ...] = Field((), description="Points that are not built.")
    require: tuple[Rule, ...] = Field(
        (), description="The only points that are built of the images concerned."
    )
    workflows: Workflows | None = Field(
        None, description="The continuous integration that `catalog workflows` writes."
    )
    tags: tuple[TagTemplate, ...] = Field(
        ("{tag}", "{tag}-{date}"),
        description=(
            "The tags under which an image is pushed: texts with {tag} (its tag, always one of"
            " them), {exact} (the same with exact versions), {date} (the day of the lock) and"
            " {digest} (12 digits of its digest). One without any of these, such as latest, is for"
            " the default version alone."
        ),
        min_length=1,
    )


class Layer(Model):
    """layer.yaml: one layer. Its directory may also hold files/, tests/, the files of scripts, and
    Dockerfile.j2.
    """

    description: str = Field(description="What the layer adds, in a sentence.")
    on: tuple[Name, ...] = Field((), description="Layers this one stands on.")
    glue: bool = Field(
        default=False, description="Joins automatically when every layer in `on` is present."
    )
    lifecycle: bool = Field(
        default=False,
        description=(
            "Glue for images that are a preview, in maintenance, yanked or given an end of life,"
            " and for no others."
        ),
    )
    heavy: bool = Field(
        default=False,
        description=(
            "Too large or slow for `make test`: images that have it are tested by `make test-all`"
            " alone."
        ),
    )
    axes: tuple[Identifier, ...] = Field(
        (), description="Axes this layer adds to those of what it stands on."
    )
    when: When = Field({}, description="Matrix points at which the layer exists.")
    once: Once | None = Field(
        None,
        description="Build the layer at one value of an axis, for the images at all of its values.",
    )
    bootstrap: bool = Field(
        default=False,
        description="Made by mmdebstrap from scratch, of the release that the axis `debian` names.",
    )
    dpkg: tuple[DpkgPath, ...] = Field(
        (),
        description=(
            "dpkg's path-exclude=… and path-include=…, as in dpkg.cfg: paths that no package"
            " brings, in this image and in all above it. The last one that matches wins. For a"
            " layer made by bootstrap only."
        ),
    )
    abi: tuple[str, ...] = Field(
        (),
        description=(
            "A promise: as long as these words stay the same, what is built on this layer comes to"
            " the same bytes, so its children are kept when it changes; `catalog verify` checks it."
            ' Templates over axes, e.g. \'cp{{ python | replace(".", "") }}\'. Default: none, so'
            " children are built again at every change."
        ),
    )
    absent: tuple[Absent, ...] = Field(
        (),
        description="What users may look for and do not find, with the reason: for `catalog show`.",
    )
    apt: PackageList = Field((), description="Debian packages, without the ones they recommend.")
    python: PythonList = Field(
        (), description="Python requirements (PEP 508), installed into the image's Python."
    )
    shared: PythonList = Field(
        (),
        description=(
            "Python requirements of which all Pythons share the files: chosen with what the layers"
            " above ask for, which do not install them again, and put under /artifacts/wheels for"
            " `run` to unpack."
        ),
    )
    wheels: PackageList = Field(
        (),
        description=(
            "Wheels without their dependencies: not installed, but put under /artifacts/wheels."
        ),
    )
    sdists: PackageList = Field(
        (), description="Sources of Python packages, not built, but put under /artifacts/sdists."
    )
    accounts: tuple[Account, ...] = Field(
        (),
        description=(
            "System accounts whose names cannot be read from a script: the lock gives them ids."
        ),
    )
    build: PackageList = Field(
        (),
        description=(
            "Debian packages for `run`, `npm` and `cran` only: not installed, but put under"
            " /artifacts/build, where `run` can unpack them."
        ),
    )
    sources: PackageList = Field(
        (),
        description="Debian source packages (curl/sid), put under /artifacts/sources/<package>/.",
    )
    backports: Mapping[str, Backport] = Field({}, description="Debian sources to build, by name.")
    archives: Mapping[Name, Archive] = Field(
        {}, description="Files by URL and hash, under /artifacts/archives/<name>/."
    )
    cran: PackageList = Field(
        (), description="R packages from CRAN or a repository like it: config, config (>= 0.3)."
    )
    julia: PackageList = Field(
        (),
        description=(
            "Julia packages with what their versions may be, as in [compat] of a Project.toml:"
            " IJulia, CSV@0.10."
        ),
    )
    npm: Mapping[str, str] = Field(
        {},
        description=(
            "npm packages and their version specifiers, installed with their programs; `node` is"
            " Node.js."
        ),
    )
    maven: Maven | None = Field(
        None, description="Java archives and other files from a Maven repository."
    )
    go: Mapping[str, GoProgram] = Field(
        {},
        description=(
            "Programs in Go by the path of their package, as `go install` takes it, built into"
            " /usr/local/bin."
        ),
    )
    files: tuple[FileAttributes, ...] = Field(
        (),
        description=(
            "Owners of the layer's files/, and modes that git does not record. files/ is copied to"
            " the root of the image."
        ),
    )
    replaces: tuple[str, ...] = Field(
        (),
        description=(
            "Globs over absolute paths of layers below that this layer may replace or delete."
            " Anything else it may only add to."
        ),
    )
    one_version: Mapping[Name, tuple[Line, ...]] = Field(
        {},
        description=(
            "Packages that are one program under several names, as globs over kind:name: they must"
            " have one version wherever they meet in an image, as `catalog test` checks."
        ),
    )
    private: Mapping[Line, Line] = Field(
        {},
        description=(
            "What the layer has for itself, whatever version of it others have: names as `catalog"
            " test` writes them (globs, for example python:*), each with the reason."
        ),
    )
    unloaded: Mapping[Line, Line] = Field(
        {},
        description=(
            "Programs and libraries that are never loaded in these images, though they lack"
            " something: globs over their absolute paths, each with the reason. `catalog verify"
            " --libraries` passes them over."
        ),
    )
    gpu: tuple[Gpu, ...] = Field(
        (),
        description=(
            "What the layer needs of a node with NVIDIA's graphics processors; `catalog verify"
            " --libraries` compares it with what is in the image, and charts tell it."
        ),
    )
    prepare: str = Field(
        "",
        description=(
            "Bash, or the name of a script in the layer's directory, run as root after Debian"
            " packages are in place, before Python packages; network off."
        ),
    )
    run: str = Field(
        "",
        description=(
            "Bash, or the name of a script in the layer's directory, run as root after packages"
            " and files are in place, network off, artifacts under /artifacts."
        ),
    )
    env: Mapping[Variable, Line] = Field(
        {}, description="Environment variables of the image and of its login shells."
    )
    path: tuple[Directory, ...] = Field((), description="Directories put at the front of PATH.")
    user: Owner | None = Field(None, description="User, or user:group, of the image's processes.")
    workdir: Absolute | None = Field(
        None, description="Directory in which the image's command starts."
    )
    entrypoint: tuple[Argument, ...] = Field(
        (), description="Program, with its arguments, that runs `cmd`."
    )
    cmd: tuple[Argument, ...] = Field(
        (), description="Program, with its arguments, that the image runs."
    )
    expose: tuple[Port, ...] = Field(
        (), description="TCP ports that the image's command listens on."
    )
    service: bool = Field(
        default=False,
        description=(
            "The layer is what an image runs: its cmd, entrypoint, user and workdir win, and it"
            " lies above all layers that are not services."
        ),
    )
