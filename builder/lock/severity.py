"""How severe vulnerabilities are, in the words of CVSS: from scores, and from databases' words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cvss import CVSS2, CVSS3, CVSS4  # type: ignore[import-untyped]  # it has no types
from cvss.exceptions import CVSSError  # type: ignore[import-untyped]  # likewise

from builder.lock.osv import Advisory, OsvPackage, Said, Score

UNKNOWN, NONE, LOW, MEDIUM, HIGH, CRITICAL = WORDS = (
    "unknown",
    "none",
    "low",
    "medium",
    "high",
    "critical",
)
"""From the least on."""
RATINGS = ((9.0, CRITICAL), (7.0, HIGH), (4.0, MEDIUM), (0.1, LOW), (0.0, NONE))
"""The qualitative scale of CVSS 3 and 4: from which score on a word holds."""
HIGHEST = 10.0
SAID = {"moderate": MEDIUM, "important": HIGH, "negligible": NONE}
"""Words of databases that are others than CVSS's."""
HARMLESS = "unimportant"
_SYSTEMS: Mapping[str, Callable[[str], Any]] = {
    "CVSS_V2": CVSS2,
    "CVSS_V3": CVSS3,
    "CVSS_V4": CVSS4,
}


@dataclass(frozen=True, slots=True)
class Severity:
    """How severe something is."""

    word: str = UNKNOWN
    """One of `WORDS`."""
    score: float | None = None
    """0.0 to 10.0; None where only a word is known."""

    @property
    def rank(self) -> tuple[int, float]:
        """What sorts it."""
        return rank(self.word), self.score or 0.0


def rank(word: str) -> int:
    """Return the place of a word among `WORDS`."""
    return WORDS.index(word)


def of_score(score: float) -> Severity:
    """Return what a score means; nothing where it is none."""
    if not 0.0 <= score <= HIGHEST:
        return Severity()
    return Severity(next(word for least, word in RATINGS if score >= least), score)


def of_word(word: str) -> Severity:
    """Return what the word of a database means."""
    plain = word.strip().lower()
    plain = SAID.get(plain, plain)
    return Severity(plain if plain in WORDS else UNKNOWN)


def worst(severities: Iterable[Severity]) -> Severity:
    """Return the greatest of some; unknown where there is none."""
    return max(severities, key=lambda one: one.rank, default=Severity())


def severity(advisory: Advisory, package: OsvPackage) -> Severity:
    """Return how severe an advisory is for a package. What Debian calls unimportant is nothing
    there, whatever it is elsewhere; a score counts more than a word.
    """
    entries = [one for one in advisory.affected if one.is_of([package])]
    specific = [one.ecosystem_specific for one in entries if one.ecosystem_specific]
    if any(said.urgency == HARMLESS for said in specific):
        return Severity(NONE)
    scored = [*(advisory.severity or ())]
    for one in entries:
        scored += one.severity or ()
    found = worst(_scores(scored))
    if found.word != UNKNOWN:
        return found
    said = [advisory.database_specific, *(one.database_specific for one in entries), *specific]
    return worst(_words(said))


def _scores(scores: Iterable[Score]) -> Iterator[Severity]:
    for one in scores:
        read = _SYSTEMS.get(one.type)
        try:
            yield of_score(float(read(one.score).base_score)) if read else Severity()
        except (CVSSError, ValueError, ArithmeticError, LookupError):
            continue


def _words(said: Iterable[Said | None]) -> Iterator[Severity]:
    for one in said:
        if one is not None and isinstance(one.severity, str):
            yield of_word(one.severity)
