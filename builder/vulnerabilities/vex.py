"""What waivers say, as an OpenVEX document (specification 0.2.0)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from builder.digest import canonical
from builder.vulnerabilities.judge import Verdict
from builder.vulnerabilities.model import Finding, Judged
from builder.vulnerabilities.policy import AFFECTED, NOT_AFFECTED, Policy, Waiver

CONTEXT = "https://openvex.dev/ns/v0.2.0"
TOOLING = "catalog"


def document(
    verdict: Verdict, policy: Policy, products: Mapping[str, str], author: str, moment: str
) -> dict[str, Any]:
    """Return the document of what waivers cover. `products` are the package URLs of images, with
    their digests: an image without one is left out. `moment` (RFC 3339) is the lock's, so that the
    same findings give the same bytes.
    """
    by_finding = (_statements(judged, policy, products) for judged in verdict.judged)
    statements = list(chain.from_iterable(by_finding))
    about = {"author": author, "timestamp": moment, "version": 1, "tooling": TOOLING}
    told = canonical([about, statements]).decode()
    return {
        "@context": CONTEXT,
        "@id": uuid.uuid5(uuid.NAMESPACE_URL, f"{CONTEXT}#{told}").urn,
        **about,
        "statements": statements,
    }


def _statements(
    judged: Judged, policy: Policy, products: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield one statement for each waiver that covers a finding somewhere."""
    by_waiver: dict[int, list[str]] = {}
    for image, number in sorted(judged.waived.items()):
        if image in products:
            by_waiver.setdefault(number, []).append(image)
    for number, images in by_waiver.items():
        yield _statement(judged.finding, policy.waivers[number], [products[one] for one in images])


def _statement(finding: Finding, waiver: Waiver, products: list[str]) -> dict[str, Any]:
    vulnerability: dict[str, Any] = {"name": finding.id}
    if finding.aliases:
        vulnerability["aliases"] = list(finding.aliases)
    parts = [{"@id": url} for url in dict.fromkeys(one.url for one in finding.held) if url]
    inside = {"subcomponents": parts} if parts else {}
    made: dict[str, Any] = {
        "vulnerability": vulnerability,
        "products": [{"@id": product, **inside} for product in products],
        "status": waiver.status,
    }
    if waiver.justification:
        made["justification"] = waiver.justification
    made[_field(waiver)] = waiver.reason
    return made


def _field(waiver: Waiver) -> str:
    """Return where a reason belongs: each status has a field of its own for it, and a justification
    stands in the place of an impact statement.
    """
    if waiver.status == AFFECTED:
        return "action_statement"
    is_impact = waiver.status == NOT_AFFECTED and not waiver.justification
    return "impact_statement" if is_impact else "status_notes"
