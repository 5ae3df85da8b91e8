"""Releases in a real registry: staged, made public, taken back; what a reader sees meanwhile, and
after a kill."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builder.charts.archive import archive
from builder.errors import BuilderError, IntegrityError
from builder.events import silent
from builder.execute.project import open_project
from builder.graph.tags import Tag
from builder.oci.model import MANIFEST
from builder.oci.store import Store
from builder.record.push import PushTarget, TagPolicy, push
from builder.release import shelf, stage
from builder.release.document import Release
from builder.release.promote import before, interrupted, prepare, promote
from builder.release.shelf import CURRENT, Place, Released
from builder.tools.referrers import EMPTY, EMPTY_TYPE
from builder.tree import File, Tree
from tests import gates
from tests.integration.conftest import Place as Directory
from tests.integration.mortal import killed_at
from tests.integration.registry_server import Server, registry
from tests.integration.test_push import image, images, layer, lock, target
from tests.unit.execute.stock import fill

pytestmark = pytest.mark.registries
MONDAY = datetime(2026, 11, 23, 1, tzinfo=UTC)
NAMES = tuple(f"image{number}" for number in range(6))


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


def chart(name: str, version: str, says: str = "") -> stage.ChartArchive:
    about = f"apiVersion: v2\nname: {name}\nversion: {version}\ndescription: A chart{says}\n"
    tree = Tree({"Chart.yaml": File(about.encode())})
    return stage.ChartArchive(name=name, version=version, data=archive(name, tree))


def staged(
    there: Place, tmp_path: Path, week: int, *, charts: Mapping[str, str] | None = None
) -> Released:
    """Stage a week's release: other images than those of the week before, and a new version of each
    chart."""
    store = Store.open(tmp_path / f"store{week}")
    for name in NAMES:
        image(store, f"{name}:py3.13", [layer(store, f"{name} of week {week}", 2000)])
    made = images(store)
    to = PushTarget(registry=there.registry, address=there.address, jobs=there.jobs)
    bare = {name: (Tag(manifest.digest),) for name, manifest in made.items()}
    push(store, made, to, silent, TagPolicy(tags=bare))
    versions = charts if charts is not None else dict.fromkeys(NAMES, f"1.{week}.0")
    release = Release(
        catalog="lab",
        moment=MONDAY + timedelta(weeks=week),
        lock=f"sha256:{week:064x}",
        images={name: manifest.digest for name, manifest in made.items()},
        tags={name: name for name in made} | {f"{name}:latest": f"{name}:py3.13" for name in NAMES},
        charts={
            name: stage.chart(there, chart(name, version)) for name, version in versions.items()
        },
    )
    return shelf.put(there, release)


def moving(aim: Released) -> Callable[[Place], None]:
    """Return what promotes a release."""
    return lambda place: promote(place, prepare(place, aim, back=True), silent)


def public(there: Place) -> dict[str, str]:
    """What the public tags of all images name."""
    found = {}
    for name in NAMES:
        repository, tag = there.image(f"{name}:py3.13")
        found[f"{name}:py3.13"] = there.registry.manifest(repository, tag)
        assert there.registry.manifest(repository, "latest") == found[f"{name}:py3.13"]
    return found


def test_nothing_is_public_before_it_is_promoted(there: Place, tmp_path: Path) -> None:
    released = staged(there, tmp_path, 1)
    assert set(public(there).values()) == {""}
    assert there.registry.manifest(there.chart(NAMES[0]), "1.1.0") == ""
    assert shelf.get(there, CURRENT) is None

    promote(there, prepare(there, released), silent)
    assert public(there) == released.release.images
    for name, one in released.release.charts.items():
        assert there.registry.manifest(there.chart(name), one.tag) == one.digest
    assert shelf.get(there, CURRENT) == released


def test_the_same_is_staged_under_the_same_digest_and_promoted_once(
    there: Place, tmp_path: Path
) -> None:
    released = staged(there, tmp_path, 1)
    promote(there, prepare(there, released), silent)
    assert staged(there, tmp_path, 1) == released
    again = prepare(there, released)
    assert again.is_done
    assert (again.images, again.charts) == ((), ())


def test_a_release_is_taken_back_and_versions_of_charts_stay(there: Place, tmp_path: Path) -> None:
    first, second = staged(there, tmp_path, 1), staged(there, tmp_path, 2)
    promote(there, prepare(there, first), silent)
    promote(there, prepare(there, second), silent)
    former = shelf.named(there, shelf.FORMER)
    assert former == first

    with pytest.raises(BuilderError, match="tags would move backwards"):
        prepare(there, first)
    promote(there, prepare(there, first, back=True), silent)
    assert public(there) == first.release.images
    assert shelf.get(there, CURRENT) == first
    assert there.registry.manifest(there.chart(NAMES[0]), "1.2.0"), "somebody may have installed it"


def test_a_version_of_a_chart_never_gets_other_bytes(there: Place, tmp_path: Path) -> None:
    promote(there, prepare(there, staged(there, tmp_path, 1)), silent)
    name = NAMES[0]
    other = stage.chart(there, chart(name, "1.1.0", " with another word"))
    again = staged(there, tmp_path, 2, charts={})
    changed = shelf.put(there, replace(again.release, charts={name: other}))
    with pytest.raises(IntegrityError, match=f"the chart {name} 1.1.0 is published as sha256:"):
        prepare(there, changed)


def test_a_release_of_which_a_part_is_gone_is_not_promoted(there: Place, tmp_path: Path) -> None:
    released = staged(there, tmp_path, 1)
    gone = {**released.release.images, "image0:py3.13": f"sha256:{7:064x}"}
    broken = shelf.put(there, replace(released.release, images=gone))
    with pytest.raises(
        IntegrityError, match=r"the registry has no image image0:py3\.13@sha256:0+7"
    ):
        prepare(there, broken)
    assert set(public(there).values()) == {""}


def test_what_is_no_release_is_refused(there: Place, tmp_path: Path) -> None:
    staged(there, tmp_path, 1)
    empty = shelf.descriptor(EMPTY, EMPTY_TYPE)
    odd = {"schemaVersion": 2, "mediaType": MANIFEST, "config": empty, "layers": [empty]}
    there.registry.put_manifest(there.releases, "odd", json.dumps(odd).encode(), MANIFEST)
    with pytest.raises(IntegrityError, match="releases:odd is not a release"):
        shelf.get(there, "odd")
    with pytest.raises(BuilderError, match="has no release nothing"):
        shelf.named(there, "nothing")


def seen(there: Place, *releases: Released) -> None:
    """Look at the registry as a reader does: what is public is one release, whole, and a chart that
    is there has its images."""
    current = shelf.get(there, CURRENT)
    known = {released.digest: released.release for released in releases}
    if current is not None:
        assert current.digest in known
        whole(there, current.release)
    for release in known.values():
        for name, one in release.charts.items():
            if there.registry.manifest(there.chart(name), one.tag):
                repository, _ = there.image(f"{name}:py3.13")
                assert there.registry.manifest(repository, release.images[f"{name}:py3.13"])
                _, tag = there.image(f"{name}:py3.13")
                assert there.registry.manifest(repository, tag), (
                    f"{name}: a chart without its image"
                )


def whole(there: Place, release: Release) -> None:
    """All that a release names is there."""
    for name, digest in release.images.items():
        repository, _ = there.image(name)
        assert there.registry.manifest(repository, digest) == digest
    for name, one in release.charts.items():
        assert there.registry.manifest(there.chart(name), one.tag) == one.digest


def test_a_promotion_that_is_killed_at_any_request_shows_nobody_a_mixed_set(
    there: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """`make test-all` tries every request, `make test` every third."""
    step = 1 if request.config.getoption(gates.WHOLE) else 3
    releases = [staged(there, tmp_path, week) for week in (1, 2)]
    promote(there, prepare(there, releases[0]), silent)
    current, killed = 0, 0
    while killed_at(killed + 1, there, tmp_path, moving(releases[1 - current])):
        killed += step
        seen(there, *releases)
        # Every other time it is undone, where it was begun at all.
        is_undone = killed % 2 == 0
        aim = shelf.named(there, before(there)) if is_undone and interrupted(there) else None
        aim = aim or releases[1 - current]
        promote(there, prepare(there, aim, back=True), silent)
        current = releases.index(aim)
        assert public(there) == aim.release.images
        assert shelf.get(there, CURRENT) == aim
        assert interrupted(there) is None
    assert killed > len(NAMES) * 4, "each image and each chart takes some requests"
    assert shelf.get(there, CURRENT) == releases[1 - current]


def test_helm_pulls_what_was_promoted(there: Place, tmp_path: Path) -> None:
    released = staged(there, tmp_path, 1)
    promote(there, prepare(there, released), silent)
    name = NAMES[0]
    at = f"oci://{there.registry.host}/{there.chart(name)}"
    pull = ["helm", "pull", at, "--version", "1.1.0", "--plain-http"]
    subprocess.run([*pull, "--destination", str(tmp_path)], check=True, capture_output=True)
    assert (tmp_path / f"{name}-1.1.0.tgz").read_bytes() == chart(name, "1.1.0").data


def test_the_commands_stage_promote_list_and_take_back(hub: Server, place: Directory) -> None:
    lock(place)
    fill(open_project(place.root / "catalog.yaml"))
    to = ["--to", f"{hub.address}/team/commands"]
    code, said = place.run("publish", *to)
    assert code == 1
    assert "catalog build" in said
    place.done("build")
    first = place.json("publish", *to)
    assert isinstance(first, dict)
    assert (first["new"], first["images"], first["charts"], first["waiting"]) == (True, 1, 0, {})
    assert first["attached"] == 4, "two bills of materials, and provenance of image and release"
    assert place.json("publish", *to) == first | {"new": False, "attached": 0}
    assert str(first["release"]) in place.done("releases", *to)

    shown = place.done("promote", "--dry-run", *to)
    assert "both:py3.13" in shown
    promoted = place.json("promote", *to)
    assert isinstance(promoted, dict)
    moved = [move["tag"].rpartition("/")[2] for move in promoted["moved"]]
    assert moved == ["both:py3.13", "both:py3.13-2026.01.31"]
    assert re_promoted(place, to) == []
    code, said = place.run("rollback", *to)
    assert code == 1
    assert "has no release former" in said
    assert "public" in place.done("releases", *to)


def re_promoted(place: Directory, to: list[str]) -> object:
    again = place.json("promote", *to)
    assert isinstance(again, dict)
    return again["moved"]
