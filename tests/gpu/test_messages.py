"""What is said without a graphics processor, or with a driver that is too old: on any machine."""

from __future__ import annotations

import ctypes
import re
import subprocess
from array import array
from pathlib import Path

import pytest
import yaml

from builder.cells.gpu import DRIVERS
from tests.gates import ROOT
from tests.gpu import check
from tests.gpu.machine import has_gpu

BASE = ROOT / "images/base/files/opt/onyxia"
STEP = ROOT / "images/cuda/files/opt/onyxia/steps/72-gpu.sh"
VERSION = (
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  {}  Tue Oct  7 12:00:00 UTC 2026\n"
    "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n"
)
OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {}  Release Build  (dvs-builder)\n"


def step(tmp_path: Path, driver: str | None, *, text: str = VERSION, cuda: str = "13") -> str:
    """Run the start script's step with this driver; return what it says."""
    needs, there = tmp_path / "needs", tmp_path / "version"
    needs.write_text(f"CUDA={cuda}\nDRIVER={DRIVERS[int(cuda)]}\n")
    if driver is not None:
        there.write_text(text.format(driver))
    script = f'set -euo pipefail; source {BASE}/library.sh; step() {{ source "{STEP}"; }}; step'
    ended = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": "/usr/bin:/bin", "ONYXIA_CUDA": str(needs), "ONYXIA_NVIDIA": str(there)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == ""
    return ended.stderr


@pytest.mark.process
@pytest.mark.parametrize("text", [VERSION, OPEN])
@pytest.mark.parametrize(
    ("driver", "cuda"),
    [("580.65.06", "13"), ("580.95.05", "13"), ("610.10", "13"), ("525.60.13", "12")],
)
def test_a_driver_that_runs_it_is_not_told(
    tmp_path: Path, text: str, driver: str, cuda: str
) -> None:
    assert step(tmp_path, driver, text=text, cuda=cuda) == ""


@pytest.mark.process
@pytest.mark.parametrize("text", [VERSION, OPEN])
def test_a_driver_that_is_too_old_is_told(tmp_path: Path, text: str) -> None:
    said = step(tmp_path, "570.86.15", text=text)
    assert "driver 570.86.15 is too old for CUDA 13, which needs 580.65.06" in said
    assert step(tmp_path, "570.86.15", text=text, cuda="12") == "", "it runs every older CUDA"


@pytest.mark.process
def test_a_machine_without_a_driver_is_told(tmp_path: Path) -> None:
    said = step(tmp_path, None)
    assert "no NVIDIA driver here" in said
    assert "nvidia.com/gpu" in said


@pytest.mark.process
def test_a_driver_of_an_odd_name_stops_nothing(tmp_path: Path) -> None:
    assert step(tmp_path, "experimental") == ""


@pytest.mark.process
def test_an_image_without_cuda_says_nothing(tmp_path: Path) -> None:
    script = f'set -euo pipefail; source {BASE}/library.sh; step() {{ source "{STEP}"; }}; step'
    environment = {"PATH": "/usr/bin:/bin", "ONYXIA_CUDA": str(tmp_path / "none")}
    ended = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stderr == ""


def test_the_oldest_drivers_are_the_same_wherever_they_are_said() -> None:
    layer = yaml.safe_load((ROOT / "images/cuda/layer.yaml").read_text())
    stated = {int(entry["when"]["cuda"]): entry["driver"] for entry in layer["gpu"]}
    script = (ROOT / "images/cuda/build.sh").read_text()
    written = dict(re.findall(r"^  (\d+)\) driver=(\S+) ;;$", script, re.MULTILINE))
    assert stated == {int(major): driver for major, driver in written.items()}
    assert stated == {major: DRIVERS[major] for major in stated}


def test_no_image_asks_for_graphics_processors_by_itself() -> None:
    """Nodes that trust images would give them all (NVIDIA's container toolkit)."""
    for path in sorted((ROOT / "images").glob("*/layer.yaml")):
        environment = yaml.safe_load(path.read_text()).get("env", {})
        assert "NVIDIA_VISIBLE_DEVICES" not in environment, path


@pytest.mark.parametrize(
    ("driver", "built", "runs"),
    [
        ("13.0", "13.2", True),
        ("13.2", "12.8", True),
        ("12.8", "13.0", False),
        ("12.2", "12.8", True),
    ],
)
def test_forward_compatibility(driver: str, built: str, *, runs: bool) -> None:
    assert check.serves(driver, built) is runs


def test_without_a_driver_the_check_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(name: str) -> ctypes.CDLL:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", absent)
    assert check.main([]) == 1
    assert "there is no driver here: libcuda.so.1" in capsys.readouterr().out


def test_a_framework_that_is_not_there_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "driver", lambda: "13.0")
    monkeypatch.setattr(check, "FRAMEWORKS", ())
    assert check.main([]) == 1
    assert "is installed here" in capsys.readouterr().out


def test_products_that_differ_are_told() -> None:
    check.compare("x", array("d", [1.0, 2.0]), array("d", [1.0, 2.0001]))
    with pytest.raises(check.WrongError, match=r"x: the products differ by 0\.5 of"):
        check.compare("x", array("d", [1.0, 2.0]), array("d", [2.0, 2.0]))


def test_a_machine_with_a_driver_is_recognized(tmp_path: Path) -> None:
    assert not has_gpu(tmp_path)
    (tmp_path / "nvidiactl").touch()
    assert has_gpu(tmp_path)
