"""How far Debian packages move within a bound, each in the archive that it is from."""

from __future__ import annotations

from builder.lock.bound import Reach, Stayed
from builder.lock.deb import Index
from builder.lock.model import Artifact
from builder.resolve.debian_bound import bounds
from tests.unit.resolve.test_bound import task

REPOSITORY = "pgdg"


def deb(name: str, version: str, origin: str = "debian") -> Artifact:
    return Artifact(f"deb:{name}={version}:{origin}", "deb", name, version, origin, "file", "", 0)


def index(**archives: list[str]) -> Index:
    """Return what archives have: packages with their versions."""
    made = Index()
    for origin, packages in archives.items():
        for package in packages:
            name, _, version = package.partition(" ")
            text = f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n"
            made.add(text, origin.replace("_", "-"))
    return made


def test_each_archive_has_bounds_of_its_own() -> None:
    of_debian, theirs = deb("libpq", "15.1"), deb("libpq", "17.1", REPOSITORY)
    one, stayed = task(of_debian, theirs, within=Reach.MINOR)
    there = index(debian=["libpq 15.3"], pgdg=["libpq 17.4", "libpq 18.0", "libpq 15.9"])
    bound = bounds(one, there, "amd64", [of_debian, theirs], [REPOSITORY])
    assert bound.pins() == {}, "the newest one fits"
    assert bound.pins(REPOSITORY) == {"libpq": "17.4"}
    assert bound.staying == []
    assert stayed == [Stayed("deb", "libpq", "17.1", "18.0")]


def test_what_an_archive_no_longer_has_within_the_bound_stays() -> None:
    of_debian, theirs = deb("jq", "1.7"), deb("server", "17.1", REPOSITORY)
    one, stayed = task(of_debian, theirs, within=Reach.MINOR)
    there = index(debian_security=["jq 2.0", "server 17.2"], pgdg=["server 18.0"])
    bound = bounds(one, there, "amd64", [of_debian, theirs], [REPOSITORY])
    assert bound.pinned == {}
    assert list(bound.staying) == [of_debian, theirs]
    assert stayed == [
        Stayed("deb", "jq", "1.7", "2.0", security=True),
        Stayed("deb", "server", "17.1", "18.0"),
    ]


def test_nothing_is_said_of_a_repository_that_was_not_read() -> None:
    theirs = deb("server", "17.1", REPOSITORY)
    one, stayed = task(theirs, within=Reach.MINOR)
    bound = bounds(one, index(debian=["server 18"]), "amd64", [theirs], [])
    assert (bound.pinned, list(bound.staying), stayed) == ({}, [], [])
