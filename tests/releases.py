"""The Debian releases that tests on real packages are tried on."""

from __future__ import annotations

import pytest

OLDER = pytest.mark.whole("an older Debian release takes as long as the newest")
RELEASES = ("trixie", pytest.param("bookworm", marks=OLDER))
"""Parameters of a fixture or a test."""
