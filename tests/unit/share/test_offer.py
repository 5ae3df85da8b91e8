"""What a registry says of a cell's key, as distrusted input."""

from __future__ import annotations

import json

import pytest

from builder.cells import records
from builder.errors import IntegrityError
from builder.oci.model import INDEX, MANIFEST, Descriptor
from builder.share import offer


def build(number: int, owner: str = "lab-1", below: str = "{}") -> Descriptor:
    stored = {records.BELOW: below, records.CHECKED: below, "other": "word"}
    manifest = Descriptor(MANIFEST, f"sha256:{number:064x}", 10 + number, stored)
    return offer.offer(manifest, owner)


def test_what_is_written_is_read_again() -> None:
    builds = [build(1), build(2, "fork-2", '{"bottom@trixie": "0123456789abcdef"}')]
    again = offer.read(offer.write(builds), "there")
    assert again == builds
    assert [one.annotations for one in again] == [one.annotations for one in builds]
    assert set(again[0].annotations) == {records.BELOW, records.CHECKED, offer.OWNER}


def test_a_build_comes_first_and_is_there_once() -> None:
    one, other = build(1), build(2)
    assert offer.merged(one, []) == [one]
    assert offer.merged(other, [one]) == [other, one]
    assert offer.merged(one, [other, one]) == [], "nothing changes"
    moved = build(1, below='{"bottom@trixie": "0123456789abcdef"}')
    assert [one.annotations for one in offer.merged(moved, [other, one])] == [
        moved.annotations,
        other.annotations,
    ]


def test_only_so_many_builds_are_kept_and_read() -> None:
    many = [build(number) for number in range(20)]
    assert offer.read(offer.write(many), "there") == many[: offer.BUILDS]


def index(**changes: object) -> bytes:
    document = json.loads(offer.write([build(1)]))
    return json.dumps({**document, **changes}).encode()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is not an index of builds: it is not JSON"),
        (b"[]", "is not an index of builds"),
        (b'{"manifests": []}', "is not an index of builds"),
        (index(artifactType="other"), "is not an index of builds"),
        (index(config={}), "is not an index of builds"),
        (index(layers=[]), "is not an index of builds"),
        (index(manifests={}), "is not a list of manifests"),
        (index(manifests=["one"]), "is not a descriptor"),
        (
            index(manifests=[{"mediaType": INDEX, "digest": f"sha256:{0:064x}", "size": 1}]),
            "which is not a manifest",
        ),
        (
            index(manifests=[{"mediaType": MANIFEST, "digest": "sha256:../../etc", "size": 1}]),
            "is not a digest",
        ),
        (
            index(manifests=[{"mediaType": MANIFEST, "digest": f"sha256:{0:064x}", "size": -1}]),
            "size",
        ),
        (b"[" * 1000 + b"]" * 1000, "is not an index of builds"),
        (b" " * (offer.MOST + 1), "has more than"),
    ],
)
def test_what_is_no_index_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(IntegrityError, match=why):
        offer.read(data, "there")
