"""The packages of an image, from what was recorded of its cells and from the lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from builder.kinds.model import Described
from builder.lock.model import Artifact
from builder.sbom.bill import Bill, Component, Image, Layer, bill
from builder.sbom.contents import Contents
from builder.sbom.licences import Licence

IMAGE = Image(
    reference="registry.example.org/lab/both:trixie",
    digest="sha256:" + "ab" * 32,
    created="2026-01-01T00:00:00Z",
    architecture="amd64",
)
SITE = "opt/python/lib/python3.13/site-packages"
DEBIAN = {"ID": "debian", "VERSION_ID": "13"}
FILE = "sha256:" + "12" * 32


def layer(
    cell: str,
    *packages: Described,
    artifacts: Sequence[Artifact] = (),
    copyrights: Mapping[str, tuple[str, ...]] | None = None,
    borrowed: Mapping[str, str] | None = None,
    release: Mapping[str, str] | None = None,
) -> Layer:
    contents = Contents(
        packages=packages,
        copyrights=copyrights or {},
        borrowed=borrowed or {},
        release=release or {},
    )
    return Layer(cell=cell, contents=contents, artifacts=artifacts)


def artifact(kind: str, name: str, version: str, locator: str = "x") -> Artifact:
    identity = f"{kind}:{name}={version}"
    return Artifact(identity, kind, name, version, kind, locator, FILE, 0)


def deb(name: str, version: str, source: str = "") -> Described:
    return Described(
        kind="deb",
        name=name,
        version=version,
        path="var/lib/dpkg/status",
        source=source or f"{name} {version}",
        architecture="amd64",
    )


def python(name: str, version: str = "1", at: str = SITE, needs: tuple[str, ...] = ()) -> Described:
    path = f"{at}/{name}-{version}.dist-info/METADATA"
    return Described(kind="python", name=name, version=version, path=path, requires=needs)


def by_name(made: Bill) -> dict[str, Component]:
    return {component.name: component for component in made.components}


def test_an_image_has_the_url_of_what_is_published() -> None:
    assert bill(IMAGE, []).url == (
        f"pkg:oci/both@sha256:{'ab' * 32}?arch=amd64"
        "&repository_url=registry.example.org/lab/both&tag=trixie"
    )


@pytest.mark.parametrize(
    ("package", "url"),
    [
        (deb("tool", "1:2-3"), "pkg:deb/debian/tool@1:2-3?arch=amd64&distro=debian-13"),
        (
            deb("libtool0", "2-3", source="tool 2-3"),
            "pkg:deb/debian/libtool0@2-3?arch=amd64&distro=debian-13&upstream=tool",
        ),
        (
            deb("tool", "2-3+b1", source="tool 2-3"),
            "pkg:deb/debian/tool@2-3%2Bb1?arch=amd64&distro=debian-13&upstream=tool%402-3",
        ),
        (python("A_b"), "pkg:pypi/a-b@1"),
        (Described(kind="npm", name="@s/p", version="1"), "pkg:npm/%40s/p@1"),
        (Described(kind="maven", name="g.h:a", version="1"), "pkg:maven/g.h/a@1"),
        (Described(kind="maven", name="a", version="1"), ""),
        (
            Described(kind="go", name="x.org/a/b/v2", version="v2.0.0"),
            "pkg:golang/x.org/a/b/v2@v2.0.0",
        ),
        (Described(kind="go", name="stdlib", version="go1.26.1"), "pkg:golang/stdlib@1.26.1"),
        (Described(kind="go", name="x.org/a", version=""), "pkg:golang/x.org/a"),
        (Described(kind="r", name="Rcpp", version="1.0-2"), "pkg:cran/Rcpp@1.0-2"),
        (
            Described(kind="julia", name="JSON", version="0.21.4", uuid="682c06a0"),
            "pkg:julia/JSON@0.21.4?uuid=682c06a0",
        ),
        (Described(kind="crate", name="serde", version="1.0.0"), "pkg:cargo/serde@1.0.0"),
    ],
)
def test_a_package_has_the_url_by_which_scanners_know_it(package: Described, url: str) -> None:
    (component,) = bill(IMAGE, [layer("a", package, release=DEBIAN)]).components
    assert component.url == url


def test_a_package_of_several_layers_is_one_component() -> None:
    one, other = python("a"), python("a", at="usr/lib/python3/dist-packages")
    (component,) = bill(IMAGE, [layer("x@1", one), layer("y@1", one, other)]).components
    assert component.layers == ("x@1", "y@1")
    assert component.paths == (one.path, other.path)


def test_a_package_shares_the_copyright_file_of_a_layer_below() -> None:
    below = layer("x", deb("base", "1"), copyrights={"base": ("Expat", "odd")})
    above = layer("y", deb("one", "1", source="base 1"), borrowed={"one": "two", "two": "base"})
    one = by_name(bill(IMAGE, [below, above]))["one"]
    assert one.licence == Licence(
        expression="MIT AND LicenseRef-base-odd", references={"LicenseRef-base-odd": "odd"}
    )
    circle = layer("z", deb("one", "1"), borrowed={"one": "two", "two": "one"})
    assert by_name(bill(IMAGE, [circle]))["one"].licence == Licence()


def test_the_lock_knows_the_files_that_packages_came_from() -> None:
    python_layer = layer("x", python("A_b"), artifacts=[artifact("python", "a-b", "1")])
    (component,) = bill(IMAGE, [python_layer]).components
    assert component.digests == (FILE,)


def test_what_a_script_unpacks_is_a_component() -> None:
    artifacts = [
        artifact("archive", "julia", "1.12.0", "https://example.org/julia.tar.gz"),
        artifact("wheel", "tool-bin", "2"),
        artifact("source", "tool", "3-1"),
        artifact("build", "headers", "1"),
        artifact("python", "not-there", "1"),
    ]
    made = by_name(bill(IMAGE, [layer("x", artifacts=artifacts, release=DEBIAN)]))
    assert {name: component.url for name, component in made.items()} == {
        "julia": (
            f"pkg:generic/julia@1.12.0?checksum={FILE}"
            "&download_url=https://example.org/julia.tar.gz"
        ),
        "tool-bin": "pkg:pypi/tool-bin@2",
        "tool": "pkg:deb/debian/tool@3-1?arch=source",
    }
    assert made["julia"].download == "https://example.org/julia.tar.gz"
    assert all(component.digests == (FILE,) for component in made.values())


def needs(made: Bill, name: str) -> set[str]:
    names = {component.id: component.name for component in made.components}
    (component,) = [one for one in made.components if one.name == name]
    return {names[other] for other in component.needs}


def test_a_debian_package_needs_one_of_its_choices_or_who_provides_it() -> None:
    one = Described(kind="deb", name="a", version="1", requires=("gone|b", "virtual", "c", "d"))
    provider = Described(kind="deb", name="e", version="1", provides=("virtual", "c"))
    packages = (one, deb("b", "1"), provider, deb("c", "1"))
    assert needs(bill(IMAGE, [layer("x", *packages)]), "a") == {"b", "e", "c"}


def test_a_python_sees_its_own_packages_alone() -> None:
    packages = (
        python("a", needs=("b", "c")),
        python("B"),
        python("c", at="usr/lib/python3/dist-packages"),
    )
    assert needs(bill(IMAGE, [layer("x", *packages)]), "a") == {"B"}


def npm(path: str, name: str, version: str, *requires: str) -> Described:
    path = f"opt/{path}/package.json"
    return Described(kind="npm", name=name, version=version, path=path, requires=requires)


def test_node_takes_the_nearest_module() -> None:
    packages = (
        npm("node_modules/a", "a", "1", "b", "c"),
        npm("node_modules/a/node_modules/b", "b", "2"),
        npm("node_modules/b", "b", "1"),
        npm("node_modules/c", "c", "1"),
        npm("else/node_modules/c", "c", "9"),
    )
    made = bill(IMAGE, [layer("x", *packages)])
    versions = {component.id: (component.name, component.version) for component in made.components}
    (a,) = [component for component in made.components if component.name == "a"]
    assert {versions[one] for one in a.needs} == {("b", "2"), ("c", "1")}


def test_the_order_of_layers_decides_nothing_but_the_order_of_layers() -> None:
    one, other = layer("x", python("a", needs=("b",))), layer("y", python("b"), deb("c", "1"))
    assert bill(IMAGE, [one, other]) == bill(IMAGE, [other, one])
