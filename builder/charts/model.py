"""What an option and a group of options may say: the only definition of `charts/options/*.yaml`.

An option stands in one place. From it come its line of `values.yaml`, its node of
`values.schema.json` with the Onyxia extensions, its row of the README and, when it names a
`variable`, its environment variable in the service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from builder.catalog.words import Model, Variable

Type = Literal["object", "array", "string", "boolean", "integer", "number"]
ZERO: Mapping[Type, JsonValue] = {
    "object": {},
    "array": [],
    "string": "",
    "boolean": False,
    "integer": 0,
    "number": 0,
}
"""The default of an option that does not give one."""
# Onyxia allows at most 53 characters, including the `-<number up to 999999>` behind the name, and
# StatefulSets need some more.
ChartName = Annotated[
    str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=46)
]


Path = tuple[str, ...]
"""The names of options from a section down."""
ObjectName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[\w.-]+(/[\w.-]+)*$")]


class Slider(Model):
    """A number between two bounds, shown as a slider; two sliders with the same `range` become one
    with two handles.
    """

    min: float = Field(description="Lowest value.")
    max: float = Field(description="Highest value.")
    step: float = Field(1, description="Step of the slider.")
    unit: str | None = Field(
        None, description="Follows the number in the value, e.g. Gi; absent for a bare number."
    )
    range: str | None = Field(None, description="Name shared by the two ends of a range.")
    end: Literal["down", "up"] | None = Field(None, description="Which end of the range this is.")
    semantic: str | None = Field(None, description="Meaning of the end, in a word.")


Role = Literal["image", "custom-image", "port", "gpu", "language"]


class Option(Model):
    """One value that a user of a chart may set, or a group of them (`options`)."""

    type: Type | None = Field(
        None,
        description=(
            "JSON type. Default: object with `options` or `map`, array with `items`, else string."
        ),
    )
    title: str = Field("", description="Label in the form. Default: the name, spaced.")
    description: str = Field(
        "",
        description=(
            "What it does, in a sentence; also the comment in values.yaml and the cell of the"
            " README."
        ),
    )
    default: JsonValue = Field(
        None, description="Default under plain Helm. Default: the type's empty value."
    )
    form: JsonValue = Field(
        None, description="What Onyxia's form starts with, where that differs from `default`."
    )
    inject: JsonValue = Field(
        None,
        description="Onyxia expression that replaces the default: x-onyxia.overwriteDefaultWith.",
    )
    ahead: bool = Field(
        default=False,
        description=(
            "Only later versions of Onyxia know what is injected; until then the default holds."
        ),
    )
    inject_choices: str | None = Field(
        None,
        description="Onyxia expression that replaces `suggest`: x-onyxia.overwriteListEnumWith.",
    )
    hidden: bool = Field(default=False, description="Not shown in the form: x-onyxia.hidden.")
    readonly: bool = Field(default=False, description="Shown, but locked: x-onyxia.readonly.")
    removed: bool = Field(
        default=False,
        description=(
            "Not in the chart's values, form and README; templates see its default. For what"
            " another catalog has and this one does not want."
        ),
    )
    slot: str | None = Field(
        None,
        description=(
            "Name under which an Onyxia administrator replaces the node:"
            " x-onyxia.overwriteSchemaWith."
        ),
    )
    when: str | None = Field(
        None,
        description=(
            "Shown only when this boolean is true: a sibling's name, or /path/from/the/root."
        ),
    )
    unless: str | None = Field(None, description="Shown only when this boolean is false.")
    gate: str | None = Field(
        None,
        description="Name of the boolean that shows or hides all other options of this object.",
    )
    choices: tuple[JsonValue, ...] = Field((), description="The only values allowed: enum.")
    suggest: tuple[JsonValue, ...] = Field(
        (), description="The values offered by the form, others being allowed: listEnum."
    )
    render: Literal["password", "textArea"] | None = Field(
        None, description="How the form shows a string."
    )
    slider: Slider | None = Field(None, description="Shown as a slider between two bounds.")
    pattern: str | None = Field(
        None, description="ECMAScript regular expression that a string must match."
    )
    minimum: int | None = Field(None, description="Lowest allowed value.")
    maximum: int | None = Field(None, description="Highest allowed value.")
    unique: bool = Field(default=False, description="Items of the array must be unique.")
    options: Mapping[str, Option] = Field({}, description="Options of an object.")
    items: Option | None = Field(None, description="What an array holds.")
    map: Option | None = Field(None, description="What an object with free keys holds.")
    keys: str | None = Field(
        None, description="Regular expression that the free keys of `map` must match."
    )
    empty_list: bool = Field(
        default=False,
        description=(
            "An empty list is taken for an empty map, as other charts' values have it. Helm checks"
            " the option; Onyxia's form, whose nodes have one type, does not know it."
        ),
    )
    examples: tuple[JsonValue, ...] = Field(
        (), description="Values of a free form (a Kubernetes object), for readers and for tests."
    )
    role: Role | None = Field(
        None,
        description=(
            "What of the service the option holds: its images, the name of another image, its port,"
            " its graphics processors, or the language of its notes. The program fills in the"
            " default, for images what the form offers, and for graphics processors what the images"
            " need."
        ),
    )
    variable: Variable | None = Field(
        None,
        description=(
            "Environment variable of the service that holds the value when it is not empty."
        ),
    )
    column: str = Field(
        "",
        description=(
            "Heading under which the page of services shows what Onyxia's form starts with, or"
            " else the default."
        ),
    )

    @property
    def kind(self) -> Type:
        """The JSON type."""
        if self.type:
            return self.type
        if self.options or self.map:
            return "object"
        return "array" if self.items else "string"

    @property
    def offered(self) -> Mapping[str, Option]:
        """The options of an object that are not removed."""
        return offered(self.options)

    @property
    def value(self) -> JsonValue:
        """The default under plain Helm."""
        if self.default is not None:
            return self.default
        if self.options:
            return {name: option.value for name, option in self.offered.items()}
        return ZERO[self.kind]

    @property
    def initial(self) -> JsonValue:
        """What Onyxia's form starts with when it injects nothing."""
        return self.value if self.form is None else self.form


class Environment(Model):
    """Environment variables that a group sets for the service through a Secret or ConfigMap."""

    kind: Literal["Secret", "ConfigMap"] = Field(
        "Secret", description="Kind of the object that holds them."
    )
    suffix: str = Field(description="The object is named `<fullname>-<suffix>`.")
    name: str | None = Field(
        None, description="Path of the option that gives the object another name."
    )
    when: str | None = Field(
        None, description="Path of the boolean without which there are no variables."
    )
    existing: str | None = Field(
        None,
        description=(
            "Path of the option that names a Secret of the user's with further variables, which"
            " count while the `enabled` beside it is true."
        ),
    )
    derived: Mapping[Variable, str] = Field(
        {}, description="Variables computed by Helm: name -> expression, without braces."
    )
    template: str | None = Field(
        None, description="Named template of the library that yields all variables, as YAML."
    )


class Files(Model):
    """Configuration files of a group, kept in a Secret."""

    suffix: str = Field(description="The Secret is named `<fullname>-<suffix>`.")
    name: str | None = Field(
        None, description="Path of the option that gives the Secret another name."
    )
    template: str = Field(
        description=(
            "Named template of the library that yields path -> content; relative paths start at the"
            " home directory."
        )
    )


Part = Literal["volumes", "mounts", "env", "prepare", "prepareMounts", "checksums", "ports", "help"]
"""Parts of the objects to which groups add, named as in the library's templates."""


class Group(Model):
    """Options that belong together, and how the library uses them."""

    description: str = Field(description="What the group is for, in a sentence.")
    order: Mapping[str, int] = Field(
        {}, description="Place of each section in the form; sections without one come last."
    )
    sections: Mapping[str, Option] = Field(
        {}, description="Top-level values. A section may be spread over several groups."
    )
    environment: Environment | None = Field(
        None, description="Variables that the group sets for the service."
    )
    objects: tuple[ObjectName, ...] = Field(
        (), description="Objects of the chart: `x` is the library's named template `objects.x`."
    )
    each: tuple[ObjectName, ...] = Field(
        (), description="Objects that every workload of the service has, named likewise."
    )
    shared: bool = Field(
        default=False,
        description=(
            "The options are those of the whole release: a service that is contained in another one"
            " uses the other one's."
        ),
    )
    files: Files | None = Field(None, description="Configuration files that the group writes.")
    contributes: Mapping[Part, str] = Field(
        {}, description="Part -> named template of the library that adds to it."
    )
    columns: Mapping[str, str] = Field(
        {}, description="What the page of services says of services with the group, by heading."
    )


def offered(options: Mapping[str, Option]) -> Mapping[str, Option]:
    """Return the options that are not removed, nor hold only such ones."""
    return {
        name: option
        for name, option in options.items()
        if not option.removed and not (option.options and not offered(option.options))
    }


def spaced(name: str) -> str:
    """Return a name in camel case as words: `ingressClassName` -> `Ingress class name`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    return words[:1].upper() + words[1:]


def merged(first: Option, second: Option) -> Option:
    """Return the first option with the second one on top: its fields replace, its options are
    added.
    """
    changes: dict[str, object] = {name: getattr(second, name) for name in second.model_fields_set}
    options = dict(first.options)
    for name, option in second.options.items():
        options[name] = merged(options[name], option) if name in options else option
    return first.model_copy(update=changes | {"options": options})


def walk(options: Mapping[str, Option], path: Path = ()) -> Iterator[tuple[Path, Option]]:
    """Yield every option with its path, groups of options before what they hold."""
    for name, option in options.items():
        yield (*path, name), option
        yield from walk(option.options, (*path, name))


Option.model_rebuild()
