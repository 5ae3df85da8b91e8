"""Old releases leave a real registry, and nothing goes that something else needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from builder.errors import BuilderError
from builder.events import silent
from builder.oci.model import MANIFEST
from builder.release import shelf, stage
from builder.release.attached import attach_all
from builder.release.promote import prepare, promote
from builder.release.retention import Retirement, remove, retire
from builder.release.shelf import Place, Released
from builder.release.trust import check
from builder.tools import contents
from builder.tools.referrers import listed
from tests.integration.registry_server import Server, registry
from tests.integration.test_push import target
from tests.integration.test_release import MONDAY, NAMES, chart, staged
from tests.integration.test_signed_release import POLICY, SIGNER, subjects

pytestmark = pytest.mark.registries
FIRST = f"{NAMES[0]}:py3.13"


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "registry"
    folder.mkdir()
    with registry(folder) as hub:
        to = target(hub, tmp_path)
        yield Place(registry=to.registry, address=to.address, jobs=4)


@pytest.fixture
def weeks(there: Place, tmp_path: Path) -> list[Released]:
    """Five releases, of which the last is public, and the fourth was before; no charts."""
    made = [staged(there, tmp_path, week, charts={}) for week in range(1, 6)]
    for released in made[3:]:
        promote(there, prepare(there, released), silent)
    return made


def is_there(there: Place, name: str, digest: str) -> bool:
    return bool(there.registry.manifest(there.image(name)[0], digest))


def digests(retirement: Retirement) -> set[str]:
    return {removal.digest for removal in retirement.images}


def test_old_releases_go_with_their_images(there: Place, weeks: list[Released]) -> None:
    made = retire(there, keep=2)
    assert [one.tags[0] for one in made.releases] == [one.release.tag for one in weeks[2::-1]]
    assert made.kept == {}
    remove(there, made, silent)
    assert list(shelf.all_of(there)) == [weeks[4].release.tag, weeks[3].release.tag]
    for number, released in enumerate(weeks):
        for name, digest in released.release.images.items():
            assert is_there(there, name, digest) == (number > 2)
    assert retire(there, keep=2) == Retirement(charts=(), images=(), releases=(), kept={})


def test_nothing_goes_before_it_is_asked(there: Place, weeks: list[Released]) -> None:
    before = {
        name: contents.tags(there.registry, there.image(name)[0])
        for name in weeks[0].release.images
    }
    retire(there, keep=1)
    assert len(shelf.all_of(there)) == 5
    for name, tags in before.items():
        assert contents.tags(there.registry, there.image(name)[0]) == tags


def test_what_is_public_and_what_was_before_stay_whatever_their_number(
    there: Place, weeks: list[Released]
) -> None:
    promote(there, prepare(there, weeks[0], back=True), silent)
    made = retire(there, keep=1)
    stay = {weeks[0].digest, weeks[4].digest}
    assert {one.digest for one in made.releases} == {one.digest for one in weeks} - stay


@pytest.mark.usefixtures("weeks")
def test_days_are_counted_too(there: Place) -> None:
    since = MONDAY + timedelta(weeks=2, days=1)
    assert len(retire(there, keep=1, since=since).releases) == 2


def test_an_image_that_did_not_change_stays_with_the_releases_that_have_it(
    there: Place, weeks: list[Released]
) -> None:
    old, new = weeks[0].release, weeks[4].release
    shared = replace(new, images={**new.images, FIRST: old.images[FIRST]})
    promote(there, prepare(there, shelf.put(there, shared)), silent)
    made = retire(there, keep=1)
    assert old.images[FIRST] not in digests(made)
    (why,) = [why for name, why in made.kept.items() if name.endswith(old.images[FIRST])]
    assert why == f"the release {shared.tag} has it"


def test_an_image_stays_that_a_person_gave_a_tag(there: Place, weeks: list[Released]) -> None:
    digest = weeks[0].release.images[FIRST]
    repository, _ = there.image(FIRST)
    data = contents.manifest(there.registry, repository, digest)
    assert data
    there.registry.put_manifest(repository, "course-2026", data, MANIFEST)
    made = retire(there, keep=1)
    assert digest not in digests(made)
    assert made.kept == {f"{repository}@{digest}": "it has the tag course-2026"}


def test_an_image_stays_that_a_chart_pins(there: Place, weeks: list[Released]) -> None:
    old = weeks[0].release
    pinning = stage.chart(there, chart("lab", "1.0.0", f" {old.images[FIRST]}"))
    with_chart = shelf.put(there, replace(old, charts={"lab": pinning}))
    promote(there, prepare(there, with_chart, back=True), silent)
    promote(there, prepare(there, shelf.put(there, weeks[4].release)), silent)
    promote(there, prepare(there, weeks[3], back=True), silent)
    made = retire(there, keep=1)
    assert with_chart.digest in {one.digest for one in made.releases}
    assert old.images[FIRST] not in digests(made)
    assert made.charts == ()
    (why,) = [why for name, why in made.kept.items() if name.endswith(old.images[FIRST])]
    assert why == "the chart lab 1.0.0 pins it"

    whole = retire(there, keep=1, with_charts=True)
    assert [one.tags for one in whole.charts] == [("1.0.0",)]
    assert old.images[FIRST] in digests(whole)
    remove(there, whole, silent)
    assert there.registry.manifest(there.chart("lab"), "1.0.0") == ""


def test_a_release_that_was_promoted_meanwhile_stops_it(
    there: Place, weeks: list[Released]
) -> None:
    made = retire(there, keep=1)
    promote(there, prepare(there, weeks[1], back=True), silent)
    with pytest.raises(BuilderError, match=f"{weeks[1].release.tag} is current now"):
        remove(there, made, silent)
    assert is_there(there, FIRST, weeks[1].release.images[FIRST])


def test_a_registry_that_lets_nothing_be_removed_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "registry"
    folder.mkdir()
    server = Server(
        folder=folder,
        settings={"storage": {"filesystem": {"rootdirectory": str(folder / "storage")}}},
    )
    server.start()
    try:
        to = target(server, tmp_path)
        there = Place(registry=to.registry, address=to.address, jobs=2)
        for week in (1, 2, 3):
            promote(there, prepare(there, staged(there, tmp_path, week, charts={})), silent)
        with pytest.raises(BuilderError, match="lets nothing be removed"):
            remove(there, retire(there, keep=1), silent)
    finally:
        server.kill()


def test_what_is_said_of_an_image_goes_with_it(there: Place, weeks: list[Released]) -> None:
    gone, stays = weeks[0], weeks[4]
    attach_all(there, [*subjects(there, gone), *subjects(there, stays)], SIGNER)
    repository = there.image(FIRST)[0]
    old, new = gone.release.images[FIRST], stays.release.images[FIRST]
    signed = listed(there.registry, repository, old).referrers
    assert signed
    remove(there, retire(there, keep=2), silent)
    assert not listed(there.registry, repository, old).referrers
    for one in signed:
        assert not there.registry.manifest(repository, one.digest)
    assert len(listed(there.registry, repository, new).referrers) == len(signed)
    check(there, stays, POLICY)
    assert retire(there, keep=2) == Retirement(charts=(), images=(), releases=(), kept={})
