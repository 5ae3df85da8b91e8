"""catalog.lock as text: what is written is what is read, and what is damaged is refused with its
place."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.errors import BuilderError, InputError
from builder.lock.file import complete, decode, encode, read, write
from builder.lock.model import Artifact, Lock, Slice

NAMES = st.text(string.ascii_lowercase + string.digits + "+.-", min_size=1, max_size=12)
VERSIONS = st.text(string.ascii_letters + string.digits + ".:~+-", min_size=1, max_size=12)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat() + "Z")
HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)


@st.composite
def artifacts(draw: st.DrawFn) -> Artifact:
    kind, name, version = (
        draw(st.sampled_from(["deb", "python", "npm", "archive"])),
        draw(NAMES),
        draw(VERSIONS),
    )
    return Artifact(
        id=f"{kind}:{name}={version}" + draw(st.sampled_from(["", ":amd64", ":py3-none-any"])),
        kind=kind,
        name=name,
        version=version,
        origin=draw(NAMES),
        locator=draw(TEXTS),
        digest=f"sha256:{draw(HEX)}",
        size=draw(st.integers(0, 2**40)),
        extra=draw(st.dictionaries(NAMES, TEXTS, max_size=2)),
    )


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    found = {artifact.id: artifact for artifact in draw(st.lists(artifacts(), max_size=6))}
    cells = {}
    for name in draw(st.lists(NAMES, max_size=4, unique=True)):
        ids = tuple(sorted(draw(st.sets(st.sampled_from(sorted(found)))))) if found else ()
        packages = sorted({found[item].name for item in ids if found[item].kind == "deb"})
        auto = tuple(sorted(draw(st.sets(st.sampled_from(packages))))) if packages else ()
        files = draw(st.dictionaries(NAMES, TEXTS, max_size=2))
        cells[name] = complete(Slice(asks=draw(HEX), artifacts=ids, auto=auto, files=files), found)
    archives = draw(st.dictionaries(NAMES, st.dictionaries(NAMES, TEXTS, max_size=2), max_size=2))
    return Lock(moment=draw(MOMENTS), artifacts=found, cells=cells, archives=archives)


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
LOCK = Lock(
    moment="2026-01-03T12:00:00Z",
    artifacts={item.id: item for item in (ONE, WHEEL)},
    cells={
        "base@trixie": complete(
            Slice(asks="0" * 64, artifacts=(ONE.id, WHEEL.id), files={"npm/x.json": "{\n}\n"}),
            {i.id: i for i in (ONE, WHEEL)},
        )
    },
    archives={"trixie": {"date": "2026-01-03T12:00:00Z", "inrelease": "sha256:" + "c" * 64}},
)


@given(locks())
def test_what_is_written_is_read(lock: Lock) -> None:
    assert decode(encode(lock)) == lock


@given(locks())
def test_a_lock_is_json_and_its_bytes_depend_on_its_value_alone(lock: Lock) -> None:
    text = encode(lock)
    assert json.loads(text)["format"] == 1
    shuffled = Lock(
        moment=lock.moment,
        artifacts=dict(sorted(lock.artifacts.items(), reverse=True)),
        cells=dict(sorted(lock.cells.items(), reverse=True)),
        archives=dict(sorted(lock.archives.items(), reverse=True)),
    )
    assert encode(shuffled) == text


def test_one_artifact_is_one_line() -> None:
    assert sum(line.startswith('"deb:tool=1:amd64": {') for line in encode(LOCK).splitlines()) == 1
    assert '  "deb:tool=1:amd64",' in encode(LOCK).splitlines(), "and so is each artifact of a cell"


def test_requirements_follow_from_the_artifacts() -> None:
    assert "requirements.txt" not in encode(LOCK)
    assert (
        decode(encode(LOCK)).cells["base@trixie"].files["requirements.txt"]
        == f"app==2 --hash=sha256:{'b' * 64}\n"
    )


@pytest.mark.parametrize("cut", range(0, len(encode(LOCK)) - 1, 37))
def test_a_truncated_lock_is_refused_with_its_place(cut: int) -> None:
    with pytest.raises(
        InputError, match=r"lock:\d+:\d+: the lock is damaged or truncated"
    ) as caught:
        decode(encode(LOCK)[:cut], "catalog.lock")
    assert caught.value.problems[0].line <= encode(LOCK)[:cut].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"format": 1',
            '"format": 2',
            r":2:1: the lock has format 2, and this program reads format 1",
        ),
        ("sha256:aaaa", "sha256:zzzz", r":8:1: the digest of deb:tool=1:amd64 is 'sha256:zzzz"),
        ("sha256:aaaa", "md5:aaaa", r"not sha256 or sha512 in hexadecimal"),
        ('"size": 7', '"size": -7', r"the size of deb:tool=1:amd64 is -7"),
        ('"size": 7', '"size": "7"', r"the size of deb:tool=1:amd64 is '7'"),
        (
            '"name": "tool"',
            '"name": "other"',
            r"artifact deb:tool=1:amd64 says that it is deb:other=1",
        ),
        ('"origin": "debian", ', "", r"artifact deb:tool=1:amd64 has the fields"),
        ('"origin": "debian"', '"origin": 3', r"found int, expected text"),
        (
            '  "deb:tool=1:amd64",',
            '  "deb:tool=2:amd64",',
            r"cell base@trixie holds deb:tool=2:amd64, which the lock does not describe",
        ),
        (' "asked": ', ' "wanted": ', r"cell base@trixie has the fields"),
        ('"moment": ', '"time": ', r"the lock holds no 'moment'"),
        (
            "2026-01-03T",
            "yesterday at ",
            r":3:1: the moment is 'yesterday at 12:00:00Z', not a time",
        ),
        ('"artifacts": [', '"artifacts": 3, "b": [', r"cell base@trixie has the fields"),
    ],
)
def test_a_lock_that_was_tampered_with_is_refused(old: str, new: str, message: str) -> None:
    text = encode(LOCK)
    assert old in text
    with pytest.raises(InputError, match=message) as caught:
        decode(text.replace(old, new), "catalog.lock")
    assert "catalog lock" in caught.value.problems[0].hint


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXTS,
        lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
        max_leaves=8,
    )
)
def test_any_other_json_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        decode(json.dumps(value))


def test_names_given_twice_are_refused() -> None:
    line = next(line for line in encode(LOCK).splitlines() if line.startswith('"deb:tool'))
    with pytest.raises(InputError, match="deb:tool=1:amd64 stands twice"):
        decode(encode(LOCK).replace(line, f"{line}\n{line}"))


def test_a_missing_or_unreadable_lock_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no lock") as caught:
        read(tmp_path / "catalog.lock")
    assert caught.value.problems[0].hint == "run `catalog lock`"
    (tmp_path / "catalog.lock").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "catalog.lock")


def test_writing_replaces_at_once_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "catalog.lock"
    write(LOCK, path)
    assert read(path) == LOCK
    assert [found.name for found in tmp_path.iterdir()] == ["catalog.lock"]


def test_a_lock_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(BuilderError, match="cannot be written: No such file or directory"):
        write(LOCK, tmp_path / "none" / "catalog.lock")


def test_a_write_that_fails_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "catalog.lock"
    write(LOCK, path)
    before = path.read_bytes()
    broken = Lock(moment="\ud800", artifacts={}, cells={})
    with pytest.raises(UnicodeEncodeError):
        write(broken, path)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["catalog.lock"]
