"""What `catalog.yaml` and `images/<layer>/layer.yaml` may say: the only definition of both formats.

The JSON Schemas for editors are generated from these classes, so a field's description is its documentation.
Every value is frozen; unknown keys are errors (see `builder.catalog.load` for how they are reported).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

FORMAT = 1
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", max_length=100)]
# A family's name holds `{parameters}` that `product` fills in.
ImageName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9{][a-z0-9._{}-]*$", max_length=100)]
# A condition on a matrix point: axis -> the value or values it may have there.
When = Mapping[str, str | tuple[str, ...]]


class Model(BaseModel):
    """A frozen value that refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class AxisValue(Model):
    """One version on an axis."""

    when: When = Field({}, description="Conditions on other axes under which this value exists.")
    because: str | None = Field(None, description="Why the value is absent elsewhere; shown to whoever asks for it.")
    abi: str | None = Field(None, description="Overrides the ABI that layers of this axis value offer, e.g. cp313.")


class Axis(Model):
    """A version dimension: debian, python, r, julia, spark, cuda, arch."""

    description: str = ""
    values: Mapping[str, AxisValue | None] = Field(description="The versions built, newest first.", min_length=1)
    label: str = Field("{value}", description="How a value is written in cell names and tags, e.g. py{value}.")
    tag: bool = Field(default=True, description="Whether image tags name this axis.")


class Image(Model):
    """An image, or a family of images when `product` is given."""

    description: str = ""
    layers: Sequence[Name] = Field((), description="The layers asked for; what they stand on, and glue, joins by itself.")
    product: Mapping[str, Mapping[Name, Sequence[Name]]] = Field(
        {},
        description="Parameters of a family: each maps its choices to the layers they add. The image's name holds {parameter}.",
    )
    tag: str | None = Field(None, description="Tag template over axes, e.g. '{debian}'. Default: the labels of its axes joined by '-'.")
    when: When = Field({}, description="Build the image at these matrix points only.")
    labels: Mapping[str, str] = Field({}, description="OCI annotations and labels.")


class Rule(Model):
    """A constraint on the matrix: which points of which images or layers are absent (exclude) or the only ones (require)."""

    image: str | None = Field(None, description="Glob over image names.")
    layer: str | None = Field(None, description="Glob over layer names; the rule concerns every image that has one.")
    when: When = Field({}, description="exclude: the points removed. require: the only points kept.")
    because: str = Field(description="The reason, shown by `catalog show` and `plan` for the absent points.")


class Catalog(Model):
    """catalog.yaml."""

    format: Literal[1] = 1
    name: Name = Field(description="The catalog's name.")
    description: str = ""
    url: str | None = Field(None, description="Home page, for image labels and charts.")
    registry: str = Field("localhost:5000/catalog", description="Registry and path under which images are published.")
    axes: Mapping[Name, Axis] = Field(description="The version dimensions, in the order labels are joined.", min_length=1)
    layers: str = Field("images", description="Directory that holds one directory per layer.")
    images: Mapping[ImageName, Image] = Field(description="The images and families, by name.", min_length=1)
    exclude: Sequence[Rule] = ()
    require: Sequence[Rule] = ()


class Packages(Model):
    """Packages wanted only at some matrix points."""

    when: When
    packages: Sequence[str] = Field(min_length=1)


PackageList = Sequence[str | Packages]


class File(Model):
    """One entry of `files`: mode and owner for paths whose defaults (0644 or 0755 as in the repository, root) do not do."""

    path: str = Field(description="Glob over absolute paths under files/.")
    mode: str | None = Field(None, pattern=r"^0[0-7]{3,4}$")
    owner: str | None = Field(None, description="user:group, by number or name.")


class Layer(Model):
    """layer.yaml: one layer. Its directory may also hold files/, Dockerfile.j2 and tests/."""

    description: str = Field(description="What the layer adds, in a sentence.")
    on: Sequence[Name] = Field((), description="Layers this one stands on.")
    glue: bool = Field(default=False, description="Joins by itself when every layer in `on` is present.")
    axes: Sequence[Name] = Field((), description="Axes this layer adds to those of what it stands on.")
    when: When = Field({}, description="Matrix points at which the layer exists.")
    bootstrap: bool = Field(default=False, description="Made by mmdebstrap from nothing; `apt` then lists what it holds.")
    abi: Sequence[str] = Field((), description="What children may rely on, as templates over axes, e.g. 'cp{{ python | replace(\".\", \"\") }}'.")
    apt: PackageList = Field((), description="Debian packages, without recommended ones.")
    python: PackageList = Field((), description="Python requirements (PEP 508), installed into the image's Python.")
    npm: Mapping[str, str] = Field({}, description="npm packages and their version specifiers, installed globally.")
    files: Sequence[File] = ()
    prepare: str = Field("", description="Bash run as root after Debian packages and files are in place, before Python packages; network off.")
    run: str = Field("", description="Bash run as root after packages and files are in place, network off, artifacts under /artifacts.")
    env: Mapping[str, str] = Field({}, description="Environment variables of the image and of its login shells.")
    path: Sequence[str] = Field((), description="Directories put in front of PATH.")
    user: str | None = None
    workdir: str | None = None
    entrypoint: Sequence[str] = ()
    cmd: Sequence[str] = ()
    expose: Sequence[int] = ()
    priority: int = Field(0, description="Which layer's cmd, user and workdir win in an image: the highest priority, then the last asked for.")
