"""Where a tag of a registry may move: to something newer, and never back."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from builder.render.config import ANNOTATION

VERSION = ANNOTATION + "version"
STEP = "catalog: "
"""What a history says in front of the name of a cell."""
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What an image says of itself, as far as it can be read."""

    version: str = ""
    """Its tag in the catalog: py3.13."""
    created: datetime | None = None
    """When the newest of its files was made."""
    cells: tuple[str, ...] = ()
    """What it is made of, bottom first, as its history names it."""


def described(config: Mapping[str, Any]) -> Described:
    """Return what an image's configuration says (OCI image specification, Image Configuration). It
    is whoever's: what has another type than it should is not read.
    """
    settings = _mapping(config.get("config"))
    history = config.get("history")
    steps = [_text(_mapping(step).get("created_by")) for step in _list(history)]
    cells = [step.removeprefix(STEP) for step in steps if step.startswith(STEP)]
    return Described(
        version=_text(_mapping(settings.get("Labels")).get(VERSION)),
        created=_moment(config.get("created")),
        cells=tuple(dict.fromkeys(cells)),
    )


def backwards(behind: Described, new: Described, withdrawn: Collection[str] = ()) -> str:
    """Return why a tag would move backwards from one image to another; empty where it does not.

    It does if the other is of an older version, or if its files are older. Files are compared only
    where both are made of the same cells: an image without a layer may well be older than with it.
    From a version that is `withdrawn`, every way to another one is forward.
    """
    if behind.version in withdrawn and behind.version != new.version:
        return ""
    if _is_older(new.version, behind.version):
        return f"{new.version} is older than {behind.version}, which is there"
    are_like = behind.cells == new.cells and behind.version == new.version
    if are_like and behind.created and new.created and new.created < behind.created:
        there, here = behind.created, new.created
        return (
            f"its newest file is of {here:%Y-%m-%d %H:%M}, and that there of {there:%Y-%m-%d %H:%M}"
        )
    return ""


def _is_older(version: str, other: str) -> bool:
    """Tell whether a version is older than another one. Those that differ by more than their
    numbers, such as py3.13 and r4.5, cannot be compared.
    """
    if _NUMBER.sub("#", version) != _NUMBER.sub("#", other):
        return False
    return _numbers(version) < _numbers(other)


def _numbers(version: str) -> list[tuple[int, ...]]:
    # A number of thousands of digits is nobody's version, and Python refuses to read it.
    numbers = _NUMBER.findall(version[:128])
    return [tuple(int(number) for number in one.split(".")) for one in numbers]


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
