"""Whatever a machine lacks, `doctor` says what it is, and never fails itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from builder.cli import main
from builder.tools import process
from tests.unit.sound import unpack

pytestmark = pytest.mark.process

PROGRAMS = ("docker", "apt-get", "mmdebstrap", "uv", "helm", "kind", "kubectl", "setpriv")
SILENT = "http://127.0.0.1:9"
"""An address at which nobody answers."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "catalog"
    unpack(root)
    service = root / "charts" / "one" / "service.yaml"
    service.parent.mkdir(parents=True)
    service.write_text("")
    return root


class Doctor(Protocol):
    """Runs it with programs of one directory only, and without a network; returns its exit code
    and what it found, by name."""

    def __call__(self, path: Path, **more: str) -> tuple[int, dict[str, dict[str, str]]]: ...


@pytest.fixture
def doctor(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Doctor]:
    def run(path: Path, **more: str) -> tuple[int, dict[str, dict[str, str]]]:
        environment = {
            "PATH": str(path),
            "HOME": str(root),
            "DOCKER_HOST": "tcp://127.0.0.1:9",
            **{f"CATALOG_MIRROR_{name}": SILENT for name in ("DEBIAN", "DEBIAN_SECURITY", "NPM")},
            "CATALOG_MIRROR_PYPI": f"{SILENT}/simple",
            **more,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        # What it found out on another PATH.
        process._bound.cache_clear()
        code = main(["-C", str(root / "catalog.yaml"), "doctor", "--json"])
        findings = json.loads(capsys.readouterr().out)
        return code, {finding["name"]: finding for finding in findings}

    yield run
    process._bound.cache_clear()


def programs(directory: Path, *without: str) -> Path:
    """Return a directory with programs that all work, but for some."""
    directory.mkdir()
    for name in {*PROGRAMS} - {*without, "setpriv"}:
        (directory / name).write_text(f"#!{shutil.which('sh')}\necho {name} 1.2\n")
        (directory / name).chmod(0o755)
    return directory


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_is_missing(name: str, doctor: Doctor, tmp_path: Path) -> None:
    code, found = doctor(programs(tmp_path / "bin", name))
    assert code == 1
    there = {one for one in PROGRAMS if one in found and found[one]["verdict"] == "ok"}
    assert there == {*PROGRAMS} - {name, "setpriv"}
    if name != "setpriv":
        assert found[name]["verdict"] == "wrong"
        assert found[name]["fix"].startswith("make ")


def test_a_machine_that_has_nothing(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    code, found = doctor(tmp_path / "nothing")
    assert code == 1
    for name in ("docker", "engine", "apt-get", "uv", "npm", "helm", "debian trixie", "lock"):
        assert found[name]["verdict"] == "wrong", found[name]
        assert found[name]["fix"], found[name]
    assert "127.0.0.1 does not answer" in found["debian trixie"]["detail"]
    assert not {"maven", "go", "cran", "julia"} & set(found), "no layer needs them"


def test_cosign_is_needed_where_releases_are_signed(doctor: Doctor, tmp_path: Path) -> None:
    path = tmp_path / "bin"
    path.mkdir()
    assert "cosign" not in doctor(path)[1]
    _, found = doctor(path, CATALOG_SIGN_KEY="keyless")
    assert found["cosign"]["verdict"] == "wrong"
    assert "it signs releases" in found["cosign"]["detail"]
    assert "install cosign 3" in found["cosign"]["fix"]


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"CATALOG_CA_BUNDLE": __file__}, "certificates"),
        ({"CATALOG_CA_BUNDLE": "nonesuch.pem"}, "CATALOG_CA_BUNDLE"),
        ({"CATALOG_JOBS": "many"}, "CATALOG_JOBS"),
    ],
)
def test_settings_that_are_wrong(
    more: dict[str, str], name: str, doctor: Doctor, tmp_path: Path
) -> None:
    code, found = doctor(programs(tmp_path / "bin"), **more)
    assert (code, found[name]["verdict"]) == (1, "wrong")
    assert found[name]["fix"]


OTHER_REGISTRIES = """\
description: What other registries have
on: [base]
maven: {artifacts: ["org.example:app:1.0", {when: {debian: trixie}, packages: ["a:b:[1,2)"]}]}
go: {example.org/tool: {version: latest}}
cran: [config]
julia: [JSON]
"""


def test_the_mirrors_of_other_registries(doctor: Doctor, root: Path, tmp_path: Path) -> None:
    path = programs(tmp_path / "bin")
    layer = root / "images" / "java" / "layer.yaml"
    layer.parent.mkdir()
    layer.write_text(OTHER_REGISTRIES)

    silent = {
        f"CATALOG_MIRROR_{name}": f"{SILENT}/{name}" for name in ("MAVEN", "GO", "CRAN", "JULIA")
    }
    _, found = doctor(path, **silent)
    for name in ("maven", "go", "cran", "julia"):
        assert found[name]["verdict"] == "wrong"
        assert "127.0.0.1 does not answer" in found[name]["detail"]
        assert f"CATALOG_MIRROR_{name.upper()}" in found[name]["fix"]

    # Directories that have what `catalog lock` asks for first, and then one that lacks it.
    files = {
        "MAVEN": "org/example/app/1.0/app-1.0.pom",
        "GO": "golang.org/toolchain/@v/list",
        "CRAN": "src/contrib/PACKAGES",
        "JULIA": "registries",
    }
    served = {f"CATALOG_MIRROR_{name}": f"file://{tmp_path}/{name}" for name in files}
    for name, file in files.items():
        (tmp_path / name / file).parent.mkdir(parents=True)
        (tmp_path / name / file).touch()
    _, found = doctor(path, **served)
    assert {found[name]["verdict"] for name in ("maven", "go", "cran", "julia")} == {"ok"}

    # A range is looked up in the list of versions.
    layer.write_text(OTHER_REGISTRIES.replace(":1.0", ":[1,2)"))
    _, found = doctor(path, **served)
    versions = tmp_path / "MAVEN" / "org/example/app/maven-metadata.xml"
    assert found["maven"]["detail"] == f"there is no {versions}"


FAR = """\
description: What one host alone has
on: [base]
archives: {far: {url: "http://127.0.0.1:9/far-1.tgz", version: "1"}}
"""


def test_a_host_that_some_images_need(doctor: Doctor, root: Path, tmp_path: Path) -> None:
    path = programs(tmp_path / "bin")
    layer = root / "images" / "far" / "layer.yaml"
    layer.parent.mkdir()
    layer.write_text(FAR)
    _, found = doctor(path)
    assert "127.0.0.1" not in found, "no image has the layer"
    catalog = root / "catalog.yaml"
    image = "  far: {layers: [far], tag: '{debian}'}\n"
    catalog.write_text(catalog.read_text().replace("images:\n", f"images:\n{image}", 1))
    _, found = doctor(path)
    assert found["127.0.0.1"]["verdict"] == "warning"
    assert found["127.0.0.1"]["detail"].startswith("127.0.0.1 does not answer: ")
    assert "CATALOG_MIRROR_ARCHIVE" in found["127.0.0.1"]["fix"]
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror/far-1.tgz").touch()
    _, found = doctor(path, CATALOG_MIRROR_ARCHIVE=f"file://{tmp_path}/mirror")
    assert found["127.0.0.1"]["verdict"] == "ok"


def test_a_store_that_is_damaged(doctor: Doctor, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    (store / "index.json").write_text("{")
    _, found = doctor(programs(tmp_path / "bin"), CATALOG_STORE=str(store))
    assert found["store"]["verdict"] == "wrong"
    assert "is damaged" in found["store"]["detail"]
    # A file where a directory should be.
    _, found = doctor(
        tmp_path / "bin",
        CATALOG_STORE=str(store / "index.json" / "x"),
        CATALOG_CACHE=str(store / "index.json" / "y"),
    )
    assert found["space for the store"]["verdict"] in {"wrong", "warning", "ok"}


def test_a_catalog_that_is_wrong(doctor: Doctor, root: Path, tmp_path: Path) -> None:
    (root / "catalog.yaml").write_text("images: [\n")
    code, found = doctor(programs(tmp_path / "bin"))
    assert (code, found["catalog"]["verdict"]) == (1, "wrong")
    assert found["catalog"]["fix"] == "catalog validate"
    (root / "catalog.yaml").unlink()
    assert doctor(tmp_path / "bin")[0] == 1
