"""What `paths.yaml` names is there, and can be written where scripts write."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.execute.project import Project, open_project
from tests.gates import ROOT
from tests.releases import OLDER

pytestmark = pytest.mark.docker

ROWS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("paths.yaml").read_text())
LAB = "jupyter-r-python:py3.13-r4.5"
IMAGES = (
    LAB,
    pytest.param("vscode-r-python:py3.13-r4.5", marks=pytest.mark.whole("code-server is heavy")),
    pytest.param("vscode-r-python:py3.11-r4.2", marks=OLDER),
)
# A released program that Debian bookworm lacks; `catalog show` says so.
ABSENT = {("vscode-r-python:py3.11-r4.2", "mc")}


@cache
def project(image: str) -> Project:
    """The catalog with one image, which is in the engine."""
    for verb in ("build", "load"):
        subprocess.run([sys.executable, "-m", "builder", verb, image], cwd=ROOT, check=True)
    return open_project(ROOT / "catalog.yaml", (image,))


@pytest.mark.parametrize("image", IMAGES)
def test_what_scripts_name_is_there(image: str) -> None:
    layers = {cell.partition("@")[0] for cell in project(image).graph.images[image].cells}
    rows = [row for row in ROWS if row["layer"] in layers and (image, name(row)) not in ABSENT]
    assert len(rows) > 20, "rows for the layers of this image"
    lines = [f"( {check(row)} ) >/dev/null 2>&1 || echo {shlex.quote(name(row))}" for row in rows]
    assert run(image, "\n".join(lines)) == ""


def test_jupyterlab_reads_what_a_script_appends() -> None:
    """InseeFrLab/sspcloud-init-scripts jupyter/open-notebook.sh; with `--generate-config` first:
    amine-bs/pytorch-jupyter utils/init-jupyter.sh."""
    script = """
        printf '\\n' | jupyter server --generate-config >/dev/null
        echo "c.LabApp.default_url = '/lab/tree/tutorial.ipynb'" >>/home/onyxia/.jupyter/jupyter_server_config.py
        PASSWORD=probe jupyter lab >/tmp/log 2>&1 &
        for _ in {1..120}; do curl -fsS -o /dev/null localhost:8888/login 2>/dev/null && break; sleep 0.5; done
        curl -sS -o /dev/null -w '%{redirect_url}' localhost:8888/?token=probe
        curl -sS -o /dev/null -w ' %{http_code}' localhost:8888/api/contents
        kill %1
    """
    page, status = run(LAB, script).split()
    assert page.partition("?")[0] == "http://localhost:8888/lab/tree/tutorial.ipynb"
    assert status == "403"


def name(row: Mapping[str, Any]) -> str:
    """Return the path or the command of a row."""
    return str(row.get("path") or row["command"])


def check(row: Mapping[str, Any]) -> str:
    """Return a line of shell that succeeds if a row holds."""
    path = shlex.quote(name(row))
    there = f"test -e {path}" if "path" in row else f"command -v {path}"
    if row.get("write"):
        return f"touch {path}/.probe && rm {path}/.probe"
    if row.get("append"):
        return f"test -f {path} && printf '\\n' >>{path}"
    return f"{there} && {row['run']}" if "run" in row else there


def run(image: str, script: str) -> str:
    """Run bash as the user of an image, after its start script; return what it printed."""
    command = ["docker", "run", "--rm", "--label", "catalog=test", project(image).reference(image)]
    ended = subprocess.run(
        [*command, "bash", "-c", script], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()
