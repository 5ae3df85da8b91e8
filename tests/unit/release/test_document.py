"""The document of a release: the same for the same release, and refused where it is odd."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from builder.errors import IntegrityError
from builder.release.document import Release, ReleasedChart, ReleasedSource, read, write

DIGEST = f"sha256:{5:064x}"
RELEASE = Release(
    catalog="lab",
    moment=datetime(2026, 11, 23, 1, 0, 0, tzinfo=UTC),
    lock=DIGEST,
    images={"jupyter-python:py3.13": DIGEST, "base:trixie": DIGEST},
    tags={"base:latest": "base:trixie", "base:trixie": "base:trixie"},
    charts={"jupyter-python": ReleasedChart(version="1.2.0+3", digest=DIGEST)},
    waiting={"rstudio:r4.5": "it is not built"},
)
SOURCE = ReleasedSource(digest=f"sha256:{6:064x}", directory="examples/ministry")
GOOD = json.loads(write(RELEASE))


def test_it_is_read_as_it_was_written() -> None:
    assert read(write(RELEASE), "x") == RELEASE
    for source in (SOURCE, replace(SOURCE, directory="")):
        release = replace(RELEASE, source=source)
        assert read(write(release), "x") == release
        assert release.tag != RELEASE.tag


def test_a_release_has_a_tag_of_its_day_and_its_content() -> None:
    day, _, content = RELEASE.tag.partition("-")
    assert day == "2026.11.23"
    assert len(content) == 12
    assert RELEASE.charts["jupyter-python"].tag == "1.2.0_3"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("format", 2, "its format is '2', and 1 is known"),
        ("catalog", "../x", "'../x' is not what is due there"),
        ("catalog", None, "'None' is not what is due there"),
        ("moment", "yesterday", "Invalid isoformat string"),
        ("moment", "2026-11-23T01:00:00", "has no time zone"),
        ("moment", 5, "argument must be str"),
        ("lock", "sha256:5", "'sha256:5' is not what is due there"),
        ("images", [], "'[]' is not an object"),
        ("images", {"a": DIGEST}, "'a' is not what is due there"),
        ("images", {"../a:b": DIGEST}, "'../a:b' is not what is due there"),
        ("images", {"a:b": "latest"}, "'latest' is not what is due there"),
        ("images", {"a:b": f"{DIGEST}\n"}, "is not what is due there"),
        ("tags", {"base:x": "base:sid"}, "'base:sid' is not an image of the release"),
        ("tags", {"../x:x": "base:trixie"}, "'../x:x' is not what is due there"),
        ("charts", {"a": {"version": "1.0.0"}}, "it lacks 'digest'"),
        ("charts", {"a": {"version": "../1", "digest": DIGEST}}, "'../1' is not what is due there"),
        ("charts", {"a": []}, "list indices"),
        ("waiting", {"a:b": 5}, "'5' is not a text"),
        ("source", [], "list indices"),
        ("source", {}, "it lacks 'digest'"),
        ("source", {"digest": "latest"}, "'latest' is not what is due there"),
        ("source", {"digest": DIGEST, "directory": "../x"}, "'../x' is not what is due there"),
        ("source", {"digest": DIGEST, "directory": None}, "'None' is not what is due there"),
    ],
)
def test_an_odd_one_is_refused_with_the_reason(key: str, value: object, said: str) -> None:
    document = json.dumps({**GOOD, key: value}).encode()
    with pytest.raises(IntegrityError) as caught:
        read(document, "registry.example.org/lab/releases:x")
    message = str(caught.value)
    assert message.startswith(
        "registry.example.org/lab/releases:x is not the document of a release"
    )
    assert said in message


@pytest.mark.parametrize("data", [b"", b"[]", b"5", b"\xff", b"[" * 100_000])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="is not the document of a release"):
        read(data, "x")


@pytest.mark.parametrize("key", GOOD)
def test_a_key_that_is_lacking_is_named(key: str) -> None:
    document = {name: value for name, value in GOOD.items() if name != key}
    with pytest.raises(IntegrityError, match=f"it lacks '{key}'"):
        read(json.dumps(document).encode(), "x")
