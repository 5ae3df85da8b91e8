"""What is said of vulnerabilities in notes."""

from __future__ import annotations

from datetime import date

from builder.render.vulnerabilities import markdown
from builder.vulnerabilities.judge import judge
from builder.vulnerabilities.policy import Policy
from builder.vulnerabilities.report import movement, rows
from tests.unit.vulnerabilities.made import finding

TODAY = date(2026, 11, 28)


def test_notes_say_how_many_there_are_and_what_moved() -> None:
    before = judge([finding("CVE-2026-0009")], Policy(), TODAY)
    now = judge([finding(), finding("CVE-2026-0002", "low", package="a|b")], Policy(), TODAY)
    assert markdown(now, movement(rows(before), now, "HEAD")) == (
        "### Vulnerabilities\n\n"
        "2 vulnerabilities in 2 packages: 1 high, 1 low\n\n"
        "* new: `CVE-2026-0001` in `numpy` `2.0`, `high`\n"
        "* new: `CVE-2026-0002` in `a\\|b` `2.0`, `low`\n"
        "* gone: `CVE-2026-0009` in `numpy` `2.0`, `high`\n"
    )


def test_without_any_notes_say_so() -> None:
    assert markdown(judge([], Policy(), TODAY), None) == (
        "### Vulnerabilities\n\nno known vulnerability\n"
    )
