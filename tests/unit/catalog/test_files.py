"""What may lie below a layer's files/: what is more than files and directories is refused, as it
would be left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from builder.catalog.load import load
from builder.errors import InputError
from builder.render.dockerfile import _files

CATALOG = (
    "format: 1\nname: one\naxes: {debian: {values: {trixie: }}}\nimages: {one: {layers: [one]}}\n"
)
LAYER = "description: one\nbootstrap: true\naxes: [debian]\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "images" / "one" / "files"
    folder.mkdir(parents=True)
    (tmp_path / "catalog.yaml").write_text(CATALOG)
    (folder.parent / "layer.yaml").write_text(LAYER)
    return folder


def test_files_and_directories_are_fine(tmp_path: Path, files: Path) -> None:
    (files / "etc").mkdir()
    (files / "etc" / "motd").write_text("hello")
    assert load(tmp_path / "catalog.yaml").layers.keys() == {"one"}


def test_links_are_refused_wherever_they_lead(tmp_path: Path, files: Path) -> None:
    (files / "motd").write_text("hello")
    (files / "inside").symlink_to("motd")
    (files / "outside").symlink_to(tmp_path.parent)
    (files / "nowhere").symlink_to("nothing")
    with pytest.raises(InputError) as caught:
        load(tmp_path / "catalog.yaml")
    assert [problem.file for problem in caught.value.problems] == [
        str(files / name) for name in ("inside", "nowhere", "outside")
    ]
    assert {problem.message for problem in caught.value.problems} == {
        "is a symbolic link, which is not allowed in files/"
    }
    assert {problem.hint for problem in caught.value.problems} == {"make it in `run`"}


def test_devices_and_pipes_are_refused(tmp_path: Path, files: Path) -> None:
    os.mkfifo(files / "pipe")
    with pytest.raises(InputError, match="pipe: is neither a file nor a directory"):
        load(tmp_path / "catalog.yaml")


@pytest.mark.parametrize("name", ["a\nb", "a\x07", " a", "a ", "a\udcff"])
def test_names_that_a_build_cannot_read_are_refused(tmp_path: Path, files: Path, name: str) -> None:
    (files / name).write_text("hello")
    (files / "a b$c\\'é").write_text("this one is fine")
    with pytest.raises(InputError) as caught:
        load(tmp_path / "catalog.yaml")
    (problem,) = caught.value.problems
    assert problem.message == "has a name that the steps of a build cannot hold"
    str(problem).encode()


def test_a_test_that_would_not_run_is_refused(tmp_path: Path, files: Path) -> None:
    tests = files.parent / "tests"
    tests.mkdir()
    for name, text, mode in (
        ("runs.sh", "#!/bin/sh\n", 0o755),
        ("lies.sh", "#!/bin/sh\n", 0o644),
        ("data.json", "{}", 0o644),
    ):
        (tests / name).write_text(text)
        (tests / name).chmod(mode)
    with pytest.raises(InputError) as caught:
        load(tmp_path / "catalog.yaml")
    (problem,) = caught.value.problems
    assert (problem.file, problem.hint) == (str(tests / "lies.sh"), f"chmod +x {tests / 'lies.sh'}")


SECRET = "nobody's business"


@pytest.mark.parametrize("name", ["files", "Dockerfile.j2", "setup.sh", "tests"])
@pytest.mark.parametrize("where", ["outside", "inside"])
def test_a_layer_s_own_entries_are_no_links(
    tmp_path: Path, files: Path, name: str, where: str
) -> None:
    layer = files.parent
    home = tmp_path / "elsewhere" if where == "inside" else tmp_path.parent / f"{tmp_path.name}-out"
    (home / "files").mkdir(parents=True)
    (home / "files/secret").write_text(SECRET)
    (home / "secret").write_text(SECRET)
    (layer / "layer.yaml").write_text(LAYER + "prepare: setup.sh\n")
    (layer / "setup.sh").write_text("true\n")
    if name in {"files", "tests"}:
        files.rmdir() if name == "files" else None
        (layer / name).symlink_to(home / "files")
    else:
        (layer / name).unlink(missing_ok=True)
        (layer / name).symlink_to(home / "secret")
    with pytest.raises(InputError) as caught:
        load(tmp_path / "catalog.yaml")
    (problem,) = caught.value.problems
    assert problem.file == (layer / name).as_posix()
    assert problem.message == "is a link, which a layer's directory cannot hold"
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["Dockerfile.j2", "setup.sh", "layer.yaml"])
def test_a_layer_s_pipes_are_not_opened(tmp_path: Path, files: Path, name: str) -> None:
    layer = files.parent
    (layer / "layer.yaml").write_text(LAYER + "prepare: setup.sh\n")
    (layer / "setup.sh").write_text("true\n")
    (layer / name).unlink(missing_ok=True)
    os.mkfifo(layer / name)
    with pytest.raises(InputError, match=f"{name}: is a pipe"):
        load(tmp_path / "catalog.yaml")


@pytest.mark.parametrize("name", ["catalog.yaml", "/dev/zero", "/dev/stdin"])
def test_a_catalog_that_is_no_file_is_not_opened(tmp_path: Path, name: str) -> None:
    if name == "catalog.yaml":
        os.mkfifo(tmp_path / name)
    with pytest.raises(InputError):
        load(tmp_path / name)


def test_rendering_follows_no_link_that_came_since(tmp_path: Path, files: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    (files / "motd").write_text("hello")
    loaded = load(tmp_path / "catalog.yaml")
    (files / "motd").unlink()
    (files / "motd").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="is a link"):
        _files(loaded.layer_dirs["one"], "files")
