"""What could not be fetched: by host where a host cannot be reached, one by one otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from builder.catalog.conditions import archives
from builder.errors import FetchError, IntegrityError, listed
from builder.fetch.origin import DEBIAN, SECURITY
from builder.fetch.transfer import GoneError
from builder.graph.model import Cell
from builder.graph.request import Documents, Request
from builder.kinds.archive import KEY, identity
from builder.lock.model import Artifact
from builder.settings import MIRROR, SNAPSHOT, variable

SHOWN = 6
"""How many files of a host are named; the others are counted."""
HINTS = 3
"""How many ways out are told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """Where a layer says which file it wants."""

    place: str
    """`file:line`."""
    is_pinned: bool
    """Whether it gives the hash, too."""


def written(cells: Iterable[Cell], documents: Documents) -> dict[str, Written]:
    """Return where the archives of cells are asked for, by id."""
    there: dict[str, Written] = {}
    for cell in cells:
        for name, archive in archives(cell.layer.archives, cell.point).items():
            place = documents.place(Request(cell, KEY, name))
            spot = Written(place=place, is_pinned=archive.sha256 is not None)
            there.setdefault(identity(name, archive), spot)
    return there


@dataclass(kw_only=True, slots=True)
class Away:
    """A host that cannot be reached, and the artifacts that only it has."""

    host: str
    reason: str
    hint: str
    asked: list[Artifact] = field(default_factory=list)
    left: list[Artifact] = field(default_factory=list)
    """Those that were no longer asked for."""

    @property
    def digests(self) -> frozenset[str]:
        """The digests of all of them."""
        return frozenset(artifact.digest for artifact in (*self.asked, *self.left))

    def message(self, places: Mapping[str, Written]) -> str:
        """Return what is missing, and why."""
        named = self.asked + [artifact for artifact in self.left if artifact.id in places]
        names = sorted({_name(artifact, places) for artifact in named})
        more = len(self.asked) + len(self.left) - len(named)
        rest = f"\n{more} more files there were not asked for" if more else ""
        return f"{listed(names, SHOWN)}: {self.host} does not answer: {self.reason}{rest}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """All that could not be fetched."""

    away: Sequence[Away] = ()
    failures: Sequence[FetchError | IntegrityError] = ()
    """What went wrong with other files."""
    places: Mapping[str, Written] = field(default_factory=dict)

    def raise_any(self) -> None:
        """Raise one error that tells all.

        Raises:
            FetchError: something could not be fetched.
            IntegrityError: something is not what is locked.

        """
        errors = [*(self.of_host(one) for one in self.away), *self.failures]
        if errors:
            raise together(errors)

    def of_host(self, one: Away) -> FetchError:
        """Return the error for a host that cannot be reached."""
        return FetchError(one.message(self.places), hint=one.hint)


def together(errors: Sequence[FetchError | IntegrityError]) -> FetchError | IntegrityError:
    """Return several errors as one, with what to do about each."""
    lines = sorted({error.message for error in errors})
    hints = dict.fromkeys(error.hint for error in errors if error.hint)
    is_wrong = any(isinstance(error, IntegrityError) for error in errors)
    kind = IntegrityError if is_wrong else FetchError
    return kind("\n".join(lines), hint=listed(list(hints), HINTS, "; "))


def gone(artifact: Artifact, error: GoneError, spot: Written | None) -> FetchError:
    """Return the error for a file that is not where it was."""
    what = f"{artifact.name} {artifact.version}"
    if spot is not None:
        advice = f"correct `url`, or set {variable(MIRROR, artifact.origin)} to what has the file"
        return FetchError(f"{spot.place}: {what} is not there{error.where}", hint=advice)
    advice = f"run `catalog lock --upgrade {artifact.name}`"
    if artifact.origin in {DEBIAN, SECURITY}:
        advice = f"set {variable(SNAPSHOT, DEBIAN)} to an archive of former states, or {advice}"
    return FetchError(f"{what} is no longer at {artifact.origin}{error.where}", hint=advice)


def wrong(artifact: Artifact, error: IntegrityError, spot: Written | None) -> IntegrityError:
    """Return the error for a file that is not the locked one."""
    if spot is None:
        return error
    advice = (
        "the release was replaced, or a mirror or a proxy changes files: compare, then run"
        f" `catalog lock --upgrade {artifact.name}`"
    )
    if spot.is_pinned:
        size = " or `size`" if artifact.size else ""
        advice = (
            f"if the file is the right one, correct `sha256`{size}, and run `catalog lock`; else"
            " correct `url`, or see which mirror or proxy changes it"
        )
    return IntegrityError(f"{spot.place}: {error.message}", hint=advice)


def _name(artifact: Artifact, places: Mapping[str, Written]) -> str:
    what, spot = f"{artifact.name} {artifact.version}", places.get(artifact.id)
    return f"{what} ({spot.place})" if spot else what
