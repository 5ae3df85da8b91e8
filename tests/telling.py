"""What a long run tells while it goes on: each test that failed, and each that took long.

pytest tells both at its end, which a run that is stopped never reaches.
"""

from __future__ import annotations

import pytest
from _pytest.terminal import TerminalReporter

LONG = 30.0
"""Seconds; what takes longer is worth a line of its own."""


class Telling:
    """A plugin of the process that prints."""

    def __init__(self, reporter: TerminalReporter) -> None:
        """Print through `reporter`, between its dots."""
        self._reporter = reporter

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say at once what failed, and what took long."""
        line = told(report)
        if line is None:
            return
        self._reporter.write(f"\n{line}\n", red=report.failed)


def told(report: pytest.TestReport) -> str | None:
    """Return the line about one phase of a test; None where there is nothing to tell."""
    phase = "" if report.when == "call" else f" ({report.when})"
    if report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        message = str(crash.message if crash else report.longrepr).strip()
        first, *_ = message.splitlines() or [""]
        return f"FAILED{phase} {report.nodeid} - {first}"
    if report.duration >= LONG:
        return f"{report.duration:.0f} s{phase} {report.nodeid}"
    return None
