"""A database of vulnerabilities in a directory, complete, odd or absent."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from builder.errors import InputError
from builder.lock.osv import OsvPackage
from builder.record import osv
from builder.record.osv import ARGUMENT, SETTING, Directory, Known, database_of, read
from builder.settings import read as read_settings

LARGE = 1 << 20
"""Bytes of an advisory that are too many in these tests."""
NUMPY = OsvPackage("PyPI", "numpy", "2.4.1")


def known(path: Path, *packages: OsvPackage) -> Known:
    return read(Directory(path=path, name=ARGUMENT), packages)


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
    assert {one.id for one in known(tmp_path, NUMPY).advisories} == {"OSV-1", "OSV-3"}
    assert known(tmp_path).advisories == ()
    assert known(tmp_path).count == 3


def test_an_empty_directory_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "pandas"}')
    with pytest.raises(InputError, match="holds no advisory"):
        known(tmp_path, NUMPY)


def test_every_file_that_is_no_advisory_is_told_with_its_place(tmp_path: Path) -> None:
    put(tmp_path / "a.json", affected=[{"package": {"name": "numpy"}}])
    (tmp_path / "b.json").write_text('{"name": "numpy",\n oops')
    put(tmp_path / "c.json", id="`x`")
    put(tmp_path / "good.json")
    with pytest.raises(InputError) as told:
        known(tmp_path, NUMPY)
    first, second, third = (str(problem) for problem in told.value.problems)
    assert "a.json: is no advisory of OSV: affected.0.package.ecosystem: Field required" in first
    assert "b.json:2:" in second
    assert "is not JSON" in second
    assert "c.json: is no advisory of OSV: id:" in third


def packed(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def advisory(name: str, **more: object) -> bytes:
    affected = [{"package": {"ecosystem": "PyPI", "name": "numpy"}, "versions": ["2.4.1"]}]
    return json.dumps({"id": name, "affected": affected, **more}).encode()


def test_archives_are_read_beside_files_and_an_advisory_counts_once(tmp_path: Path) -> None:
    put(tmp_path / "PyPI/OSV-1.json", modified="2026-11-20T01:02:03Z")
    members = {"OSV-1.json": advisory("OSV-1"), "../../OSV-2.json": advisory("OSV-2"), "x": b"x"}
    (tmp_path / "PyPI/all.zip").write_bytes(packed(members))
    found = known(tmp_path, NUMPY)
    assert sorted(one.id for one in found.advisories) == ["OSV-1", "OSV-2"]
    assert found.newest == "2026-11-20"
    assert [path.name for path in tmp_path.rglob("*")] == ["PyPI", "OSV-1.json", "all.zip"]


@pytest.mark.parametrize(
    ("days", "newest"),
    [
        (["2026-02-29", "2026-02-28", "2025-12-31"], "2026-02-28"),
        (["2026-99-99"], ""),
        ([], ""),
    ],
)
def test_the_newest_change_is_a_day_of_the_calendar(
    tmp_path: Path, days: list[str], newest: str
) -> None:
    put(tmp_path / "OSV-0.json")
    for number, day in enumerate(days, 1):
        put(tmp_path / f"OSV-{number}.json", modified=f"{day}T00:00:00Z")
    assert known(tmp_path, NUMPY).newest == newest


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


WHOLE = packed({"a.json": advisory("OSV-1", summary="x" * 999)}, zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("cut.json", cut(advisory("OSV-1")), "is not JSON"),
        ("empty.json", b"", "is not JSON"),
        ("binary.json", bytes(range(256)), "is not JSON"),
        ("list.json", b"[]", "is no advisory of OSV"),
        ("deep.json", b'{"affected": ' + b"[" * 200 + b"]" * 200, "is not JSON"),
        ("large.json", b'{"name": "x"}' + b" " * LARGE, "has more than 1 MiB"),
        ("empty.zip", b"", "is no sound zip archive"),
        ("cut.zip", cut(WHOLE), "is no sound zip archive"),
        ("page.zip", b"<html>404</html>", "is no sound zip archive"),
        ("bits.zip", WHOLE.replace(b"xxxx", b"xyxx", 1), "is no sound zip archive: Bad CRC-32"),
        ("locked.zip", WHOLE.replace(b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"), "zip"),
        ("inner.zip", packed({"a.json": b"{"}), "inner.zip: a.json"),
        ("bomb.zip", packed({"a.json": b" " * (9 * LARGE)}), "has more than 1 MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_each_kind_of_damage_is_told_with_the_file(
    tmp_path: Path, name: str, data: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osv, "MOST", LARGE)
    put(tmp_path / "good.json")
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as told:
        known(tmp_path, NUMPY)
    assert len(told.value.problems) == 1
    assert name in str(told.value)
    assert said in str(told.value)


def test_of_a_database_that_is_damaged_as_a_whole_some_files_are_told(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number}.json").write_bytes(b"{")
    with pytest.raises(InputError) as told:
        known(tmp_path, NUMPY)
    assert len(told.value.problems) == 21
    assert "30 more of its files are damaged" in str(told.value)


def test_names_written_with_escapes_are_found(tmp_path: Path) -> None:
    data = advisory("OSV-1").replace(b'"numpy"', b'"\\u006eumpy"')
    (tmp_path / "a.json").write_bytes(data)
    assert len(known(tmp_path, NUMPY).advisories) == 1


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "good.json")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "gone.json").symlink_to("nowhere")
    assert known(tmp_path, NUMPY).count == 1


def test_the_argument_comes_before_the_setting(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    settings = read_settings(tmp_path, {"HOME": "/", SETTING: str(tmp_path)})
    given = database_of(other, settings)
    assert given == Directory(path=other, name=ARGUMENT)
    assert database_of(None, settings) == Directory(path=tmp_path, name=SETTING)
    assert database_of(None, read_settings(tmp_path, {"HOME": "/"})) is None
    away = read_settings(tmp_path, {"HOME": "/", SETTING: f"{tmp_path}/away"})
    with pytest.raises(InputError, match="away' is no directory"):
        database_of(None, away)
