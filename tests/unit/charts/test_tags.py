from __future__ import annotations

import pytest

from builder.charts.levels import Level
from builder.charts.tags import container_reference, moved, reference

DIGESTS = "@sha256:" + "1" * 64, "@sha256:" + "2" * 64


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("postgres:16", "postgres:17", Level.MAJOR),
        ("postgres:16.4", "postgres:17.0", Level.MAJOR),
        ("postgres:16.4", "postgres:16.5", Level.MINOR),
        ("postgres:16.4.1", "postgres:16.4.2", Level.PATCH),
        ("postgres:16", "postgres:16.4", Level.MINOR),
        ("jupyter:py3.13", "jupyter:py3.14", Level.MINOR),
        ("jupyter:py3.14", "jupyter:py3.13", Level.MAJOR),
        ("jupyter:py3.13-cuda12.8", "jupyter:py3.13-cuda13.0", Level.MAJOR),
        ("jupyter:py3.13", "jupyter:py3.13-cuda12.8", Level.MAJOR),
        ("jupyter:py3.13", "jupyter:r4.5", Level.MAJOR),
        ("base:bookworm", "base:trixie", Level.MAJOR),
        ("jupyter:py3.13-2025.11.03", "jupyter:py3.13-2026.01.05", Level.PATCH),
        ("jupyter:20251103", "jupyter:20260105", Level.PATCH),
        ("jupyter:1.0", "vscode:1.0", Level.MAJOR),
        ("one.example/a/jupyter:1.0", "two.example:5000/b/jupyter:1.0", Level.MINOR),
        ("jupyter:1.0" + DIGESTS[0], "jupyter:1.0" + DIGESTS[1], Level.PATCH),
        ("jupyter:1.0", "jupyter:1.0" + DIGESTS[1], Level.PATCH),
    ],
)
def test_an_image_that_takes_the_place_of_another(old: str, new: str, level: Level) -> None:
    before, after = container_reference(old), container_reference(new)
    assert before is not None
    assert after is not None
    assert moved(before, after) is level


@pytest.mark.parametrize(
    "text", ["", "x", "10Gi", "http://x/y:80", "a:b", "Always", "/a/b:c", 3, None, "a b/c:d"]
)
def test_values_that_name_no_image(text: object) -> None:
    assert reference(text) is None


def test_the_parts_of_a_reference() -> None:
    parsed = reference("registry.example:5000/team/jupyter:py3.13" + DIGESTS[0])
    assert parsed is not None
    assert (parsed.repository, parsed.tag) == ("registry.example:5000/team/jupyter", "py3.13")
    assert (parsed.image, parsed.digest) == ("jupyter", DIGESTS[0][1:])
