"""`catalog vulnerabilities`: images with packages of every kind, a database, a policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builder.tools import process
from tests.unit.execute.stock import Stock
from tests.unit.sbom.images import made

SCORE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
KINDS = {
    "DEBIAN-CVE-2026-0001": ("Debian:13", "gcc-14", "14.2.0-20"),
    "GHSA-python": ("PyPI", "C", "3"),
    "GHSA-npm": ("npm", "@s/in", "1.3.0"),
    "GO-1": ("Go", "x.org/c", "0.2.0"),
    "GHSA-maven": ("Maven", "g:a", "2"),
    "RUSTSEC-1": ("crates.io", "serde", "1.0.1"),
    "RSEC-1": ("CRAN", "r1", "2"),
    "GHSA-fixed": ("npm", "top", "1.0.0"),
    "DEBIAN-CVE-2026-0002": ("Debian:12", "gcc-14", "99"),
}
"""Advisory -> ecosystem, package, and the version that closes it."""
POLICY = """\
fail_on: {severity: critical}
waivers:
  - {id: CVE-2026-0001, images: [left], reason: unused, status: not_affected, until: 2026-12-31}
"""


def put(database: Path, name: str, ecosystem: str, package: str, fixed: str) -> None:
    affected = {
        "package": {"ecosystem": ecosystem, "name": package},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
    }
    document: dict[str, Any] = {
        "id": name,
        "modified": "2026-11-20T00:00:00Z",
        "affected": [affected],
    }
    if name.startswith("DEBIAN-"):
        document["upstream"] = [name.removeprefix("DEBIAN-")]
        document["severity"] = [{"type": "CVSS_V3", "score": SCORE}]
    path = database / ecosystem.partition(":")[0] / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    for name, known in KINDS.items():
        put(tmp_path / "osv", name, *known)
    return tmp_path / "osv"


@pytest.fixture
def stock(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> Stock:
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CATALOG_TODAY", "2026-11-28")
    monkeypatch.setenv("CATALOG_OSV", str(database))
    return made(tmp_path / "catalog")


def policy(stock: Stock, text: str = POLICY) -> None:
    (stock.root / "vulnerabilities.yaml").write_text(text)


def told(stock: Stock, capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert stock.run("vulnerabilities", *argv, "--json") == code
    return json.loads(capsys.readouterr().out)


def test_packages_of_every_kind_are_found(stock: Stock, capsys: pytest.CaptureFixture[str]) -> None:
    report = told(stock, capsys)
    found = {one["id"]: one for one in report["findings"]}
    assert found.keys() == {
        "CVE-2026-0001",
        *(name for name in KINDS if not name.startswith("DEBIAN") and name != "GHSA-fixed"),
    }
    worst = report["findings"][0]
    assert (worst["id"], worst["severity"], worst["score"]) == ("CVE-2026-0001", "critical", 9.8)
    assert [one["name"] for one in worst["packages"]] == ["gcc-14-base", "libgcc-s1"]
    assert found["GHSA-npm"]["images"] == ["both:trixie"]
    assert found["GHSA-npm"]["layers"] == ["right@trixie"]
    assert found["RSEC-1"]["images"] == ["both:trixie", "left:trixie"]
    assert report["database"] == {"source": "osv", "advisories": 9, "newest": "2026-11-20"}


def test_a_policy_fails_the_run_and_waivers_do_not_count(
    stock: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    policy(stock)
    assert stock.run("vulnerabilities") == 1
    said = capsys.readouterr().out
    assert "breaks in both:trixie; not_affected until 2026-12-31" in said
    assert "7 vulnerabilities in 7 packages: 1 critical, 6 unknown; 1 against the policy" in said
    assert stock.run("vulnerabilities", "left") == 0
    assert stock.run("vulnerabilities", "both") == 1


def test_a_waiver_that_ended_or_matches_nothing_is_told_with_its_place(
    stock: Stock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(stock, f"{POLICY}  - {{id: CVE-1, reason: x, status: fixed, until: 2027-06-01}}\n")
    monkeypatch.setenv("CATALOG_TODAY", "2027-01-01")
    assert stock.run("vulnerabilities") == 1
    said = capsys.readouterr()
    column = POLICY.splitlines()[2].index("2026-12-31") + 1
    ended = f"vulnerabilities.yaml:3:{column}: the waiver of CVE-2026-0001 ended on 2026-12-31"
    assert ended in said.err
    assert "vulnerabilities.yaml:4:10: no image has CVE-1" in said.err
    assert "breaks; its waiver ended" in said.out


def test_a_database_that_is_old_is_told(
    stock: Stock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told(stock, capsys)
    assert "ago" not in capsys.readouterr().err
    monkeypatch.setenv("CATALOG_TODAY", "2026-12-05")
    assert stock.run("vulnerabilities") == 0
    assert "the newest advisory is of 2026-11-20, 15 days ago" in capsys.readouterr().err
    policy(stock, "max_age: 15\n")
    assert stock.run("vulnerabilities") == 0
    assert "ago" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (
            ("--osv", "nowhere"),
            "--osv: 'nowhere' is no directory\n  hint: give a directory of JSON",
        ),
        (("--since", "{root}/catalog.yaml"), "hint: give what `catalog vulnerabilities --json`"),
        (("nothing",), "no image matches 'nothing'"),
    ],
)
def test_wrong_arguments_are_told(
    stock: Stock, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], said: str
) -> None:
    given = [word.format(root=stock.root) for word in argv]
    assert stock.run("vulnerabilities", *given) == 2
    assert said in capsys.readouterr().err


def test_without_a_database_what_to_do_is_told(
    stock: Stock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CATALOG_OSV")
    assert stock.run("vulnerabilities") == 2
    assert "give a directory of advisories: `--osv DIRECTORY`, or CATALOG_OSV" in (
        capsys.readouterr().err
    )


def test_a_policy_that_is_wrong_is_told(stock: Stock, capsys: pytest.CaptureFixture[str]) -> None:
    policy(stock, "fail_on: {severity: worst}\nwaiver: []\n")
    assert stock.run("vulnerabilities") == 2
    said = capsys.readouterr().err
    assert "vulnerabilities.yaml:1:21: expected 'low', 'medium', 'high' or 'critical'" in said
    assert "vulnerabilities.yaml:2:1: unknown key 'waiver'\n  hint: did you mean 'waivers'?" in said


def test_what_waivers_say_is_an_openvex_document(
    stock: Stock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy(stock)
    file = tmp_path / "new/catalog.openvex.json"
    assert stock.run("vulnerabilities", "--vex", str(file)) == 1
    written = file.read_bytes()
    document = json.loads(written)
    (product,) = document["statements"][0]["products"]
    assert product["@id"].startswith("pkg:oci/left@sha256:")
    assert document["author"] == "lab"
    assert document["timestamp"] == "2026-01-01T00:00:00Z"
    # The bill of the image names it, and what is in it, in the same way.
    capsys.readouterr()
    assert stock.run("sbom", "left:trixie", "--format", "cyclonedx") == 0
    bill = json.loads(capsys.readouterr().out)
    assert product["@id"] == bill["metadata"]["component"]["purl"]
    inside = {one.get("purl") for one in bill["components"]}
    assert {one["@id"] for one in product["subcomponents"]} <= inside
    assert stock.run("vulnerabilities", "--vex", str(file)) == 1
    assert file.read_bytes() == written
    policy(stock, "hold: true\n")
    assert stock.run("vulnerabilities", "--vex", str(file)) == 0
    assert not file.exists()


@pytest.mark.process
def test_what_is_new_since_a_report_and_a_revision(
    stock: Stock, tmp_path: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def git(*argv: str) -> None:
        author = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        process.run(["git", *author, *argv], cwd=stock.root)

    kept = tmp_path / "last.json"
    kept.write_text(json.dumps(told(stock, capsys)))
    put(database, "GHSA-new", "npm", "top", "9.0.0")
    (database / "Maven/GHSA-maven.json").unlink()
    since = told(stock, capsys, "--since", str(kept))["since"]
    assert [one["id"] for one in since["new"]] == ["GHSA-new"]
    assert [one["id"] for one in since["gone"]] == ["GHSA-maven"]
    assert stock.run("vulnerabilities", "--since", str(kept)) == 0
    assert "  new: GHSA-new in top 1.0.0 (unknown)\n" in capsys.readouterr().out

    git("init", "--quiet")
    git("add", "catalog.yaml", "catalog.lock", "images")
    git("commit", "--quiet", "--message", "before")
    assert told(stock, capsys, "--since", "HEAD")["since"] == {
        "name": "HEAD",
        "new": [],
        "gone": [],
        "unwaived": [],
    }
    assert stock.run("vulnerabilities", "--since", "nothing") == 2
    assert "--since: 'nothing'" in capsys.readouterr().err


def test_of_what_is_not_built_the_lock_speaks(
    stock: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    stock.change("right", "echo right", "echo other")
    stock.lock()
    assert stock.run("vulnerabilities") == 0
    said = capsys.readouterr()
    assert "not built, so only the lock says what they hold: right@trixie" in said.err
    assert "GHSA-npm" not in said.out


PROGRAM = """\
#!/bin/sh
for word; do file="${{word#sbom:}}"; done
cp "$file" "{seen}"
echo '{{"matches": [{{"vulnerability": {{"id": "CVE-2026-7", "severity": "High", "fix":
  {{"versions": ["3"]}}}}, "artifact": {{"name": "c", "version": "2", "purl": "pkg:pypi/c@2"}}}}]}}'
exit {code}
"""


@pytest.mark.process
def test_a_program_gets_the_bill_and_its_words_are_read(
    stock: Stock,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The program is a script that answers in grype's form: it shows what is handed over."""
    programs, seen = tmp_path / "bin", tmp_path / "seen.json"
    programs.mkdir()
    script = programs / "grype"
    script.write_text(PROGRAM.format(seen=seen, code=0))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    report = told(stock, capsys, "left", "--with", "grype")
    assert json.loads(seen.read_text())["bomFormat"] == "CycloneDX"
    (one,) = report["findings"]
    assert (one["id"], one["severity"], one["layers"]) == ("CVE-2026-7", "high", ["left@trixie"])
    script.write_text(PROGRAM.format(seen=seen, code=1))
    assert stock.run("vulnerabilities", "--with", "grype") == 1
    assert "run `grype` by itself" in capsys.readouterr().err


@pytest.mark.process
def test_a_program_that_is_missing_is_told(
    stock: Stock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert stock.run("vulnerabilities", "--with", "osv-scanner") == 1
    assert "hint: install osv-scanner, or give a database of OSV" in capsys.readouterr().err
