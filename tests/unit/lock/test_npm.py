"""npm's lock files as values."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from builder.lock.npm import NOWHERE, artifact, installed, name_of, strongest, text

SHA512 = base64.b64encode(hashlib.sha512(b"x").digest()).decode()
SHA1 = base64.b64encode(hashlib.sha1(b"x", usedforsecurity=False).digest()).decode()
HOST = "https://registry.example/"


def entry(name: str, **more: object) -> dict[str, object]:
    return {
        "version": "1.0",
        "resolved": f"{HOST}{name}/-/{name.rpartition('/')[2]}-1.0.tgz",
        "integrity": f"sha512-{SHA512}",
        **more,
    }


LOCK = {
    "name": "layer",
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "layer", "dependencies": {"a": "^1"}},
        "node_modules/a": entry("a", license="MIT"),
        "node_modules/a/node_modules/@s/b": entry("@s/b"),
        "node_modules/dev": entry("dev", dev=True),
        "node_modules/windows": entry("windows", os=["win32"]),
        "node_modules/arm": entry("arm", os=["linux"], cpu=["arm64"]),
        "node_modules/musl": entry("musl", libc=["musl"]),
        "node_modules/unix": entry("unix", os=["!win32"], cpu="any"),
        "node_modules/here": {"link": True, "resolved": "../here"},
    },
}


def test_what_is_installed_depends_on_the_platform() -> None:
    assert {name_of(place) for place, _ in installed(LOCK, "amd64")} == {"a", "@s/b", "unix"}
    assert {name_of(place) for place, _ in installed(LOCK, "arm64")} == {"a", "@s/b", "unix", "arm"}


def test_a_package_is_a_tarball_by_its_name() -> None:
    found = artifact("node_modules/a/node_modules/@s/b", entry("@s/b"))
    assert found is not None
    assert (found.id, found.locator) == ("npm:@s/b=1.0", "@s/b/-/b-1.0.tgz")
    assert found.digest == f"sha512:{hashlib.sha512(b'x').hexdigest()}"


def test_an_alias_is_locked_under_the_name_it_stands_for() -> None:
    found = artifact("node_modules/alias", entry("real") | {"name": "real"})
    assert found is not None
    assert found.name == "real"


@pytest.mark.parametrize(
    "wrong",
    [
        {"resolved": "git+ssh://git@example/a.git#1"},
        {"resolved": "file:../a.tgz"},
        {"integrity": f"sha1-{SHA1}"},
        {"integrity": ""},
    ],
)
def test_what_no_registry_vouches_for_is_no_artifact(wrong: dict[str, str]) -> None:
    assert artifact("node_modules/a", entry("a") | wrong) is None


def test_the_strongest_hash_counts() -> None:
    assert strongest(f"sha1-{SHA1} sha512-{SHA512}") == f"sha512-{SHA512}"
    assert strongest(f"sha1-{SHA1}") is None


def test_a_lock_file_names_no_host_and_has_a_line_for_each_package() -> None:
    written = text(LOCK)
    assert HOST not in written
    again = json.loads(written)
    assert again["packages"]["node_modules/a"]["resolved"] == f"{NOWHERE}/a/-/a-1.0.tgz"
    assert again["packages"][""] == LOCK["packages"][""]  # type: ignore[index]
    assert len(written.splitlines()) == len(again["packages"]) + 2
    assert text(again) == written, "writing it again changes nothing"
