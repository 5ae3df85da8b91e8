"""The page that tells a reader what services there are: one table for each category."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from builder.charts.compose import Composition
from builder.charts.model import Option, walk
from builder.charts.readme import cell

HEAD = """\
# Services

Written by `catalog chart services`, from what services and groups of options say in `columns`, and
from the options that have a `column`: what the form of Onyxia starts with, or else the default.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceRow:
    """What the page says of one service."""

    name: str
    title: str
    description: str
    image: str
    """The one that it starts with unless another one is chosen: `<name>:<tag>`."""
    port: int
    columns: Mapping[str, tuple[str, ...]]
    """What its option groups, its options and the service itself say, by heading."""


def page(compositions: Mapping[str, Composition]) -> str:
    """Return the page, as Markdown: categories, services and columns as they come first."""
    categories: dict[str, list[ServiceRow]] = {}
    for composition in compositions.values():
        categories.setdefault(composition.service.category, []).append(row(composition))
    parts = [HEAD]
    for category, rows in categories.items():
        parts.append(f"\n## {category.replace('-', ' ').capitalize()}\n\n")
        parts += [f"{line}\n" for line in _table(rows)]
    return "".join(parts)


def row(composition: Composition) -> ServiceRow:
    """Return what the page says of a service."""
    service, columns = composition.service, dict[str, dict[str, None]]()
    for heading, text in _said(composition):
        columns.setdefault(heading, {})[text] = None
    return ServiceRow(
        name=composition.name,
        title=service.title,
        description=service.description[composition.language],
        image=composition.launched[0],
        port=service.port,
        columns={heading: tuple(texts) for heading, texts in columns.items()},
    )


def _said(composition: Composition) -> Iterator[tuple[str, str]]:
    """Yield heading and text of all that is said in columns."""
    for _, option in walk(composition.options):
        if option.column and _initial(option):
            yield option.column, _initial(option)
    yield from composition.service.columns.items()
    for group in composition.groups.values():
        yield from group.columns.items()


def _initial(option: Option) -> str:
    """Return what a form starts with, as a text."""
    initial = option.initial
    return initial if isinstance(initial, str) else json.dumps(initial, ensure_ascii=False)


def _table(rows: list[ServiceRow]) -> Iterator[str]:
    headings: dict[str, None] = {}
    for one in rows:
        headings |= dict.fromkeys(one.columns)
    yield _line(["Service", "What it is", "Image", "Port", *headings])
    yield _line(["---"] * (4 + len(headings)))
    for one in rows:
        more = [", ".join(one.columns.get(heading, ())) for heading in headings]
        name = f"[`{one.name}`](../charts/{one.name}/README.md)"
        yield _line([name, one.description, f"`{one.image}`", str(one.port), *more])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(map(cell, cells))} |"
