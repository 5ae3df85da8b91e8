"""What a service, and the forks of its catalog, say of options: `set`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pydantic import JsonValue

from builder.catalog.source import Site
from builder.catalog.suggest import nearest
from builder.charts.model import Option, Path, merged, walk
from builder.charts.service import Service
from builder.errors import InputError, Problem


def changed(
    sections: Mapping[str, Option],
    given: Mapping[str, Mapping[str, JsonValue]],
    name: str,
    places: Mapping[str, Site],
) -> dict[str, Option]:
    """Return sections with fields of their options changed: dotted path -> fields. `places` are
    those of the paths in the file of the service `name`.

    Raises:
        InputError: there is no such option, or options have no such field.

    """
    root = Option(options=sections)
    file = f"charts/{name}/service.yaml"
    problems = []
    for dotted, fields in given.items():
        site = places.get(dotted, (file, 0, 0))
        known = {".".join(path): path for path, _ in walk(root.options)}  # a name may have dots
        if dotted not in known:
            message = f"set: the service has no option {dotted!r}"
            problems.append(Problem(*site, message, nearest(dotted, list(known))))
            continue
        if unknown := sorted(set(fields) - set(Option.model_fields)):
            message = f"set: {dotted}: options have no {', '.join(unknown)}"
            problems.append(Problem(*site, message))
            continue
        change = _change(fields, option_at(root.options, known[dotted]))
        for step in reversed(known[dotted]):
            change = Option(options={step: change})
        root = merged(root, change)
    if problems:
        raise InputError(problems)
    return dict(root.options)


def _change(fields: Mapping[str, JsonValue], option: Option) -> Option:
    """Return fields of `set` as an option; a slider may say only what differs."""
    slider = fields.get("slider")
    if isinstance(slider, dict) and option.slider is not None:
        before = option.slider.model_dump(exclude_unset=True)
        fields = {**fields, "slider": before | slider}
    return Option.model_validate(fields)


def less_settings(
    service: Service, sections: Mapping[str, Option], optional: Collection[str]
) -> Service:
    """Return a service without the optional settings of options that it does not have."""
    known = {".".join(path) for path, _ in walk(sections)}
    absent = {dotted for dotted in service.set if dotted in optional and dotted not in known}
    kept = {dotted: fields for dotted, fields in service.set.items() if dotted not in absent}
    return service.model_copy(update={"set": kept}) if absent else service


def option_at(options: Mapping[str, Option], path: Path) -> Option:
    """Return the option at a path."""
    first, *rest = path
    return option_at(options[first].options, tuple(rest)) if rest else options[first]
