"""How the fields of an option depend on each other: a field that is accepted but has no effect is a
problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from builder.catalog.reader import Key
from builder.catalog.suggest import nearest
from builder.charts.model import Option, Path, Type, walk

SCALARS: frozenset[Type] = frozenset({"string", "boolean", "integer", "number"})
NUMBERS: frozenset[Type] = frozenset({"integer", "number"})
TYPES: Mapping[str, frozenset[Type]] = {
    "empty_list": frozenset({"object"}),
    "gate": frozenset({"object"}),
    "items": frozenset({"array"}),
    "keys": frozenset({"object"}),
    "map": frozenset({"object"}),
    "maximum": NUMBERS,
    "minimum": NUMBERS,
    "options": frozenset({"object"}),
    "pattern": frozenset({"string"}),
    "render": frozenset({"string"}),
    "slider": NUMBERS | {"string"},
    "suggest": NUMBERS | {"string"},
    "unique": frozenset({"array"}),
    "variable": SCALARS,
}
"""Field -> types of options on which it has an effect."""
WIDGETS = ("render", "slider", "suggest")
"""Fields that each decide how the form shows an option: only one may be given."""


@dataclass(frozen=True, slots=True)
class OptionFault:
    """A field of an option that has no effect, or refers to nothing."""

    field: str
    keys: tuple[Key, ...]
    """Where the field is, below the keys of the option."""
    message: str
    hint: str = ""


def option_faults(
    path: Path, option: Option, every: Mapping[Path, Option]
) -> Iterator[OptionFault]:
    """Yield what is wrong with one option of a chart; `every` has all options of the chart."""
    yield from _own_faults(option)
    for field in ("when", "unless"):
        yield from _condition_faults(field, path, option, every)
    for key in ("items", "map"):
        inner = getattr(option, key)
        if inner is not None:
            yield from _held_faults(key, inner)


def _own_faults(option: Option) -> Iterator[OptionFault]:
    """Yield what can be seen from the option alone."""
    for field, types in TYPES.items():
        if _is_given(option, field) and option.kind not in types:
            allowed = " or ".join(sorted(types))
            message = f"{field!r} does nothing on an option of type {option.kind}"
            yield OptionFault(field, (field,), message, f"it is for the types {allowed}")
    if option.form is not None and option.options:
        message = "'form' does nothing on an option that holds others"
        yield OptionFault("form", ("form",), message, "move it to those")
    if option.when and option.unless:
        message = "'when' does nothing beside 'unless'"
        yield OptionFault("when", ("when",), message, "keep one of them")
    widgets = [field for field in WIDGETS if _is_given(option, field)]
    for field in widgets[1:]:
        message = f"{field!r} and {widgets[0]!r} both say how the form shows the option"
        yield OptionFault(field, (field,), message, "keep one of them")
    if option.gate is not None and option.kind == "object":
        yield from _gate_faults(option.gate, option.options)


def _is_given(option: Option, field: str) -> bool:
    return getattr(option, field) not in (None, False, (), {})


def _gate_faults(gate: str, options: Mapping[str, Option]) -> Iterator[OptionFault]:
    if gate not in options:
        message = f"'gate' names {gate!r}, which is not among the options"
        yield OptionFault("gate", ("gate",), message, nearest(gate, options))
    elif options[gate].kind != "boolean":
        message = f"'gate' names {gate!r}, which is of type {options[gate].kind}"
        yield OptionFault("gate", ("gate",), message, "name a boolean")


def _condition_faults(
    field: str, path: Path, option: Option, every: Mapping[Path, Option]
) -> Iterator[OptionFault]:
    """Yield what is wrong with a reference to the option that shows or hides this one."""
    named: str | None = getattr(option, field)
    if named is None:
        return
    is_absolute = named.startswith("/")
    target = tuple(named[1:].split("/")) if is_absolute else (*path[:-1], named)
    if target not in every:
        beside = [other[-1] for other in every if other[:-1] == target[:-1]]
        message = f"{field!r} names {named!r}, which is not an option of the chart"
        yield OptionFault(field, (field,), message, nearest(target[-1], beside))
    elif every[target].kind != "boolean":
        message = f"{field!r} names {named!r}, which is of type {every[target].kind}"
        yield OptionFault(field, (field,), message, "name a boolean")


def _held_faults(key: str, held: Option) -> Iterator[OptionFault]:
    """Yield what is wrong with the options of the items of a list or a mapping: there may be any
    number of items, so one variable could not hold them.
    """
    for path, option in walk({key: held}):
        keys: list[Key] = [key]
        for step in path[1:]:
            keys += ["options", step]
        for fault in _own_faults(option):
            yield OptionFault(key, (*keys, *fault.keys), fault.message, fault.hint)
        if option.variable:
            message = f"'variable' does nothing below {key!r}, where there may be many values"
            hint = "use the values in a template"
            yield OptionFault(key, (*keys, "variable"), message, hint)
        for inner in ("items", "map"):
            below = getattr(option, inner)
            if below is None:
                continue
            for fault in _held_faults(inner, below):
                yield OptionFault(key, (*keys, *fault.keys), fault.message, fault.hint)


def option_keys(path: Path) -> tuple[Key, ...]:
    """Return the keys of a file, below those of its options, that lead to an option."""
    keys: list[Key] = [path[0]]
    for name in path[1:]:
        keys += ["options", name]
    return tuple(keys)
