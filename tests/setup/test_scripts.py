"""The scripts of the set-up, on a machine that is set up."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[2] / "setup"

pytestmark = pytest.mark.process


def engine_settings(*arguments: str, present: object = None, where: Path) -> dict[str, object]:
    file = where / "daemon.json"
    if present is not None:
        file.write_text(json.dumps(present))
    done = subprocess.run(
        [sys.executable, SETUP / "engine-settings.py", *arguments, file],
        check=True,
        capture_output=True,
    )
    settings = json.loads(done.stdout)
    assert isinstance(settings, dict)
    return settings


BOUND = {"builder": {"gc": {"enabled": True, "defaultKeepStorage": "8GB"}}}


def test_an_engine_without_settings_gets_the_containerd_store_and_a_bound_for_its_cache(
    tmp_path: Path,
) -> None:
    assert engine_settings("--containerd-store", where=tmp_path) == {
        "features": {"containerd-snapshotter": True},
        **BOUND,
    }


def test_what_an_engine_is_set_to_stays(tmp_path: Path) -> None:
    present = {
        "features": {"containerd-snapshotter": False, "cdi": True},
        "runtimes": {"nvidia": {"path": "nvidia-container-runtime"}},
        "default-runtime": "nvidia",
        "registry-mirrors": ["https://mirror.example"],
        "builder": {"gc": {"enabled": False}},
    }
    merged = engine_settings(
        "--containerd-store", "--runtime=/usr/local/lib/wrapper", present=present, where=tmp_path
    )
    wrapper = {"any-oom-score": {"path": "/usr/local/lib/wrapper"}}
    assert merged == {
        **present,
        "runtimes": {"nvidia": {"path": "nvidia-container-runtime"}, **wrapper},
    }


def test_the_wrapper_of_runc_is_the_default_where_none_is_set(tmp_path: Path) -> None:
    assert (
        engine_settings("--runtime=/usr/local/lib/wrapper", where=tmp_path)["default-runtime"]
        == "any-oom-score"
    )


def test_an_archive_names_its_layer_by_its_digest(tmp_path: Path) -> None:
    layer, output = tmp_path / "layer.tar", tmp_path / "image.tar"
    with tarfile.open(layer, "w") as archive:
        archive.add(SETUP / "machine.sh", "machine.sh")
    command: list[str | Path] = [
        sys.executable,
        SETUP / "docker-archive.py",
        "--entrypoint=/bin/sleep",
        "--entrypoint=1",
        "example.test/pause:3",
        layer,
        output,
    ]
    subprocess.run(command, check=True)
    with tarfile.open(output) as archive:
        manifest = json.load(
            archive.extractfile("manifest.json") or pytest.fail("no manifest.json")
        )
        config = json.load(
            archive.extractfile(manifest[0]["Config"]) or pytest.fail("no configuration")
        )
        content = (archive.extractfile(manifest[0]["Layers"][0]) or pytest.fail("no layer")).read()
    assert manifest[0]["RepoTags"] == ["example.test/pause:3"]
    assert config["config"]["Entrypoint"] == ["/bin/sleep", "1"]
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(content).hexdigest()}"]
    assert content == layer.read_bytes()


def test_an_unknown_part_of_the_setup_is_refused() -> None:
    done = subprocess.run(
        [SETUP / "install", "--plan", "everything"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "python|tools|node|cluster" in done.stderr


@pytest.mark.kind
@pytest.mark.registries
def test_a_machine_that_is_set_up_has_nothing_to_be_done() -> None:
    done = subprocess.run(
        [SETUP / "install", "--plan", "cluster"], check=True, capture_output=True, text=True
    )
    assert done.stderr == ""


PROGRAMS = ("docker", "docker-registry", "gpgv", "helm", "kind", "kubectl", "mmdebstrap")


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """An environment in which the programs of the set-up are in a directory that only PATH names,
    as where each was unpacked from an archive."""
    directory = tmp_path / "a place of its own"
    directory.mkdir()
    for name in PROGRAMS:
        (directory / name).symlink_to(shutil.which(name) or pytest.fail(f"no {name}"))
    return {
        **os.environ,
        "PATH": f"{directory}:/usr/bin:/bin",
        # Programs that an earlier set-up has installed there would come first.
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }


@pytest.mark.kind
@pytest.mark.registries
def test_programs_are_taken_from_where_path_names_them(elsewhere: dict[str, str]) -> None:
    script = f'. "{SETUP}/machine.sh"; command -v "$@"'
    argv = ["bash", "-euc", script, "-", *PROGRAMS]
    done = subprocess.run(argv, env=elsewhere, check=True, capture_output=True, text=True)
    directory = elsewhere["PATH"].partition(":")[0]
    assert done.stdout.splitlines() == [f"{directory}/{name}" for name in PROGRAMS]


@pytest.mark.kind
@pytest.mark.registries
@pytest.mark.parametrize("part", ["python", "tools", "node", "cluster"])
def test_no_part_installs_what_is_elsewhere(elsewhere: dict[str, str], part: str) -> None:
    argv: list[str | Path] = [SETUP / "install", "--plan", part]
    done = subprocess.run(argv, env=elsewhere, check=True, capture_output=True, text=True)
    assert done.stderr == ""


@pytest.mark.kind
@pytest.mark.registries
def test_tests_of_the_whole_catalog_need_two_things_more(elsewhere: dict[str, str]) -> None:
    argv: list[str | Path] = [SETUP / "install", "--plan", "whole"]
    done = subprocess.run(argv, env=elsewhere, check=True, capture_output=True, text=True)
    network, signing = [line for line in done.stderr.splitlines() if line.startswith("  - ")]
    assert network.startswith("  - compile Contour and kube-network-policies from their Go modules")
    assert signing.startswith("  - compile cosign and a registry from their Go modules")


@pytest.mark.kind
@pytest.mark.registries
@pytest.mark.parametrize("script", ["start", "node-image"])
def test_what_is_there_is_left_as_it_is(elsewhere: dict[str, str], script: str) -> None:
    argv = [SETUP / script]
    done = subprocess.run(argv, env=elsewhere, check=True, capture_output=True, text=True)
    assert done.stdout == ""
    assert "==" not in done.stderr, "a step was taken"
