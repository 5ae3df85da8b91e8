"""The step that says how long an image is for use: on any machine, without an image."""

from __future__ import annotations

import subprocess

import pytest

from tests.init.images import ROOT

pytestmark = pytest.mark.process

LIBRARY = ROOT / "images/base/files/opt/onyxia/library.sh"
STEP = ROOT / "images/lifecycle/files/opt/onyxia/steps/95-lifecycle.sh"


def said(**variables: str) -> str:
    """Run the step with what an image's variables say; return its words."""
    script = f'set -euo pipefail; source {LIBRARY}; step() {{ source "{STEP}"; }}; step'
    stated = {f"CATALOG_IMAGE_{name}": value for name, value in variables.items()}
    ended = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": "/usr/bin:/bin", **stated},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == ""
    return ended.stderr.removeprefix("onyxia-init: ").rstrip("\n")


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"STATUS": "active", "END_OF_LIFE": "9999-12-31", "SUCCESSOR": "a:2"},
        {"STATUS": "maintenance"},
    ],
)
def test_an_image_that_is_for_use_says_nothing(variables: dict[str, str]) -> None:
    assert said(**variables) == ""


def test_an_end_that_is_past_is_told_with_the_successor() -> None:
    past = "this image has been past its end of life since 2001-01-01: nobody corrects it any more"
    assert said(STATUS="maintenance", END_OF_LIFE="2001-01-01") == past
    told = said(STATUS="preview", END_OF_LIFE="2001-01-01", SUCCESSOR="python:py3.13")
    assert told == f"{past}. Use python:py3.13 instead"


def test_what_is_yanked_says_why() -> None:
    why = 'a "library" of `it` is $broken'
    told = said(STATUS="yanked", YANKED=why, END_OF_LIFE="2001-01-01", SUCCESSOR="a:2")
    assert told == f"this image was withdrawn: {why}. Use a:2 instead"


def test_a_preview_says_so() -> None:
    assert said(STATUS="preview") == "this image is a preview, which may change or go away"
