"""What a policy makes of findings, and what is to be told of its waivers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from itertools import chain

from builder.catalog.document import Reading
from builder.catalog.source import YamlFile
from builder.catalog.suggest import nearest
from builder.errors import Problem, counted
from builder.lock.osv import plain
from builder.lock.severity import UNKNOWN, rank
from builder.vulnerabilities.model import Finding, Judged
from builder.vulnerabilities.policy import NOT_AFFECTED, Policy, Waiver

SOON = 7
"""Days before its end from which a waiver's end is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a policy makes of all findings."""

    judged: tuple[Judged, ...]
    ended: tuple[int, ...]
    """Waivers past their day."""
    unmatched: tuple[int, ...]
    """Waivers that no finding needs."""

    @property
    def breaking(self) -> list[Judged]:
        """The findings that break it."""
        return [one for one in self.judged if one.breaks]


def problems(reading: Reading[Policy]) -> Iterator[Problem]:
    """Yield what is wrong with a policy beyond the types of its values."""
    for number, waiver in enumerate(reading.value.waivers if reading.value else ()):
        path = ("waivers", number)
        if not reading.sure(*path[:1]):
            return
        try:
            date.fromisoformat(waiver.until)
        except ValueError:
            message = f"{waiver.until!r} is no day of the calendar"
            yield reading.yaml.problem((*path, "until"), message)
        if waiver.justification and waiver.status != NOT_AFFECTED:
            message = (
                f"a justification says why nothing is affected, and the status is {waiver.status}"
            )
            hint = f"remove it, or write `status: {NOT_AFFECTED}`"
            yield reading.yaml.problem((*path, "justification"), message, hint)


def judge(findings: Iterable[Finding], policy: Policy, today: date) -> Verdict:
    """Return what a policy makes of findings on a day: a waiver counts to the end of its last."""
    waivers = list(enumerate(policy.waivers))
    ended = tuple(number for number, one in waivers if date.fromisoformat(one.until) < today)
    used: set[int] = set()
    judged = []
    for finding in findings:
        covering = {number: images for number, one in waivers if (images := covered(finding, one))}
        used.update(covering)
        judged.append(_judged(finding, policy, covering, ended))
    unmatched = tuple(number for number, _ in waivers if number not in used)
    return Verdict(judged=tuple(judged), ended=ended, unmatched=unmatched)


def _judged(
    finding: Finding,
    policy: Policy,
    covering: Mapping[int, Sequence[str]],
    ended: Collection[int],
) -> Judged:
    """Return what a policy makes of one finding; `covering` are the images that each waiver covers,
    in time or not. Of two, the first one counts.
    """
    waived: dict[str, int] = {}
    for number, images in covering.items():
        if number not in ended:
            waived = {**dict.fromkeys(images, number), **waived}
    is_bad = _counts(finding, policy)
    return Judged(
        finding=finding,
        waived=waived,
        breaks=tuple(name for name in finding.images if is_bad and name not in waived),
        ended=tuple(number for number in covering if number in ended),
    )


def covered(finding: Finding, waiver: Waiver) -> tuple[str, ...]:
    """Return the images in which a waiver, at its time, covers a finding."""
    if waiver.id not in finding.names:
        return ()
    if waiver.package is not None:
        ecosystem = finding.ecosystem.partition(":")[0]
        names = {plain(ecosystem, name) for name in (finding.package, *finding.packages)}
        if plain(ecosystem, waiver.package) not in names:
            return ()
    if not waiver.images:
        return finding.images
    return tuple(image for image in finding.images if _is_meant(image, waiver.images))


def warnings(
    verdict: Verdict, policy: Policy, yaml: YamlFile, today: date, *, whole: bool
) -> Iterator[Problem]:
    """Yield what is to be told of waivers, with their places. Only whoever looked at all images
    (`whole`) can tell that one matches nothing.
    """
    for number, waiver in enumerate(policy.waivers):
        if whole and number in verdict.unmatched:
            yield _unmatched(yaml, number, waiver, [one.finding for one in verdict.judged])
        elif number in verdict.ended:
            message = f"the waiver of {waiver.id} ended on {waiver.until}, and counts no more"
            hint = "look at it again: give it another day, or remove it"
            yield yaml.problem(("waivers", number, "until"), message, hint)
        elif (left := (date.fromisoformat(waiver.until) - today).days) < SOON:
            when = "today" if not left else f"in {counted(left, 'day')}"
            message = f"the waiver of {waiver.id} ends {when}"
            yield yaml.problem(("waivers", number, "until"), message)


def _unmatched(yaml: YamlFile, number: int, waiver: Waiver, findings: Sequence[Finding]) -> Problem:
    path = ("waivers", number)
    same = [one for one in findings if waiver.id in one.names]
    if not same:
        message = f"no image has {waiver.id}"
        near = nearest(waiver.id, _names(findings)) if findings else ""
        gone = "remove the waiver if it is closed"
        hint = f"{gone}; {near}" if near.startswith("did") else gone
        return yaml.problem((*path, "id"), message, hint)
    if waiver.package is not None:
        packages = sorted(set(chain.from_iterable((one.package, *one.packages) for one in same)))
        if not any(covered(one, waiver.model_copy(update={"images": ()})) for one in same):
            message = f"{waiver.id} is not in a package {waiver.package!r}"
            return yaml.problem((*path, "package"), message, nearest(waiver.package, packages))
    images = set(chain.from_iterable(one.images for one in same))
    message = f"no image that has {waiver.id} matches"
    hint = nearest(waiver.images[0], images, what="it is in")
    return yaml.problem((*path, "images"), message, hint)


def _names(findings: Iterable[Finding]) -> Collection[str]:
    names: set[str] = set()
    for one in findings:
        names |= one.names
    return names


def _is_meant(image: str, globs: Iterable[str]) -> bool:
    name = image.partition(":")[0]
    return any(fnmatchcase(image, glob) or fnmatchcase(name, glob) for glob in globs)


def _counts(finding: Finding, policy: Policy) -> bool:
    """Tell whether a finding that nobody waives breaks a policy."""
    limit = policy.fail_on
    if limit is None or (limit.fixed and not finding.fixed):
        return False
    if finding.severity.word == UNKNOWN:
        return limit.unknown
    return rank(finding.severity.word) >= rank(limit.severity)
