"""What programs found in the bills of images, as findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from builder.graph.model import Graph
from builder.lock.osv import plain
from builder.lock.severity import worst
from builder.vulnerabilities.match import LONGEST, asked_for, ordered
from builder.vulnerabilities.model import Finding, Held
from builder.vulnerabilities.scanners import Match

Key = tuple[str, str, str, str]


@dataclass(slots=True)
class _Place:
    """Where a vulnerability was found."""

    matches: list[Match] = field(default_factory=list)
    held: dict[Held, None] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)


def findings(
    graph: Graph, held: Iterable[Held], found: Mapping[str, Iterable[Match]]
) -> tuple[Finding, ...]:
    """Return what a program found in images, by image: the worst first. A package that is in no
    cell under the name that the program gives is shown by that name.
    """
    by_cell: dict[str, list[Held]] = {}
    for one in held:
        by_cell.setdefault(one.cell, []).append(one)
    places: dict[Key, _Place] = {}
    for image, matches in found.items():
        cells = graph.images[image].cells
        there = _Index(chain.from_iterable(by_cell.get(cell, ()) for cell in cells))
        for match in matches:
            holding = there.of(match)
            place = places.setdefault(_key(match, holding), _Place())
            place.matches.append(match)
            place.held.update(dict.fromkeys(holding))
            place.images.add(image)
    return ordered(_finding(graph, key, place) for key, place in places.items())


class _Index:
    """The packages of an image, by all that a program may call them."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._by_url: dict[str, list[Held]] = {}
        self._by_name: dict[tuple[str, str], list[Held]] = {}
        for one in held:
            self._by_url.setdefault(_bare(one.url), []).append(one)
            for name in _names(one):
                self._by_name.setdefault(name, []).append(one)

    def of(self, match: Match) -> Sequence[Held]:
        by_url = self._by_url.get(_bare(match.url), ()) if match.url else ()
        return by_url or self._by_name.get((match.name.lower(), match.version), ())


def _bare(url: str) -> str:
    """Return a package URL without its qualifiers, which programs may order anew."""
    return url.partition("?")[0]


def _names(held: Held) -> Iterator[tuple[str, str]]:
    """Yield a package's names in small letters, each with the version that goes with it."""
    yield held.name.lower(), held.version
    if held.osv is not None:
        ecosystem = held.osv.ecosystem.partition(":")[0]
        yield plain(ecosystem, held.osv.name).lower(), held.osv.version


def _key(match: Match, held: Sequence[Held]) -> Key:
    known = next((one.osv for one in held if one.osv is not None), None)
    if known is None:
        return match.id, "", match.name, match.version
    return match.id, known.ecosystem, known.name, known.version


def _finding(graph: Graph, key: Key, place: _Place) -> Finding:
    name, ecosystem, package, version = key
    ids = set(chain.from_iterable(match.ids for match in place.matches))
    fixed = dict.fromkeys(chain.from_iterable(match.fixed for match in place.matches))
    return Finding(
        id=name,
        aliases=tuple(sorted(ids - {name})),
        summary=" ".join(place.matches[0].summary.split())[:LONGEST],
        severity=worst(match.severity for match in place.matches),
        ecosystem=ecosystem,
        package=package,
        version=version,
        fixed=tuple(fixed),
        held=tuple(place.held),
        images=tuple(sorted(place.images)),
        direct=asked_for(graph, place.held),
    )
