from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builder.catalog.model import Layer
from builder.graph.model import Cell, Graph
from builder.lock.model import Artifact, Lock, Slice
from builder.plan.key import all_inputs
from builder.plan.reason import reasons

ONE: Mapping[str, Any] = {"description": "one", "on": ["bottom"], "run": "true"}


def lock(**fields: Any) -> Lock:
    artifacts = {
        name: Artifact(
            id=name,
            kind="deb",
            name=name[4:7],
            version="1",
            origin="debian",
            locator=f"pool/{name}",
            digest=digest,
            size=1,
        )
        for name, digest in {
            "deb:apt=1": "sha256:a",
            "deb:git=1": fields.pop("digest", "sha256:g"),
        }.items()
    }
    cells = {
        "bottom": Slice(asks="", artifacts=("deb:apt=1",)),
        "one": Slice(**{"asks": "", "artifacts": ("deb:git=1",), **fields}),
    }
    return Lock(moment="2026-01-31T12:00:00Z", artifacts=artifacts, cells=cells)


def documents(
    root: Path,
    *,
    one: Mapping[str, Any] = ONE,
    below: Mapping[str, Any] | None = None,
    abi: str = "debian-13",
    locked: Lock | None = None,
) -> dict[str, Mapping[str, object]]:
    bottom = Layer(description="bottom", bootstrap=True, **(below or {}))
    cells = {
        "bottom": Cell("bottom", "bottom", {}, bottom, (), (), (abi,) if abi else ()),
        "one": Cell("one", "one", {}, Layer.model_validate(one), ("bottom",), ("bottom",)),
    }
    (root / "one" / "files").mkdir(parents=True, exist_ok=True)
    found = all_inputs(
        Graph(cells=cells, images={}), locked or lock(), {name: root / name for name in cells}
    )
    return {name: item.document for name, item in found.items()}


@pytest.mark.parametrize(
    "changes",
    [
        {"one": {**ONE, "description": "said in other words"}},
        {
            "one": {
                **ONE,
                "cmd": ["sleep"],
                "entrypoint": ["/start"],
                "user": "1000",
                "workdir": "/srv",
                "expose": [80],
                "service": True,
            }
        },
        {"one": {**ONE, "apt": ["git", "curl"]}},
        {"below": {"cmd": ["bash"], "entrypoint": ["/start"], "run": "true"}},
        {"locked": lock(asks="other")},
    ],
    ids=["description", "metadata", "what is asked for", "metadata below", "what was asked for"],
)
def test_what_makes_no_other_bytes_is_not_in_the_key(
    tmp_path: Path, changes: Mapping[str, Any]
) -> None:
    """What is asked for counts by what the lock says of it."""
    assert documents(tmp_path, **changes)["one"] == documents(tmp_path)["one"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"one": {**ONE, "run": "false"}}, "Dockerfile changed"),
        ({"one": {**ONE, "prepare": "true"}}, "Dockerfile changed"),
        ({"one": {**ONE, "env": {"A": "b"}}}, "Dockerfile changed"),
        ({"one": {**ONE, "replaces": ["/etc/motd"]}}, "replaces: + /etc/motd"),
        ({"locked": lock(artifacts=("deb:apt=1", "deb:git=1"))}, "+ apt 1"),
        ({"locked": lock(digest="sha256:h")}, "git 1: different bytes, same version"),
        ({"locked": lock(auto=("git",))}, "Dockerfile changed"),
        ({"locked": lock(files={"npm/package-lock.json": "{}"})}, "+ locked npm/package-lock.json"),
        ({"abi": "debian-14"}, "ABI of bottom: debian-13 → debian-14"),
        ({"abi": ""}, "ABI of bottom: debian-13 → none"),
        ({"below": {"env": {"A": "b"}}}, "A below it: unset → b"),
        ({"below": {"path": ["/opt/bin"]}}, "path below it changed"),
        ({"below": {"workdir": "/srv"}}, "workdir below it changed"),
    ],
)
def test_what_makes_other_bytes_is_in_the_key_and_has_a_reason(
    tmp_path: Path, changes: Mapping[str, Any], expected: str
) -> None:
    before, after = documents(tmp_path)["one"], documents(tmp_path, **changes)["one"]
    assert after != before
    assert expected in reasons(after, before)


def test_without_an_abi_whatever_changes_below_counts(tmp_path: Path) -> None:
    before = documents(tmp_path, abi="")["one"]
    after = documents(tmp_path, abi="", locked=lock_with_other_apt())["one"]
    assert reasons(after, before) == ("bottom changed",)
    kept = documents(tmp_path, locked=lock_with_other_apt())["one"]
    assert kept == documents(tmp_path)["one"], "where one is declared, it stands for all of that"


def lock_with_other_apt() -> Lock:
    whole = lock()
    other = replace(whole.artifacts["deb:apt=1"], digest="sha256:other")
    return replace(whole, artifacts={**whole.artifacts, "deb:apt=1": other})


def with_accounts(made: str, **ids: int) -> Lock:
    """Return the lock with a package that makes these accounts, and ids for those and others."""
    whole = lock()
    git = replace(whole.artifacts["deb:git=1"], extra={"accounts": made})
    return replace(whole, artifacts={**whole.artifacts, git.id: git}, accounts=ids)


def test_the_ids_of_the_accounts_that_a_cell_makes_count_and_no_others(tmp_path: Path) -> None:
    before = documents(tmp_path, locked=with_accounts("redis", redis=300, other=301))["one"]
    same = documents(tmp_path, locked=with_accounts("redis", redis=300, other=302, more=303))["one"]
    moved = documents(tmp_path, locked=with_accounts("redis", redis=304, other=301))["one"]
    assert before == same
    assert before != moved
    assert reasons(moved, before) == ("ids of accounts: redis 300 → 304",)


def test_another_name_is_another_key(tmp_path: Path) -> None:
    """An image names its cells in its history, and messages name them too."""
    assert documents(tmp_path)["one"]["cell"] == "one"


def test_files_count_by_path_bytes_and_whether_they_can_be_executed(tmp_path: Path) -> None:
    file = tmp_path / "one" / "files" / "etc" / "motd"
    file.parent.mkdir(parents=True)
    seen = []
    for text, mode in (
        ("hello", 0o644),
        ("hello", 0o600),
        ("good day", 0o644),
        ("good day", 0o755),
    ):
        file.write_text(text)
        file.chmod(mode)
        seen.append(documents(tmp_path)["one"])
    assert seen[0] == seen[1]
    assert reasons(seen[2], seen[1]) == ("files/etc/motd changed",)
    assert reasons(seen[3], seen[2]) == ("files/etc/motd changed",)
    file.rename(file.with_name("other"))
    assert set(reasons(documents(tmp_path)["one"], seen[3])) >= {
        "+ files/etc/other",
        "- files/etc/motd",
    }


def test_a_bootstrapped_cell_depends_on_its_packages_alone(tmp_path: Path) -> None:
    assert documents(tmp_path, below={"env": {"A": "b"}})["bottom"] == documents(tmp_path)["bottom"]


def test_what_dpkg_leaves_out_is_left_out_of_every_layer_above(tmp_path: Path) -> None:
    filters = {"dpkg": ["path-exclude=/usr/share/info/*"]}
    before, now = documents(tmp_path), documents(tmp_path, below=filters)
    assert {name: reasons(now[name], before[name]) for name in now} == dict.fromkeys(
        now, ("dpkg: + path-exclude=/usr/share/info/*",)
    )
