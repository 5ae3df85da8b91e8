"""What is attached to something in a registry: with the API for it, and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builder.digest import sha256
from builder.errors import IntegrityError
from builder.oci.model import INDEX, MANIFEST, Descriptor
from builder.tools import contents
from builder.tools.referrers import EMPTY, Artifact, attach, blob, fallback, listed
from builder.tools.registry import Registry
from tests.integration.registry_server import Server, registry
from tests.integration.test_push import target

pytestmark = pytest.mark.registries
NOTE = Artifact(kind="application/vnd.example.note+json", data=b'{"note": 1}')
OTHER = replace(NOTE, data=b'{"note": 2}', annotations={"org.example.about": "two"})


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


@pytest.fixture
def there(hub: Server, tmp_path: Path) -> Registry:
    return target(hub, tmp_path).registry


def subject(there: Registry, repository: str) -> Descriptor:
    """Put something into a repository that others can be about."""
    there.upload(repository, f"sha256:{sha256(EMPTY)}", EMPTY)
    manifest = replace(NOTE, data=EMPTY).manifest(Descriptor(MANIFEST, f"sha256:{1:064x}", 5))
    digest = f"sha256:{sha256(manifest)}"
    there.put_manifest(repository, digest, manifest, MANIFEST)
    return Descriptor(MANIFEST, digest, len(manifest))


def test_what_is_attached_is_listed_and_read(there: Registry) -> None:
    about = subject(there, "read/it")
    nothing = listed(there, "read/it", about.digest)
    assert nothing.referrers == ()
    assert attach(there, "read/it", about, [NOTE, OTHER], nothing) == 2
    first, second = listed(there, "read/it", about.digest).referrers
    assert (first.kind, first.annotations) == (NOTE.kind, {})
    assert second.annotations == OTHER.annotations
    assert [blob(there, "read/it", one) for one in (first, second)] == [NOTE.data, OTHER.data]


def test_the_list_is_the_one_of_the_specification(there: Registry) -> None:
    """OCI distribution-spec 1.1, "Referrers Tag Schema": Debian's registry has no API."""
    about = subject(there, "the/list")
    there_now = listed(there, "the/list", about.digest)
    assert not there_now.has_api
    attach(there, "the/list", about, [OTHER], there_now)
    data = contents.manifest(there, "the/list", about.digest.replace("sha256:", "sha256-"))
    index = json.loads(data or b"")
    (entry,) = index.pop("manifests")
    assert index == {"schemaVersion": 2, "mediaType": INDEX}
    assert entry == {
        "mediaType": MANIFEST,
        "digest": f"sha256:{sha256(OTHER.manifest(about))}",
        "size": len(OTHER.manifest(about)),
        "artifactType": OTHER.kind,
        "annotations": OTHER.annotations,
    }
    manifest = json.loads(contents.manifest(there, "the/list", entry["digest"]) or b"")
    assert manifest["subject"] == {
        "mediaType": MANIFEST,
        "digest": about.digest,
        "size": about.size,
    }
    assert manifest["config"]["mediaType"] == "application/vnd.oci.empty.v1+json"


def test_what_others_attached_stays_and_nothing_is_attached_twice(there: Registry) -> None:
    about = subject(there, "others/too")
    attach(there, "others/too", about, [NOTE], listed(there, "others/too", about.digest))
    now = listed(there, "others/too", about.digest)
    assert attach(there, "others/too", about, [NOTE, OTHER], now) == 1
    assert len(listed(there, "others/too", about.digest).referrers) == 2
    now = listed(there, "others/too", about.digest)
    assert attach(there, "others/too", about, [NOTE, OTHER], now) == 0


def test_a_list_without_annotations_is_completed_from_the_manifests(there: Registry) -> None:
    about = subject(there, "bare/list")
    attach(there, "bare/list", about, [OTHER], listed(there, "bare/list", about.digest))
    manifest = OTHER.manifest(about)
    entry = {"mediaType": MANIFEST, "digest": f"sha256:{sha256(manifest)}", "size": len(manifest)}
    _put(there, "bare/list", about.digest, {"mediaType": INDEX, "manifests": [entry]})
    (found,) = listed(there, "bare/list", about.digest).referrers
    assert (found.kind, found.annotations) == (OTHER.kind, OTHER.annotations)


def test_what_is_no_list_is_refused(there: Registry) -> None:
    about = subject(there, "no/list")
    data = contents.manifest(there, "no/list", about.digest) or b""
    there.put_manifest("no/list", fallback(about.digest), data, MANIFEST)
    with pytest.raises(IntegrityError, match=r"no/list:sha256-[0-9a-f]{64} is no list"):
        listed(there, "no/list", about.digest)


def _put(there: Registry, repository: str, digest: str, index: dict[str, object]) -> None:
    data = json.dumps({"schemaVersion": 2, **index}).encode()
    there.put_manifest(repository, fallback(digest), data, INDEX)
