"""The tables of a chart's README: its options, and its environment variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from builder.charts.compose import Composition
from builder.charts.model import Option, Path, offered, spaced


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the table."""

    path: str
    description: str
    type: str
    default: str
    onyxia: str


def rows(options: Mapping[str, Option]) -> Iterator[Row]:
    """Yield a row for every option that holds a value."""
    hidden: set[Path] = set()
    for path, option in _walked(offered(options)):
        if option.hidden or path[:-1] in hidden:
            hidden.add(path)
        if option.options:
            continue
        yield Row(
            path=".".join(step.replace(".", "\\.") for step in path),
            description=cell(option.description or spaced(path[-1])),
            type=_type(option),
            default=_default(option.value),
            onyxia=_onyxia(option, hidden=path in hidden),
        )


def _walked(options: Mapping[str, Option], path: Path = ()) -> Iterator[tuple[Path, Option]]:
    """Yield every option that is not removed, as `walk` does."""
    for name, option in options.items():
        yield (*path, name), option
        yield from _walked(option.offered, (*path, name))


def _default(value: JsonValue) -> str:
    """Return a default: a text as `--set` takes it, or in quotes if `--set` would take it for
    something else; everything else as JSON.
    """
    if isinstance(value, str) and _means_something_else(value):
        return f"`{cell(json.dumps(value, ensure_ascii=False))}`"
    return _code(value)


def _means_something_else(text: str) -> bool:
    is_number = re.fullmatch(r"[-+]?[0-9]+", text) is not None
    is_word = text in {"true", "false", "null"}
    return is_number or is_word or any(character in text for character in ",{}[]\\")


def _type(option: Option) -> str:
    if option.choices:
        return ", ".join(_code(choice) for choice in option.choices)
    if option.items:
        return f"array of {option.items.kind}s"
    return f"map of {option.map.kind}s" if option.map else option.kind


def _onyxia(option: Option, *, hidden: bool) -> str:
    shown = "hidden" if hidden else "shown"
    injected = f", {_code(option.inject)}" if option.inject is not None else ""
    starts = f", starts with {_code(option.form)}" if option.form is not None else ""
    return shown + injected + starts


def variables(composition: Composition) -> Mapping[str, str]:
    """Return a description of what each environment variable holds."""
    descriptions: dict[str, str] = dict.fromkeys(
        composition.service.password, f"`{composition.name}`'s password"
    )
    for item in composition.variables:
        descriptions |= {name: f"`{'.'.join(path)}`" for name, path in item.options.items()}
        descriptions |= dict.fromkeys(
            item.object.derived,
            f"derived from `{item.object.when}`'s section" if item.object.when else "derived",
        )
    return dict(sorted(descriptions.items()))


def _code(value: JsonValue) -> str:
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return f"`{cell(text)}`"


def cell(text: str) -> str:
    """Return a text as a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")
