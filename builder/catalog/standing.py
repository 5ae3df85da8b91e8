"""How an image stands: what follows for it from the lifecycle of its versions and its own.

Nothing here knows which day it is: whoever asks whether an end is past says the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from builder.catalog.axes import Lifecycle, Status
from builder.catalog.model import Catalog, Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How long an image at one point is for use."""

    status: Status = "active"
    eol: str = ""
    """The day from which nobody maintains it (YYYY-MM-DD); empty where none is stated."""
    yanked: str = ""
    """Why nobody should start it any more; empty where it is on offer."""
    successor: str = ""
    """What to use instead, as `<name>:<tag>`; empty where nothing is named."""

    @property
    def stated(self) -> bool:
        """Whether anything is to be told of it."""
        return self.status != "active" or bool(self.eol or self.yanked)

    @property
    def may_be_default(self) -> bool:
        """Whether it may be what people get who choose nothing."""
        return self.status != "preview" and not self.yanked

    def ended(self, today: date) -> bool:
        """Tell whether its end is past on a day."""
        return bool(self.eol) and date.fromisoformat(self.eol) <= today


ACTIVE = Standing()
"""Where nothing is stated."""


def standing(catalog: Catalog, image: Image, point: Mapping[str, str]) -> Standing:
    """Return how an image of this entry stands at a point, without a successor: the worst of what
    its versions and its entry state, and the first end.
    """
    stated = list(stating(catalog, image, point))
    if not stated:
        return ACTIVE
    statuses = [one.status for one in stated]
    worst: Status = "maintenance" if "maintenance" in statuses else "active"
    return Standing(
        status="preview" if "preview" in statuses else worst,
        eol=min((one.eol for one in stated if one.eol), default=""),
        yanked="; ".join(dict.fromkeys(one.yanked for one in stated if one.yanked)),
    )


def stating(catalog: Catalog, image: Image, point: Mapping[str, str]) -> Iterator[Lifecycle]:
    """Yield the versions of a point, and its image's entry, as far as they state anything."""
    for axis, value in point.items():
        details = catalog.axes[axis].values.get(value)
        if details is not None and _says(details):
            yield details
    if _says(image):
        yield image


def _says(one: Lifecycle) -> bool:
    return one.status != "active" or one.eol is not None or one.yanked is not None


def summary(standing: Standing, today: date | None = None) -> str:
    """Return how an image stands in a few words; empty where nothing is to be told. Without a day,
    it does not say whether an end is past.
    """
    words = []
    if standing.yanked:
        words.append(f"yanked: {standing.yanked}")
    elif standing.status != "active":
        words.append(standing.status)
    if standing.eol:
        is_past = today is not None and standing.ended(today)
        words.append(f"end of life {'was ' if is_past else 'on '}{standing.eol}")
    if words and standing.successor:
        words.append(f"use {standing.successor}")
    return ", ".join(words)
