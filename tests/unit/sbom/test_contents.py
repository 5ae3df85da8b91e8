"""What is noted of a cell's packages, and read from its layers where it is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from builder.cells import records
from builder.debian.model import Facts
from builder.errors import IntegrityError
from builder.oci.model import Descriptor
from builder.oci.store import Store
from builder.sbom import contents
from tests.unit.kinds.test_statements import jar
from tests.unit.oci.made import built, file
from tests.unit.sbom.images import CONTENT


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def cell(store: Store, layer: str) -> tuple[Facts, Descriptor]:
    facts = built(store, f"{layer}@trixie", CONTENT[layer])
    return facts, records.record(store, facts, {})


@pytest.mark.parametrize("layer", CONTENT)
def test_it_is_read_from_the_layers_and_recorded(store: Store, layer: str) -> None:
    facts, manifest = cell(store, layer)
    assert contents.recall(store, facts) is None, "as in a store of a former version"
    known = contents.known(store, manifest)
    assert known.packages
    assert contents.recall(store, facts) == known
    (chunk,) = facts.delta
    store.path(chunk.blob.digest).unlink()
    assert contents.known(Store(store.root), manifest) == known, "without the layers"


def test_debian_packages_are_those_that_dpkg_has(store: Store) -> None:
    _, manifest = cell(store, "bottom")
    known = contents.known(store, manifest)
    told = {one.name: (one.version, one.source, one.requires) for one in known.packages}
    assert told == {
        "gcc-14-base": ("14.2.0-19", "gcc-14 14.2.0-19", ()),
        "libc6": ("2.41-12", "glibc 2.41-12", ("libgcc-s1",)),
        "libgcc-s1": ("14.2.0-19+b1", "gcc-14 14.2.0-19", ("gcc-14-base", "libc6|libc6.1")),
    }
    assert known.packages[0].provides == ("compiler-base",)
    assert known.copyrights == {"gcc-14-base": (), "libc6": ("LGPL-2.1+", "Inner-Net")}
    assert known.borrowed == {"libgcc-s1": "gcc-14-base"}
    assert known.release["VERSION_ID"] == "13"


def test_a_package_that_was_removed_is_none(store: Store) -> None:
    gone = "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n\n"
    facts = built(store, "x@trixie", {"var/lib/dpkg/status": gone})
    assert contents.known(store, records.record(store, facts, {})).packages == ()


def test_an_archive_with_a_name_that_is_no_utf_8_has_a_name(store: Store) -> None:
    archive = file(jar({"META-INF/MANIFEST.MF": "Implementation-Vendor-Id: g\n"}))
    facts = built(store, "x@trixie", {"opt/na\udcffme-1.jar": archive})
    (package,) = contents.known(store, records.record(store, facts, {})).packages
    assert (package.name, package.version) == ("g:na?me", "1")
    assert contents.recall(store, facts) is not None


def test_what_is_recorded_of_other_layers_or_by_another_version_is_read_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts, manifest = cell(store, "left")
    known = contents.known(store, manifest)
    again = replace(built(store, "left@trixie", CONTENT["right"]), key=facts.key)
    assert contents.recall(store, again) is None
    monkeypatch.setattr(contents, "FORMAT", 0)
    assert contents.recall(store, facts) is None
    assert contents.known(store, manifest) == known


PACKAGE = {"kind": "python", "name": "a", "version": "1", "path": "usr/a"}


@pytest.mark.parametrize(
    "change",
    [
        {"packages": [{**PACKAGE, "path": "../etc/passwd"}]},
        {"packages": [{**PACKAGE, "kind": "unheard-of"}]},
        {"packages": [{**PACKAGE, "name": 7}]},
        {"packages": [{**PACKAGE, "requires": "abc"}]},
        {"packages": [{"kind": "python", "path": "usr/a"}]},
        {"packages": None},
        {"copyrights": {"a": "GPL"}},
        {"borrowed": {"a": ["b"]}},
        {"release": []},
    ],
)
def test_a_record_that_somebody_else_wrote_is_not_trusted(
    store: Store, change: dict[str, object]
) -> None:
    facts, manifest = cell(store, "left")
    contents.known(store, manifest)
    document = {
        "format": contents.FORMAT,
        "layers": [chunk.diff_id for chunk in facts.delta],
        "packages": [PACKAGE],
        "copyrights": {},
        "borrowed": {},
        "release": {},
    }
    assert understood(store, document).packages[0].name == "a"
    with pytest.raises(IntegrityError):
        understood(store, {**document, **change})


def understood(store: Store, document: dict[str, object]) -> contents.Contents:
    blob = store.put_bytes(zstandard.compress(json.dumps(document).encode()), contents.CONTENTS)
    config = {"mediaType": blob.media_type, "digest": blob.digest, "size": blob.size}
    manifest = json.dumps({"config": config}).encode()
    return contents.understood(store, store.put_bytes(manifest, contents.CONTENTS))
