"""Syft as the judge of bills of materials: the packages that it finds in an image, and each
difference that is allowed, with its reason."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from builder.oci.model import Descriptor
from builder.oci.store import Store
from builder.sbom.bill import Bill

PROGRAM = Path(sys.executable).parent / "syft"
KINDS = {
    "deb": "deb",
    "python": "python",
    "npm": "npm",
    "java-archive": "maven",
    "go-module": "go",
    "R-package": "r",
    "rust-crate": "crate",
}
"""Syft's types of packages to kinds."""
NO_VERSION = {"(devel)", "UNKNOWN"}
OURS, SYFTS = "ours", "syft's"


@dataclass(frozen=True, order=True)
class Found:
    """A package in a version, as both name it, and one file that it was found in."""

    kind: str
    name: str
    version: str
    path: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.name, self.version


@dataclass(frozen=True)
class Allowed:
    """What one of the two has, and the other does not."""

    whose: str
    kind: str
    path: str
    why: str
    name: str = ".*"

    def fits(self, whose: str, found: Found) -> bool:
        patterns = ((self.kind, found.kind), (self.name, found.name), (self.path, found.path))
        return whose == self.whose and all(re.fullmatch(one, text) for one, text in patterns)


ALLOWED = (
    Allowed(
        SYFTS,
        "binary",
        ".*",
        "Syft knows some programs by their bytes; here they are part of the package that brings them",
    ),
    Allowed(SYFTS, "dotnet", r".*\.exe", "a program for Windows, which pip brings and nobody runs"),
    Allowed(
        SYFTS,
        "go",
        "/usr/bin/.*",
        "a program of a Debian package, into which Go wrote no module: Syft takes its path for one",
    ),
    Allowed(
        SYFTS,
        "maven",
        "/usr/(share|lib/jvm)/.*",
        "an archive of a Debian package that says nothing of its project: Syft takes its file name",
    ),
    Allowed(
        SYFTS,
        "maven",
        r".*/py4j0\.[\d.]+\.jar",
        "Syft takes the first digit of a file name for the start of the version",
    ),
    Allowed(
        SYFTS, "r", ".*/tinytest/.*", "packages for the tests of another one, not installed ones"
    ),
    Allowed(
        OURS,
        "maven",
        r".*/(orc-.*-shaded-protobuf|interface-[\d.]+)\.jar",
        "Syft leaves these archives out, although the first describe themselves",
    ),
    Allowed(
        OURS,
        "python|archive|deb",
        "",
        "what a layer's script unpacks describes itself nowhere: the lock alone knows it",
    ),
)


def layout(store: Store, manifest: Descriptor, to: Path) -> Path:
    """Make an OCI layout of one image, by links to the blobs of a store."""
    document = store.read_json(manifest)
    blobs = [manifest.digest, document["config"]["digest"]]
    blobs += [layer["digest"] for layer in document["layers"]]
    (to / "blobs/sha256").mkdir(parents=True)
    for digest in dict.fromkeys(blobs):
        place = to / "blobs/sha256" / digest.removeprefix("sha256:")
        place.symlink_to(store.path(digest).resolve())
    row = {"mediaType": manifest.media_type, "digest": manifest.digest, "size": manifest.size}
    (to / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (to / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [row]}))
    return to


def packages(image: Path, scratch: Path) -> list[Found]:
    """Return what Syft finds in an image. It unpacks the image into `scratch`."""
    quiet = {"SYFT_CHECK_FOR_APP_UPDATE": "false", "TMPDIR": str(scratch)}
    done = subprocess.run(
        [PROGRAM, "scan", "--quiet", "--output", "syft-json", f"oci-dir:{image}"],
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [_found(artifact) for artifact in json.loads(done.stdout)["artifacts"]]


def _found(artifact: dict[str, object]) -> Found:
    match artifact:
        case {"type": str(kind), "name": str(name), "version": str(version), "locations": list(at)}:
            version = "" if version in NO_VERSION else version
            path = str(at[0]["path"]) if at else ""
            return _spelt(Found(KINDS.get(kind, kind), name, version, path))
        case _:
            raise AssertionError(f"Syft says something else: {artifact}")


def _spelt(found: Found) -> Found:
    name = found.name
    if found.kind == "python":
        name = canonicalize_name(name)
    elif found.kind == "maven":
        # Where an archive names no group, Syft tries to guess one.
        name = name.rpartition(":")[2]
    return Found(found.kind, name, found.version, found.path)


def components(bill: Bill) -> Iterator[Found]:
    """Yield what a bill has."""
    for one in bill.components:
        path = f"/{one.paths[0]}" if one.paths else ""
        yield _spelt(Found(one.kind, one.name, one.version, path))


def differences(bill: Bill, theirs: list[Found]) -> tuple[list[str], set[Allowed]]:
    """Return the differences that are not allowed, in words, and those of ALLOWED that there
    are."""
    ours = list(components(bill))
    sides = {OURS: ours, SYFTS: theirs}
    both = {found.key for found in ours} & {found.key for found in theirs}
    wrong, used = [], set[Allowed]()
    for whose, side in sides.items():
        for found in sorted(side):
            if found.key in both:
                continue
            reasons = [one for one in ALLOWED if one.fits(whose, found)]
            used.update(reasons)
            if not reasons:
                wrong.append(f"{whose} alone: {found}")
    return wrong, used
