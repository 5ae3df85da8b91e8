"""Options as values.yaml: each with its description as a comment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import yaml
from pydantic import JsonValue

from builder.charts.compose import Composition
from builder.charts.model import Option, offered


def values(composition: Composition) -> str:
    """Return values.yaml: the defaults under plain Helm."""
    lines = [f"# Default values of {composition.name}. values.schema.json says what each may be."]
    for name, option in offered(composition.options).items():
        lines += ["", *_lines(name, option, "")]
    return "\n".join(lines) + "\n"


def defaults(options: Mapping[str, Option]) -> dict[str, JsonValue]:
    """Return what values.yaml says, as data."""
    return {name: option.value for name, option in offered(options).items()}


def completion(options: Mapping[str, Option]) -> dict[str, JsonValue]:
    """Return what values.yaml says, each default as a list of one item: so it is no matter of
    guessing which mappings hold options, and which are defaults themselves.
    """
    return {
        name: completion(option.options)
        if option.options and option.default is None
        else [option.value]
        for name, option in options.items()
    }


def _lines(name: str, option: Option, indent: str) -> Iterator[str]:
    for line in _comment(option):
        yield f"{indent}# {line}"
    if option.options and option.default is None:
        yield f"{indent}{name}:"
        for inner, value in option.offered.items():
            yield from _lines(inner, value, indent + "  ")
        return
    text = yaml.dump(
        {name: option.value},
        Dumper=yaml.CSafeDumper,
        width=1000,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
    )
    for line in text.rstrip("\n").split("\n"):
        yield f"{indent}{line}"


def _comment(option: Option) -> Iterator[str]:
    if option.description:
        yield option.description
    if option.choices:
        yield f"One of {', '.join(json.dumps(choice) for choice in option.choices)}."
    if option.examples:
        yield f"For example {json.dumps(option.examples[0])}"
