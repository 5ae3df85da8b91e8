"""Packages of images against advisories: what is affected, each vulnerability once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from builder.graph.direct import is_direct
from builder.graph.model import Graph
from builder.lock.osv import Advisories, Advisory, OsvPackage
from builder.lock.severity import severity, worst
from builder.vulnerabilities.model import Finding, Held

LONGEST = 200
"""Characters of a summary."""


def findings(
    graph: Graph, held: Iterable[Held], advisories: Collection[Advisory]
) -> tuple[Finding, ...]:
    """Return the vulnerabilities of what images hold, the worst first. Advisories on one
    vulnerability, by the CVEs that they name, are one finding.
    """
    known = Advisories(advisories)
    holders: dict[OsvPackage, list[Held]] = {}
    for one in held:
        if one.osv is not None:
            holders.setdefault(one.osv, []).append(one)
    images = images_of(graph)
    found = []
    for package, holding in holders.items():
        by_name = _by_name(known.affecting([package]).values())
        for name, those in by_name.items():
            found.append(_finding(graph, images, package, name, those, holding))
    return ordered(found)


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, the worst first, then by package and name."""

    def place(one: Finding) -> tuple[object, ...]:
        word, score = one.severity.rank
        return -word, -score, one.package, one.ecosystem, one.id, one.version

    return tuple(sorted(found, key=place))


def images_of(graph: Graph) -> Mapping[str, tuple[str, ...]]:
    """Return the images that hold each cell."""
    images: dict[str, tuple[str, ...]] = {}
    for image in graph.images.values():
        for cell in image.cells:
            images[cell] = (*images.get(cell, ()), image.id)
    return images


def asked_for(graph: Graph, held: Iterable[Held]) -> bool | None:
    """Tell whether a layer asks for one of these packages by name."""
    there = [one for one in held if one.cell in graph.cells]
    if not there:
        return None
    return any(is_direct(graph.cells[one.cell], one.kind, one.name) for one in there)


def where(images: Mapping[str, Sequence[str]], held: Iterable[Held]) -> tuple[str, ...]:
    """Return the images that hold one of these packages."""
    names: dict[str, None] = {}
    for one in held:
        names.update(dict.fromkeys(images.get(one.cell, ())))
    return tuple(sorted(names))


def _by_name(advisories: Iterable[Advisory]) -> dict[str, list[Advisory]]:
    """Return advisories by the vulnerabilities that they are about."""
    named: dict[str, list[Advisory]] = {}
    for advisory in sorted(advisories, key=lambda one: one.id):
        for name in _names(advisory):
            named.setdefault(name, []).append(advisory)
    return named


def _names(advisory: Advisory) -> Iterator[str]:
    """Yield its CVEs, or the first of its names, which advisories on the same one share."""
    if advisory.names == (advisory.id,):
        yield min(advisory.id, *advisory.aliases) if advisory.aliases else advisory.id
    else:
        yield from advisory.names


def _finding(  # noqa: PLR0917  what one is made of
    graph: Graph,
    images: Mapping[str, Sequence[str]],
    package: OsvPackage,
    name: str,
    advisories: Sequence[Advisory],
    held: Sequence[Held],
) -> Finding:
    fixed: dict[str, None] = {}
    names: dict[str, None] = {}
    for advisory in advisories:
        fixed.update(dict.fromkeys(advisory.fixed(package)))
        # The aliases of one on several vulnerabilities are not names of each.
        more = advisory.aliases if len(advisory.names) == 1 else ()
        names.update(dict.fromkeys((advisory.id, *more)))
    summaries = [advisory.summary for advisory in advisories if advisory.summary]
    return Finding(
        id=name,
        aliases=tuple(sorted(names.keys() - {name})),
        summary=" ".join(summaries[0].split())[:LONGEST] if summaries else "",
        severity=worst(severity(advisory, package) for advisory in advisories),
        ecosystem=package.ecosystem,
        package=package.name,
        version=package.version,
        fixed=tuple(fixed),
        held=tuple(held),
        images=where(images, held),
        direct=asked_for(graph, held),
    )
