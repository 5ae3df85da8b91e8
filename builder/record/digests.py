"""The digests of each cell's bytes, recorded beside the lock: catalog.digests.json, one cell a
line.

The same catalog and lock give the same bytes on every machine. If a machine gets different ones,
this file shows it: a promise broke (see `builder.execute.promises`), or a build is not
reproducible.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from builder import confined
from builder.cells import records
from builder.debian.model import Facts
from builder.digest import canonical, sha256
from builder.errors import InputError, Problem
from builder.execute.project import Project
from builder.tree import File, replace

NAME = "catalog.digests.json"
Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


class CellDigests(BaseModel):
    """The digests of one cell's bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Hex
    """The cell's key. For other inputs than these, the record says nothing."""
    delta: tuple[Digest, ...]
    """The uncompressed layers of the delta."""
    bookkeeping: Hex
    """Sha256 of what the cell adds to the files that many packages write into."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1]
    cells: Mapping[str, CellDigests]


def outcome(facts: Facts) -> CellDigests:
    """Return the digests of a built cell."""
    return CellDigests(
        key=facts.key,
        delta=tuple(chunk.diff_id for chunk in facts.delta),
        bookkeeping=sha256(canonical(dict(facts.bookkeeping))),
    )


def read(path: Path) -> Mapping[str, CellDigests]:
    """Return what is recorded, by cell id; nothing if there is no file.

    Raises:
        InputError: it is not a file of this format.

    """
    try:
        text = confined.text(path)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Problem(str(path), 0, 0, f"cannot be read: {error}")]) from None
    try:
        return _Document.model_validate_json(text).cells
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        message = f"is damaged at {place or 'its start'}: {first['msg']}"
        hint = "write it again: `catalog digests --write`"
        raise InputError([Problem(str(path), 0, 0, message, hint)]) from None


def write(path: Path, stated: Mapping[str, CellDigests]) -> None:
    """Write the cells' digests, sorted, one cell a line."""
    rows = [f"{json.dumps(cell)}: {_line(stated[cell])}" for cell in sorted(stated)]
    body = ",\n".join(rows)
    replace(path, File(f'{{\n"format": 1,\n"cells": {{\n{body}\n}}\n}}\n'.encode()))


def _line(one: CellDigests) -> str:
    return json.dumps(one.model_dump(mode="json"))


def built(project: Project) -> dict[str, CellDigests]:
    """Return the digests of the cells in the store; cells that are to be built are left out."""
    kept = {step.node for step in project.plan().steps if step.action == "keep"}
    stated: dict[str, CellDigests] = {}
    for cell, item in project.inputs.items():
        manifest = records.find(project.store, item.key)
        if manifest is not None and cell in kept:
            stated[cell] = outcome(records.facts(project.store, manifest))
    return stated


def unlike(stated: Mapping[str, CellDigests], now: Mapping[str, CellDigests]) -> list[str]:
    """Return the cells whose bytes differ from those recorded for the same inputs."""
    return [cell for cell, one in now.items() if cell in stated and _unlike(stated[cell], one)]


def unknown(stated: Mapping[str, CellDigests], now: Mapping[str, CellDigests]) -> list[str]:
    """Return the cells for whose inputs nothing is recorded."""
    return [cell for cell, one in now.items() if cell not in stated or stated[cell].key != one.key]


def _unlike(one: CellDigests, other: CellDigests) -> bool:
    return one.key == other.key and one != other
