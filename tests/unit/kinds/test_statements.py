"""What packages of each kind say of themselves in the files of an image."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.kinds.model import Described
from builder.kinds.table import KINDS, STATEMENTS
from tests.unit.kinds.programs import elf, of_go, of_rust

SITE = "opt/python/lib/python3.13/site-packages"


def told(path: str, data: bytes, mode: int = 0o644) -> list[Described]:
    packages: list[Described] = []
    for statement in STATEMENTS:
        if statement.fits(path, mode, data[:16]):
            packages += statement.read(path, io.BytesIO(data))
    return packages


def python(text: str, path: str = f"{SITE}/a-1.dist-info/METADATA") -> Described:
    (package,) = told(path, f"Metadata-Version: 2.4\nName: a\nVersion: 1\n{text}\n".encode())
    return package


def test_a_kind_whose_packages_stay_in_images_has_a_type_of_url() -> None:
    without = [kind.name for kind in KINDS if kind.statement and not kind.url]
    assert not without, f"{without}: give their rows the type of their package URLs"
    assert {kind.name for kind in KINDS if not kind.url} == {
        *("build", "builddep"),  # nothing of it stays
        "julia-artifact",  # a part of the package that brings it
    }


def test_a_julia_package_tells_its_uuid_and_what_it_needs() -> None:
    uuid = "682c06a0-de6a-54ab-a142-c8b1cf79cde6"
    path = "usr/local/share/julia/packages/JSON/WgFNG/Project.toml"
    text = f'name = "JSON"\nuuid = "{uuid}"\nversion = "0.21.4"\n[deps]\nMmap = "x"\n'
    (package,) = told(path, text.encode())
    assert (package.name, package.version, package.uuid) == ("JSON", "0.21.4", uuid)
    assert package.requires == ("Mmap",)
    (package,) = told(path, text.replace(uuid, "?purl=other").encode())
    assert package.uuid == ""
    assert told(path, b"[" * 2000) == []


@pytest.mark.parametrize(
    ("text", "licences"),
    [
        ("License-Expression: MIT\n", ("MIT",)),
        (
            "License: BSD\nClassifier: License :: OSI Approved\nClassifier: License :: OSI :: B\n",
            ("BSD", "License :: OSI :: B"),
        ),
        (
            "Classifier: License :: A\nClassifier: License :: B\nClassifier: Topic :: C\n",
            ("License :: A; License :: B",),
        ),
        ("License: all the text\n   of a licence\n", ()),
        ("", ()),
    ],
    ids=["expression", "words", "several classifiers", "a whole text", "nothing"],
)
def test_a_distribution_says_its_licence(text: str, licences: tuple[str, ...]) -> None:
    assert python(text).licences == licences


def test_a_distribution_needs_what_its_python_makes_it_need() -> None:
    requires = (
        "Requires-Dist: Always_Here>=2\n"
        'Requires-Dist: old; python_version < "3.9"\n'
        'Requires-Dist: new; python_version >= "3.12"\n'
        'Requires-Dist: asked-for; extra == "more"\n'
        'Requires-Dist: here; platform_machine == "x86_64"\n'
        'Requires-Dist: elsewhere; sys_platform == "win32"\n'
        'Requires-Dist: odd; platform_release >= "20"\n'
        f"Requires-Dist: deep; {'(' * 5000}os_name == 'posix'{')' * 5000}\n"
        "Requires-Dist: !!!\n"
    )
    assert python(requires).requires == ("always-here", "new", "here")
    of_any = python(requires, "usr/lib/python3/dist-packages/a-1.egg-info")
    assert of_any.requires == ("always-here",), "its Python is not known"


def test_a_module_of_node_says_its_licence_in_each_way_that_there_was() -> None:
    path = "opt/x/node_modules/a/node_modules/@b/c/package.json"
    manifest = '{"name": "@b/c", "version": "1.0.0", %s}'
    ways = {
        '"license": "MIT", "dependencies": {"d": "^1"}': ("MIT",),
        '"license": {"type": "ISC", "url": "x"}': ("ISC",),
        '"licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}]': ("MIT; Apache-2.0",),
        '"license": 7': (),
    }
    for stated, licences in ways.items():
        (package,) = told(path, (manifest % stated).encode())
        assert (package.kind, package.name, package.licences) == ("npm", "@b/c", licences)
    assert told(path, b'{"name": "no version"}') == []
    assert told(path, b"[") == []


def test_a_package_of_r_needs_packages_and_not_r() -> None:
    text = (
        "Package: a\nVersion: 1-2\nDepends: R (>= 4.0), methods\nImports: b (>= 1),\n  c\n"
        "LinkingTo: Rcpp\nLicense: MIT + file LICENSE\n"
    )
    (package,) = told("usr/lib/R/site-library/a/DESCRIPTION", text.encode())
    assert package.requires == ("methods", "b", "c", "Rcpp")
    assert package.licences == ("MIT + file LICENSE",)


POM = """<project>
  <groupId>g</groupId><artifactId>a</artifactId><version>1</version>
  <licenses>
    <license><name>Apache License, Version 2.0</name><url>https://x.org/a</url></license>
    <license><name>EPL 2.0</name></license>
  </licenses>
  <dependencies>
    <dependency><groupId>${project.groupId}</groupId><artifactId>b</artifactId></dependency>
    <dependency><groupId>h</groupId><artifactId>c</artifactId><scope>test</scope></dependency>
    <dependency><groupId>${x}</groupId><artifactId>d</artifactId></dependency>
  </dependencies>
</project>"""


def jar(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def project(name: str, version: str) -> dict[str, str]:
    group, _, artifact = name.partition(":")
    text = f"version={version}\ngroupId={group}\nartifactId={artifact}\n"
    return {f"META-INF/maven/{group}/{artifact}/pom.properties": text}


def test_a_java_archive_tells_its_project_and_those_packed_into_it() -> None:
    files = {
        **project("in:side", "3"),
        **project("g:a", "1"),
        "META-INF/maven/g/a/pom.xml": POM,
        "META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\nBundle-License: https://y.or\r\n g/l\r\n",
    }
    inside, own = told("opt/a-1.jar", jar(files))
    assert (inside.name, inside.version, inside.licences) == ("in:side", "3", ())
    assert own == Described(
        kind="maven",
        name="g:a",
        version="1",
        path="opt/a-1.jar",
        licences=("Apache License, Version 2.0 | EPL 2.0", "https://y.org/l"),
        requires=("g:b",),
    )


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({}, [("x", "1.2")]),
        ({"META-INF/MANIFEST.MF": "Implementation-Vendor-Id: g\n"}, [("g:x", "1.2")]),
        ({"META-INF/MANIFEST.MF": "Implementation-Vendor-Id: a b\n"}, [("x", "1.2")]),
        (project("in:side", "3"), [("x", "1.2"), ("in:side", "3")]),
    ],
    ids=["name alone", "group of its manifest", "no group", "the only project is not its own"],
)
def test_a_java_archive_that_does_not_describe_itself_has_the_name_of_its_file(
    files: dict[str, str], names: list[tuple[str, str]]
) -> None:
    assert [(one.name, one.version) for one in told("opt/x-1.2.jar", jar(files))] == names


def test_a_program_in_go_needs_its_modules_and_the_library_of_go() -> None:
    modules = (
        "path\tx.org/a/cmd\nmod\tx.org/a\t(devel)\t\ndep\tx.org/b\tv1.0.0\th1:x\n"
        "dep\tx.org/c\tv2.0.0\n=>\ty.org/c\tv2.0.1\th1:y\ndep\tx.org/d\tv0.0.0\n=>\t../d\t(devel)\n"
    )
    packages = told("usr/bin/a", of_go(modules), 0o755)
    assert [(one.name, one.version) for one in packages] == [
        ("x.org/a", ""),
        ("x.org/b", "v1.0.0"),
        ("y.org/c", "v2.0.1"),
        ("x.org/d", ""),
        ("stdlib", "go1.24.3"),
    ]
    assert packages[0].requires == ("x.org/b", "y.org/c", "x.org/d", "stdlib")


def test_a_program_in_rust_tells_the_crates_that_run_in_it() -> None:
    crates = [
        {"name": "a", "version": "1.0.0", "root": True, "dependencies": [1, 2, 9, "x"]},
        {"name": "b", "version": "2.0.0"},
        {"name": "c", "version": "3.0.0", "kind": "build"},
        {"name": "d", "version": 4},
    ]
    packages = told("usr/lib/liba.so", of_rust(crates))
    assert [(one.name, one.version, one.requires) for one in packages] == [
        ("a", "1.0.0", ("b", "c")),
        ("b", "2.0.0", ()),
    ]


@pytest.mark.parametrize(
    "data",
    [
        elf(".dep-v0", b"no zlib"),
        of_rust("no list"),
        of_rust([])[:100],
        elf(".text", b""),
        b"\x7fELF",
    ],
)
def test_a_damaged_program_tells_nothing(data: bytes) -> None:
    assert told("usr/bin/a", data, 0o755) == []


FILES = {
    f"{SITE}/a-1.dist-info/METADATA": b"Metadata-Version: 2.4\nName: a\nVersion: 1\nLicense: ",
    "opt/node_modules/a/package.json": b'{"name": "a", "version": "1", "license": ',
    "usr/lib/R/library/a/DESCRIPTION": b"Package: a\nVersion: 1\nImports: ",
    "opt/a-1.jar": b"PK\3\4",
    "usr/bin/a": b"\x7fELF\2\1",
}


@given(path=st.sampled_from(sorted(FILES)), data=st.binary(max_size=300))
def test_no_file_stops_the_reading(path: str, data: bytes) -> None:
    told(path, FILES[path] + data, 0o755)


@given(
    place=st.integers(min_value=0, max_value=600),
    data=st.binary(min_size=1, max_size=8),
    program=st.sampled_from([of_go("mod\tx.org/a\tv1.0.0\th1:x\n"), of_rust([{"name": "a"}])]),
)
def test_no_damage_to_a_program_stops_the_reading(place: int, data: bytes, program: bytes) -> None:
    told("usr/bin/a", program[:place] + data + program[place + len(data) :], 0o755)
