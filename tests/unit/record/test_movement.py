"""Where a tag may move: versions and files get newer, never older."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from builder.record.movement import Described, backwards, described

OLD, NEW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
CONFIG: dict[str, Any] = {
    "created": "2026-01-01T00:00:00Z",
    "config": {"Labels": {"org.opencontainers.image.version": "py3.13"}},
    "history": [
        {"created_by": "catalog: base@trixie"},
        {"created_by": "catalog: base@trixie"},
        {"created_by": "catalog: seal"},
        {"created_by": "RUN something"},
    ],
}


def image(version: str = "py3.13", created: datetime | None = OLD, *cells: str) -> Described:
    return Described(version=version, created=created, cells=cells or ("a", "b"))


def test_an_image_says_what_it_is() -> None:
    assert described(CONFIG) == Described(
        version="py3.13", created=OLD, cells=("base@trixie", "seal")
    )


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"created": 3, "config": [], "history": {}},
        {"created": "yesterday", "config": {"Labels": "x"}, "history": [1, {"created_by": 2}]},
        {"created": "2026-01-01T00:00:00", "config": None, "history": None},
    ],
)
def test_a_stranger_s_image_says_nothing_that_can_be_compared(config: dict[str, Any]) -> None:
    behind = described(config)
    assert behind == Described()
    assert backwards(behind, image()) == ""


@pytest.mark.parametrize(
    ("behind", "new"),
    [
        (image("py3.13"), image("py3.14")),
        (image("py3.13"), image("py3.13")),
        (image("py3.9"), image("py3.13")),
        (image("r4.5-py3.13"), image("r4.5-py3.14")),
        (image("py3.13", OLD), image("py3.13", NEW)),
        # What cannot be compared is not refused.
        (image("r4.5"), image("py3.13")),
        (image("py3.13", NEW), image("py3.13", None)),
        # An image that lost a layer may be older than it was with it.
        (image("py3.13", NEW, "a", "b"), image("py3.13", OLD, "a")),
        # Another version has files of its own.
        (image("py3.13", NEW), image("py3.14", OLD)),
    ],
)
def test_forward(behind: Described, new: Described) -> None:
    assert backwards(behind, new) == ""


def test_to_an_older_version() -> None:
    why = "py3.13 is older than py3.14, which is there"
    assert backwards(image("py3.14"), image("py3.13")) == why
    assert backwards(image("py3.14-r4.2"), image("py3.13-r4.5"))
    assert backwards(image("py3.10"), image("py3.9"))


def test_to_older_files() -> None:
    why = backwards(image("py3.13", NEW), image("py3.13", OLD))
    assert why == "its newest file is of 2026-01-01 00:00, and that there of 2026-02-01 00:00"


def test_every_way_from_a_withdrawn_version_is_forward() -> None:
    assert backwards(image("py3.14"), image("py3.13"), {"py3.14"}) == ""
    # But a tag of that version itself gets no older.
    assert backwards(image("py3.14", NEW), image("py3.14", OLD), {"py3.14"})


def test_numbers_beyond_reason_are_no_versions() -> None:
    assert backwards(image("1" * 5000), image("2" * 5000)) == ""
