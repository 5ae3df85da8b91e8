"""Which artifacts coordinates come to: examples of POMs, as Maven reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.lock.maven import ResolutionError, closure, coordinates, fitting, order, within
from builder.lock.pom import Dependency, Module, Pom, PomError, parse


def dependency(text: str, inside: str = "") -> str:
    group, artifact, version = text.split(":")
    words = f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
    return f"<dependency>{words}{f'<version>{version}</version>' if version else ''}{inside}</dependency>"


def pom(text: str, *dependencies: str, more: str = "") -> str:
    group, artifact, version = text.split(":")
    return (
        '<project xmlns="urn:of-a-pom">'
        f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>"
        f"{more}<dependencies>{''.join(dependencies)}</dependencies></project>"
    )


class Shelf:
    """A repository of a few POMs."""

    def __init__(self, *texts: str) -> None:
        read = [parse(text) for text in texts]
        self.poms: Mapping[Module, Pom] = {one.module: one for one in read}

    def versions(self, group: str, artifact: str) -> Sequence[str]:
        return [one.version for one in self.poms if (one.group, one.artifact) == (group, artifact)]

    def files(
        self, *texts: str, transitive: bool = True, exclude: Sequence[tuple[str, str]] = ()
    ) -> list[str]:
        asked = [one for text in texts if (one := coordinates(text))]
        jars = closure(asked, self.poms.get, self.versions, transitive=transitive, exclude=exclude)
        return [jar.file for jar in jars]


def test_what_is_needed_to_run_comes_along_and_nothing_else() -> None:
    shelf = Shelf(
        pom(
            "g:a:1",
            dependency("g:compiled:1"),
            dependency("g:run:1", "<scope>runtime</scope>"),
            dependency("g:tested:1", "<scope>test</scope>"),
            dependency("g:given:1", "<scope>provided</scope>"),
            dependency("g:maybe:1", "<optional>true</optional>"),
        ),
        pom("g:compiled:1"),
        pom("g:run:1"),
    )
    assert shelf.files("g:a:1") == ["a-1.jar", "compiled-1.jar", "run-1.jar"]
    assert shelf.files("g:a:1", transitive=False) == ["a-1.jar"]
    assert shelf.files("g:a:1", exclude=[("g", "run")]) == ["a-1.jar", "compiled-1.jar"]


def test_the_nearest_version_wins_and_the_first_of_equally_near_ones() -> None:
    shelf = Shelf(
        pom("g:a:1", dependency("g:far:1"), dependency("g:x:1")),
        pom("g:far:1", dependency("g:x:2"), dependency("g:y:1")),
        pom("g:b:1", dependency("g:x:3"), dependency("g:y:2")),
        *(pom(f"g:x:{version}") for version in (1, 2, 3)),
        *(pom(f"g:y:{version}") for version in (1, 2)),
    )
    assert shelf.files("g:a:1", "g:b:1") == [
        "a-1.jar",
        "b-1.jar",
        "far-1.jar",
        "x-1.jar",
        "y-2.jar",
    ]


def test_an_exclusion_holds_for_all_that_lies_behind_it() -> None:
    unwanted = "<exclusions><exclusion><groupId>g</groupId><artifactId>log</artifactId></exclusion></exclusions>"
    shelf = Shelf(
        pom("g:a:1", dependency("g:b:1", unwanted)),
        pom("g:b:1", dependency("g:c:1")),
        pom("g:c:1", dependency("g:log:1"), dependency("g:d:1")),
        pom("g:d:1"),
        pom("g:log:1"),
    )
    assert shelf.files("g:a:1") == ["a-1.jar", "b-1.jar", "c-1.jar", "d-1.jar"]


def test_versions_come_from_parents_and_imported_lists() -> None:
    parent = "<parent><groupId>g</groupId><artifactId>up</artifactId><version>7</version></parent>"
    managed = (
        "<properties><b>2</b></properties><dependencyManagement><dependencies>"
        + dependency("g:b:${b}")
        + dependency("g:list:1", "<type>pom</type><scope>import</scope>")
        + "</dependencies></dependencyManagement>"
    )
    listed = (
        "<dependencyManagement><dependencies>"
        + dependency("g:b:9")
        + dependency("g:c:${project.version}")
        + "</dependencies></dependencyManagement>"
    )
    child = (
        f"<project>{parent}<artifactId>a</artifactId><dependencies>"
        + dependency("g:b:")
        + dependency("g:c:")
        + dependency("${project.groupId}:d:${project.parent.version}")
        + "</dependencies></project>"
    )
    shelf = Shelf(
        child,
        pom("g:up:7", more=managed),
        pom("g:list:1", more=listed),
        pom("g:b:2"),
        pom("g:c:1"),
        pom("g:d:7"),
    )
    assert shelf.files("g:a:7") == ["a-7.jar", "b-2.jar", "c-1.jar", "d-7.jar"]


def test_a_project_that_moved_is_taken_from_its_new_place() -> None:
    moved = "<distributionManagement><relocation><groupId>new</groupId></relocation></distributionManagement>"
    shelf = Shelf(pom("old:a:1", more=moved), pom("new:a:1"))
    jars = closure(
        [Dependency(group="old", artifact="a", version="1")], shelf.poms.get, shelf.versions
    )
    assert [jar.path for jar in jars] == ["new/a/1/a-1.jar"]


def test_the_newest_version_in_a_range_is_taken() -> None:
    shelf = Shelf(*(pom(f"g:a:{version}") for version in ("1.2", "1.10", "2.0", "1.11-SNAPSHOT")))
    assert shelf.files("g:a:[1,2)") == ["a-1.10.jar"]
    with pytest.raises(ResolutionError, match=r"g:a has no version in \[3,4\)"):
        shelf.files("g:a:[3,4)")


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(ResolutionError, match="there is no g:a:1"):
        Shelf().files("g:a:1")


def test_a_name_that_leaves_its_directory_is_refused() -> None:
    shelf = Shelf(pom("g:a:1", dependency("g:..:1")))
    with pytest.raises(ResolutionError, match="is not a valid name of an artifact"):
        shelf.files("g:a:1")


def test_two_projects_that_need_each_other_come_to_an_end() -> None:
    shelf = Shelf(pom("g:a:1", dependency("g:b:1")), pom("g:b:1", dependency("g:a:2")))
    assert shelf.files("g:a:1") == ["a-1.jar", "b-1.jar"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<project>", "not XML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><project/>', "declares a document type"),
        ("<html/>", "<html>, not <project>"),
    ],
)
def test_a_document_that_is_no_pom_is_refused(text: str, why: str) -> None:
    with pytest.raises(PomError, match=why):
        parse(text)


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("g.h:a:1", ("jar", "")),
        ("g:a:war:1", ("war", "")),
        ("g:a:jar:sources:1", ("jar", "sources")),
    ],
)
def test_coordinates_name_a_file(text: str, file: tuple[str, str]) -> None:
    found = coordinates(text)
    assert found is not None
    assert (found.extension, found.classifier) == file


@pytest.mark.parametrize("text", ["a:1", "g:a", "g:a:b:c:d:1", "g:../a:1", "g:a:", "g:a:1/2", "::"])
def test_what_is_no_coordinates_is_told_from_them(text: str) -> None:
    assert coordinates(text) is None


def test_versions_stand_in_mavens_order() -> None:
    ascending = [
        "1-alpha-1",
        "1-beta-2",
        "1-m3",
        "1-rc1",
        "1.0-rc2",
        "1-SNAPSHOT",
        "1",
        "1-sp",
        "1-jre",
        "1.0-2",
        "1.0.1",
        "1.2",
        "1.10",
        "2",
    ]
    assert sorted(set(ascending), key=order) == ascending
    assert order("1") == order("1.0.0") == order("1-GA") == order("1.final")


@pytest.mark.parametrize("odd", ["1\u00b2", "1" + "-" * 3000])
def test_what_is_no_version_is_refused(odd: str) -> None:
    with pytest.raises(ValueError, match="is not a version"):
        order(odd)
    assert coordinates(f"g:a:[{odd},2)") is None
    wanted = coordinates("g:a:[1,2)")
    assert wanted is not None
    with pytest.raises(ResolutionError, match="has no version in"):
        fitting(wanted, lambda _group, _artifact: [odd])


@pytest.mark.parametrize(
    ("version", "ranges", "inside"),
    [
        ("1.0", "[1.0]", True),
        ("1.0", "(1.0,2.0)", False),
        ("1.5", "(1.0,2.0)", True),
        ("2.0", "[1.0,2.0]", True),
        ("3.0", "(,1.0],[2.5,)", True),
        ("2.0", "(,1.0],[2.5,)", False),
    ],
)
def test_ranges_have_bounds(version: str, ranges: str, inside: bool) -> None:  # noqa: FBT001
    assert within(version, ranges) is inside


VERSIONS = st.lists(
    st.one_of(st.integers(0, 20).map(str), st.sampled_from(["alpha", "rc", "sp", "jre"])),
    min_size=1,
).map(".".join)


@given(VERSIONS, VERSIONS)
def test_of_two_versions_one_is_in_the_range_that_begins_at_the_other(one: str, other: str) -> None:
    assert within(one, f"[{other},)") or within(other, f"[{one},)")
