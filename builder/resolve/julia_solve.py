"""One choice of releases of Julia packages, by resolvelib: the solver of pip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, Resolver

from builder.lock.julia import Need, Release
from builder.resolve.julia_ground import Ground

MOST_ROUNDS = 20_000
Offers = Callable[[str], Sequence[Release]]
"""Gives the releases of a package, by UUID, that may be chosen: the most wanted first."""
Chosen = Mapping[str, Release]
"""UUID -> release."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a package, and by whom."""

    need: Need
    root: int
    """The request that it is; -1 where a release needs it."""
    by: Release | None = None

    def __str__(self) -> str:
        """Say who needs what."""
        return f"{self.by} needs {self.need}" if self.by else str(self.need)


class UnfitError(Exception):
    """No choice of releases fulfils all wishes; these are in each other's way."""

    def __init__(self, wishes: Sequence[Wish]) -> None:
        super().__init__(", ".join(map(str, wishes)))
        self.wishes = tuple(wishes)


def choose(wishes: Sequence[Wish], offers: Offers, ground: Ground) -> Chosen:
    """Return one release of each package that is needed.

    What a release admits of a package that it does without counts where that package is chosen all
    the same.

    Raises:
        UnfitError: there is no such choice.

    """
    provider = _Provider(offers, ground)
    while True:
        try:
            made = Resolver(provider, BaseReporter()).resolve(wishes, max_rounds=MOST_ROUNDS)
        except ResolutionImpossible as error:
            raise UnfitError([cause.requirement for cause in error.causes]) from None
        chosen: dict[str, Release] = dict(made.mapping)
        broken = {uuid: list(_broken(one, chosen)) for uuid, one in chosen.items()}
        if not any(broken.values()):
            return chosen
        for uuid, needs in broken.items():
            provider.also.setdefault((uuid, chosen[uuid].version), []).extend(needs)


def closure(wishes: Iterable[Wish], chosen: Chosen, ground: Ground) -> list[Release]:
    """Return what is installed for wishes: what is asked for and needed."""
    taken: dict[str, Release] = {}
    waiting = [wish.need.uuid for wish in wishes]
    while waiting:
        uuid = waiting.pop()
        if uuid not in taken:
            taken[uuid] = chosen[uuid]
            waiting += [need.uuid for need in ground.missing(chosen[uuid])]
    return sorted(taken.values(), key=lambda one: one.name)


def _broken(release: Release, chosen: Chosen) -> Iterator[Need]:
    for need in release.weak:
        there = chosen.get(need.uuid)
        if there is not None and not need.spec.admits(there.version):
            yield need


@dataclass(slots=True)
class _Provider(AbstractProvider):  # type: ignore[type-arg]  # generic for type checkers alone
    """What resolvelib asks."""

    offers: Offers
    ground: Ground
    also: dict[tuple[str, str], list[Need]] = field(default_factory=dict)
    """What was found out that releases need beside what they say."""

    def identify(self, requirement_or_candidate: Wish | Release) -> str:
        if isinstance(requirement_or_candidate, Wish):
            return requirement_or_candidate.need.uuid
        return requirement_or_candidate.uuid

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Release],
        candidates: Mapping[str, Iterator[Release]],
        information: Mapping[str, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> tuple[bool, bool, str]:
        """Put first what is in the way of something, then what is asked for by name."""
        del resolutions, candidates
        in_the_way = any(identifier == cause.requirement.need.uuid for cause in backtrack_causes)
        is_asked_for = any(one.parent is None for one in information[identifier])
        return not in_the_way, not is_asked_for, identifier

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Wish]],
        incompatibilities: Mapping[str, Iterator[Release]],
    ) -> list[Release]:
        wishes = list(requirements[identifier])
        barred = {one.version for one in incompatibilities[identifier]}
        return [
            one
            for one in self.offers(identifier)
            if one.version not in barred and all(self.is_satisfied_by(wish, one) for wish in wishes)
        ]

    def is_satisfied_by(self, requirement: Wish, candidate: Release) -> bool:
        return requirement.need.spec.admits(candidate.version)

    def get_dependencies(self, candidate: Release) -> list[Wish]:
        also = self.also.get((candidate.uuid, candidate.version), ())
        return [Wish(need, -1, candidate) for need in (*self.ground.missing(candidate), *also)]
