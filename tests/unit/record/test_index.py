from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from builder.errors import BuilderError, IntegrityError
from builder.record import index

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
VERSIONS = st.tuples(*[st.integers(0, 20)] * 3).map(lambda parts: ".".join(map(str, parts)))


def entry(name: str, version: str, digest: str = "00") -> index.ChartEntry:
    return index.entry(
        {"apiVersion": "v2", "name": name, "version": version, "extra": {"kept": True}},
        digest,
        [f"{name}-{version}.tgz"],
        NOW,
    )


def held(found: index.ChartIndex) -> set[tuple[str, str]]:
    return {(name, version) for name, versions in found.versions().items() for version in versions}


@given(st.lists(VERSIONS, unique=True), st.lists(VERSIONS, unique=True))
def test_no_published_version_is_ever_lost(old: Sequence[str], new: Sequence[str]) -> None:
    before = index.joined(index.ChartIndex(entries={}), [entry("a", version) for version in old])
    after = index.joined(
        index.parse(index.dump(before, NOW), "x"), [entry("a", version) for version in new]
    )
    assert held(after) == {("a", version) for version in {*old, *new}}


def test_what_others_wrote_stays_as_it_was() -> None:
    other = {
        "name": "b",
        "version": "0.1.0",
        "created": "2020-01-01T00:00:00Z",
        "digest": "x",
        "urls": ["u"],
        "unknown": [1],
    }
    found = index.joined(index.ChartIndex(entries={"b": (other,)}), [entry("a", "1.0.0")])
    again = index.parse(index.dump(found, NOW), "x")
    assert again.entries["b"] == (other,)


def test_newest_first_and_prereleases_are_not_the_newest() -> None:
    found = index.joined(
        index.ChartIndex(entries={}),
        [entry("a", version) for version in ("1.9.0", "1.10.0", "2.0.0-rc.1")],
    )
    assert found.versions() == {"a": ("2.0.0-rc.1", "1.10.0", "1.9.0")}
    newest = found.newest("a")
    assert newest
    assert newest["version"] == "1.10.0"
    assert found.newest("b") is None


def test_a_published_version_never_changes() -> None:
    before = index.joined(index.ChartIndex(entries={}), [entry("a", "1.0.0", "00")])
    assert index.joined(before, [entry("a", "1.0.0", "00")]) == before
    with pytest.raises(IntegrityError, match=r"a 1\.0\.0 is published with digest 00"):
        index.joined(before, [entry("a", "1.0.0", "11")])


def test_an_index_is_one_that_helm_reads(tmp_path: Path) -> None:
    index.add(tmp_path, [entry("a", "1.0.0")], NOW)
    found = yaml.safe_load((tmp_path / "index.yaml").read_text())
    assert found["apiVersion"] == "v1"
    assert found["generated"] == "2026-01-02T03:04:05Z"
    assert found["entries"]["a"][0]["urls"] == ["a-1.0.0.tgz"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "entries: 1", "entries: {a: [{}]}", "apiVersion: v1"]
)
def test_a_broken_index_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.yaml").write_text(text)
    with pytest.raises(BuilderError, match="is not the index of a Helm repository"):
        index.add(tmp_path, [entry("a", "1.0.0")], NOW, patience=0)
    assert (tmp_path / "index.yaml").read_text() == text


def test_an_index_that_is_cut_off_is_left_alone(tmp_path: Path) -> None:
    """It is YAML all the same, and lacks versions that are published."""
    whole = index.dump(
        index.joined(index.ChartIndex(entries={}), [entry("a", "1.0.0"), entry("b", "1.0.0")]), NOW
    ).decode()
    cut = whole.partition("  b:\n")[0]
    assert index.parse(cut.encode(), "x").versions() == {"a": ("1.0.0",)}
    (tmp_path / "index.yaml").write_text(cut)
    with pytest.raises(BuilderError, match="is cut off"):
        index.add(tmp_path, [entry("c", "1.0.0")], NOW, patience=0)
    with pytest.raises(BuilderError, match="is cut off"):
        index.read(tmp_path, patience=0)
    assert (tmp_path / "index.yaml").read_text() == cut


def test_a_program_that_is_writing_the_index_is_waited_for(tmp_path: Path) -> None:
    """It knows nothing of the lock, as `helm repo index` does not."""
    others = index.dump(
        index.joined(
            index.ChartIndex(entries={}), [entry("b", f"1.0.{number}") for number in range(20)]
        ),
        NOW,
    )
    path = tmp_path / "index.yaml"
    path.write_bytes(others[: len(others) // 2])
    rest = threading.Timer(0.2, path.write_bytes, [others])
    rest.start()
    found = index.add(tmp_path, [entry("a", "1.0.0")], NOW)
    rest.join()
    assert len(found.entries["b"]) == 20
    assert index.read(tmp_path) == found


def test_an_index_in_json_is_one_too(tmp_path: Path) -> None:
    (tmp_path / "index.yaml").write_text(
        '{"apiVersion": "v1", "entries": {"b": [{"name": "b", "version": "1.0.0"}]}, "generated":'
        ' "2020"}'
    )
    assert held(index.add(tmp_path, [entry("a", "1.0.0")], NOW)) == {("a", "1.0.0"), ("b", "1.0.0")}


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    """Each joins its version while the others do the same."""
    writers = [
        threading.Thread(target=index.add, args=(tmp_path, [entry("a", f"1.0.{number}")], NOW))
        for number in range(12)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(index.read(tmp_path).entries["a"]) == 12


def test_a_writer_that_does_not_end(tmp_path: Path) -> None:
    with (
        index.locked(tmp_path),
        pytest.raises(BuilderError, match="another process has been writing"),
        index.locked(tmp_path, patience=0.1),
    ):
        pass


def test_the_clock_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert index.stamp(index.now()) == "1970-01-01T00:00:00Z"
