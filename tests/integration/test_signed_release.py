"""A release is made public only if each part of it is signed by a key that the catalog names; what
is attached survives a kill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from builder.attest import bundle, statement
from builder.attest.keys import read
from builder.digest import sha256
from builder.errors import IntegrityError
from builder.oci.model import MANIFEST, Descriptor
from builder.release import shelf
from builder.release.attached import KIND, STATEMENT, Document, Signer, Subject, attach_all
from builder.release.attached import SIGNER as SIGNED_BY
from builder.release.shelf import Place, Released
from builder.release.trust import Policy, check
from builder.tools import contents
from builder.tools.referrers import Artifact, attach, listed
from builder.tools.registry import address
from tests.integration.conftest import Place as Directory
from tests.integration.mortal import killed_at
from tests.integration.registry_server import Server, registry
from tests.integration.test_push import lock, target
from tests.integration.test_release import NAMES, public, staged
from tests.unit.attest.made import ByLibrary, Key

pytestmark = pytest.mark.registries
OURS, THEIRS = Key(), Key()
COSIGN = ByLibrary(own=OURS)
PUBLIC = read(OURS.public, "keys/release.pub")
SIGNER = Signer(cosign=COSIGN, key="release.key", public=PUBLIC)
POLICY = Policy(cosign=COSIGN, keys=(PUBLIC,))
FIRST = f"{NAMES[0]}:py3.13"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


@pytest.fixture
def there(hub: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    """A path of its own in the registry."""
    to = target(hub, tmp_path)
    mine = replace(to.address, path=f"team/{request.node.name.partition('[')[0].replace('_', '-')}")
    return Place(registry=to.registry, address=mine, jobs=4)


def subjects(there: Place, released: Released) -> list[Subject]:
    """All parts of a release; images have a document."""
    release = released.release
    found = [
        Subject(
            name=name,
            repository=there.image(name)[0],
            digest=digest,
            documents=lambda digest=digest: [note(digest)],  # type: ignore[misc]
        )
        for name, digest in release.images.items()
    ]
    found += [
        Subject(name=name, repository=there.chart(name), digest=chart.digest)
        for name, chart in release.charts.items()
    ]
    return [*found, Subject(name="it", repository=there.releases, digest=released.digest)]


def note(digest: str) -> Document:
    said = statement.write(digest, "https://example.org/note", {"note": 1})
    return Document(kind=statement.MEDIA_TYPE, data=said, statement=said)


def say(
    there: Place,
    repository: str,
    digest: str,
    data: bytes,
    marks: Mapping[str, str] | None = None,
) -> None:
    """Attach a bundle as anybody may who can write."""
    size = len(contents.manifest(there.registry, repository, digest) or b"")
    about = Descriptor(MANIFEST, digest, size)
    made = Artifact(
        kind=bundle.MEDIA_TYPE, data=data, annotations={KIND: statement.SIGNED, **(marks or {})}
    )
    attach(there.registry, repository, about, [made], listed(there.registry, repository, digest))


def test_a_release_is_trusted_once_all_of_it_is_signed(there: Place, tmp_path: Path) -> None:
    released = staged(there, tmp_path, 1)
    with pytest.raises(IntegrityError) as refused:
        check(there, released, POLICY)
    assert f"{released.release.tag} is not signed by whom catalog.yaml names" in str(refused.value)
    assert "(signed_by: keys/release.pub)" in str(refused.value)
    assert "the release itself: nobody signed it" in str(refused.value)
    assert "and 10 more" in str(refused.value)
    assert "CATALOG_SIGN_KEY" in refused.value.hint

    parts = subjects(there, released)
    # An image has its document, the same signed, and a signature; all else a signature alone.
    assert attach_all(there, parts, SIGNER) == 3 * len(NAMES) + len(NAMES) + 1
    check(there, released, POLICY)
    assert attach_all(there, parts, SIGNER) == 0


@pytest.mark.parametrize("part", ["image", "chart", "release"])
def test_one_part_that_is_not_signed_is_named(there: Place, tmp_path: Path, part: str) -> None:
    there = replace(there, address=replace(there.address, path=f"{there.address.path}-{part}"))
    released = staged(there, tmp_path, 1)
    left_out, named = {
        "image": (there.image(FIRST)[0], FIRST),
        "chart": (there.chart(NAMES[0]), f"chart {NAMES[0]}"),
        "release": (there.releases, "the release itself"),
    }[part]
    signed = [one for one in subjects(there, released) if one.repository != left_out]
    attach_all(there, signed, SIGNER)
    with pytest.raises(IntegrityError, match=f"\n  {named}: nobody signed it$"):
        check(there, released, POLICY)


def signed_but(there: Place, tmp_path: Path) -> tuple[Released, str, str]:
    """A release of which all is signed but one image; its repository and digest."""
    released = staged(there, tmp_path, 1)
    repository, digest = there.image(FIRST)[0], released.release.images[FIRST]
    rest = [one for one in subjects(there, released) if one.repository != repository]
    attach_all(there, rest, SIGNER)
    return released, repository, digest


def test_a_signature_of_an_unknown_key_is_refused(there: Place, tmp_path: Path) -> None:
    released, repository, digest = signed_but(there, tmp_path)
    say(there, repository, digest, THEIRS.bundle(statement.signed(digest)))
    with pytest.raises(IntegrityError) as refused:
        check(there, released, POLICY)
    assert f"{FIRST}: it is signed by a key that is not named (its SHA-256: {THEIRS.hint})" in str(
        refused.value
    )
    assert "signed_by: {keys: […]}" in refused.value.hint


def test_a_signature_that_does_not_verify_is_refused(there: Place, tmp_path: Path) -> None:
    released, repository, digest = signed_but(there, tmp_path)
    say(there, repository, digest, THEIRS.bundle(statement.signed(digest), hint=OURS.hint))
    with pytest.raises(IntegrityError, match=r"the signature by keys/release\.pub does not verify"):
        check(there, released, POLICY)


def test_a_signature_of_something_else_is_refused(there: Place, tmp_path: Path) -> None:
    released, repository, digest = signed_but(there, tmp_path)
    say(there, repository, digest, OURS.bundle(statement.signed(released.digest)))
    with pytest.raises(IntegrityError, match="what is signed is something else"):
        check(there, released, POLICY)


def test_what_is_said_of_an_image_is_no_signature_of_it(there: Place, tmp_path: Path) -> None:
    released, repository, digest = signed_but(there, tmp_path)
    say(there, repository, digest, OURS.bundle(note(digest).statement))
    with pytest.raises(IntegrityError, match="what is signed is something else"):
        check(there, released, POLICY)


def test_what_an_identity_signed_is_refused_where_none_is_named(
    there: Place, tmp_path: Path
) -> None:
    released, repository, digest = signed_but(there, tmp_path)
    say(there, repository, digest, THEIRS.bundle(statement.signed(digest), hint=""))
    with pytest.raises(IntegrityError, match="it is signed as an identity, and none is named"):
        check(there, released, POLICY)


def test_bad_signatures_beside_a_good_one_do_no_harm(there: Place, tmp_path: Path) -> None:
    released = staged(there, tmp_path, 1)
    repository, digest = there.image(FIRST)[0], released.release.images[FIRST]
    say(there, repository, digest, b"{}")
    say(there, repository, digest, THEIRS.bundle(statement.signed(digest)))
    attach_all(there, subjects(there, released), SIGNER)
    check(there, released, POLICY)


def test_a_signature_that_somebody_spoiled_is_made_again(there: Place, tmp_path: Path) -> None:
    """Annotations say that it is ours, and it is not."""
    released, repository, digest = signed_but(there, tmp_path)
    parts = [one for one in subjects(there, released) if one.repository == repository]
    bare = statement.signed(digest)
    marks = {STATEMENT: f"sha256:{sha256(bare)}", SIGNED_BY: OURS.hint}
    say(there, repository, digest, THEIRS.bundle(bare, hint=OURS.hint), marks)
    with pytest.raises(IntegrityError):
        check(there, released, POLICY)
    assert attach_all(there, parts, SIGNER) == 3, "the document, signed, and a signature"
    check(there, released, POLICY)


def test_publishing_that_is_killed_at_any_request_is_completed_by_the_next(
    there: Place, tmp_path: Path
) -> None:
    whole = staged(there, tmp_path, 1).release
    images = {name: whole.images[name] for name in (FIRST, f"{NAMES[1]}:py3.13")}
    charts = {NAMES[0]: whole.charts[NAMES[0]]}
    released = shelf.put(there, replace(whole, images=images, tags={}, charts=charts))
    killed = 0

    def attach(place: Place) -> None:
        attach_all(place, subjects(place, released), SIGNER)

    while killed_at(killed + 1, replace(there, jobs=1), tmp_path, attach):
        killed += 1
        if killed % 4 == 0:
            with pytest.raises(IntegrityError):
                check(there, released, POLICY)
    assert killed > 4, "each part takes some requests"
    check(there, released, POLICY)
    assert attach_all(there, subjects(there, released), SIGNER) == 0


def test_no_tag_moves_of_what_is_not_signed(hub: Server, place: Directory, tmp_path: Path) -> None:
    lock(place)
    (place.root / "release.pub").write_bytes(OURS.public)
    with (place.root / "catalog.yaml").open("a") as file:
        file.write("signed_by: {keys: [release.pub]}\n")
    at = f"{hub.address}/team/refused"
    to = target(hub, tmp_path)
    there = Place(registry=to.registry, address=address(at), jobs=2)
    released = staged(there, tmp_path, 1)
    for command in ("promote", "rollback"):
        code, said = place.run(command, released.release.tag, "--to", at)
        assert code == 1
        assert "nobody signed it" in said
    assert set(public(there).values()) == {""}
    assert shelf.get(there, shelf.BEGUN) is None

    attach_all(there, subjects(there, released), SIGNER)
    place.done("promote", released.release.tag, "--to", at)
    assert public(there) == released.release.images
    assert released.release.tag in place.done("releases", "--to", at)


def test_a_signature_that_does_not_verify_is_never_sent(there: Place, tmp_path: Path) -> None:
    """cosign signs by some keys as this program does not check it."""
    released = staged(there, tmp_path, 1)
    by = replace(SIGNER, cosign=ByLibrary(own=THEIRS))
    with pytest.raises(IntegrityError, match="cosign signed something else"):
        attach_all(there, subjects(there, released)[:1], by)
