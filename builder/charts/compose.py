"""A service with everything it offers: its groups' options merged, its images filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from builder.catalog.reader import Place
from builder.catalog.suggest import nearest
from builder.charts.images import ImageRef
from builder.charts.load import Groups
from builder.charts.model import Environment, Group, Option, Part, Service
from builder.errors import InputError, Problem

Path = tuple[str, ...]
OWN = Environment(suffix="secretservice")
"""Holds the variables of options that no group gives to the service."""
LAST = 1000
"""Place in the form of sections that no group places."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variables:
    """The environment variables of one Secret or ConfigMap."""

    group: str
    """Short name, as in `checksum/<group>`."""
    object: Environment
    options: Mapping[str, Path]
    """Variable -> the option that it holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Composition:
    """What a chart is made from."""

    name: str
    service: Service
    images: tuple[ImageRef, ...]
    groups: Mapping[str, Group]
    options: Mapping[str, Option]
    """Top-level values, in the order of the form."""
    variables: tuple[Variables, ...] = field(default=())

    def contributions(self, part: Part) -> tuple[str, ...]:
        """Return the library's named templates that add to a part, in the order of the groups."""
        contributed = [
            *(group.contributes for group in self.groups.values()),
            self.service.contributes,
        ]
        return tuple(parts[part] for parts in contributed if part in parts)


def compose(
    name: str,
    service: Service,
    groups: Groups,
    images: tuple[ImageRef, ...],
    places: Mapping[str, Place] | None = None,
) -> Composition:
    """Return a service with all its options; `places` has the place of each key of `set`.

    Raises:
        InputError: `set` names an option that the service does not have, or a field that options do
        not have.

    """
    chosen = groups.named(service.groups)
    sections: dict[str, Option] = {}
    order: dict[str, int] = {}
    for group in chosen.values():
        order.update(group.order)
        for section, option in group.sections.items():
            sections[section] = merged(sections[section], option) if section in sections else option
    for section, option in service.options.items():
        sections[section] = merged(sections[section], option) if section in sections else option
    sections = _changed(sections, _given(service, images), name, places or {})
    ordered = {
        section: sections[section]
        for section in sorted(sections, key=lambda section: order.get(section, LAST))
    }
    return Composition(
        name=name,
        service=service,
        images=images,
        groups=chosen,
        options=ordered,
        variables=tuple(_variables(chosen, ordered)),
    )


def merged(first: Option, second: Option) -> Option:
    """Return the first option with what the second one says: its fields replace, its options
    join.
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


def _given(service: Service, images: tuple[ImageRef, ...]) -> Mapping[str, Mapping[str, JsonValue]]:
    """Return what the service says of the groups' options: dotted path -> fields."""
    references: list[JsonValue] = [str(image) for image in images]
    return {
        "service.image.version": {"default": references[0], "suggest": references},
        "service.image.custom.version": {"default": references[0]},
        "networking.service.port": {"default": service.port},
        **service.set,
    }


def _changed(
    sections: Mapping[str, Option],
    given: Mapping[str, Mapping[str, JsonValue]],
    name: str,
    places: Mapping[str, Place],
) -> dict[str, Option]:
    root = Option(options=sections)
    file = f"charts/{name}/service.yaml"
    problems = []
    for dotted, fields in given.items():
        place = places.get(dotted, (0, 0))
        path = tuple(dotted.split("."))
        known = [".".join(other) for other, _ in walk(root.options)]
        if dotted not in known:
            message = f"set: the service has no option {dotted!r}"
            problems.append(Problem(file, *place, message, nearest(dotted, known)))
            continue
        if unknown := sorted(set(fields) - set(Option.model_fields)):
            message = f"set: {dotted}: options have no {', '.join(unknown)}"
            problems.append(Problem(file, *place, message))
            continue
        change = Option.model_validate(fields)
        for step in reversed(path):
            change = Option(options={step: change})
        root = merged(root, change)
    if problems:
        raise InputError(problems)
    return dict(root.options)


def _variables(groups: Mapping[str, Group], options: Mapping[str, Option]) -> Iterator[Variables]:
    """Yield one object for each suffix: groups that share one fill the same object. Variables that
    no group holds, such as those of a service's own options, are in a Secret of the service.
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
