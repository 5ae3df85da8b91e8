"""The flat Dockerfile: plain Docker makes of it what this program puts together."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from builder.cells import filesystem
from builder.execute.cells import locked_at
from builder.lock.file import read as read_lock
from builder.lock.model import NAME
from builder.tools import buildx
from tests.gates import AGAIN
from tests.integration.tiny import Tiny, with_once

pytestmark = pytest.mark.docker


def configuration(layout: Path, digest: str) -> Any:
    blobs = layout / "blobs" / "sha256"
    manifest = json.loads((blobs / digest.removeprefix("sha256:")).read_bytes())
    return json.loads((blobs / manifest["config"]["digest"].removeprefix("sha256:")).read_bytes())[
        "config"
    ]


@pytest.mark.parametrize(
    "image",
    [
        "links:trixie",
        pytest.param("both:trixie", marks=AGAIN),
        pytest.param("snake:py3.13", marks=AGAIN),
    ],
)
def test_plain_docker_builds_the_same_filesystem(built: Tiny, tmp_path: Path, image: str) -> None:
    assert_same_filesystem(built, tmp_path, image)


def test_what_was_built_elsewhere_is_built_in_a_stage_of_its_own(
    tiny: Tiny, tmp_path: Path
) -> None:
    with_once(tiny).build("pair")
    assert_same_filesystem(tiny, tmp_path, "pair:late")


def assert_same_filesystem(built: Tiny, tmp_path: Path, image: str) -> None:
    context, layout = tmp_path / "context", tmp_path / "layout"
    printed = built.done("render", image).out
    said = built.done("render", image, "--output", str(context)).out
    assert said == f"docker build {context}\n"
    assert (context / "Dockerfile").read_text() == printed
    # What `docker build` does, with the result where it can be looked at.
    output = f"--output=type=oci,tar=false,dest={layout},compression=uncompressed"
    ended = subprocess.run(
        [
            "docker",
            "buildx",
            "build",
            "--builder=default",
            "--provenance=false",
            output,
            str(context),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    (flat,) = json.loads((layout / "index.json").read_bytes())["manifests"]
    since = locked_at(read_lock(built.root / NAME))
    one = filesystem.of_layers(buildx.layers(layout, flat["digest"]), built_since=since)
    cells = json.loads(built.done("show", image, "--json").out)["images"][0]["cells"]
    other = filesystem.of_cells([built.facts(name) for name in cells])
    found = filesystem.differences(one, other)
    assert not found, "flat | composed:\n" + "\n".join(str(difference) for difference in found[:40])
    assert_same_process(
        configuration(layout, flat["digest"]),
        built.opened().read_json(built.manifest(image)),
        built,
    )


def assert_same_process(flat: Any, manifest: Any, tiny: Tiny) -> None:
    """Compare what both images run, and how they look from outside."""
    composed = json.loads(tiny.opened().path(manifest["config"]["digest"]).read_bytes())["config"]
    for name in ("User", "Entrypoint", "Cmd", "ExposedPorts", "Labels"):
        assert (flat.get(name) or None) == (composed.get(name) or None), name
    assert flat.get("WorkingDir", "/") == composed.get("WorkingDir", "/")
    assert dict(entry.split("=", 1) for entry in flat["Env"]) == dict(
        entry.split("=", 1) for entry in composed["Env"]
    )


@AGAIN
def test_a_directory_is_written_anew_but_no_other_is_touched(built: Tiny, tmp_path: Path) -> None:
    context = tmp_path / "context"
    built.done("render", "both", "--output", str(context))
    first = {
        path.relative_to(context): path.read_bytes()
        for path in context.rglob("*")
        if path.is_file()
    }
    built.done("render", "snake", "--output", str(context))
    built.done("render", "both", "--output", str(context))
    assert {
        path.relative_to(context): path.read_bytes()
        for path in context.rglob("*")
        if path.is_file()
    } == first
    (context / "notes.txt").write_text("mine")
    ended = built.run("render", "both", "--output", str(context))
    assert ended.code == 2
    assert "notes.txt" in ended.err


def test_one_image_is_rendered_at_a_time(built: Tiny) -> None:
    ended = built.run("render", "*")
    assert ended.code == 2
    assert "name one, with its tag" in ended.err


def test_what_is_not_built_cannot_be_written_out(tiny: Tiny, tmp_path: Path) -> None:
    ended = tiny.with_store(tmp_path / "empty").run(
        "render", "beta", "--output", str(tmp_path / "context")
    )
    assert ended.code == 1
    assert "system@trixie-amd64 is not in the store" in ended.err
    assert "run `catalog build system@trixie-amd64`" in ended.err
    printed = tiny.done("render", "beta").out
    assert printed.startswith("# beta:trixie: One layer without\n"), (
        "the Dockerfile itself needs no build"
    )
