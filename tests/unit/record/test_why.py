"""Why an image has a package, as far as a lock and the layers tell."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from builder.catalog.load import load
from builder.errors import InputError
from builder.execute.project import Project, open_project
from builder.fetch.transfer import place
from builder.graph.asks import asks
from builder.graph.build import graph
from builder.lock.accounts import KEY
from builder.lock.file import write
from builder.lock.model import NAME, Artifact, Lock, Slice
from builder.record.why import Reason, why
from tests.unit.sound import unpack


def artifact(kind: str, name: str) -> Artifact:
    digest = "sha256:" + name.encode().hex().ljust(64, "0")[:64]
    id_, file = f"{kind}:{name}=1", f"{name}.file"
    return Artifact(id_, kind, name, "1", "origin", file, digest, 1, {KEY: ""})


HELD = {
    "base": [artifact("deb", "apt"), artifact("deb", "libapt")],
    "python": [artifact("python", name) for name in ("pip", "numpy")],
    "lab": [artifact("python", name) for name in ("lab", "jinja2", "markupsafe")],
    "code": [artifact("npm", "@scope/code"), artifact("npm", "left")],
}
NPM = {
    "packages": {
        "": {"dependencies": {"@scope/code": "^4"}},
        "node_modules/@scope/code": {"dependencies": {"left": "1"}},
        "node_modules/left": {},
    }
}
METADATA = {
    "pip": "",
    "numpy": "",
    "lab": "Requires-Dist: Jinja2>3\n",
    "jinja2": "Requires-Dist: MarkupSafe\n",
    "markupsafe": "",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CATALOG_CACHE", str(tmp_path / "cache"))
    unpack(tmp_path)
    write_lock(tmp_path)
    return tmp_path


def write_lock(root: Path) -> None:
    whole = graph(load(root / "catalog.yaml"))
    slices = {}
    for name, cell in whole.cells.items():
        held = tuple(sorted(one.id for one in HELD.get(cell.name, [])))
        files = {"npm/package-lock.json": json.dumps(NPM)} if cell.name == "code" else {}
        slices[name] = Slice(asks=asks(cell, whole), artifacts=held, files=files)
    every = {one.id: one for held in HELD.values() for one in held}
    lock = Lock(moment="2026-01-01T00:00:00Z", artifacts=every, cells=slices)
    write(lock, root / NAME)


def ask(root: Path, image: str, word: str) -> Reason:
    project = open_project(root / "catalog.yaml", [image])
    (reason,) = why(project, project.graph.images[image], word)
    return reason


def fetch(project: Project) -> None:
    """Put wheels into the cache."""
    for one in project.lock.artifacts.values():
        if one.kind == "python":
            path = place(one, project.settings.cache)
            path.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(path, "w") as wheel:
                head = f"Metadata-Version: 2.1\nName: {one.name}\n"
                wheel.writestr(f"{one.name}-1.dist-info/METADATA", head + METADATA[one.name])


def test_a_package_that_a_layer_names(root: Path) -> None:
    reason = ask(root, "lab-python:py3.13", "NumPy")
    request = reason.request
    assert request is not None
    assert (reason.cell, request.layer, request.word) == (
        "python@trixie-py3.13",
        "python",
        "numpy>=2",
    )
    assert (Path(request.file).parent.name, request.line, request.column) == ("python", 5, 15)


def test_a_python_package_that_another_needs(root: Path) -> None:
    before = ask(root, "lab-python:py3.13", "markupsafe")
    assert (before.request, before.way) == (None, ())
    assert "catalog fetch" in before.remark
    fetch(open_project(root / "catalog.yaml"))
    reason = ask(root, "lab-python:py3.13", "MarkupSafe")
    assert reason.way == ("lab", "jinja2", "markupsafe")
    assert reason.needed_by == ("jinja2",)
    assert reason.request is not None
    assert (reason.request.layer, reason.request.word) == ("lab", "lab")


def test_an_npm_package_that_another_needs(root: Path) -> None:
    reason = ask(root, "code-python:py3.13", "npm:left")
    assert reason.way == ("@scope/code", "left")
    assert reason.request is not None
    assert (reason.request.key, reason.request.word) == ("npm", "@scope/code")


def test_a_debian_package_of_a_cell_that_is_not_built(root: Path) -> None:
    assert ask(root, "base:trixie", "apt").way == ("apt",)
    reason = ask(root, "base:trixie", "libapt")
    assert reason.request is None
    assert "catalog build base@trixie" in reason.remark


JAVA = """\
description: Java archives and a program in Go
on: [base]
maven: {artifacts: ["org.example:app:1"]}
go: {example.org/tool/cmd/tool: {version: latest}}
"""
POM = """<project><groupId>org.example</groupId><artifactId>{name}</artifactId>
<version>1</version><dependencies>{needs}</dependencies></project>"""
NEEDS = """<dependency><groupId>org.example</groupId><artifactId>{name}</artifactId>
<version>1</version></dependency>"""
GO_MOD = {
    "example.org/tool": "module example.org/tool\n\nrequire (\n\texample.org/a v1.0.0\n"
    "\texample.org/B/v2 v2.0.0 // indirect\n)\n",
    "example.org/a": "module example.org/a\nrequire example.org/B/v2 v2.0.0\n",
    "example.org/B/v2": "module example.org/B/v2\n",
}


@pytest.fixture
def java(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a catalog with an image that has Maven artifacts and a program in Go."""
    jars = [artifact("maven", f"org.example:{name}") for name in ("app", "core", "log")]
    modules = [artifact("go", name) for name in (*GO_MOD, "golang.org/toolchain")]
    modules += [artifact("go", f"{name}/go.mod") for name in GO_MOD]
    monkeypatch.setitem(HELD, "java", [*jars, *modules])
    (root / "images/java").mkdir()
    (root / "images/java/layer.yaml").write_text(JAVA)
    catalog = root / "catalog.yaml"
    catalog.write_text(
        catalog.read_text().replace(
            "images:\n", "images:\n  java: {layers: [java], tag: '{debian}'}\n"
        )
    )
    write_lock(root)
    return root


def test_a_maven_artifact_that_another_needs(java: Path) -> None:
    reason = ask(java, "java:trixie", "org.example:app")
    assert reason.request is not None
    assert (reason.request.key, reason.request.word) == ("maven", "org.example:app:1")
    assert (reason.request.line, reason.way) == (3, ("org.example:app",))
    reason = ask(java, "java:trixie", "maven:org.example:log")
    assert (reason.request, reason.way) == (None, ())
    assert "neither the lock nor the POMs" in reason.remark

    for name, other in (("app", "core"), ("core", "log"), ("log", "")):
        path = java / f"cache/maven/poms/org/example/{name}/1/{name}-1.pom"
        path.parent.mkdir(parents=True)
        path.write_text(POM.format(name=name, needs=NEEDS.format(name=other) if other else ""))
    reason = ask(java, "java:trixie", "org.example:log")
    assert reason.way == ("org.example:app", "org.example:core", "org.example:log")
    assert reason.needed_by == ("org.example:core",)


def test_a_go_module_that_another_needs(java: Path) -> None:
    reason = ask(java, "java:trixie", "example.org/tool")
    assert reason.request is not None
    assert reason.request.word == "example.org/tool/cmd/tool"
    reason = ask(java, "java:trixie", "example.org/B/v2")
    assert reason.request is None
    assert "catalog fetch" in reason.remark

    project = open_project(java / "catalog.yaml")
    for one in project.lock.artifacts.values():
        module = one.name.removesuffix("/go.mod")
        if module != one.name:
            path = place(one, project.settings.cache)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(GO_MOD[module])
    reason = ask(java, "java:trixie", "go:example.org/B/v2")
    assert reason.way == ("example.org/tool", "example.org/a", "example.org/B/v2")
    assert reason.needed_by == ("example.org/a",)
    assert "not in the image" in ask(java, "java:trixie", "golang.org/toolchain").remark


@pytest.mark.parametrize(
    ("word", "hint"), [("nmpy", "did you mean 'numpy'?"), ("deb:numpy", ""), ("lab", "")]
)
def test_a_package_that_the_image_does_not_have(word: str, hint: str, root: Path) -> None:
    with pytest.raises(InputError, match=re.escape(f"no package {word!r}")) as caught:
        ask(root, "python:py3.13", word)
    assert hint in str(caught.value)
