"""Source packages as Dockerfiles."""

from __future__ import annotations

import pytest

from builder.catalog.axes import Release
from builder.catalog.model import Layer
from builder.catalog.packages import Backport
from builder.errors import IntegrityError
from builder.graph.model import Cell
from builder.lock.backport import PACKAGES, WITH
from builder.lock.model import Artifact, Lock, Slice
from builder.render.backport import dockerfiles, path

ID = "backport:engine=2.0-1:sid:engine_2.0-1.dsc"


def cell(entry: Backport) -> Cell:
    return Cell(
        id="engine@trixie",
        name="engine",
        point={"debian": "trixie"},
        layer=Layer(description="x", backports={"engine": entry}),
        parents=(),
        ancestors=(),
    )


def lock(version: str = "2.0-1~trixie1", architecture: str = "amd64") -> Lock:
    stanza = f"Package: engine\nVersion: {version}\nArchitecture: {architecture}\n"
    dsc = Artifact(
        id=ID,
        kind="backport",
        name="engine",
        version="2.0-1",
        origin="debian",
        locator="pool/main/e/engine/engine_2.0-1.dsc",
        digest=f"sha256:{'ab' * 32}",
        size=1,
        extra={PACKAGES: stanza, WITH: "build-essential"},
    )
    piece = Slice(asks="", artifacts=(ID,))
    return Lock(moment="2026-01-03T12:00:00Z", artifacts={ID: dsc}, cells={"engine@trixie": piece})


ENGINE = Backport(
    source=Release(release="sid"),
    packages=("engine",),
    profiles=("small",),
    adapt="sed -i s/a/b/ x\n",
)


def test_a_source_package_has_a_dockerfile_of_its_own() -> None:
    (text,) = dockerfiles(cell(ENGINE), lock()).values()
    assert "(2.0-1~trixie1) trixie;" in text
    assert 'DEB_BUILD_PROFILES="nocheck nodoc small"' in text
    assert "\nsed -i s/a/b/ x\n)" in text
    assert "--build=any " in text
    assert text.count("--network=none") == 2
    assert text.endswith("FROM scratch\nCOPY --from=build /built/ /\n")
    assert path("engine") == "backports/engine/Dockerfile"


def test_packages_for_all_architectures_are_built_where_they_are_wanted() -> None:
    (text,) = dockerfiles(cell(ENGINE), lock(architecture="all")).values()
    assert "--build=binary " in text


@pytest.mark.parametrize("version", ["", "1'; rm -rf /", "$(id)", "1/2", "a1", "1&", "1" * 999])
def test_no_command_is_made_of_a_lock_that_was_tampered_with(version: str) -> None:
    with pytest.raises(IntegrityError, match="would be built as version"):
        dockerfiles(cell(ENGINE), lock(version))
