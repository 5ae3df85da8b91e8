"""The sound catalog of `tests/catalogs`, as files."""

from __future__ import annotations

import re
from pathlib import Path

SOUND = Path(__file__).parents[1] / "catalogs/sound.txtar"


def unpack(root: Path) -> Path:
    """Write it below `root`, and return the path of its catalog.yaml."""
    parts = re.split(r"^-- (.+) --\n", SOUND.read_text(), flags=re.MULTILINE)
    for path, text in zip(parts[1::2], parts[2::2], strict=True):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root / "catalog.yaml"
