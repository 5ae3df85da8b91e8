"""What is told of files that could not be fetched."""

from __future__ import annotations

import pytest

from builder.errors import FetchError, IntegrityError
from builder.fetch.lost import Away, Lost, Written, gone, together, wrong
from builder.fetch.transfer import GoneError
from builder.lock.model import Artifact


def artifact(kind: str, name: str, *, size: int = 0, origin: str = "archive") -> Artifact:
    return Artifact(f"{kind}:{name}=1", kind, name, "1", origin, f"{name}-1.tgz", "", size)


PINNED = Written(place="images/x/layer.yaml:3", is_pinned=True)
READ = Written(place="images/x/layer.yaml:3", is_pinned=False)


def away(asked: int, left: int, kind: str = "deb") -> Away:
    return Away(
        host="far.invalid",
        reason="no route",
        hint="set it",
        asked=[artifact(kind, f"a{number}") for number in range(asked)],
        left=[artifact(kind, f"l{number}") for number in range(left)],
    )


def test_a_host_is_told_once_with_what_was_asked_of_it() -> None:
    assert away(2, 0).message({}) == "a0 1, a1 1: far.invalid does not answer: no route"
    assert away(9, 3).message({}) == (
        "a0 1, a1 1, a2 1, a3 1, a4 1, a5 1, and 3 more: far.invalid does not answer: no route\n"
        "3 more files there were not asked for"
    )


def test_all_archives_of_a_host_are_named_at_their_places() -> None:
    places = {"archive:a0=1": PINNED, "archive:l0=1": READ}
    assert away(1, 1, "archive").message(places) == (
        "a0 1 (images/x/layer.yaml:3), l0 1 (images/x/layer.yaml:3): far.invalid does not answer:"
        " no route"
    )


def test_nothing_lost_raises_nothing() -> None:
    Lost().raise_any()


def test_all_that_is_lost_is_one_error_with_each_way_out_once() -> None:
    lost = Lost(
        away=[away(1, 0)], failures=[FetchError("b", hint="do"), FetchError("c", hint="do")]
    )
    with pytest.raises(FetchError) as caught:
        lost.raise_any()
    assert caught.value.message == "a0 1: far.invalid does not answer: no route\nb\nc"
    assert caught.value.hint == "set it; do"
    many = together([FetchError(str(number), hint=f"do {number}") for number in range(5)])
    assert many.hint == "do 0; do 1; do 2; and 2 more"


def test_something_that_is_not_what_is_locked_makes_it_an_error_of_integrity() -> None:
    assert isinstance(together([FetchError("a"), IntegrityError("b")]), IntegrityError)


@pytest.mark.parametrize(
    ("spot", "size", "advice"),
    [
        (PINNED, 0, "if the file is the right one, correct `sha256`, and run `catalog lock`; else"),
        (PINNED, 5, "if the file is the right one, correct `sha256` or `size`, and run"),
        (READ, 5, "the release was replaced, or a mirror or a proxy changes files: compare, then"),
    ],
)
def test_a_wrong_archive_is_told_with_what_to_correct(
    spot: Written, size: int, advice: str
) -> None:
    told = wrong(artifact("archive", "a", size=size), IntegrityError("a 1 is wrong"), spot)
    assert told.message == "images/x/layer.yaml:3: a 1 is wrong"
    assert told.hint.startswith(advice)


def test_a_wrong_package_is_told_as_the_transfer_says_it() -> None:
    error = IntegrityError("a 1 is wrong", hint="compare")
    assert wrong(artifact("deb", "a"), error, None) is error


def test_an_archive_that_is_gone_is_not_to_be_upgraded() -> None:
    told = gone(artifact("archive", "a"), GoneError("a 1", " (HTTP 404)"), PINNED)
    assert told.message == "images/x/layer.yaml:3: a 1 is not there (HTTP 404)"
    assert "upgrade" not in told.hint
    debian = gone(artifact("deb", "a", origin="debian"), GoneError("a 1"), None)
    assert debian.hint == (
        "set CATALOG_SNAPSHOT_DEBIAN to an archive of former states, or run `catalog lock --upgrade"
        " a`"
    )
