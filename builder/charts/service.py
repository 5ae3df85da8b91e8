"""What a service may say: the only definition of `charts/<service>/service.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from builder.catalog.language import LanguageTag
from builder.catalog.words import Model, Name, Page, Port, Variable
from builder.charts.model import ChartName, FileName, ObjectName, Option, Part

# Kubernetes allows 15 characters for the name of a port; Helm derives names of objects from it.
PortName = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=15)]
# They stand in templates as they are.
UrlPath = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9/._~!$&()*+,;=:@?-]*$")]
SubPath = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_./-]*)?$")]
PartName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*$", max_length=20)]


class Probe(Model):
    """How Kubernetes checks that the service is healthy: exactly one of the three."""

    http: UrlPath | None = Field(
        None, description="Path that answers without a password, below the base path."
    )
    exec: tuple[str, ...] = Field((), description="Command that succeeds.")
    tcp: bool = Field(default=False, description="Its port accepts connections.")


class Volume(Model):
    """Where the service keeps data that must outlive its pod."""

    path: str = Field(
        "/home/{{ .Values.environment.user }}/work", description="Helm template of the mount point."
    )
    sub_path: SubPath = Field("work", description="Directory of the volume that is mounted there.")
    each: bool = Field(
        default=False, description="Each pod has a volume of its own. For a StatefulSet."
    )


class Sidecar(Model):
    """A container that runs beside another one, in the same pod."""

    image: Name | None = Field(
        None, description="Name of its image in catalog.yaml. Default: that of the workload."
    )
    command: str = Field(description="Helm template that yields the command as a YAML list.")
    env: str = Field("", description="Helm template that yields its environment as a YAML list.")
    ports: Mapping[PortName, Port] = Field({}, description="Its TCP ports, by name.")
    volume: bool = Field(default=False, description="The workload's volume is mounted there too.")
    resources: Mapping[Literal["requests", "limits"], Mapping[str, str]] = Field(
        {},
        description=(
            "Its requests and limits; 0 leaves one out. Default: requests of 50m and 50Mi, limits"
            " of 1 and 512Mi."
        ),
    )


class Running(Model):
    """What runs in the pods of one workload."""

    kind: Literal["StatefulSet", "Deployment", "Job"] = Field(
        "StatefulSet",
        description="Kind of the Kubernetes object. A Job runs once for each upgrade.",
    )
    component: PartName | None = Field(
        None,
        description=(
            "Label app.kubernetes.io/component. Default: the workload's name, none for the first."
        ),
    )
    command: str = Field(description="Helm template that yields the command as a YAML list.")
    env: str = Field(
        "", description="Helm template that yields further environment variables as a YAML list."
    )
    port: Port | None = Field(None, description="TCP port on which it listens.")
    protocol: PortName = Field("http", description="Name of the port.")
    ports: Mapping[PortName, Port] = Field({}, description="Further TCP ports, by name.")
    probe: Probe | None = Field(None, description="How Kubernetes checks that it is healthy.")
    volume: Volume | None = Field(None, description="Data that must outlive its pods.")
    sidecars: Mapping[PartName, Sidecar] = Field(
        {}, description="Containers that run beside it in its pods, by name."
    )


class Workload(Running):
    """A further workload of a service. It has the service's image, environment and options, but
    for what its own groups say; those of its options stand under its name.
    """

    image: Name | None = Field(
        None, description="Name of its image in catalog.yaml. Default: the service's."
    )
    title: str = Field("", description="Label of its options in the form. Default: its name.")
    groups: tuple[str, ...] = Field(
        (), description="Groups of options that it has for itself, such as resources."
    )
    set: Mapping[str, Mapping[str, JsonValue]] = Field(
        {}, description="What differs in these groups' options: dotted path -> fields."
    )


def _less_where_it_extends(document: dict[str, JsonValue]) -> None:
    """Require no key of a service that extends another: that one has them."""
    document["anyOf"] = [{"required": ["extends"]}, {"required": document.pop("required")}]


class Service(Running):
    """service.yaml: one service, which is one chart. Its own keys describe its first workload, to
    which users connect.
    """

    model_config = ConfigDict(json_schema_extra=_less_where_it_extends)

    extends: str | None = Field(
        None,
        description=(
            "Another service: its groups and keywords join, its other keys hold where this one says"
            " nothing."
        ),
    )
    title: str = Field(description="The service's name as people write it.")
    description: Mapping[LanguageTag, str] = Field(
        description=(
            "What it is for, in a sentence: language (BCP 47, such as en or pt-BR) -> text. Helm"
            " shows the English one, or else the first."
        ),
        min_length=1,
    )
    image: Name = Field(description="Name of the image in catalog.yaml.")
    planned: tuple[str, ...] = Field(
        (), description="Tags offered while the catalog builds no such image."
    )
    icon: str = Field(description="URL, or a file of charts/icons/ to be embedded.")
    keywords: tuple[str, ...] = Field((), description="Words to find the chart by.")
    category: str = Field("machine-learning", description="artifacthub.io/category of the chart.")
    home: Page | None = Field(None, description="Home page. Default: the catalog's.")
    sources: tuple[Page, ...] = Field((), description="URLs of the projects that it is made from.")
    annotations: Mapping[str, str] = Field({}, description="Annotations of the chart.")
    groups: tuple[str, ...] = Field(
        description="Groups of options, or bundles of groups.", min_length=1
    )
    port: Port = Field(description="TCP port on which the service listens.")
    base_path: bool = Field(
        default=False,
        description="Whether the command serves under `ingress.path`; otherwise it serves below /.",
    )
    probe: Probe
    test: str = Field(
        "",
        description=(
            "Helm template of the shell script run by `helm test`. Default: asks the probe's path."
        ),
    )
    test_env: str = Field(
        "",
        description=(
            "Helm template that yields environment variables of that script, besides those of"
            " `env`, as a YAML list."
        ),
    )
    password: tuple[Variable, ...] = Field(
        ("PASSWORD",),
        description="Variables that hold the password; without any, the chart has no password.",
    )
    volume: Volume = Volume()
    workloads: Mapping[PartName, Workload] = Field(
        {}, description="Further workloads of the service, such as workers, by name."
    )
    contained: Mapping[PartName, ChartName] = Field(
        {},
        alias="with",
        description=(
            "Other services that run in the same release: name -> service. Their options stand"
            " under the name."
        ),
    )
    set: Mapping[str, Mapping[str, JsonValue]] = Field(
        {}, description="What differs in the groups' options: dotted path -> fields of the option."
    )
    options: Mapping[str, Option] = Field({}, description="Sections of the service's own.")
    contributes: Mapping[Part, str] = Field(
        {}, description="Part -> named template of the service's own that adds to it."
    )
    templates: tuple[FileName, ...] = Field(
        (),
        description=(
            "Files of charts/<service>/source/ that join the chart's templates/: `_*.tpl` with"
            " named templates, or whole objects."
        ),
    )
    objects: tuple[ObjectName, ...] = Field(
        (), description="Objects of the service's own: `x` is its named template `objects.x`."
    )
    columns: Mapping[str, str] = Field(
        {}, description="What the page of services says of it, by heading."
    )
    notes: str = Field(
        "notes", description="Named template that yields what Helm prints after an installation."
    )
    version: str = Field(
        "1.0.0", description="Version of the first publication; later ones are computed."
    )

    @property
    def language(self) -> str:
        """The language of the chart's description where no other one is preferred."""
        return self.language_of(("en",))

    def language_of(self, preferred: Sequence[str]) -> str:
        """Return the language of the chart's description for Helm, which has only one: the first of
        those preferred that there is, or else the first of all.
        """
        there = [language for language in preferred if language in self.description]
        return there[0] if there else next(iter(self.description))
