"""The lock as files: what is written is what is read, and what is damaged is refused with its
place."""

from __future__ import annotations

import json
import string
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.errors import BuilderError, InputError
from builder.kinds.table import complete
from builder.lock.chunks import MOST, origin
from builder.lock.decode import decode
from builder.lock.encode import HEAD, encode
from builder.lock.file import read, read_any, recover, write
from builder.lock.model import NAME, Artifact, Lock, Slice, layer_of

NAMES = st.from_regex(r"[a-z0-9][a-z0-9+.-]{0,11}", fullmatch=True)
ORIGINS = st.sampled_from(["debian", "debian-security", "npm", "pypi"])
LOCATORS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
VERSIONS = st.text(string.ascii_letters + string.digits + ".:~+-", min_size=1, max_size=12)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat() + "Z")
HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)
CELLS = st.tuples(st.sampled_from(["base", "tools", "r"]), NAMES).map("@".join)


@st.composite
def artifacts(draw: st.DrawFn) -> Artifact:
    kind = draw(st.sampled_from(["deb", "python", "npm", "archive"]))
    name, version = draw(NAMES), draw(VERSIONS)
    return Artifact(
        id=f"{kind}:{name}={version}" + draw(st.sampled_from(["", ":amd64", ":py3-none-any"])),
        kind=kind,
        name=name,
        version=version,
        origin=draw(ORIGINS),
        locator=("https://example.org/" if kind == "archive" else "") + draw(LOCATORS),
        digest=f"sha256:{draw(HEX)}",
        size=draw(st.integers(0, 2**40)),
        extra=draw(st.dictionaries(NAMES, TEXTS, max_size=2)),
    )


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    known = {artifact.id: artifact for artifact in draw(st.lists(artifacts(), max_size=6))}
    cells = {}
    for name in draw(st.lists(CELLS, max_size=4, unique=True)):
        ids = tuple(sorted(draw(st.sets(st.sampled_from(sorted(known)))))) if known else ()
        packages = sorted({known[item].name for item in ids if known[item].kind == "deb"})
        auto = tuple(sorted(draw(st.sets(st.sampled_from(packages))))) if packages else ()
        files = draw(st.dictionaries(NAMES, TEXTS, max_size=2))
        cells[name] = complete(Slice(asks=draw(HEX), artifacts=ids, auto=auto, files=files), known)
    held = set(chain.from_iterable(piece.artifacts for piece in cells.values()))
    grouping: dict[str, dict[str, int]] = {}
    for name in sorted({layer_of(cell) for cell in cells}):
        there = [piece.artifacts for cell, piece in cells.items() if layer_of(cell) == name]
        origins = sorted({origin(known[item]) for item in chain.from_iterable(there)} - {""})
        if draw(st.booleans()):
            some = draw(st.sets(st.sampled_from(origins))) if origins else set()
            grouping[name] = {one: draw(st.integers(1, MOST)) for one in some}
    return Lock(
        moment=draw(MOMENTS),
        artifacts={name: known[name] for name in held},
        cells=cells,
        archives=draw(st.dictionaries(NAMES, st.dictionaries(NAMES, TEXTS, max_size=2))),
        accounts=draw(st.sampled_from([{}, {"_apt": 100, "Debian-exim": 999, "sshd$": 101}])),
        chunks=grouping,
    )


ONE = Artifact(
    id="deb:tool=1:amd64",
    kind="deb",
    name="tool",
    version="1",
    origin="debian",
    locator="pool/t.deb",
    digest="sha256:" + "a" * 64,
    size=7,
)
WHEEL = Artifact(
    id="python:app=2:py3-none-any",
    kind="python",
    name="app",
    version="2",
    origin="pypi",
    locator="app.whl",
    digest="sha256:" + "b" * 64,
    size=0,
)
KNOWN = {item.id: item for item in (ONE, WHEEL)}
LOCK = Lock(
    moment="2026-01-03T12:00:00Z",
    artifacts=KNOWN,
    cells={
        "base@trixie": complete(
            Slice(asks="0" * 64, artifacts=(ONE.id, WHEEL.id), files={"npm/x.json": "{\n}\n"}),
            KNOWN,
        ),
        "tools@trixie": complete(Slice(asks="0" * 64, artifacts=(WHEEL.id,)), KNOWN),
    },
    archives={"trixie": {"date": "2026-01-03T12:00:00Z", "inrelease": "sha256:" + "c" * 64}},
    accounts={"redis": 101, "postgres": 100},
)
BASE, TOOLS = "layers/base.json", "layers/tools.json"
FORMER = """\
{
"format": 1,
"moment": "2026-01-03T12:00:00Z",
"archives": {
},
"artifacts": {
"deb:tool=1:amd64": {"kind": "deb", "name": "tool", "version": "1", "origin": "debian", \
"locator": "pool/t.deb", "digest": "sha256:aaaa", "size": 7},
"python:app=2:py3-none-any": {"kind": "python", "name": "app", "version": "2", "origin": "pypi", \
"locator": "app.whl", "digest": "sha256:bbbb", "size": 9}
},
"cells": {
"base@trixie": {
 "asks": "0",
 "asked": [
  "tool"
 ],
 "artifacts": [
  "deb:tool=1:amd64",
  "python:app=2:py3-none-any"
 ],
 "files": {}
}
}
}
""".replace("aaaa", "a" * 64).replace("bbbb", "b" * 64)


@given(locks())
def test_what_is_written_is_read(lock: Lock) -> None:
    assert decode(encode(lock), NAME) == lock


@given(locks())
def test_a_lock_is_json_and_its_bytes_depend_on_its_value_alone(lock: Lock) -> None:
    files = encode(lock)
    assert json.loads(files[HEAD])["format"] == 2
    assert all(isinstance(json.loads(text), dict) for text in files.values())
    shuffled = Lock(
        moment=lock.moment,
        artifacts=dict(sorted(lock.artifacts.items(), reverse=True)),
        cells=dict(sorted(lock.cells.items(), reverse=True)),
        archives=dict(sorted(lock.archives.items(), reverse=True)),
        accounts=dict(sorted(lock.accounts.items(), reverse=True)),
        chunks=dict(sorted(lock.chunks.items(), reverse=True)),
    )
    assert encode(shuffled) == files


def test_a_layer_has_one_file_and_an_artifact_one_line_in_it() -> None:
    files = encode(LOCK)
    assert set(files) == {HEAD, BASE, TOOLS}
    lines = files[BASE].splitlines()
    assert sum(line.startswith('"deb:tool=1:amd64": {') for line in lines) == 1
    assert '  "deb:tool=1:amd64",' in lines, "and so has each artifact of a cell"
    assert "deb:tool" not in files[TOOLS], "a layer's file holds what the layer holds"


def test_a_change_of_one_layer_changes_one_file() -> None:
    before = encode(LOCK)
    tools = complete(Slice(asks="1" * 64, artifacts=(ONE.id,)), KNOWN)
    after = encode(replace(LOCK, cells={**LOCK.cells, "tools@trixie": tools}))
    assert [path for path in after if after[path] != before[path]] == [TOOLS]


def test_requirements_follow_from_the_artifacts() -> None:
    files = encode(LOCK)
    assert "requirements.txt" not in str(files)
    assert (
        decode(files, NAME).cells["base@trixie"].files["requirements.txt"]
        == f"app==2 --hash=sha256:{'b' * 64}\n"
    )


@pytest.mark.parametrize("path", [HEAD, BASE])
@pytest.mark.parametrize("part", [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_truncated_lock_is_refused_with_its_place(path: str, part: float) -> None:
    files = encode(LOCK)
    cut = files[path][: int(part * len(files[path]))]
    message = rf"^catalog.lock/{path}:\d+:\d+: the lock is damaged or truncated"
    with pytest.raises(InputError, match=message) as caught:
        decode(files | {path: cut}, NAME)
    assert caught.value.problems[0].line <= cut.count("\n") + 1


@pytest.mark.parametrize(
    ("path", "old", "new", "message"),
    [
        (HEAD, '"format": 2', '"format": 3', r":2:1: the lock has format 3, but this program"),
        (HEAD, '"moment": ', '"time": ', r"has the fields .*, but should have .*moment"),
        (HEAD, "-01-03T12", "-01-03 at 12", r":3:1: the moment is '2026-01-03 at 12:00:00Z'"),
        (HEAD, '"redis": 101', '"redis": 99', r"the id of the account redis is 99, not a whole"),
        (HEAD, '"redis": 101', '"redis": 1000', r"is 1000, not a whole number from 100 to 999"),
        (HEAD, '"redis": 101', '"redis": "101"', r"the id of the account redis is '101'"),
        (HEAD, '"redis": 101', '"redis": true', r"the id of the account redis is True"),
        (HEAD, '"redis": 101', '"red is": 101', r"'red is' is not the name of an account"),
        (HEAD, '"redis": 101', '"redis": 100', r"account redis has the same id as postgres: 100"),
        (BASE, "sha256:aaaa", "sha256:zzzz", r":3:1: the digest of deb:tool=1:amd64 is 'sha256:z"),
        (BASE, "sha256:aaaa", "md5:aaaa", r"not sha256 or sha512 in hexadecimal"),
        (BASE, '"size": 7', '"size": -7', r"the size of deb:tool=1:amd64 is -7"),
        (BASE, '"size": 7', '"size": "7"', r"the size of deb:tool=1:amd64 is '7'"),
        (BASE, '"version": "1"', '"version": "2"', r"version of artifact deb:tool=1:amd64 is 2"),
        (BASE, '"origin": "debian", ', "", r"artifact deb:tool=1:amd64 has the fields"),
        (BASE, '"origin": "debian"', '"origin": 3', r"expected a text, found int"),
        (BASE, '  "deb:tool=1:amd64",', '  "deb:tool=2:amd64",', r"base@trixie has deb:tool=2"),
        (BASE, ' "asked": ', ' "wanted": ', r"cell base@trixie has the fields"),
        (BASE, ' "artifacts": [', ' "artifacts": 3, "b": [', r"cell base@trixie has the fields"),
        (BASE, '"base@trixie": {', '"other@trixie": {', r"other@trixie belongs in layers/other"),
        (
            TOOLS,
            "app.whl",
            "app2.whl",
            r"is described differently in catalog.lock/layers/base.json",
        ),
        (
            BASE,
            "deb:tool=1",
            "deb:../../../tool=1",
            r":3:1: the name of an artifact is '../../../to",
        ),
        (BASE, "deb:tool=1", "deb:/etc/tool=1", r":3:1: the name of an artifact is '/etc/tool'"),
        (BASE, "deb:tool=1", "deb:to\\nol=1", r"the name of an artifact is 'to\\nol'"),
        (BASE, '"origin": "debian"', '"origin": "de/bian"', r"the origin of deb:tool=1:amd64 is"),
        (BASE, "app.whl", "../app.whl", r"the locator of .* is '../app.whl', which leads out of"),
        (BASE, "app.whl", "/app.whl", r"the locator of .* is '/app.whl', which leads out of"),
        (BASE, "app.whl", "app.whl?x", r"the locator of .* is 'app.whl\?x'"),
        (BASE, "base@trixie", "base@../trixie", r"the id of a cell is 'base@../trixie'"),
        (BASE, '"files": {', '"files": {"../x": [],', r":\d+:1: the path of a file .* is '../x'"),
        (BASE, '"files": {', '"files": {"/x": [],', r"the path of a file for a build is '/x'"),
        (
            BASE,
            '"files": {',
            '"files": {"a/./x": [],',
            r"the path of a file for a build is 'a/./x'",
        ),
        (BASE, '"asks": ', '"asks": ' + "[" * 100_000, r"is nested more than 100 deep"),
        (BASE, '"size": 7', '"size": ' + "7" * 5000, r"number out of range"),
    ],
)
def test_a_lock_that_was_tampered_with_is_refused(
    path: str, old: str, new: str, message: str
) -> None:
    files = encode(LOCK)
    assert old in files[path]
    with pytest.raises(InputError, match=message) as caught:
        decode(files | {path: files[path].replace(old, new)}, NAME)
    assert "catalog lock" in caught.value.problems[0].hint


def test_every_file_that_is_wrong_is_told_at_once() -> None:
    files = encode(LOCK)
    with pytest.raises(InputError) as caught:
        decode({path: text[:-4] for path, text in files.items()}, NAME)
    assert [problem.file for problem in caught.value.problems] == [
        f"{NAME}/{path}" for path in sorted(files, key=lambda path: f"{NAME}/{path}")
    ]


def test_a_conflict_that_git_left_is_told_as_such() -> None:
    files = encode(LOCK)
    lines = files[BASE].splitlines()
    lines[3:4] = ["<<<<<<< HEAD", lines[3], "=======", lines[3], ">>>>>>> other"]
    with pytest.raises(InputError, match="there is a merge conflict here") as caught:
        decode(files | {BASE: "\n".join(lines)}, NAME)
    (problem,) = caught.value.problems
    assert (problem.line, problem.hint) == (4, "run `catalog lock --merge`")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXTS,
        lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
        max_leaves=8,
    ),
    st.sampled_from([HEAD, BASE]),
)
def test_any_other_json_is_refused(value: object, path: str) -> None:
    with pytest.raises(InputError):
        decode(encode(LOCK) | {path: json.dumps(value)}, NAME)


def test_names_given_twice_are_refused() -> None:
    files = encode(LOCK)
    line = next(line for line in files[BASE].splitlines() if line.startswith('"deb:tool'))
    with pytest.raises(InputError, match="deb:tool=1:amd64 appears twice"):
        decode(files | {BASE: files[BASE].replace(line, f"{line}\n{line}")}, NAME)


def test_a_missing_or_unreadable_lock_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no lock") as caught:
        read(tmp_path / NAME)
    assert caught.value.problems[0].hint == "run `catalog lock`"
    write(LOCK, tmp_path / NAME)
    (tmp_path / NAME / BASE).write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / NAME)
    (tmp_path / NAME / BASE).unlink()
    (tmp_path / NAME / HEAD).unlink()
    with pytest.raises(InputError, match=r"catalog.lock/lock.json: is missing"):
        read(tmp_path / NAME)


def test_writing_replaces_all_files_at_once_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / NAME
    write(LOCK, path)
    assert read(path) == LOCK
    one = Lock(moment=LOCK.moment, artifacts={}, cells={})
    write(one, path)
    assert read(path) == one
    assert [found.name for found in tmp_path.iterdir()] == [NAME]
    assert not list((path / "layers").iterdir()), "a layer that is gone has no file"


def test_a_lock_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(BuilderError, match="cannot be written: No such file or directory"):
        write(LOCK, tmp_path / "none" / NAME)


def test_a_write_that_fails_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / NAME
    write(LOCK, path)
    broken = Lock(moment="\ud800", artifacts={}, cells={})
    with pytest.raises(UnicodeEncodeError):
        write(broken, path)
    assert read(path) == LOCK
    assert [found.name for found in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_a_writer_that_is_killed_between_two_renames_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    """The third rename is the last: the former lock is away, and the new one is not there yet."""
    path, other = tmp_path / NAME, replace(LOCK, accounts={"redis": 200})
    write(LOCK, path)
    done: list[Path] = []

    def rename(self: Path, target: Path) -> Path:
        if len(done) == renames:
            raise KeyboardInterrupt
        done.append(self)
        return original(self, target)

    original = Path.rename
    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        write(other, path)
    monkeypatch.setattr(Path, "rename", original)
    if renames < 2:
        assert read(path) == LOCK
        assert not recover(path)
    else:
        with pytest.raises(InputError, match="the writing of the lock was interrupted") as caught:
            read(path)
        assert caught.value.problems[0].hint == "run `catalog lock` to finish it"
        assert recover(path)
        assert read(path) == other
    write(LOCK, path)
    assert read(path) == LOCK
    assert [found.name for found in tmp_path.iterdir()] == [NAME]


def test_a_lock_of_the_former_format_is_told_and_read_to_be_written_anew(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text(FORMER)
    with pytest.raises(InputError, match=r"catalog.lock:1:1: the lock has format 1") as caught:
        read(path)
    assert "run `catalog lock`" in caught.value.problems[0].hint
    lock, former = read_any(path)
    assert former
    assert lock.artifacts == KNOWN, "a size that an index may leave out is not kept"
    assert lock.cells["base@trixie"].artifacts == (ONE.id, WHEEL.id)
    write(lock, path)
    assert read_any(path) == (lock, False)
    assert [found.name for found in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"format": 1', '"format": 7', "the lock has format 7"),
        ('"size": 7', '"size": -7', "the size of deb:tool=1:amd64 is -7"),
        ('"name": "tool"', '"name": "x"', "artifact deb:tool=1:amd64 is described as deb:x=1"),
        ('  "deb:tool=1:amd64",', '  "deb:none=1",', "cell base@trixie has deb:none=1"),
        (' "asked": [', '<<<<<<< HEAD\n "asked": [', ":13:1: there is a merge conflict here"),
    ],
)
def test_the_former_format_is_distrusted_too(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / NAME
    assert old in FORMER
    path.write_text(FORMER.replace(old, new))
    with pytest.raises(InputError, match=message):
        read_any(path)
    assert path.read_text() == FORMER.replace(old, new)
