"""What databases of vulnerabilities call the packages of a lock."""

from __future__ import annotations

import pytest

from builder.lock.ecosystem import osv_packages, release_of, releases
from builder.lock.model import Artifact, Lock, Slice


def artifact(kind: str, name: str, version: str, locator: str = "file") -> Artifact:
    return Artifact(f"{kind}:{name}={version}", kind, name, version, "", locator, "", 0)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            artifact("deb", "libssl3t64", "3.5.1-1+b2", "pool/main/o/openssl/libssl3t64.deb"),
            ["Debian:13 openssl 3.5.1-1"],
        ),
        (
            artifact("deb", "r-cran-lme4", "1.1-37-1", "pool/main/r/r-cran-lme4/x.deb"),
            ["Debian:13 r-cran-lme4 1.1-37-1", "CRAN lme4 1.1-37"],
        ),
        (artifact("python", "numpy", "2.4.1"), ["PyPI numpy 2.4.1"]),
        (artifact("shared", "nvidia-nccl-cu12", "2.32"), ["PyPI nvidia-nccl-cu12 2.32"]),
        (artifact("npm", "@types/node", "24.0.0"), ["npm @types/node 24.0.0"]),
        (artifact("maven", "org.a:app", "1"), ["Maven org.a:app 1"]),
        (artifact("julia", "HTTP", "1.10.0"), ["Julia HTTP 1.10.0"]),
        (artifact("go", "example.org/x", "v1.2.3"), ["Go example.org/x v1.2.3"]),
        (artifact("go", "example.org/x/go.mod", "v1.2.3"), ["Go example.org/x v1.2.3"]),
        (
            artifact("go", "golang.org/toolchain", "v0.0.1-go1.25.3.linux-amd64"),
            ["Go stdlib 1.25.3"],
        ),
        (artifact("archive", "julia", "1.12"), []),
    ],
)
def test_a_package_has_the_name_and_version_of_its_ecosystem(
    made: Artifact, expected: list[str]
) -> None:
    named = [f"{one.ecosystem} {one.name} {one.version}" for one in osv_packages(made, "13")]
    assert named == expected


def test_a_release_has_the_number_of_its_base_files() -> None:
    base = artifact("deb", "base-files", "13.8+deb13u7")
    lock = Lock(
        moment="",
        artifacts={base.id: base},
        cells={
            "debian@trixie-amd64": Slice("", (base.id,)),
            "app@trixie-amd64": Slice("", ()),
            "odd@sid": Slice("", ()),
        },
        archives={"trixie": {}, "trixie-security": {}, "sid": {}},
    )
    numbers = releases(lock)
    assert numbers == {"trixie": "13"}
    assert release_of(lock, "app@trixie-amd64", numbers) == "13"
    assert release_of(lock, "odd@sid", numbers) == ""
    assert next(osv_packages(base, "")).ecosystem == "Debian"
