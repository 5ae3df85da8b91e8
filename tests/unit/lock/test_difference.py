"""What moved between two locks."""

from __future__ import annotations

from builder.lock.difference import difference
from builder.lock.model import Artifact, Lock, Slice


def lock(**cells: list[tuple[str, str]]) -> Lock:
    artifacts = {
        f"deb:{name}={version}": _artifact(name, version)
        for packages in cells.values()
        for name, version in packages
    }
    return Lock(
        moment="",
        artifacts=artifacts,
        cells={
            cell: Slice(
                asks="", artifacts=tuple(f"deb:{name}={version}" for name, version in packages)
            )
            for cell, packages in cells.items()
        },
    )


def _artifact(name: str, version: str) -> Artifact:
    number, _, digest = version.partition("#")
    return Artifact(
        id=f"deb:{name}={version}",
        kind="deb",
        name=name,
        version=number,
        origin="",
        locator="",
        digest=digest,
        size=0,
    )


def test_packages_are_told_by_what_happened_to_them() -> None:
    before = lock(
        left=[("moved", "1"), ("gone", "1"), ("same", "1"), ("rebuilt", "1#a")],
        right=[("moved", "1")],
    )
    after = lock(
        left=[("moved", "2"), ("new", "1"), ("same", "1"), ("rebuilt", "1#b")],
        right=[("moved", "2")],
    )
    assert [
        (change.what, change.name, change.old, change.new, change.cells)
        for change in difference(before, after)
    ] == [
        ("removed", "gone", "1", "", ("left",)),
        ("moved", "moved", "1", "2", ("left", "right")),
        ("added", "new", "", "1", ("left",)),
        ("replaced", "rebuilt", "1", "1", ("left",)),
    ]


def test_a_first_lock_adds_everything_and_the_same_lock_nothing() -> None:
    one = lock(left=[("a", "1")])
    assert [change.what for change in difference(None, one)] == ["added"]
    assert difference(one, one) == ()


def test_several_versions_of_one_package_are_told_together() -> None:
    before, after = lock(left=[("a", "1")]), lock(left=[("a", "1"), ("a", "2")])
    assert [(change.old, change.new) for change in difference(before, after)] == [("1", "1, 2")]
