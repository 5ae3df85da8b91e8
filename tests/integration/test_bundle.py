"""A bundle: all that a machine without a network needs, in one file, and what is refused of one."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest

from builder.cells import records
from builder.execute.hold import taken
from builder.execute.project import open_project
from builder.fetch.transfer import place as place_of
from builder.oci.blob import blobs_of
from builder.oci.model import REF_NAME
from tests.integration.conftest import Place
from tests.unit.execute.stock import fill

pytestmark = pytest.mark.registries


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No engine: what a machine has is taken."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A clone of a catalog, with a store and a cache of its own."""

    place: Place
    store: Path
    cache: Path
    setenv: Callable[[str, str], None]

    def run(self, *argv: str) -> tuple[int, str]:
        self.setenv("CATALOG_STORE", str(self.store))
        self.setenv("CATALOG_CACHE", str(self.cache))
        return self.place.run(*argv)

    def done(self, *argv: str) -> str:
        code, said = self.run(*argv)
        assert code == 0, said
        return said

    def failed(self, *argv: str) -> str:
        code, said = self.run(*argv)
        assert code == 1, said
        assert "Traceback" not in said
        return said

    def images(self) -> dict[str, str]:
        self.setenv("CATALOG_STORE", str(self.store))
        with taken(open_project(self.place.root / "catalog.yaml")) as manifests:
            return {name: manifest.digest for name, manifest in manifests.items()}

    def artifacts(self) -> set[str]:
        """Return the digests of what is in the cache, and sound."""
        found = set()
        for artifact in self.place.lock.artifacts.values():
            path = place_of(artifact, self.cache)
            if path.exists():
                assert artifact.digest == f"sha256:{sha256(path.read_bytes()).hexdigest()}"
                found.add(artifact.digest)
        return found


@pytest.fixture
def here(locked: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a machine on which all is built, recorded and fetched."""
    made = Machine(
        place=locked,
        store=tmp_path / "here" / "store",
        cache=tmp_path / "here" / "cache",
        setenv=monkeypatch.setenv,
    )
    monkeypatch.setenv("CATALOG_STORE", str(made.store))
    fill(open_project(locked.root / "catalog.yaml"))
    made.done("fetch")
    made.done("build")
    made.done("digests", "--write")
    return made


@pytest.fixture
def there(here: Machine, tmp_path: Path) -> Machine:
    """Return a machine without a network, and with nothing but a clone of the catalog."""
    root = tmp_path / "there" / "catalog"
    shutil.copytree(here.place.root, root, ignore=shutil.ignore_patterns(".catalog"))
    far = tmp_path / "there"
    return replace(
        here, place=replace(here.place, root=root), store=far / "store", cache=far / "cache"
    )


def offline(machine: Machine) -> None:
    """Take the registries away."""
    machine.place.site.files.clear()
    machine.place.site.asked.clear()


def test_a_machine_without_a_network_has_all_that_is_in_a_bundle(
    here: Machine, there: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "lab.bundle"
    said = here.done("bundle", str(file))
    assert f"{file}: 1 image, 5 cells, 0 charts, " in said
    assert file.stat().st_mode & 0o777 == 0o644
    offline(there)
    said = there.done("import", str(file))
    assert "5 cells taken" in said
    assert "1 image put together, to the same bytes as in the bundle" in said
    assert there.images() == here.images()
    assert there.artifacts() == {one.digest for one in here.place.lock.artifacts.values()}
    assert "nothing to do" in there.done("build")
    there.done("fetch")
    there.done("verify", "--store")
    assert there.place.site.asked == []
    said = there.done("import", str(file))
    assert "0 cells taken" in said


def test_the_same_contents_give_the_same_bytes(here: Machine, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    here.done("bundle", str(one))
    here.done("bundle", str(other))
    assert one.read_bytes() == other.read_bytes()
    with tarfile.open(one) as archive:
        names = archive.getnames()
        assert {member.mtime for member in archive} == {0}
    assert names[:2] == ["oci-layout", "index.json"]
    assert names[2:] == sorted(names[2:])


def test_artifacts_may_be_left_out_and_have_to_be_there_otherwise(
    here: Machine, there: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "lab.bundle"
    shutil.rmtree(here.cache)
    said = here.failed("bundle", str(file))
    assert "not in the cache: " in said
    assert "run `catalog fetch`, or pass --no-artifacts" in said
    assert not file.exists()
    here.done("bundle", str(file), "--no-artifacts")
    there.done("import", str(file))
    assert there.artifacts() == set()
    assert there.images() == here.images()


def test_what_is_not_built_or_not_selected_is_not_bundled(here: Machine, tmp_path: Path) -> None:
    code, said = here.run("bundle", str(tmp_path / "x"), "nothing-*")
    assert code == 2, said
    shutil.rmtree(here.store)
    assert "not built yet: both:py3.13" in here.failed("bundle", str(tmp_path / "x"))
    code, said = here.run("bundle", str(tmp_path / "x"), "both", "--release", "current")
    assert code == 2
    assert "a release has its own images and charts" in said


def test_what_is_not_recorded_is_taken_on_request_alone(
    here: Machine, there: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "lab.bundle"
    here.done("bundle", str(file))
    (there.place.root / "catalog.digests.json").unlink()
    said = there.failed("import", str(file))
    assert "nothing is recorded of 5 cells of the bundle" in said
    assert "0 cells taken" in said
    there.done("import", str(file), "--trust", "all")
    assert there.images() == here.images()


def test_a_bundle_of_another_lock_is_told(here: Machine, there: Machine, tmp_path: Path) -> None:
    file = tmp_path / "lab.bundle"
    here.done("bundle", str(file))
    head = there.place.root / "catalog.lock" / "lock.json"
    moment = json.loads(head.read_text())["moment"]
    head.write_text(head.read_text().replace(moment, "2027-01-01T00:00:00+00:00"))
    assert "it is of another lock, of 2026-01-03" in there.done("import", str(file))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of 1 MB."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_full_in_the_middle_leaves_nothing(
    here: Machine, there: Machine, small_disk: Path
) -> None:
    file = small_disk / "lab.bundle"
    file.write_bytes(b"of yesterday")
    filler = small_disk / "filler"
    filler.write_bytes(bytes((1 << 20) - 16_384))
    said = here.failed("bundle", str(file))
    assert "no space left on device" in said
    assert "free some space" in said
    assert {path.name for path in small_disk.iterdir()} == {"filler", "lab.bundle"}
    assert file.read_bytes() == b"of yesterday"
    filler.unlink()
    here.done("bundle", str(file))

    full = replace(there, store=small_disk / "store", cache=small_disk / "cache")
    free = os.statvfs(small_disk)
    filler.write_bytes(bytes(free.f_bavail * free.f_bsize - 40_000))
    said = full.failed("import", str(file))
    assert "no space left" in said
    filler.unlink()
    full.done("import", str(file))
    assert full.images() == here.images()
    full.done("verify", "--store")


Members = dict[str, tuple[tarfile.TarInfo, bytes]]


def rewritten(file: Path, change: Callable[[Members], None]) -> Path:
    """Return a bundle with other members."""
    members: Members = {}
    with tarfile.open(file) as archive:
        for member in archive:
            stream = archive.extractfile(member)
            assert stream is not None
            members[member.name] = member, stream.read()
    change(members)
    out = file.with_name("rewritten.bundle")
    with tarfile.open(out, "w", format=tarfile.GNU_FORMAT) as archive:
        for member, data in members.values():
            member.size = len(data) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(data) if member.isreg() else None)
    return out


def with_member(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = ""
) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, link
        members[f"more {name}"] = member, b"evil"

    return change


HEX = "1" * 64
HOSTILE: Mapping[str, tuple[Callable[[Members], None], str]] = {
    "a way out": (with_member("../../evil"), "holds '../../evil', which no bundle has"),
    "a way out of the blobs": (
        with_member("blobs/sha256/../../../evil"),
        "holds 'blobs/sha256/../../../evil', which no bundle has",
    ),
    "an absolute path": (with_member("/etc/evil"), "holds '/etc/evil', which no bundle has"),
    "a link": (
        with_member(f"blobs/sha256/{HEX}", tarfile.SYMTYPE, "/etc/passwd"),
        "which is not a plain file",
    ),
    "a hard link": (
        with_member(f"blobs/sha256/{HEX}", tarfile.LNKTYPE, "index.json"),
        "which is not a plain file",
    ),
    "a device": (with_member(f"blobs/sha256/{HEX}", tarfile.CHRTYPE), "which is not a plain file"),
    "a directory": (with_member("blobs", tarfile.DIRTYPE), "which no bundle has"),
    "an index twice": (with_member("index.json"), "holds 'index.json', twice"),
    "no index": (lambda members: members.__delitem__("index.json"), "it has no index.json"),
    "no layout": (lambda members: members.__delitem__("oci-layout"), "it has no oci-layout"),
    "an index that is none": (
        lambda members: members.update({"index.json": (members["index.json"][0], b"{}")}),
        "it has no list of manifests",
    ),
    "another layout": (
        lambda members: members.update(
            {"oci-layout": (members["oci-layout"][0], b'{"imageLayoutVersion": "2.0.0"}')}
        ),
        "it is a layout of version '2.0.0', not 1.0.0",
    ),
    "no document": (
        lambda members: members.update(
            {
                "index.json": (
                    members["index.json"][0],
                    members["index.json"][1].replace(b'"bundle"', b'"other"'),
                )
            }
        ),
        "does not say what is in it",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_bundle_is_refused_by_name(
    here: Machine, there: Machine, tmp_path: Path, what: str
) -> None:
    file = tmp_path / "lab.bundle"
    here.done("bundle", str(file), "--no-artifacts")
    change, why = HOSTILE[what]
    before = {str(path) for path in tmp_path.rglob("*")}
    odd = rewritten(file, change)
    said = there.failed("import", str(odd))
    assert "rewritten.bundle" in said
    assert why in said
    after = {str(path) for path in tmp_path.rglob("*")} - before - {str(odd)}
    assert not [path for path in after if "evil" in path]
    assert not Path("/etc/evil").exists()


@pytest.mark.parametrize("harm", ["other bytes", "a byte less", "missing"])
@pytest.mark.parametrize("part", ["layer", "facts", "artifact", "document"])
def test_a_damaged_blob_is_refused_by_name_and_all_else_is_taken(
    here: Machine, there: Machine, tmp_path: Path, part: str, harm: str
) -> None:
    file = tmp_path / "lab.bundle"
    here.done("bundle", str(file))
    project = open_project(here.place.root / "catalog.yaml")
    left = next(name for name in project.inputs if name.startswith("left@"))
    manifest = records.find(project.store, project.inputs[left].key)
    assert manifest is not None
    _, layer, facts = blobs_of(project.store.read_json(manifest))
    artifact = next(one for one in project.lock.artifacts.values() if one.name == "editor")
    digests = {"layer": layer.digest, "facts": facts.digest, "artifact": artifact.digest}

    def harmed(members: Members) -> None:
        if part == "document":
            name = next(
                name for name, (_, data) in members.items() if b'"catalog": "small"' in data
            )
        else:
            name = f"blobs/{digests[part].replace(':', '/')}"
        member, data = members[name]
        if harm == "missing":
            del members[name]
        else:
            members[name] = member, (data[:-1] if harm == "a byte less" else b"x" * len(data))

    said = there.failed("import", str(rewritten(file, harmed)))
    assert "rewritten.bundle" in said
    if part == "document":
        assert "blob sha256:" in said
        return
    assert digests[part] in said or "editor 1 from rewritten.bundle is not the locked file" in said
    there.setenv("CATALOG_STORE", str(there.store))
    store = open_project(there.place.root / "catalog.yaml")
    cells = {name for name, one in store.inputs.items() if records.find(store.store, one.key)}
    assert cells == store.inputs.keys() - ({left} if part != "artifact" else set())
    wanted = {one.digest for one in here.place.lock.artifacts.values()}
    assert there.artifacts() == wanted - ({artifact.digest} if part == "artifact" else set())
    there.done("import", str(file))
    assert there.images() == here.images()


def test_a_cell_that_is_said_to_be_there_has_to_be(
    here: Machine, there: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "lab.bundle"
    here.done("bundle", str(file), "--no-artifacts")

    def without_a_cell(members: Members) -> None:
        member, data = members["index.json"]
        document = json.loads(data)
        refs = [one["annotations"][REF_NAME] for one in document["manifests"]]
        del document["manifests"][next(n for n, ref in enumerate(refs) if ref.startswith("cell/"))]
        members["index.json"] = member, json.dumps(document).encode()

    said = there.failed("import", str(rewritten(file, without_a_cell)))
    assert "rewritten.bundle says that it has it, and lacks it" in said


@pytest.mark.parametrize("length", [0, 100, 512, 2000, -600])
def test_a_bundle_that_is_cut_off_is_refused(
    here: Machine, there: Machine, tmp_path: Path, length: int
) -> None:
    file = tmp_path / "lab.bundle"
    here.done("bundle", str(file), "--no-artifacts")
    data = file.read_bytes().rstrip(b"\0")
    file.write_bytes(data[:length])
    said = there.failed("import", str(file))
    assert "lab.bundle" in said
    assert "cut off" in said
    assert "copy it again" in said or "do not use it" in said


@pytest.mark.parametrize("kind", ["nothing", "a directory", "a pipe", "a text"])
def test_what_is_no_bundle(there: Machine, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "it"
    if kind == "a directory":
        file.mkdir()
    elif kind == "a pipe":
        os.mkfifo(file)
    elif kind == "a text":
        file.write_text("not a tar\n" * 100)
    assert str(file) in (said := there.failed("import", str(file))) or "it is not a bundle" in said
