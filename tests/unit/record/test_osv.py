"""A database of vulnerabilities in a directory, complete, odd or absent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builder.errors import InputError
from builder.lock.osv import OsvPackage
from builder.record.osv import advisories

NUMPY = OsvPackage("PyPI", "numpy", "2.4.1")


def put(path: Path, name: str = "numpy", **more: object) -> None:
    affected = [{"package": {"ecosystem": "PyPI", "name": name}, "versions": ["2.4.1"]}]
    document = {"schema_version": "1.6.0", "id": path.stem, "affected": affected, **more}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def test_what_names_a_package_is_read_however_deep_it_is(tmp_path: Path) -> None:
    put(tmp_path / "PyPI/OSV-1.json", "NumPy")
    put(tmp_path / "PyPI/OSV-2.json", "pandas")
    put(tmp_path / "OSV-3.json", database_specific={"x": [1]})
    (tmp_path / "README.txt").write_text("not JSON")
    assert {one.id for one in advisories(tmp_path, [NUMPY])} == {"OSV-1", "OSV-3"}
    assert advisories(tmp_path, []) == []


def test_an_empty_directory_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no advisory"):
        advisories(tmp_path, [NUMPY])


def test_every_file_that_is_no_advisory_is_told_with_its_place(tmp_path: Path) -> None:
    put(tmp_path / "a.json", affected=[{"package": {"name": "numpy"}}])
    (tmp_path / "b.json").write_text('{"name": "numpy",\n oops')
    put(tmp_path / "c.json", id="`x`")
    put(tmp_path / "good.json")
    with pytest.raises(InputError) as told:
        advisories(tmp_path, [NUMPY])
    first, second, third = (str(problem) for problem in told.value.problems)
    assert "a.json: is no advisory of OSV: affected.0.package.ecosystem: Field required" in first
    assert "b.json:2:" in second
    assert "is not JSON" in second
    assert "c.json: is no advisory of OSV: id:" in third
