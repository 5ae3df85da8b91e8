from __future__ import annotations

from collections.abc import Mapping

import pytest

from builder.plan.reason import reasons

BASE: Mapping[str, object] = {
    "format": 1,
    "context": {"Dockerfile": ["a", "644"], "files/etc/motd": ["b", "644"]},
    "artifacts": {
        "deb:libssl3t64=3.5.1-1/amd64": "sha256:1",
        "python:numpy==2.3.1/cp313": "sha256:2",
    },
    "auto": ["libssl3t64"],
    "files": {"requirements.txt": "c"},
    "environment": {"env": {"LANG": "C"}, "path": [], "workdir": ""},
    "below": {"debian": {"abi": ["debian-13"]}, "helper": {"key": "1"}},
}


def changed(**parts: object) -> Mapping[str, object]:
    return {**BASE, **parts}


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (changed(format=2), ("key format 1 → 2",)),
        (changed(format=2, below={}, environment={}), ("key format 1 → 2",)),
        (
            changed(
                artifacts={
                    "deb:libssl3t64=3.5.2-1/amd64": "sha256:3",
                    "python:numpy==2.3.1/cp313": "sha256:2",
                }
            ),
            ("libssl3t64 3.5.1-1/amd64 → 3.5.2-1/amd64",),
        ),
        (
            changed(artifacts={"python:numpy==2.3.1/cp313": "sha256:2"}),
            ("- libssl3t64 3.5.1-1/amd64",),
        ),
        (
            changed(
                artifacts={
                    "deb:libssl3t64=3.5.1-1/amd64": "sha256:9",
                    "python:numpy==2.3.1/cp313": "sha256:2",
                }
            ),
            ("libssl3t64 3.5.1-1/amd64: different bytes, same version",),
        ),
        (
            changed(context={"Dockerfile": ["z", "644"], "files/new": ["b", "755"]}),
            ("Dockerfile changed", "- files/etc/motd", "+ files/new"),
        ),
        (changed(files={"requirements.txt": "d"}), ("locked requirements.txt changed",)),
        (changed(chunks={"deb:openssl": 1}), ("its delta is divided into chunks",)),
        (
            changed(below={"debian": {"abi": ["debian-14"]}, "helper": {"key": "1"}}),
            ("ABI of debian: debian-13 → debian-14",),
        ),
        (
            changed(below={"debian": {"abi": ["debian-13"]}, "helper": {"key": "2"}}),
            ("helper changed",),
        ),
        (
            changed(below={"debian": {"key": "3"}, "helper": {"abi": ["helper-1"]}}),
            ("ABI of debian: debian-13 → none", "ABI of helper: none → helper-1"),
        ),
        (
            changed(below={"debian": {"abi": ["debian-13"]}, "tools": {"key": "1"}}),
            ("no longer stands on helper", "now stands on tools"),
        ),
        (
            changed(environment={"env": {"LANG": "C.UTF-8"}, "path": ["/opt/bin"], "workdir": ""}),
            ("LANG below it: C → C.UTF-8", "path below it changed"),
        ),
        (changed(replaces=["/etc/motd"]), ("replaces: + /etc/motd",)),
        (changed(**{"once.paths": ["/opt/tool"]}), ("once.paths: + /opt/tool",)),
        (
            changed(dpkg=["path-exclude=/usr/share/info/*"]),
            ("dpkg: + path-exclude=/usr/share/info/*",),
        ),
        (changed(dpkg=["a", "b", "c", "d", "e"]), ("dpkg: + a, + b, + c, and 2 more",)),
        (changed(auto=[]), ("which packages count as automatically installed",)),
        (BASE, ("its delta is not in the store",)),
    ],
)
def test_a_reason_names_what_moved(now: Mapping[str, object], expected: tuple[str, ...]) -> None:
    assert reasons(now, BASE) == expected


def test_packages_in_other_chunks_are_named() -> None:
    before = changed(chunks={"deb:a": 1, "deb:b": 2, "deb:gone": 1})
    now = changed(chunks={"deb:a": 2, "deb:b": 2, "deb:new": 1})
    assert reasons(now, before) == ("in another chunk: deb:a",)
    assert reasons(BASE, before) == ("its delta is one layer again",)


def test_a_cell_never_built_is_new() -> None:
    assert reasons(BASE, None) == ("new",)
