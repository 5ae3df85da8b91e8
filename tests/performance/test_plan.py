"""What a plan of ten thousand images costs. Times depend on the machine and are printed only; what
is counted does not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from builder.lock.model import NAME as LOCK
from tests.performance.large import IMAGES, make

pytestmark = pytest.mark.process

MEASURED = """
import json, os, re, resource, sys
from builder.cli import main

opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
code = main(sys.argv[1:])
sys.stdout.flush()
usage = resource.getrusage(resource.RUSAGE_SELF)
top = os.path.dirname(sys.argv[2])
below = [path for path in opened if path.startswith(top) or not path.startswith("/")]
status = open("/proc/self/status").read()
kilobytes = int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
seconds = usage.ru_utime + usage.ru_stime
json.dump({"code": code, "seconds": seconds, "kilobytes": kilobytes, "opened": below}, sys.stderr)
"""
"""Runs a command and tells what it used.

The memory is that of the process since it was executed (VmHWM, proc_pid_status(5)). `ru_maxrss` would
count what the process that started it held too: pytest itself, after some thousand tests.
"""


def measured(catalog: Path, *argv: str) -> tuple[str, Mapping[str, Any]]:
    """Run a command on a catalog; return what it printed and what it used."""
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, "-C", str(catalog), *argv],
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout, json.loads(ended.stderr)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("large"))


def test_a_plan_of_ten_thousand_images_fits_into_memory_and_reads_every_file_once(
    catalog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed, used = measured(catalog, "plan")
    assert used["code"] == 0
    assert IMAGES == 10_000
    assert f"{IMAGES} images: {IMAGES} to put together, 0 kept" in printed
    with capsys.disabled():
        sys.stdout.write(
            f"\n  plan of {IMAGES:,} images: {used['seconds']:.1f} s of processor time,"
            f" {used['kilobytes'] / 1024:.0f} MB\n"
        )
    assert used["kilobytes"] < 500 * 1024, "500 MB are enough for ten thousand images"
    layers = [path for path in used["opened"] if path.endswith("layer.yaml")]
    assert len(layers) == len(set(layers)), "a layer is read once, not once for each of its cells"
    # They are opened below their directory, by their names in it.
    names = {path.name for path in (catalog.parent / LOCK).rglob("*.json")}
    locked = [path for path in used["opened"] if Path(path).name in names]
    assert locked
    assert len(locked) == len(set(locked)), "and so is each file of the lock"


def test_a_plan_of_one_image_takes_the_part_that_it_needs(catalog: Path) -> None:
    printed, used = measured(catalog, "plan", "ide1-stack2-extra3:*py3.12*")
    assert used["code"] == 0
    assert "12 cells: 12 to build" in printed, (
        "two Debian releases, and of each three layers below and the three asked for"
    )
    assert "2 images: 2 to put together" in printed
