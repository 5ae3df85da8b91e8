"""Programs in Go from the lock to a build without a network, on a module proxy of a few modules."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from builder.fetch.context import context
from builder.fetch.go import program
from builder.settings import read as read_settings
from builder.tools import process
from tests.integration.conftest import Place
from tests.integration.registries import publish_go

pytestmark = pytest.mark.registries
ROOT = Path(__file__).parents[2]
LAYER = "description: a program\non: [base]\ngo:\n  example.org/Tool/cmd/hello: {version: latest}\n"
LIBRARY = {
    "go.mod": "module example.org/lib\n\ngo 1.21\n",
    "lib.go": 'package lib\n\nconst Word = "hello"\n',
}


def tool(version: str) -> dict[str, str]:
    return {
        "go.mod": "module example.org/Tool\n\ngo 1.21\n\nrequire example.org/lib v1.0.0\n",
        "cmd/hello/main.go": (
            'package main\n\nimport (\n\t"fmt"\n\n\t"example.org/lib"\n)\n\n'
            f'func main() {{ fmt.Println(lib.Word, "{version}") }}\n'
        ),
    }


def publish_tool(place: Place, version: str) -> None:
    """Publish a version of the tool. Proxies write upper-case letters with `!` before them."""
    publish_go(place.site, "example.org/Tool", version, tool(version))
    listed = "/go/example.org/!tool/@v/list"
    before = place.site.files.get(listed, b"")
    for path in [path for path in place.site.files if path.startswith("/go/example.org/Tool")]:
        place.site.files[path.replace("/Tool/", "/!tool/")] = place.site.files.pop(path)
    place.site.files[listed] = before + place.site.files[listed]


@pytest.fixture(scope="session")
def go() -> str:
    """Return the path of a Go program: this machine's, or one out of a wheel."""
    return process.text([program(read_settings(ROOT)).program, "env", "GOROOT"]) + "/bin/go"


@pytest.fixture
def gopher(place: Place, go: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a catalog with a layer that has a program in Go."""
    monkeypatch.setenv("PATH", f"{Path(go).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CATALOG_MIRROR_GO", f"{place.site.url}/go")
    # No checksum database knows these modules.
    monkeypatch.setenv("GOSUMDB", "off")
    script = f'#!/bin/sh\nexec {go} "$@"\n'
    for version in ("go1.24.3", "go1.25.0", "go1.26rc1"):
        name = f"v0.0.1-{version}.linux-amd64"
        publish_go(place.site, "golang.org/toolchain", name, {"bin/go": script})
    publish_go(place.site, "example.org/lib", "v1.0.0", LIBRARY)
    publish_go(place.site, "example.org/lib", "v1.1.0", LIBRARY)
    publish_tool(place, "v1.0.0")
    return place.only("gopher", LAYER)


def test_a_program_is_locked_with_its_modules_and_built_without_a_network(
    gopher: Place, tmp_path: Path
) -> None:
    gopher.done("lock")
    assert gopher.has("gopher") == {
        "golang.org/toolchain": "v0.0.1-go1.25.0.linux-amd64",
        "example.org/Tool": "v1.0.0",
        "example.org/Tool/go.mod": "v1.0.0",
        "example.org/lib": "v1.0.0",
        "example.org/lib/go.mod": "v1.0.0",
    }, "the newest released toolchain, and the version of the library that is asked for"
    gopher.done("fetch")
    gopher.site.files.clear()
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    context(gopher.cell("gopher"), gopher.lock, gopher.settings.cache, artifacts)
    path, version = (artifacts / "go/programs").read_text().split()
    environment = {
        "CGO_ENABLED": "0",
        "GOBIN": str(tmp_path / "bin"),
        "GOCACHE": str(tmp_path / "cache"),
        "GOFLAGS": "-modcacherw",
        "GOPATH": str(tmp_path / "path"),
        "GOPROXY": f"file://{artifacts}/go",
        "GOTOOLCHAIN": "local",
    }
    program = artifacts / "go/toolchain/bin/go"
    process.run([program, "install", f"{path}@{version}"], env=environment, cwd=tmp_path)
    assert process.text([tmp_path / "bin/hello"]) == "hello v1.0.0"


def test_the_latest_version_stays_until_it_is_asked_to_move(gopher: Place) -> None:
    gopher.done("lock")
    publish_tool(gopher, "v1.2.0")
    gopher.layer("gopher", LAYER + "apt: [editor]\n")
    gopher.done("lock")
    assert gopher.has("gopher")["example.org/Tool"] == "v1.0.0"
    gopher.done("lock", "--upgrade", "example.org/Tool")
    assert gopher.has("gopher")["example.org/Tool"] == "v1.2.0"


def test_a_program_and_its_toolchain_move_within_a_bound(gopher: Place, go: str) -> None:
    gopher.done("lock")
    for version in ("v1.0.1", "v1.2.0"):
        publish_tool(gopher, version)
    script = f'#!/bin/sh\nexec {go} "$@"\n'
    for name in ("v0.0.1-go1.25.1.linux-amd64", "v0.0.1-go1.26.0.linux-amd64"):
        publish_go(gopher.site, "golang.org/toolchain", name, {"bin/go": script})
    said = gopher.done("lock", "--upgrade", "--within", "patch")
    assert gopher.has("gopher")["example.org/Tool"] == "v1.0.1"
    assert gopher.has("gopher")["golang.org/toolchain"] == "v0.0.1-go1.25.1.linux-amd64"
    assert "example.org/Tool v1.2.0 is there; --within patch keeps 1.0.x (go)" in said
    assert "golang.org/toolchain v0.0.1-go1.26.0.linux-amd64 is there" in said
    said = gopher.done("lock", "--upgrade", "--within", "minor")
    assert gopher.has("gopher")["example.org/Tool"] == "v1.2.0"
    assert "is there" not in said


def test_a_package_that_does_not_exist_is_told(gopher: Place) -> None:
    gopher.layer("gopher", LAYER.replace("cmd/hello", "cmd/nothing"))
    code, said = gopher.run("lock")
    assert code == 2
    assert "images/gopher/layer.yaml:4" in said
    assert "example.org/Tool/cmd/nothing" in said


def test_a_proxy_out_of_reach_is_named_with_the_setting(
    gopher: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_MIRROR_GO", "http://127.0.0.1:1")
    code, said = gopher.run("lock")
    assert code == 1
    assert "set CATALOG_MIRROR_GO to a module proxy that answers" in said
