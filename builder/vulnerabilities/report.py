"""Reports of vulnerabilities as JSON, and what is another than in an earlier one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from builder.documents import DocumentError, from_json
from builder.errors import Problem
from builder.vulnerabilities.judge import Verdict
from builder.vulnerabilities.model import Database, Judged
from builder.vulnerabilities.policy import Policy

FORMAT = 1
MOST = 256 << 20
"""Bytes of a report."""


class Row(BaseModel):
    """A finding of an earlier report; what is not compared is ignored."""

    id: str
    aliases: list[str] = []
    ecosystem: str
    package: str
    version: str
    severity: str = ""
    images: list[str] = []
    waived: dict[str, str] = {}


class Earlier(BaseModel):
    """An earlier report, as a program kept it."""

    format: Literal[1]
    day: str = ""
    findings: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What is another than in an earlier report."""

    since: str
    """What it is compared with, as it was named."""
    new: tuple[Judged, ...]
    gone: tuple[Row, ...]
    unwaived: tuple[Judged, ...]
    """What was waived, and is no more, as its waiver ended or was removed."""

    @property
    def is_still(self) -> bool:
        """Whether nothing moved."""
        return not (self.new or self.gone or self.unwaived)


def rows(verdict: Verdict) -> list[Row]:
    """Return the findings of a verdict as those of an earlier report."""
    return [
        Row(
            id=one.finding.id,
            aliases=list(one.finding.aliases),
            ecosystem=one.finding.ecosystem,
            package=one.finding.package,
            version=one.finding.version,
            severity=one.finding.severity.word,
            images=list(one.finding.images),
            waived=dict.fromkeys(one.waived, ""),
        )
        for one in verdict.judged
    ]


def movement(before: Iterable[Row], now: Verdict, since: str) -> Movement:
    """Return what is new, gone and no longer waived. A vulnerability that an upgrade did not close
    is the same one.
    """
    earlier: dict[tuple[str, str, str], Row] = {}
    for row in before:
        known = earlier.setdefault((row.id, row.ecosystem, row.package), row)
        if known is not row:
            waived = {**known.waived, **row.waived}
            earlier[row.id, row.ecosystem, row.package] = known.model_copy(
                update={"waived": waived}
            )
    later = {one.finding.key for one in now.judged}
    new = [one for one in now.judged if one.finding.key not in earlier]
    unwaived = [
        one
        for one in now.judged
        if (was := earlier.get(one.finding.key)) is not None
        and any(image in was.waived and image not in one.waived for image in one.finding.images)
    ]
    return Movement(
        since=since,
        new=tuple(new),
        gone=tuple(row for key, row in earlier.items() if key not in later),
        unwaived=tuple(unwaived),
    )


def read(data: bytes) -> list[Row]:
    """Return the findings of an earlier report.

    Raises:
        DocumentError: it is none; says where and why.

    """
    value = from_json(data, most=MOST)
    try:
        return Earlier.model_validate(value).findings
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        why = f"is no report of `catalog vulnerabilities --json`: {where}: {first['msg']}"
        raise DocumentError(why) from None


def unreadable(file: str, error: DocumentError) -> Problem:
    """Return the problem with a report that cannot be read."""
    hint = "give what `catalog vulnerabilities --json` printed, or a git revision"
    return Problem(file, error.line, error.column, error.why, hint)


def document(
    verdict: Verdict,
    policy: Policy,
    database: Database,
    about: Mapping[str, str],
    moved: Movement | None,
) -> dict[str, Any]:
    """Return a report as a JSON object; docs/vulnerabilities.md describes its form. `about` is what
    it says of the day and of the lock.
    """
    made: dict[str, Any] = {
        "format": FORMAT,
        **about,
        "database": {
            "source": database.source,
            "advisories": database.advisories,
            "newest": database.newest or None,
        },
        "broken": bool(verdict.breaking),
        "findings": [finding(one, policy) for one in verdict.judged],
    }
    if moved is not None:
        made["since"] = {
            "name": moved.since,
            "new": [finding(one, policy) for one in moved.new],
            "gone": [row.model_dump(exclude={"waived"}) for row in moved.gone],
            "unwaived": [finding(one, policy) for one in moved.unwaived],
        }
    return made


def finding(judged: Judged, policy: Policy) -> dict[str, Any]:
    """Return a finding as a JSON object."""
    one = judged.finding
    return {
        "id": one.id,
        "aliases": list(one.aliases),
        "summary": one.summary,
        "severity": one.severity.word,
        "score": one.severity.score,
        "ecosystem": one.ecosystem,
        "package": one.package,
        "version": one.version,
        "fixed": list(one.fixed),
        "packages": [
            {"kind": held.kind, "name": held.name, "version": held.version, "purl": held.url}
            for held in {(held.kind, held.name, held.version): held for held in one.held}.values()
        ],
        "direct": one.direct,
        "layers": list(one.cells),
        "images": list(one.images),
        "waived": {image: policy.waivers[number].status for image, number in judged.waived.items()},
        "breaks": list(judged.breaks),
    }
