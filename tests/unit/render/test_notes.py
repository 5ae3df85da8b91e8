"""Notes as Markdown that GitHub shows, and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from builder.graph.moved import CellNote, ImageNote, LayerNote, Notes, PackageNote
from builder.render.notes import code, document, markdown, size_of

OPENSSL = PackageNote(
    change="moved",
    kind="deb",
    name="openssl",
    old="3.5.1-1",
    new="3.5.1-1+deb13u1",
    cells=("base@trixie",),
    direct=False,
    step="patch",
    old_size=1_500_000,
    new_size=1_510_000,
    archive=True,
    only=True,
    closes=("CVE-2026-1", "CVE-2026-2", "CVE-2026-3", "CVE-2026-4", "CVE-2026-5"),
)
TYPES = PackageNote(
    change="added",
    kind="npm",
    name="@types/node",
    old="",
    new="24.0.0",
    cells=("base@bookworm", "base@trixie"),
    direct=True,
)
NOTES = Notes(
    old="v1",
    new="v2",
    old_moment="2026-01-01T00:00:00Z",
    new_moment="2026-01-08T00:00:00Z",
    layers=(
        LayerNote(
            name="base",
            cells=(CellNote(cell="base@trixie", change="changed", pull=2_400_000),),
            packages=(OPENSSL, TYPES),
            count=2,
        ),
        LayerNote(
            name="app",
            cells=(CellNote(cell="app@trixie", change="changed", pull=None),),
            packages=(),
            count=1,
        ),
    ),
    images=(
        ImageNote(
            image="app:one",
            change="changed",
            layers=("base", "app"),
            pull=2_400_000,
            size=60_000_000,
        ),
        ImageNote(image="new:one", change="added", layers=(), pull=None, size=None),
        ImageNote(image="same:one", change="same", layers=(), pull=0, size=1),
        ImageNote(image="same:two", change="same", layers=(), pull=0, size=1),
    ),
    checked=True,
)
EXPECTED = """\
## From `v1` to `v2`

**Packages: 1 moved (1 patch), 1 new.** **1 of them closes vulnerabilities.** **Images: 1 changed, 1 new, 2 as before**; a node that has the old one pulls 2.4 MB for an image that changed.

Debian's archives were as of 2026-01-01T00:00:00Z, and are as of 2026-01-08T00:00:00Z.

### What closes vulnerabilities

| package | old | new | step | layers |  |
| --- | --- | --- | --- | --- | --- |
| `openssl` (deb) | `3.5.1-1` | `3.5.1-1+deb13u1` | patch | `base` | Debian's security archive, nothing else; closes CVE-2026-1, CVE-2026-2, CVE-2026-3, CVE-2026-4 and 1 more |

### Images that change

| image | layers that change | to pull with the old one | size |
| --- | --- | --- | --- |
| `app:one` | `base`, `app` | 2.4 MB | 60 MB |
| `new:one` | a new image |  |  |

<details><summary>Images that stay as they are: 2</summary>

`same` (`one`, `two`)

</details>

### `base`

At most 2.4 MB to pull.

| package | old | new | step |  | size |  |
| --- | --- | --- | --- | --- | --- | --- |
| `openssl` (deb) | `3.5.1-1` | `3.5.1-1+deb13u1` | patch | comes along | 1.5 MB → 1.5 MB | Debian's security archive, nothing else; closes CVE-2026-1, CVE-2026-2, CVE-2026-3, CVE-2026-4 and 1 more; in `trixie` |
| `@types/node` (npm) |  | `24.0.0` | new | asked for |  |  |

### `app`

The same packages, built anew.
"""


def test_notes_as_markdown() -> None:
    assert markdown(NOTES) == EXPECTED


def test_a_long_table_is_folded() -> None:
    many = tuple(replace(TYPES, name=f"package-{number}") for number in range(13))
    text = markdown(replace(NOTES, layers=(replace(NOTES.layers[0], packages=many),)))
    assert "<details><summary>13 packages</summary>\n\n| package |" in text
    first = ImageNote(image="", change="changed", layers=(), pull=1, size=1)
    images = tuple(replace(first, image=f"app:{number}") for number in range(13))
    assert "<details><summary>13 images</summary>\n\n| image |" in markdown(
        replace(NOTES, images=images)
    )


def test_notes_of_nothing_say_so() -> None:
    text = markdown(replace(NOTES, layers=(), images=(), new_moment=NOTES.old_moment))
    assert "**Packages: the same.** **Images: none**." in text
    assert "as of 2026-01-01T00:00:00Z in both" in text
    assert "Images:" not in markdown(replace(NOTES, images=None))


def test_an_upgrade_that_opens_a_vulnerability_is_told() -> None:
    opening = replace(OPENSSL, archive=False, only=False, closes=(), opens=("CVE-2026-9",))
    layers = (replace(NOTES.layers[0], packages=(opening,)),)
    text = markdown(replace(NOTES, layers=layers))
    assert "**1 of them brings known vulnerabilities.**" in text
    assert "**opens CVE-2026-9**" in text
    assert "closes vulnerabilities" not in text


def test_notes_as_json() -> None:
    made: Any = json.loads(json.dumps(document(NOTES)))
    assert made["old"] == {"name": "v1", "moment": "2026-01-01T00:00:00Z"}
    assert made["vulnerabilities"] is True
    base = made["layers"][0]
    assert base["cells"] == [{"cell": "base@trixie", "change": "changed", "pull": 2_400_000}]
    assert base["packages"][0] == {
        "change": "moved",
        "kind": "deb",
        "package": "openssl",
        "old": "3.5.1-1",
        "new": "3.5.1-1+deb13u1",
        "cells": ["base@trixie"],
        "direct": False,
        "step": "patch",
        "size": {"old": 1_500_000, "new": 1_510_000},
        "security": {"archive": True, "only": True, "closes": list(OPENSSL.closes), "opens": []},
    }
    assert made["images"][0] == {
        "image": "app:one",
        "change": "changed",
        "layers": ["base", "app"],
        "pull": 2_400_000,
        "size": 60_000_000,
    }
    assert document(replace(NOTES, images=None))["images"] is None


@given(st.text())
def test_code_stays_code_in_a_cell_of_a_table(text: str) -> None:
    made = code(text)
    inside = made[1:-1]
    assert "`" not in inside
    assert "\n" not in made
    assert inside.count("|") == inside.count("\\|")


def test_sizes_are_for_people() -> None:
    assert [size_of(size) for size in (None, 900, 499_999, 540_000, 9_960_000, 1_234_000_000)] == [
        "",
        "1 kB",
        "500 kB",
        "0.5 MB",
        "10.0 MB",
        "1,234 MB",
    ]
