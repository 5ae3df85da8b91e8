"""What is said of vulnerabilities, in words and as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from builder.errors import counted
from builder.lock.severity import WORDS
from builder.render.jinja import environment
from builder.render.notes import code
from builder.vulnerabilities.judge import Verdict
from builder.vulnerabilities.model import Judged
from builder.vulnerabilities.report import Movement


def summary(judged: Sequence[Judged]) -> str:
    """Return in one line how many there are, how severe, and what a policy makes of them."""
    if not judged:
        return "no known vulnerability"
    severities = Counter(one.finding.severity.word for one in judged)
    by_word = [f"{severities[word]:,} {word}" for word in reversed(WORDS) if severities[word]]
    said = {"waived": sum(one.is_waived for one in judged)}
    said["against the policy"] = sum(bool(one.breaks) for one in judged)
    more = "".join(f"; {count:,} {what}" for what, count in said.items() if count)
    count = len({one.finding.id for one in judged})
    what = "vulnerability" if count == 1 else "vulnerabilities"
    packages = len({(one.finding.ecosystem, one.finding.package) for one in judged})
    return f"{count:,} {what} in {counted(packages, 'package')}: {', '.join(by_word)}{more}"


def moved(movement: Movement) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield what is another than before: what became of it, the vulnerability, its package and
    version, and how severe it is.
    """
    for what, those in (("new", movement.new), ("no longer waived", movement.unwaived)):
        for one in those:
            found = one.finding
            yield what, found.id, found.package, found.version, found.severity.word
    for row in movement.gone:
        yield "gone", row.id, row.package, row.version, row.severity


def markdown(verdict: Verdict, movement: Movement | None) -> str:
    """Return a section for notes: how many there are, and what moved."""
    lines = [
        (what, f"{code(name)} in {code(package)} {code(version)}, {code(severity)}")
        for what, name, package, version, severity in (moved(movement) if movement else ())
    ]
    template = environment.get_template("vulnerabilities.md.j2")
    return template.render(summary=summary(verdict.judged), lines=lines)
