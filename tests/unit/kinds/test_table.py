"""The table of kinds: every key that asks for packages has a row, and every row its other half."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from builder.catalog.model import Layer
from builder.errors import IntegrityError
from builder.kinds.table import ASKED_FOR, KINDS, following, packages_told_by, place, wishes
from builder.lock.model import Artifact
from builder.resolve.kinds import SUPPLIERS
from tests.unit.kinds.programs import of_go

UUID = "7073ff75-c697-5162-941a-fcdaad2a7d2a"
TEMPLATES = Path(__file__).parents[3] / "builder/kinds/templates"
# Keys of layer.yaml that ask no registry for anything.
OTHER_KEYS = {
    *(
        "description",
        "on",
        "glue",
        "axes",
        "when",
        "once",
        "bootstrap",
        "dpkg",
        "abi",
        "accounts",
        "heavy",
        "lifecycle",
        "absent",
        "one_version",
        "private",
        "unloaded",
        "gpu",
    ),
    *("files", "replaces", "prepare", "run"),
    *("env", "path", "user", "workdir", "entrypoint", "cmd", "expose", "service"),
}


def artifact(kind: str, name: str, version: str, locator: str) -> Artifact:
    return Artifact(
        id=f"{kind}:{name}={version}:amd64",
        kind=kind,
        name=name,
        version=version,
        origin="",
        locator=locator,
        digest="sha512:" + "ab" * 64,
        size=0,
    )


def test_every_key_that_asks_for_packages_has_a_row() -> None:
    unread = set(Layer.model_fields) - OTHER_KEYS - {kind.key for kind in ASKED_FOR}
    assert not unread, (
        f"nothing reads {', '.join(sorted(unread))} of layer.yaml: add a row to"
        " builder/kinds/table.py, or name it in OTHER_KEYS if it asks for no packages"
    )


def test_every_row_reads_a_key_that_there_is() -> None:
    keys = [kind.key for kind in ASKED_FOR]
    assert set(keys) <= set(Layer.model_fields)
    assert len(keys) == len(set(keys)), "two rows read one key"


def test_what_can_be_asked_for_can_be_resolved_and_fetched() -> None:
    # What source packages are built with, and what Julia packages bring, comes along with them.
    assert set(SUPPLIERS) == {kind.name for kind in ASKED_FOR} | {"builddep", "julia-artifact"}, (
        "builder/kinds/table.py and builder/resolve/kinds.py have rows of the same names"
    )


def test_what_can_be_asked_for_has_a_place_in_the_build() -> None:
    without = [kind.name for kind in ASKED_FOR if kind.place is None]
    assert not without, f"{without}: say where artifacts lie under /artifacts"


def test_every_template_is_there_and_used() -> None:
    named = {kind.template for kind in KINDS if kind.template}
    assert named == {path.name for path in TEMPLATES.iterdir()}


def test_a_layer_without_packages_asks_for_nothing() -> None:
    assert wishes(Layer(description="x"), {}) == {}


@pytest.mark.parametrize(
    ("found", "path"),
    [
        (artifact("deb", "tool", "2:1.5", "pool/main/t.deb"), "deb/tool_2%3a1.5_amd64.deb"),
        (artifact("build", "tool", "1", "pool/main/t.deb"), "build/tool_1_amd64.deb"),
        (artifact("backport", "a", "1-1", "pool/main/a/a/a_1.dsc"), "backports/a/a_1.dsc"),
        (artifact("builddep", "cc", "1", "pool/main/c.deb"), "builddep/cc_1_amd64.deb"),
        (artifact("python", "a", "1", "a-1-py3-none-any.whl"), "python/a-1-py3-none-any.whl"),
        (artifact("shared", "a", "1", "a-1-py3-none-any.whl"), "wheels/a-1-py3-none-any.whl"),
        (artifact("wheel", "a", "1", "a-1-py3-none-any.whl"), "wheels/a-1-py3-none-any.whl"),
        (
            artifact("npm", "a", "1", "a/-/a-1.tgz"),
            f"npm/_cacache/content-v2/sha512/ab/ab/{'ab' * 62}",
        ),
        (
            artifact("r", "a", "1.0", "src/contrib/4.5.0/Recommended/a_1.0.tar.gz"),
            "cran/a_1.0.tar.gz",
        ),
        (artifact("julia", "A", "1.0.0", f"package/{UUID}/{'ab' * 20}"), f"julia/{'ab' * 20}.tar"),
        (
            artifact("julia-artifact", "a", "ab" * 20, f"artifact/{'ab' * 20}"),
            f"julia/{'ab' * 20}.tar",
        ),
        (artifact("maven", "g:a", "1", "g/a/1/a-1.jar"), "maven/g/a/1/a-1.jar"),
        (artifact("go", "x.org/a", "v1", "x.org/a/@v/v1.zip"), "go/x.org/a/@v/v1.zip"),
        (artifact("archive", "a", "1", "https://example.org/x/a-1.tgz"), "archives/a/a-1.tgz"),
    ],
)
def test_each_kind_has_its_place(found: Artifact, path: str) -> None:
    assert str(place(found)) == path


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        (
            "opt/lib/python3.13/site-packages/a_b-1.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: a-b\nVersion: 1\n\nName: of the text\n",
            [("python", "a-b", "1")],
        ),
        ("usr/lib/R/library/a/DESCRIPTION", "Package: a\nVersion: 1-2\n", [("r", "a", "1-2")]),
        (
            "opt/npm/x/node_modules/@a/b/package.json",
            '{"name": "@a/b", "version": "1.0.0"}',
            [("npm", "@a/b", "1.0.0")],
        ),
        (
            "usr/local/share/julia/packages/A/WgFNG/Project.toml",
            'name = "A"\nversion = "1.0.0"\n[deps]\nB = "x"\n',
            [("julia", "A", "1.0.0")],
        ),
        ("usr/local/share/julia/packages/A/WgFNG/Project.toml", "no TOML", []),
        ("usr/share/julia/stdlib/v1.5/A/Project.toml", 'name = "A"\nversion = "1"\n', []),
        ("opt/npm/x/node_modules/a/node_modules/b/package.json", '{"name": "b"}', []),
        ("opt/npm/x/node_modules/a/package.json", "no JSON", []),
        ("opt/npm/x/node_modules/a/package.json", '["no object"]', []),
        ("usr/share/doc/METADATA", "Name: a\nVersion: 1\n", []),
    ],
)
def test_packages_are_recognized_by_their_files(
    path: str, text: str, told: list[tuple[str, str, str]]
) -> None:
    data = text.encode()
    found = packages_told_by(path, 0o644, len(data), lambda at, size: data[at : at + size])
    assert list(found) == told


def test_r_packages_are_installed_after_those_that_they_need() -> None:
    needs = {"a": "R (>= 4.0), c, b (>= 1.0)", "b": "c, methods", "c": "", "d": "elsewhere"}
    packages = [
        replace(
            artifact("r", name, "1.0", f"src/contrib/{name}_1.0.tar.gz"), extra={"needs": needed}
        )
        for name, needed in needs.items()
    ]
    order = following(packages)["cran.txt"]
    assert order == "".join(f"{name} {name}_1.0.tar.gz\n" for name in "cdba")
    assert following(reversed(packages))["cran.txt"] == order
    assert not following([artifact("deb", "a", "1", "a.deb")])
    # A lock may say anything.
    circle = [replace(one, extra={"needs": "a, b"}) for one in packages[:2]]
    assert following(circle)["cran.txt"] == "a a_1.0.tar.gz\nb b_1.0.tar.gz\n"


def test_no_artifact_is_placed_outside_of_the_build() -> None:
    with pytest.raises(IntegrityError, match="outside the build"):
        place(artifact("maven", "g:a", "1", "../../etc/passwd"))


def jar(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def described(group: str, name: str, version: str) -> dict[str, str]:
    return {f"META-INF/maven/{group}/{name}/pom.properties": f"#x\nversion={version}\n"}


@pytest.mark.parametrize(
    ("path", "data", "told"),
    [
        ("opt/a-1.jar", jar(described("g", "a", "1")), [("maven", "g:a", "1")]),
        (
            "opt/a-1-shaded.jar",
            jar({**described("g", "inner", "2"), **described("g", "a", "1")}),
            [("maven", "g:a", "1")],
        ),
        ("opt/plain-1.2.jar", jar({}), [("maven", "plain", "1.2")]),
        ("opt/plain.jar", jar({}), []),
        ("opt/broken-1.jar", b"PK no archive", [("maven", "broken", "1")]),
    ],
)
def test_an_archive_tells_its_project(
    path: str, data: bytes, told: list[tuple[str, str, str]]
) -> None:
    found = packages_told_by(path, 0o644, len(data), lambda at, size: data[at : at + size])
    assert list(found) == told


@pytest.mark.parametrize(
    ("mode", "data", "told"),
    [
        (
            0o755,
            of_go(
                "path\texample.org/a/cmd\nmod\texample.org/a\tv1.2.0\th1:x\ndep\tb.org/c\tv2.0.0\th1:y\n"
            ),
            [("go", "example.org/a", "v1.2.0"), ("go", "b.org/c", "v2.0.0")],
        ),
        (0o755, of_go("mod\texample.org/a\t(devel)\t\n"), []),
        (0o644, of_go("mod\texample.org/a\tv1.2.0\th1:x\n"), []),
        (0o755, b"#!/bin/sh\n", []),
        (0o755, of_go("mod\texample.org/a\tv1.2.0\th1:x\n")[:150], []),
    ],
)
def test_a_program_in_go_tells_its_modules(
    mode: int, data: bytes, told: list[tuple[str, str, str]]
) -> None:
    found = packages_told_by(
        "usr/local/bin/a", mode, len(data), lambda at, size: data[at : at + size]
    )
    assert list(found) == told
