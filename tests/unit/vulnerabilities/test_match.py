"""Packages of images against advisories."""

from __future__ import annotations

from builder.lock.osv import OsvPackage
from builder.vulnerabilities.match import findings
from tests.unit.vulnerabilities.made import advisory, graph, held

SCORE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def test_a_finding_says_where_it_is_and_what_closes_it() -> None:
    (found,) = findings(graph(), [held()], [advisory("GHSA-1", fixed="2.1", summary="a \n b")])
    assert (found.id, found.package, found.version, found.fixed) == (
        "GHSA-1",
        "numpy",
        "2.0",
        ("2.1",),
    )
    assert found.images == ("jupyter:py3", "python:py3")
    assert found.cells == ("python",)
    assert found.summary == "a b"
    assert found.direct is True


def test_advisories_on_one_vulnerability_are_one_finding() -> None:
    known = [
        advisory("GHSA-1", aliases=["CVE-2026-0001"], fixed="2.1"),
        advisory("PYSEC-1", aliases=["CVE-2026-0001"], fixed="2.1", summary="said"),
        advisory("CVE-2026-0001", severity=[{"type": "CVSS_V3", "score": SCORE}], fixed="2.1"),
    ]
    (found,) = findings(graph(), [held()], known)
    assert (found.id, found.aliases, found.summary) == (
        "CVE-2026-0001",
        ("GHSA-1", "PYSEC-1"),
        "said",
    )
    assert found.severity.word == "critical"
    assert found.fixed == ("2.1",)


def test_aliases_without_a_cve_are_one_finding_too() -> None:
    known = [advisory("GHSA-1", aliases=["PYSEC-1"]), advisory("PYSEC-1", aliases=["GHSA-1"])]
    (found,) = findings(graph(), [held()], known)
    assert (found.id, found.aliases) == ("GHSA-1", ("PYSEC-1",))


def test_an_advisory_on_several_vulnerabilities_is_a_finding_for_each() -> None:
    many = advisory("DSA-1", upstream=["CVE-2026-0001", "CVE-2026-0002"], aliases=["X-1"])
    found = findings(graph(), [held()], [many])
    assert [(one.id, one.aliases) for one in found] == [
        ("CVE-2026-0001", ("DSA-1",)),
        ("CVE-2026-0002", ("DSA-1",)),
    ]


def test_packages_of_one_source_are_one_finding_in_all_images() -> None:
    osv = OsvPackage("PyPI", "numpy", "2.0")
    parts = [held("part", cell="r", osv=osv), held("numpy", osv=osv)]
    (found,) = findings(graph(), parts, [advisory("OSV-1")])
    assert found.packages == ("part", "numpy")
    assert found.images == ("jupyter:py3", "python:py3", "r:r4")
    assert found.fixed == ()


def test_two_versions_are_two_findings_and_the_worst_comes_first() -> None:
    known = [
        advisory("OSV-1", fixed="9"),
        advisory("OSV-2", database_specific={"severity": "HIGH"}, fixed="2.1"),
    ]
    found = findings(graph(), [held(), held(version="3.0", cell="r")], known)
    assert [(one.id, one.version) for one in found] == [
        ("OSV-2", "2.0"),
        ("OSV-1", "2.0"),
        ("OSV-1", "3.0"),
    ]
    assert [one.direct for one in found] == [True, True, False]


def test_what_no_ecosystem_has_is_not_looked_for() -> None:
    assert findings(graph(), [held(osv=None)], [advisory("OSV-1")]) == ()
