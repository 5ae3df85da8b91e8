"""A real run on a graphics processor, where there is one: with the machine's own frameworks, and in
the images that have some.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import docker
import pytest
from docker.types import DeviceRequest

from builder.cells.linking import DRIVER
from builder.events import silent
from builder.execute.hold import taken
from builder.execute.loading import load
from builder.execute.project import open_project
from builder.tools import engine
from tests.gates import ROOT, committed_graph

pytestmark = pytest.mark.gpu
CHECK = Path(__file__).with_name("check.py")
PYTHON = "CATALOG_GPU_PYTHON"
"""The Python that has the machine's own frameworks; else python3 of PATH."""
OF_LAYERS = {"pytorch": "torch", "jax-cuda": "jax", "tensorflow": "tensorflow"}


def with_gpus() -> list[str]:
    """Return the images of the catalog that have a framework for graphics processors."""
    graph = committed_graph()
    return [
        name
        for name, image in graph.images.items()
        if any(graph.cells[cell].name in OF_LAYERS for cell in image.cells)
    ]


@pytest.mark.process
def test_the_machine_s_own_frameworks_compute() -> None:
    python = os.environ.get(PYTHON) or shutil.which("python3") or sys.executable
    ended = subprocess.run([python, CHECK], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "ok " in ended.stdout, ended.stdout


@pytest.mark.docker
@pytest.mark.whole("graphics processors' images are some gigabytes each")
@pytest.mark.parametrize("image", with_gpus())
def test_an_image_computes(image: str) -> None:
    project = open_project(ROOT / "catalog.yaml", [image], cells=False)
    client = engine.client()
    with taken(project) as manifests:
        (reference,) = load(project, client, manifests, silent).values()
    layers = {project.graph.cells[cell].name for cell in project.graph.images[image].cells}
    frameworks = [name for layer, name in OF_LAYERS.items() if layer in layers]
    try:
        said = client.containers.run(
            reference,
            ["python3", "/check.py", *frameworks],
            volumes={str(CHECK): {"bind": "/check.py", "mode": "ro"}},
            device_requests=[DeviceRequest(count=-1, capabilities=[["gpu"]])],
            stderr=True,
            remove=True,
        ).decode()
    except docker.errors.ContainerError as error:
        pytest.fail(str(error))
    assert said.count("ok ") == len(frameworks), said


@pytest.mark.process
def test_the_driver_s_libraries_are_those_that_images_leave_to_it() -> None:
    """What the loader's rules take for the driver's is what the driver of this machine brings."""
    listed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    assert any(DRIVER.fullmatch(line.split()[0]) for line in listed.splitlines()[1:]), listed
