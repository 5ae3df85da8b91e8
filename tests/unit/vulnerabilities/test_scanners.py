"""What grype, Trivy and osv-scanner write, in the form that they document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builder.errors import BuilderError
from builder.lock.severity import Severity
from builder.vulnerabilities.found import findings
from builder.vulnerabilities.scanners import READERS, Match, read
from tests.unit.vulnerabilities.made import graph, held

GRYPE = {
    "matches": [
        {
            "vulnerability": {
                "id": "GHSA-1",
                "severity": "High",
                "description": "said",
                "cvss": [{"version": "3.1", "metrics": {"baseScore": 7.5}}],
                "fix": {"versions": ["2.1"], "state": "fixed"},
                "risk": 1,
            },
            "relatedVulnerabilities": [{"id": "CVE-2026-0001", "severity": "Critical", "cvss": []}],
            "artifact": {"name": "numpy", "version": "2.0", "purl": "pkg:pypi/numpy@2.0"},
        }
    ],
    "descriptor": {"name": "grype"},
}
TRIVY = {
    "SchemaVersion": 2,
    "Results": [
        {"Target": "Python", "Class": "lang-pkgs"},
        {
            "Target": "Python",
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2026-0001",
                    "VendorIDs": ["GHSA-1"],
                    "PkgName": "numpy",
                    "InstalledVersion": "2.0",
                    "FixedVersion": "2.1, 3.0",
                    "Severity": "HIGH",
                    "Title": "said",
                    "PkgIdentifier": {"PURL": "pkg:pypi/numpy@2.0", "BOMRef": "x"},
                    "CVSS": {"nvd": {"V3Vector": "x", "V3Score": 7.5}, "ghsa": {"V3Score": 9.9}},
                }
            ],
        },
    ],
}
ADVISORY = {
    "id": "GHSA-1",
    "aliases": ["CVE-2026-0001"],
    "summary": "said",
    "database_specific": {"severity": "HIGH"},
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "numpy"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.1"}]}],
        }
    ],
}
OSV_SCANNER = {
    "results": [
        {
            "source": {"path": "/x/bill.cdx.json", "type": "sbom"},
            "packages": [
                {
                    "package": {"name": "numpy", "version": "2.0", "ecosystem": "PyPI"},
                    "vulnerabilities": [ADVISORY],
                    "groups": [
                        {
                            "ids": ["GHSA-1"],
                            "aliases": ["CVE-2026-0001", "GHSA-1"],
                            "max_severity": "7.5",
                        }
                    ],
                }
            ],
        }
    ]
}
DOCUMENTS: dict[str, Any] = {"grype": GRYPE, "trivy": TRIVY, "osv-scanner": OSV_SCANNER}
EMPTY: dict[str, Any] = {
    "grype": {"matches": []},
    "trivy": {"SchemaVersion": 2, "Results": None},
    "osv-scanner": {"results": None},
}


@pytest.mark.parametrize("program", READERS)
def test_documents_of_each_program_are_read(program: str) -> None:
    (match,) = read(program, json.dumps(DOCUMENTS[program]).encode())
    assert match.id == "CVE-2026-0001"
    assert set(match.ids) == {"CVE-2026-0001", "GHSA-1"}
    assert match.severity.word == "high"
    assert (match.name, match.version, match.summary) == ("numpy", "2.0", "said")
    assert match.fixed[0] == "2.1"
    assert read(program, json.dumps(EMPTY[program]).encode()) == []


@pytest.mark.parametrize("program", READERS)
@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"matches": {}, "results": {}}'])
def test_what_is_of_another_form_is_refused(program: str, data: bytes) -> None:
    with pytest.raises(BuilderError, match=f"what {program} found cannot be understood"):
        read(program, data)


def test_a_score_fits_the_word_that_a_program_chose() -> None:
    (match,) = read("trivy", json.dumps(TRIVY).encode())
    assert match.severity == Severity("high", 7.5)


def found(**more: Any) -> Match:
    given: dict[str, Any] = {
        "ids": ("CVE-2026-0001",),
        "summary": "",
        "severity": Severity("high"),
        "fixed": (),
        "name": "numpy",
        "version": "2.0",
        "url": "",
        **more,
    }
    return Match(**given)


@pytest.mark.parametrize(
    "match",
    [found(url="pkg:pypi/numpy@2.0?x=y", name="other"), found(), found(name="NumPy")],
)
def test_what_was_found_is_placed_in_its_cell(match: Match) -> None:
    (one,) = findings(graph(), [held()], {"python:py3": [match], "jupyter:py3": [match]})
    assert (one.package, one.ecosystem, one.cells) == ("numpy", "PyPI", ("python",))
    assert one.images == ("jupyter:py3", "python:py3")
    assert one.direct is True


def test_what_no_cell_has_is_shown_by_its_name() -> None:
    (one,) = findings(graph(), [held()], {"r:r4": [found()]})
    assert (one.package, one.ecosystem, one.cells, one.images) == ("numpy", "", (), ("r:r4",))
    assert one.direct is None
