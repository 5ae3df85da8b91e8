"""What SECURITY.md promises names the code and the tests that keep it."""

from __future__ import annotations

import re
from pathlib import Path

from builder.commands import COMMANDS, VERBS

ROOT = Path(__file__).parents[2]
SECURITY = (ROOT / "SECURITY.md").read_text()
PROMISES = SECURITY.split("## What is promised")[1].split("\n## ")[0]
RUNS = SECURITY.split("## Whose code runs where")[1].split("\n## ")[0]


def test_every_promise_names_a_test_that_exists() -> None:
    for row in PROMISES.splitlines()[4:]:
        if not row:
            continue
        promise, keepers = row.strip("|").split("|")
        named = re.findall(r"`((?:builder|tests|images)/[\w./-]+)`", keepers)
        # A layer's own tests run in every image that holds it.
        assert [path for path in named if "tests/" in path], promise
        assert not [path for path in named if not is_there(path)], promise


def is_there(path: str) -> bool:
    """Tell whether a file exists, or is that of a layer which this catalog does not have."""
    part, name, *_ = path.split("/")
    absent_layer = part == "images" and not (ROOT / part / name).exists()
    return absent_layer or (ROOT / path).exists()


def test_every_command_says_whose_code_it_runs() -> None:
    named = set(re.findall(r"`([a-z ]+)`", RUNS))
    verbs = {f"chart {verb}" for verb in VERBS["chart"]}
    assert (COMMANDS.keys() - {"chart"}) | verbs <= named
