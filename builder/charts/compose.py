"""A service with everything it offers: its groups' options merged, its images filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from builder.charts.images import ImageRef
from builder.charts.library import NAME, Library
from builder.charts.load import Groups
from builder.charts.model import Environment, Group, Option, Part, Role, Service
from builder.errors import InputError, Problem

Path = tuple[str, ...]
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
    library: Library
    """The templates that it shares with other charts."""

    @property
    def objects(self) -> tuple[str, ...]:
        """The objects of the chart, each once, in the order of the groups."""
        named = [name for group in self.groups.values() for name in group.objects]
        return tuple(dict.fromkeys([*named, *self.service.objects]))

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
    library: Library,
) -> Composition:
    """Return a service with all its options.

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
    if NAME in sections:
        message = f"no section may be named {NAME!r}: Helm keeps the library's own values there"
        raise InputError([Problem(f"charts/{name}/service.yaml", 0, 0, message)])
    given = {**_filled(sections, service, images), **service.set}
    sections = _changed(sections, given, name)
    ordered = {
        section: sections[section]
        for section in sorted(sections, key=lambda section: order.get(section, LAST))
    }
    return Composition(
        name=name,
        service=service,
        images=images,
        library=library,
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


def _filled(
    sections: Mapping[str, Option], service: Service, images: tuple[ImageRef, ...]
) -> Mapping[str, Mapping[str, JsonValue]]:
    """Return what the options that have a role hold: dotted path -> fields."""
    references: list[JsonValue] = [str(image) for image in images]
    fields: Mapping[Role, Mapping[str, JsonValue]] = {
        "image": {"default": references[0], "suggest": references},
        "custom-image": {"default": references[0]},
        "port": {"default": service.port},
    }
    return {".".join(path): fields[option.role] for path, option in walk(sections) if option.role}


def _changed(
    sections: Mapping[str, Option], given: Mapping[str, Mapping[str, JsonValue]], name: str
) -> dict[str, Option]:
    root = Option(options=sections)
    problems = []
    for dotted, fields in given.items():
        path = tuple(dotted.split("."))
        if path not in dict(walk(root.options)):
            problems.append(
                Problem(
                    f"charts/{name}/service.yaml",
                    0,
                    0,
                    f"set: the service has no option {dotted!r}",
                )
            )
            continue
        if unknown := sorted(set(fields) - set(Option.model_fields)):
            problems.append(
                Problem(
                    f"charts/{name}/service.yaml",
                    0,
                    0,
                    f"set: {dotted}: options have no {', '.join(unknown)}",
                )
            )
            continue
        change = Option.model_validate(fields)
        for step in reversed(path):
            change = Option(options={step: change})
        root = merged(root, change)
    if problems:
        raise InputError(problems)
    return dict(root.options)


def _variables(groups: Mapping[str, Group], options: Mapping[str, Option]) -> Iterator[Variables]:
    """Yield one object for each suffix: groups that share one fill the same object."""
    objects: dict[str, tuple[Environment, dict[str, Path]]] = {}
    everything = dict(walk(options))
    for group in groups.values():
        if group.environment is None:
            continue
        held = {path: everything[path] for path, _ in walk(group.sections)}
        named = {option.variable: path for path, option in held.items() if option.variable}
        first, before = objects.get(group.environment.suffix, (group.environment, {}))
        objects[group.environment.suffix] = (first, before | named)
    for suffix, (environment, named) in objects.items():
        yield Variables(
            group=suffix.removeprefix("secret").removeprefix("configmap"),
            object=environment,
            options=named,
        )
