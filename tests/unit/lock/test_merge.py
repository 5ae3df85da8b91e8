"""Two locks that came from one: what each side changed is kept."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from builder.lock.decode import decode
from builder.lock.encode import encode
from builder.lock.merge import STALE, merge, renewed
from builder.lock.model import NAME, Artifact, Lock, Slice

PACKAGES = ("tool", "lib", "app")
CELLS = ("base@trixie", "left@trixie", "right@trixie")


def artifact(name: str, version: str) -> Artifact:
    return Artifact(
        id=f"deb:{name}={version}:amd64",
        kind="deb",
        name=name,
        version=version,
        origin="debian",
        locator=f"pool/{name}_{version}.deb",
        digest="sha256:" + "0" * 64,
        size=1,
    )


def lock(date: str = "2026-01-01", **cells: dict[str, str]) -> Lock:
    """Return a lock: layer -> package -> version."""
    artifacts: dict[str, Artifact] = {}
    slices: dict[str, Slice] = {}
    for layer, versions in cells.items():
        held = [artifact(name, version) for name, version in versions.items()]
        artifacts |= {one.id: one for one in held}
        ids = tuple(sorted(one.id for one in held))
        slices[f"{layer}@trixie"] = Slice(asks=f"{layer} {sorted(versions)}", artifacts=ids)
    moment = f"{date}T00:00:00Z"
    archive = {"date": moment, "inrelease": f"sha256:{date}"}
    return Lock(moment=moment, artifacts=artifacts, cells=slices, archives={"trixie": archive})


def versions(merged: Lock, layer: str) -> dict[str, str]:
    piece = merged.cells[f"{layer}@trixie"]
    return {merged.artifacts[one].name: merged.artifacts[one].version for one in piece.artifacts}


BASE = lock(left={"tool": "1"}, right={"lib": "1"})


def test_what_each_side_changed_is_kept_and_needs_no_resolution() -> None:
    ours = lock(left={"tool": "2"}, right={"lib": "1"})
    theirs = lock("2026-02-01", left={"tool": "1"}, right={"lib": "1"}, third={"app": "1"})
    merged = merge(BASE, ours, theirs)
    assert versions(merged, "left") == {"tool": "2"}
    assert versions(merged, "third") == {"app": "1"}
    assert merged.moment == "2026-02-01T00:00:00Z"
    assert merged.archives == theirs.archives
    assert STALE not in {piece.asks for piece in merged.cells.values()}


def test_the_newer_version_wins_only_where_both_moved_the_package() -> None:
    base = lock(left={"tool": "5", "lib": "9", "app": "1"})
    ours = lock(left={"tool": "10", "lib": "8", "app": "1"})
    theirs = lock(left={"tool": "9", "lib": "9", "app": "1"})
    merged = merge(base, ours, theirs)
    assert versions(merged, "left") == {"tool": "10", "lib": "8", "app": "1"}
    assert merged.cells["left@trixie"].asks == STALE, "nobody has resolved this mixture"
    assert merge(base, theirs, ours) == merged


def test_what_a_side_removed_is_gone_unless_the_other_changed_it() -> None:
    without = lock(left={"tool": "1"})
    assert merge(BASE, without, BASE).cells.keys() == {"left@trixie"}
    assert merge(BASE, BASE, without).cells.keys() == {"left@trixie"}
    moved = lock(left={"tool": "1"}, right={"lib": "2"})
    assert versions(merge(BASE, without, moved), "right") == {"lib": "2"}


def test_accounts_are_united_and_an_id_is_given_once() -> None:
    base = replace(BASE, accounts={"a": 100})
    ours = replace(BASE, accounts={"a": 100, "b": 101})
    theirs = replace(BASE, accounts={"a": 100, "c": 101, "d": 102})
    accounts = merge(base, ours, theirs).accounts
    assert (accounts["a"], accounts["d"]) == (100, 102), "who met nobody keeps its id"
    assert len(accounts.keys() & {"b", "c"}) == 1, "the other is left out, to get a new id"
    assert merge(base, theirs, ours).accounts == accounts


def test_a_file_that_one_side_replaced_under_the_same_version_is_that_side_s() -> None:
    tool = BASE.artifacts["deb:tool=1:amd64"]
    rebuilt = replace(tool, digest="sha256:" + "1" * 64)
    other = replace(BASE, artifacts={**BASE.artifacts, tool.id: rebuilt})
    assert merge(BASE, BASE, other).artifacts[tool.id] == rebuilt
    assert merge(BASE, other, BASE).artifacts[tool.id] == rebuilt


def test_what_one_side_knows_of_an_artifact_is_kept() -> None:
    tool = BASE.artifacts["deb:tool=1:amd64"]
    known = replace(tool, extra={"accounts": "tool"})
    other = replace(BASE, artifacts={**BASE.artifacts, tool.id: known})
    assert merge(BASE, BASE, other).artifacts[tool.id].extra == {"accounts": "tool"}
    assert merge(BASE, other, BASE).artifacts[tool.id].extra == {"accounts": "tool"}


CONTENTS = st.dictionaries(
    st.sampled_from(["base", "left", "right"]),
    st.dictionaries(st.sampled_from(PACKAGES), st.sampled_from(["1", "2", "10"])),
)
LOCKS = st.builds(
    lambda cells, date: lock(f"2026-01-{date:02}", **cells), CONTENTS, st.integers(1, 28)
)


@given(LOCKS, LOCKS, LOCKS)
def test_sides_commute_and_the_result_is_a_sound_lock(base: Lock, one: Lock, other: Lock) -> None:
    merged = merge(base, one, other)
    assert decode(encode(merged), NAME) == merged
    again = merge(base, other, one)
    assert {name: versions(merged, name.partition("@")[0]) for name in merged.cells} == {
        name: versions(again, name.partition("@")[0]) for name in again.cells
    }


@given(LOCKS, LOCKS)
def test_a_side_that_changed_nothing_adds_nothing(base: Lock, other: Lock) -> None:
    merged = merge(base, base, other)
    assert merged.cells == other.cells
    assert merge(base, other, other).cells == other.cells


def test_a_fork_takes_what_upstream_has_of_its_cells() -> None:
    ours = lock(left={"tool": "1"}, right={"lib": "1"}, mine={"app": "1"})
    theirs = lock("2026-02-01", left={"tool": "2"}, right={"lib": "2"}, other={"app": "9"})
    renewed_ = renewed(ours, theirs, ["left@trixie"])
    assert versions(renewed_, "left") == {"tool": "2"}
    assert versions(renewed_, "right") == {"lib": "1"}
    assert versions(renewed_, "mine") == {"app": "1"}
    assert "other@trixie" not in renewed_.cells
    assert renewed_.moment == "2026-02-01T00:00:00Z"
    assert decode(encode(renewed_), NAME) == renewed_
