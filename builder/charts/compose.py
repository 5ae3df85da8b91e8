"""A service with all that it offers: options of its groups, images, workloads, other services."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from builder.catalog.source import Site
from builder.charts import roles
from builder.charts.images import ImageRef, Images
from builder.charts.library import NAME, ChartLibrary
from builder.charts.load import Groups
from builder.charts.model import Environment, Group, Option, Path, merged, spaced, walk
from builder.charts.service import Service, Workload
from builder.charts.settings import changed, less_settings
from builder.errors import InputError, Problem

EMPTY: Mapping[str, Any] = MappingProxyType({})
MAIN = "main"
"""What templates call a chart's first workload."""
OWN = Environment(suffix="secretservice")
"""Suffix of the object with the variables of options that no group's object holds."""
LAST = 1000
"""Place in the form of sections for which no group gives one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variables:
    """A Secret or ConfigMap of environment variables."""

    group: str
    """Short name, as in `checksum/<group>`."""
    object: Environment
    options: Mapping[str, Path]
    """Variable -> the option that it holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Further:
    """A further workload of a service."""

    workload: Workload
    image: ImageRef | None
    """Its image, if that is not the service's."""
    groups: Mapping[str, Group]
    options: Mapping[str, Option]
    """Its own options."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Composition:
    """What a chart is made from."""

    name: str
    service: Service
    images: tuple[ImageRef, ...]
    others: Mapping[str, ImageRef] = field(default_factory=dict)
    """Images of further workloads and of sidecars: name in catalog.yaml -> reference."""
    gone: tuple[ImageRef, ...] = ()
    """Images that are yanked: releases may still run them, and nothing offers them."""
    groups: Mapping[str, Group]
    options: Mapping[str, Option]
    """Top-level values, in the order of the form, including those of all workloads."""
    variables: tuple[Variables, ...] = field(default=())
    library: ChartLibrary
    """The templates that it shares with other charts."""
    workloads: Mapping[str, Further] = field(default_factory=dict)
    """The workloads besides the first, by name."""
    contained: Mapping[str, Composition] = field(default_factory=dict)
    """The services inside this one, by name."""
    languages: tuple[str, ...] = ("en",)
    """Languages of texts, the preferred one first."""
    sentences: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Sentences of notes: language -> in English -> in that language."""

    @property
    def language(self) -> str:
        """The language of the chart's description for Helm."""
        return self.service.language_of(self.languages)

    @property
    def own_options(self) -> Mapping[str, Option]:
        """The sections of the service itself, without those of workloads and contained services."""
        inside = {*self.workloads, *self.contained}
        return _only(self.options, self.options.keys() - inside)

    @property
    def every_image(self) -> tuple[ImageRef, ...]:
        """All images that the chart offers or uses, each once, the service's first."""
        images = [*self.images, *self.others.values()]
        for inner in self.contained.values():
            images += inner.every_image
        return tuple(dict.fromkeys(images))

    @property
    def launched(self) -> tuple[str, ...]:
        """The images that run with the defaults, each as `<name>:<tag>` and once, the service's
        first.
        """
        references = [f"{self.service.image}:{self.images[0].tag}"]
        references += (f"{name}:{image.tag}" for name, image in self.others.items())
        for inner in self.contained.values():
            references += inner.launched
        return tuple(dict.fromkeys(references))


def compose(
    name: str,
    service: Service,
    groups: Groups,
    images: Images,
    library: ChartLibrary,
    *,
    contained: Mapping[str, Composition] = EMPTY,
    places: Mapping[str, Site] = EMPTY,
    optional: Collection[str] = (),
    languages: tuple[str, ...] = ("en",),
    sentences: Mapping[str, Mapping[str, str]] = EMPTY,
) -> Composition:
    """Return a service with all its options; `contained` has the services of its `with`, by their
    names there, `places` the place of each key of `set`, and `optional` the keys of `set` that it
    may lack an option for: those that a fork patches in many services, or texts are about.

    Raises:
        InputError: `set` names an option that the service does not have, or a field that options do
        not have; two things have the same name.

    """
    chosen = groups.named(service.groups)
    sections, order = sections_of(chosen)
    sections = _joined(sections, service.options)
    filled = _filled(sections, images.own, service.port, languages[0])
    sections = changed(sections, filled, name, EMPTY)
    workloads = {
        key: _further(workload, groups, images, name, languages[0])
        for key, workload in service.workloads.items()
    }
    _check_names(name, service, sections)
    own = frozenset(sections)
    for key, inner in contained.items():
        sections[key] = _contained(key, inner)
        sections = _joined(_shared(inner, order), sections)
    for key, further in workloads.items():
        if further.options:
            title = further.workload.title or spaced(key)
            sections[key] = _nested(key, title, f"The {key} of the service", further.options)
    service = less_settings(service, sections, optional)
    sections = changed(sections, service.set, name, places)
    ordered = {
        section: sections[section]
        for section in sorted(sections, key=lambda section: order.get(section, LAST))
    }
    return Composition(
        name=name,
        service=service,
        images=images.own,
        others=images.others,
        gone=images.gone,
        library=library,
        groups=chosen,
        options=ordered,
        variables=tuple(_variables(chosen, _only(ordered, own))),
        workloads=workloads,
        contained=contained,
        languages=languages,
        sentences=sentences,
    )


def _only(options: Mapping[str, Option], sections: Collection[str]) -> dict[str, Option]:
    return {section: option for section, option in options.items() if section in sections}


def sections_of(groups: Mapping[str, Group]) -> tuple[dict[str, Option], dict[str, int]]:
    """Return the options of all groups together, and the place of each section in the form."""
    sections: dict[str, Option] = {}
    order: dict[str, int] = {}
    for group in groups.values():
        order.update(group.order)
        sections = _joined(sections, group.sections)
    return sections, order


def _joined(first: Mapping[str, Option], second: Mapping[str, Option]) -> dict[str, Option]:
    """Return two sets of sections as one; in a section that both have, the second wins."""
    sections = dict(first)
    for section, option in second.items():
        sections[section] = merged(sections[section], option) if section in sections else option
    return sections


def _check_names(name: str, service: Service, sections: Mapping[str, Option]) -> None:
    """Raise when a workload, a contained service or a section has a name that is taken."""
    file = f"charts/{name}/service.yaml"
    problems = []
    if NAME in sections:
        message = f"no section may be named {NAME!r}: Helm keeps the library's own values there"
        problems.append(Problem(file, 0, 0, message))
    taken = {*sections, MAIN, NAME}
    for key, names in (("workloads", service.workloads), ("with", service.contained)):
        for one in names:
            if one in taken:
                message = f"{key}: the name {one!r} is taken, by options or by another workload"
                problems.append(Problem(file, 0, 0, message, "choose another one"))
            taken.add(one)
    if problems:
        raise InputError(problems)


def _further(
    workload: Workload, groups: Groups, images: Images, name: str, language: str
) -> Further:
    chosen = groups.named(workload.groups)
    sections, _ = sections_of(chosen)
    image = images.others[workload.image] if workload.image else None
    offered = (image,) if image else images.own
    filled = _filled(sections, offered, workload.port, language)
    sections = changed(sections, filled, name, EMPTY)
    sections = changed(sections, workload.set, name, EMPTY)
    return Further(workload=workload, image=image, groups=chosen, options=sections)


def _contained(key: str, inner: Composition) -> Option:
    """Return the options of a contained service, without those of the whole release."""
    own = _only(inner.options, inner_only(inner))
    service = inner.service
    return _nested(key, service.title, service.description[inner.language], own)


def inner_only(inner: Composition) -> frozenset[str]:
    """Return the sections of a contained service that are its own, not the release's."""
    return frozenset(inner.options) - release_sections(inner)


def release_sections(inner: Composition) -> frozenset[str]:
    """Return the sections that a contained service shares with the one around it."""
    sections: set[str] = set()
    for group in inner.groups.values():
        if group.shared:
            sections.update(group.sections)
    return frozenset(sections)


def _shared(inner: Composition, order: dict[str, int]) -> dict[str, Option]:
    """Return the sections that a contained service needs from the one around it, and add their
    places in the form.
    """
    for group in inner.groups.values():
        if group.shared:
            for section, place in group.order.items():
                order.setdefault(section, place)
    return {section: inner.options[section] for section in release_sections(inner)}


def _nested(key: str, title: str, description: str, options: Mapping[str, Option]) -> Option:
    """Return sections as one section named `key`."""
    moved = {name: _moved(option, key, options) for name, option in options.items()}
    return Option(title=title, description=description, options=moved)


def _moved(option: Option, key: str, sections: Mapping[str, Option]) -> Option:
    """Return an option as it is below `key`: paths from the root into `sections` get the prefix,
    and the two ends of a range stay a pair.
    """
    changes: dict[str, object] = {}
    for name in ("when", "unless"):
        path = getattr(option, name)
        if path and path.startswith("/") and path.split("/")[1] in sections:
            changes[name] = f"/{key}{path}"
    if option.slider and option.slider.range:
        range_ = f"{key}-{option.slider.range}"
        changes["slider"] = option.slider.model_copy(update={"range": range_})
    if option.options:
        changes["options"] = {
            name: _moved(inner, key, sections) for name, inner in option.options.items()
        }
    return option.model_copy(update=changes) if changes else option


def _filled(
    sections: Mapping[str, Option],
    images: tuple[ImageRef, ...],
    port: int | None,
    language: str,
) -> Mapping[str, Mapping[str, JsonValue]]:
    """Return the fields to set in the options that have a role, by dotted path."""
    return {
        ".".join(path): roles.fields(option, images, port, language)
        for path, option in walk(sections)
        if option.role
    }


def _variables(groups: Mapping[str, Group], options: Mapping[str, Option]) -> Iterator[Variables]:
    """Yield one object for each suffix: groups with the same suffix share an object. Variables that
    no group's object holds, such as those of a service's own options, go into a Secret of the
    service.
    """
    objects: dict[str, tuple[Environment, dict[str, Path]]] = {}
    unheld = {path: option.variable for path, option in walk(options) if option.variable}
    for group in groups.values():
        if group.environment is None:
            continue
        named: dict[str, Path] = {}
        for path, _ in walk(group.sections):
            variable = unheld.pop(path, None)
            if variable is not None:
                named[variable] = path
        first, before = objects.get(group.environment.suffix, (group.environment, {}))
        objects[group.environment.suffix] = (first, before | named)
    if unheld:
        objects[OWN.suffix] = (OWN, {variable: path for path, variable in unheld.items()})
    for suffix, (environment, named) in objects.items():
        yield Variables(
            group=suffix.removeprefix("secret").removeprefix("configmap"),
            object=environment,
            options=named,
        )
