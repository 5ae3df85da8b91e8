"""Registries that do not say that they have no list of referrers, and lists that are odd."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builder.errors import BuilderError
from builder.fetch.session import session
from builder.oci.model import INDEX, MANIFEST
from builder.tools.referrers import Listing, listed
from builder.tools.registry import Registry, address
from tests.integration.odd_registry import Answer, odd_registry
from tests.integration.test_push import settings

pytestmark = pytest.mark.registries
DIGEST = f"sha256:{1:064x}"
ENTRY = {
    "mediaType": MANIFEST,
    "digest": f"sha256:{2:064x}",
    "size": 5,
    "artifactType": "application/json",
    "annotations": {"a": "b"},
}


def found(tmp_path: Path, api: Answer, tag: Answer) -> Listing:
    def script(_method: str, path: str, _key: str) -> Answer:
        if "/referrers/" in path:
            return api
        return tag if "/manifests/" in path else Answer(status=200)

    with odd_registry(script) as server:
        client = Registry(address(server.address), session(settings(tmp_path)), plain_http=True)
        return listed(client, "team/image", DIGEST)


def index(*entries: object) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()


@pytest.mark.parametrize(
    "api",
    [
        Answer(status=404),
        Answer(status=400),
        Answer(status=405),
        Answer(status=406),
        Answer(status=200, body=b"<html>a page</html>"),
        Answer(status=200, body=b"[]"),
        Answer(status=200, body=b'{"manifests": 5}'),
        Answer(status=200, body=json.dumps({"mediaType": MANIFEST}).encode()),
    ],
)
def test_what_is_no_list_means_that_there_is_no_api(tmp_path: Path, api: Answer) -> None:
    there = found(tmp_path, api, Answer(status=200, body=index(ENTRY)))
    assert not there.has_api
    assert [one.digest for one in there.referrers] == [ENTRY["digest"]]


def test_a_list_of_the_api_is_taken(tmp_path: Path) -> None:
    there = found(tmp_path, Answer(status=200, body=index(ENTRY)), Answer(status=500))
    assert there.has_api
    assert [one.annotations for one in there.referrers] == [{"a": "b"}]


def test_go_writes_an_empty_list_as_null(tmp_path: Path) -> None:
    body = json.dumps({"mediaType": INDEX, "manifests": None}).encode()
    there = found(tmp_path, Answer(status=200, body=body), Answer(status=500))
    assert (there.has_api, there.referrers) == (True, ())


@pytest.mark.parametrize(
    "odd",
    [
        7,
        {"mediaType": INDEX, "digest": ENTRY["digest"]},
        {**ENTRY, "digest": "../x"},
        {**ENTRY, "digest": None},
        {**ENTRY, "artifactType": 5},
    ],
)
def test_odd_entries_are_passed_over(tmp_path: Path, odd: object) -> None:
    there = found(tmp_path, Answer(status=200, body=index(odd, ENTRY)), Answer(status=404))
    assert [one.digest for one in there.referrers] == [ENTRY["digest"]]


def test_nobody_may_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(BuilderError, match=r"refuses to read the manifest team/image:sha256-0+1"):
        found(tmp_path, Answer(status=403), Answer(status=403))
