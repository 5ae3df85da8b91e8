"""npm's lock files as values: the pure part of resolving npm packages."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from builder.lock.model import Artifact

# A host that never resolves (RFC 2606): the build finds tarballs by their integrity hashes, and
# makes no requests.
NOWHERE = "https://npm.invalid"
ORIGIN = "npm"
CPU = {"amd64": "x64", "arm64": "arm64", "ppc64el": "ppc64", "s390x": "s390x", "riscv64": "riscv64"}
# Strongest first: npm looks for content by the strongest hash that it is given.
ALGORITHMS = ("sha512", "sha256")

Entry = Mapping[str, Any]


def entries(lock: Mapping[str, Any]) -> Iterator[tuple[str, Entry]]:
    """Yield the packages of a lock file (version 2 or 3) by their place, without the root and
    links.
    """
    for place, entry in lock.get("packages", {}).items():
        if place and not entry.get("link"):
            yield place, entry


def installed(lock: Mapping[str, Any], arch: str) -> Iterator[tuple[str, Entry]]:
    """Yield the packages that `npm ci --omit=dev` installs on glibc Linux of a Debian
    architecture.
    """
    for place, entry in entries(lock):
        development = entry.get("dev") or entry.get("devOptional")
        fits = all(
            _fits(entry.get(field), value)
            for field, value in (("os", "linux"), ("cpu", CPU.get(arch, arch)), ("libc", "glibc"))
        )
        if not development and fits and not entry.get("inBundle"):
            yield place, entry


def artifact(place: str, entry: Entry) -> Artifact | None:
    """Return the tarball of a package; None when no strong hash is given, or it does not come from
    a registry.
    """
    resolved, digest = str(entry.get("resolved", "")), strongest(str(entry.get("integrity", "")))
    if digest is None or not resolved.startswith("http"):
        return None
    # What follows the path of a URL may be a secret, and is of no use to another registry.
    file = re.split("[?#]", resolved)[0].rpartition("/")[2]
    name = entry.get("name") or name_of(place)
    algorithm, _, value = digest.partition("-")
    return Artifact(
        id=f"npm:{name}={entry['version']}",
        kind="npm",
        name=name,
        version=entry["version"],
        origin=ORIGIN,
        locator=f"{name}/-/{file}",
        digest=f"{algorithm}:{base64.b64decode(value).hex()}",
        size=0,
    )


def name_of(place: str) -> str:
    """Return a package's name from its place: node_modules/a/node_modules/@b/c -> @b/c."""
    return place.rpartition("node_modules/")[2]


def strongest(integrity: str) -> str | None:
    """Return the strongest of several hashes (`sha1-… sha512-…`), or None when none is strong."""
    hashes = {item.partition("-")[0]: item.partition("?")[0] for item in integrity.split()}
    return next((hashes[algorithm] for algorithm in ALGORITHMS if algorithm in hashes), None)


def text(lock: Mapping[str, Any]) -> str:
    """Return a lock file that names no host and holds one package per line."""
    root = lock.get("packages", {}).get("", {})
    lines = [f'"": {json.dumps(root)}'] + [
        f"{json.dumps(place)}: {json.dumps(_clean(place, entry))}"
        for place, entry in sorted(entries(lock))
    ]
    head = {name: lock[name] for name in ("name", "version") if name in lock} | {
        "lockfileVersion": 3,
        "requires": True,
    }
    return json.dumps(head)[:-1] + ', "packages": {\n' + ",\n".join(lines) + "\n}}\n"


def _clean(place: str, entry: Entry) -> dict[str, Any]:
    kept = {
        name: value
        for name, value in entry.items()
        if name not in {"funding", "license", "deprecated"}
    }
    tarball = artifact(place, entry)
    if tarball:
        kept["resolved"] = f"{NOWHERE}/{tarball.locator}"
        kept["integrity"] = strongest(entry["integrity"])
    return kept


def _fits(allowed: list[str] | str | None, value: str) -> bool:
    """Tell whether npm's `os`, `cpu` or `libc` field admits a value: a list of values, or of
    !values.
    """
    values = [allowed] if isinstance(allowed, str) else allowed or []
    if f"!{value}" in values:
        return False
    wanted = [item for item in values if not item.startswith("!")]
    return not wanted or value in wanted or "any" in wanted
