"""`catalog lock` on small registries that behave as the real ones do, on good days and bad."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import sys

import pytest

from builder.lock.model import NAME
from tests.integration.conftest import Place, packages
from tests.integration.openpgp import STRANGER
from tests.integration.registries import deb, publish_wheel, withdraw_wheel
from tests.processes import running

pytestmark = pytest.mark.registries


def test_a_cell_holds_what_it_adds_to_what_it_stands_on(locked: Place) -> None:
    assert locked.has("system") == {"dpkg": "1", "libone": "1", "apt": "1"}
    assert locked.has("base") == {"tool": "2:1.5", "libtwo": "1.0"}
    assert locked.has("snake") == {"shared-lib": "1.0"}
    assert locked.has("left") == {
        "editor": "1",
        "libshared": "3",
        "left-app": "1.0",
        "helper": "1.1",
    }
    assert locked.has("right") == {
        "viewer": "1",
        "libshared": "3",
        "right-app": "1.0",
        "helper": "1.1",
    }


def test_a_lock_says_what_was_asked_for_where_it_is_and_what_it_is(locked: Place) -> None:
    lock = locked.lock
    base = next(piece for name, piece in lock.cells.items() if name.startswith("base@"))
    assert base.auto == ("libtwo",)
    tool = lock.artifacts["deb:tool=2:1.5:amd64"]
    assert (tool.origin, tool.locator) == ("debian", "pool/main/t/tool/tool_1.5_amd64.deb")
    assert tool.size == len(locked.site.files["/debian/" + tool.locator])
    assert lock.moment == "2026-01-03T12:00:00Z"
    assert set(lock.archives) == {"trixie", "trixie-updates", "trixie-security"}
    left = next(piece for name, piece in lock.cells.items() if name.startswith("left@"))
    assert [line.partition(" ")[0] for line in left.files["requirements.txt"].splitlines()] == [
        "helper==1.1",
        "left-app==1.0",
    ]
    assert "127.0.0.1" not in str(locked.lock_files), "a lock names no host"


def test_locking_twice_gives_the_same_bytes(place: Place) -> None:
    place.done("lock")
    first = place.lock_files
    assert first
    shutil.rmtree(place.root / NAME)
    place.done("lock")
    assert place.lock_files == first


def test_security_updates_come_from_their_own_archive(place: Place) -> None:
    place.archive.publish(packages(), security=[deb("libtwo", "1.0+deb13u1")])
    place.done("lock")
    assert place.lock.artifacts["deb:libtwo=1.0+deb13u1:amd64"].origin == "debian-security"


def test_what_is_locked_stays_until_it_is_asked_to_move(locked: Place) -> None:
    locked.archive.publish(
        [package for package in packages() if package.name != "libshared"]
        + [deb("libshared", "4"), deb("newcomer", depends="libshared")]
    )
    publish_wheel(locked.site, "helper", "2.0")
    before = locked.lock
    assert "nothing moved" in locked.done("lock")
    assert locked.lock == before
    # Another layer's wish moves no other layer's package, although the archive has moved on.
    locked.layer(
        "left", "description: left\non: [snake]\napt: [editor, newcomer]\npython: [left-app]\n"
    )
    assert "added in left@trixie-amd64-py3.13\n  deb (1): newcomer 1" in locked.done("lock")
    assert locked.has("left")["libshared"] == locked.has("right")["libshared"] == "3"
    assert locked.has("left")["helper"] == "1.1"


def test_upgrade_moves_everything_and_says_what(locked: Place) -> None:
    locked.archive.publish(
        [package for package in packages() if package.name not in {"libshared", "libtwo"}]
        + [deb("libshared", "4"), deb("libtwo", "1.1")]
    )
    publish_wheel(locked.site, "helper", "2.0")
    publish_wheel(locked.site, "left-app", "2.0", ["shared-lib"])
    said = locked.done("lock", "--upgrade")
    assert (
        "moved in left@trixie-amd64-py3.13, right@trixie-amd64-py3.13\n  libshared 3 → 4 (deb)"
        in said
    )
    assert "moved in base@trixie-amd64\n  libtwo 1.0 → 1.1 (deb)" in said
    assert "moved in left@trixie-amd64-py3.13\n  left-app 1.0 → 2.0 (python)" in said
    assert "removed in left@trixie-amd64-py3.13\n  python (1): helper 1.1" in said


def test_upgrade_of_some_packages_leaves_the_others(locked: Place) -> None:
    locked.archive.publish(
        [package for package in packages() if package.name not in {"libshared", "libtwo"}]
        + [deb("libshared", "4"), deb("libtwo", "1.1")]
    )
    publish_wheel(locked.site, "helper", "2.0")
    changes = locked.json("lock", "--upgrade", "libs*")
    assert isinstance(changes, dict)
    assert [(change["package"], change["old"], change["new"]) for change in changes["changes"]] == [
        ("libshared", "3", "4")
    ]
    assert locked.has("base")["libtwo"] == "1.0"
    assert locked.has("right")["helper"] == "1.1"


def stayed(kind: str, package: str, locked: str, newest: str) -> dict[str, object]:
    named = {"kind": kind, "package": package}
    return named | {"locked": locked, "newest": newest, "security": False}


def test_an_upgrade_within_a_bound_moves_so_far_and_tells_what_stays(locked: Place) -> None:
    locked.archive.publish(
        [package for package in packages() if package.name not in {"libshared", "libtwo"}]
        + [deb("libshared", "4"), deb("libtwo", "1.0-2")]
    )
    for version in ("1.1.5", "1.2", "2.0"):
        publish_wheel(locked.site, "helper", version)
    publish_wheel(locked.site, "left-app", "2.0", ["shared-lib"])
    said = locked.done("lock", "--upgrade", "--within", "patch")
    assert "libtwo 1.0 → 1.0-2 (deb)" in said
    assert "helper 1.1 → 1.1.5 (python)" in said
    assert "libshared 4 is there; --within patch keeps 3.0.x (deb)" in said
    assert "left-app 2.0 is there; --within patch keeps 1.0.x (python)" in said
    assert locked.has("left")["libshared"] == "3", "fetched for its control file, and kept"
    further = locked.json("lock", "--upgrade", "--within", "minor")
    assert isinstance(further, dict)
    assert [(one["package"], one["new"]) for one in further["changes"]] == [("helper", "1.2")]
    assert further["stayed"] == [
        stayed("deb", "libshared", "3", "4"),
        stayed("python", "helper", "1.1.5", "2.0"),
        stayed("python", "left-app", "1.0", "2.0"),
    ]
    said = locked.done("lock", "--upgrade", "left-app", "--within", "major")
    assert "left-app 1.0 → 2.0 (python)" in said
    assert "is there" not in said


def test_what_a_layer_asks_for_counts_more_than_a_bound(locked: Place) -> None:
    publish_wheel(locked.site, "left-app", "2.0", ["shared-lib"])
    locked.layer("left", "description: left\non: [snake]\napt: [editor]\npython: [left-app>=2]\n")
    locked.done("lock", "--upgrade", "--within", "patch")
    assert locked.has("left")["left-app"] == "2.0"


def test_a_bound_that_leaves_no_solution_is_named(locked: Place) -> None:
    publish_wheel(locked.site, "left-app", "1.0.1", ["helper>=2"])
    publish_wheel(locked.site, "helper", "2.0")
    locked.layer("left", "description: left\non: [snake]\napt: [editor]\npython: [left-app>1]\n")
    code, said = locked.run("lock", "--upgrade", "--within", "minor")
    assert code == 2
    assert "upgrade without --within minor, if that is what prevents it" in said


def test_a_bound_without_an_upgrade_is_refused(locked: Place) -> None:
    code, said = locked.run("lock", "--within", "patch")
    assert code == 2
    assert "--within: it says how far --upgrade moves packages, and there is no --upgrade" in said


def test_a_stale_lock_is_told_by_cell(place: Place) -> None:
    code, said = place.run("lock", "--check")
    assert code == 1
    assert "left@trixie-amd64-py3.13 is not in the lock" in said
    place.done("lock")
    assert "the lock is current" in place.done("lock", "--check")
    place.layer(
        "base", "description: tools, and a comment\non: [system]\napt: [tool]  # the same\n"
    )
    assert place.run("lock", "--check")[0] == 0, "a comment makes no lock stale"
    place.layer("base", "description: tools\non: [system]\napt: [tool, never]\n")
    code, said = place.run("lock", "--check")
    assert code == 1
    assert "base@trixie-amd64 asks for something else now" in said
    assert "left@trixie-amd64-py3.13 stands on base@trixie-amd64" in said
    assert "system@" not in said


def test_a_package_that_does_not_exist_is_named_with_the_nearest(place: Place) -> None:
    place.layer("base", "description: tools\non: [system]\napt: [tol, editr]\n")
    code, said = place.run("lock")
    assert code == 2
    assert (
        "base/layer.yaml:3:12: Debian trixie has no package 'editr'\n  hint: did you mean editor?"
        in said
    )
    assert "base/layer.yaml:3:7: Debian trixie has no package 'tol'" in said
    assert not (place.root / NAME).exists()


def test_layers_that_cannot_be_in_one_image_are_both_named(place: Place) -> None:
    place.archive.publish([*packages(), deb("red", conflicts="blue"), deb("blue")])
    place.layer("left", "description: left\non: [snake]\napt: [red]\n")
    place.layer("right", "description: right\non: [snake]\napt: [blue]\n")
    code, said = place.run("lock")
    assert code == 2
    assert (
        "right/layer.yaml:3:7: red of left@trixie-amd64-py3.13 conflicts with blue, but"
        " right@trixie-amd64-py3.13 has blue 1; they meet in both" in said
    )


def test_python_layers_that_want_different_versions_are_told(place: Place) -> None:
    publish_wheel(place.site, "helper", "2.0")
    place.layer("left", "description: left\non: [snake]\npython: [helper>1.5]\n")
    place.layer("right", "description: right\non: [snake]\npython:\n  - helper<1.5\n")
    code, said = place.run("lock")
    assert code == 2
    assert "right/layer.yaml:4:5: helper<1.5 is incompatible with helper>1.5 of left (" in said
    assert "left/layer.yaml:3); the layers meet in both\n" in said


def test_a_package_that_needs_a_newer_one_than_the_lock_says_how_to_move_that(
    locked: Place,
) -> None:
    locked.archive.publish(
        [package for package in packages() if package.name != "libshared"]
        + [deb("libshared", "4"), deb("newcomer", depends="libshared (>= 4)")]
    )
    locked.layer("left", "description: left\non: [snake]\napt: [editor, newcomer]\n")
    code, said = locked.run("lock")
    assert code == 2
    assert (
        "left/layer.yaml:3:15: newcomer cannot be installed: newcomer needs libshared (>= 4)"
        in said
    )
    assert "but the lock has libshared 3\n" in said
    advice = said.partition("hint: run `catalog ")[2].partition("`")[0]
    assert advice == "lock --upgrade libshared"
    locked.done(*advice.split())
    assert locked.has("left") == {"editor": "1", "newcomer": "1", "libshared": "4"}


def test_everything_that_is_wrong_is_told_at_once(place: Place) -> None:
    publish_wheel(place.site, "helper", "2.0")
    place.layer("base", "description: tools\non: [system]\napt: [tol]\n")
    place.layer(
        "left", "description: left\non: [snake]\napt: [editr]\npython: [left-ap, 'helper>1.5']\n"
    )
    place.layer(
        "right",
        "description: right\non: [snake]\npython: [right-app, 'helper<1.5', 'left-app>9']\n",
    )
    code, said = place.run("lock")
    assert code == 2
    for problem in (
        "base/layer.yaml:3:7: Debian trixie has no package 'tol'",
        "left/layer.yaml:3:7: Debian trixie has no package 'editr'",
        "left/layer.yaml:4:10: the Python index has no package 'left-ap'",
        "right/layer.yaml:3:21: helper<1.5 is incompatible with helper>1.5 of left",
        "right/layer.yaml:3:35: 'left-app>9' has no solution on Python 3.13",
    ):
        assert problem in said, said
    assert "5 problems" in said
    assert not (place.root / NAME).exists()


def test_a_pattern_that_matches_nothing_is_told_before_anything_is_asked(locked: Place) -> None:
    locked.site.asked.clear()
    code, said = locked.run("lock", "--upgrade", "helpr", "lib*", "nothing*")
    assert code == 2
    assert "--upgrade: no locked package matches 'helpr'\n  hint: did you mean 'helper'?" in said
    assert "no locked package matches 'nothing*'" in said
    assert not locked.site.asked


def test_an_upgrade_where_nothing_moved_changes_nothing(place: Place) -> None:
    update = deb("libtwo", "1.0+deb13u1")
    place.archive.publish(packages(), security=[update])
    place.done("lock")
    before = place.lock_files
    assert "nothing moved" in place.done("lock", "--upgrade")
    assert place.lock_files == before
    # Debian takes security updates into its main archive: the same file is in both then.
    place.archive.publish([*packages(), update], security=[update])
    assert "nothing moved" in place.done("lock", "--upgrade")
    layers = {path: text for path, text in before.items() if "/layers/" in path}
    assert layers.items() <= place.lock_files.items()


WORLDS = (
    "images:\n  one: {layers: [left, shared]}\n  two: {layers: [right, shared]}\n",
    "images:\n  both: {layers: [left, right]}\n",
)


def apart(place: Place) -> None:
    """Let two layers that never meet want different versions of what a shared layer needs too."""
    catalog = place.root / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace(WORLDS[1], WORLDS[0]))
    for version in ("2.0", "3.0"):
        publish_wheel(place.site, "helper", version)
    publish_wheel(place.site, "middle", "1.0", ["common"])
    publish_wheel(place.site, "common", "1.0")
    publish_wheel(place.site, "common", "2.0")
    place.layer("shared", "description: shared\non: [snake]\npython: [middle]\n")


def test_layers_that_never_meet_need_not_agree(place: Place) -> None:
    apart(place)
    place.layer("left", "description: left\non: [snake]\npython: [helper>2]\n")
    place.layer("right", "description: right\non: [snake]\npython: [helper<2, common<2]\n")
    place.done("lock")
    assert place.has("left") == {"helper": "3.0"}
    assert place.has("right") == {"helper": "1.1", "common": "1.0"}
    assert place.has("shared") == {"middle": "1.0", "common": "1.0"}, (
        "one cell for both images: the newer version would not do for one of them"
    )
    before = place.lock_files
    assert "nothing moved" in place.done("lock")
    assert "nothing moved" in place.done("lock", "--upgrade")
    assert place.lock_files == before


@pytest.mark.parametrize("layer", ["", "description: new\non: [snake]\npython: [middle]\n"])
def test_locked_layers_that_meet_in_a_new_image_have_to_agree(place: Place, layer: str) -> None:
    """Also where another layer is all that has to be resolved."""
    apart(place)
    place.layer("left", "description: left\non: [snake]\npython: [helper>2]\n")
    place.layer("right", "description: right\non: [snake]\npython: [helper<2]\n")
    place.done("lock")
    before = place.lock_files
    catalog = place.root / "catalog.yaml"
    images = "  meeting: {layers: [left, right]}\n"
    if layer:
        place.layer("new", layer)
        images += "  new: {layers: [new]}\n"
    catalog.write_text(catalog.read_text() + images)
    code, said = place.run("lock")
    assert code == 2, said
    assert "helper" in said
    assert place.lock_files == before


def test_layers_that_never_meet_agree_on_what_a_layer_that_both_meet_needs(place: Place) -> None:
    apart(place)
    place.layer("left", "description: left\non: [snake]\npython: ['helper>2', 'common>1']\n")
    place.layer("right", "description: right\non: [snake]\npython: ['helper<2', 'common<2']\n")
    code, said = place.run("lock")
    assert code == 2
    assert (
        "shared/layer.yaml:3:1: shared can have only one version of common for all images" in said
    )
    assert "common 1.0 is incompatible with common>1 of left (" in said
    assert "common 2.0 is incompatible with common<2 of right (" in said


def test_a_distribution_without_a_wheel_that_fits_is_named(place: Place) -> None:
    publish_wheel(place.site, "compiled", "1.0", tag="cp39-cp39-win_amd64")
    place.layer("left", "description: left\non: [snake]\npython: [compiled]\n")
    code, said = place.run("lock")
    assert code == 2
    assert "compiled" in said


@pytest.mark.parametrize("name", ["CATALOG_MIRROR_DEBIAN", "CATALOG_MIRROR_PYPI"])
def test_an_unreachable_host_is_named_with_the_setting_and_nothing_is_lost(
    locked: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = locked.lock_files
    monkeypatch.setenv(name, "http://127.0.0.1:1/nowhere")
    code, said = locked.run("lock", "--upgrade")
    assert code == 1
    assert "127.0.0.1:1" in said
    assert f"set {name}" in said
    assert locked.lock_files == before


def test_an_archive_signed_by_another_key_is_refused(place: Place) -> None:
    place.archive.key = STRANGER
    place.archive.publish(packages())
    code, said = place.run("lock")
    assert code == 1
    assert "is not signed" in said or "not available" in said or "NO_PUBKEY" in said
    assert not (place.root / NAME).exists()


def test_an_index_that_is_not_what_was_signed_is_refused(place: Place) -> None:
    path = "/debian/dists/trixie/main/binary-amd64/Packages"
    place.site.files[path] = place.site.files[path].replace(b"Package: tool", b"Package: t00l")
    code, said = place.run("lock")
    assert code == 1
    assert "Hash Sum mismatch" in said or "hash" in said.lower()


def test_a_layer_is_added_although_the_archive_dropped_what_is_locked(locked: Place) -> None:
    locked.done("fetch")
    locked.archive.publish(
        [package for package in packages() if package.name not in {"libtwo", "libshared"}]
        + [deb("libtwo", "9"), deb("libshared", "9")],
        keep=False,
    )
    locked.layer("third", "description: third\non: [snake]\napt: [viewer]\n")
    catalog = locked.root / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("[left, right]", "[left, right, third]"))
    locked.done("lock")
    assert locked.has("third") == {
        "viewer": "1",
        "libshared": "3",
    }, "the locked version is used, out of the cache"


def test_a_wheel_that_was_withdrawn_moves_only_when_asked(locked: Place) -> None:
    locked.done("lock")
    withdraw_wheel(locked.site, "helper", "helper-1.1-py3-none-any.whl")
    publish_wheel(locked.site, "helper", "1.2")
    assert "nothing moved" in locked.done("lock")
    assert "helper 1.1 → 1.2 (python)" in locked.done("lock", "--upgrade", "helper")


def test_a_cell_that_is_gone_leaves_the_lock(locked: Place) -> None:
    locked.done("lock")
    catalog = locked.root / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("[left, right]", "[left]"))
    assert "removed in right@trixie-amd64-py3.13" in locked.done("lock")
    assert "deb:viewer=1:amd64" not in locked.lock.artifacts


def test_packages_for_the_build_alone_stay_out_of_the_image(locked: Place) -> None:
    locked.layer("left", "description: left\non: [snake]\nbuild: [editor]\nrun: 'true'\n")
    locked.done("lock")
    left = next(piece for name, piece in locked.lock.cells.items() if name.startswith("left@"))
    assert left.artifacts == ("build:editor=1:amd64", "build:libshared=3:amd64")


def test_an_archive_by_address_is_locked_with_its_hash(place: Place) -> None:
    place.site.files["/releases/app-1.tgz"] = b"an archive"
    place.layer(
        "left",
        "description: left\non: [snake]\narchives: {app: {url:"
        f" '{place.site.url}/releases/app-1.tgz', version: '1'}}}}\nrun: 'true'\n",
    )
    place.done("lock")
    found = place.lock.artifacts["archive:app=1"]
    assert found.digest == f"sha256:{hashlib.sha256(b'an archive').hexdigest()}"
    place.site.files["/releases/app-1.tgz"] = b"another archive under the same name"
    place.layer("left", (place.root / "images/left/layer.yaml").read_text() + "apt: [editor]\n")
    place.done("lock")
    assert place.lock.artifacts["archive:app=1"].digest == found.digest, (
        "what was taken down is not taken down again"
    )


def test_the_difference_as_json(place: Place) -> None:
    said = place.json("lock")
    assert isinstance(said, dict)
    assert said["moment"] == "2026-01-03T12:00:00Z"
    cells = ["left@trixie-amd64-py3.13", "right@trixie-amd64-py3.13"]
    assert {
        "change": "added",
        "kind": "python",
        "package": "helper",
        "old": "",
        "new": "1.1",
        "cells": cells,
    } in said["changes"]


def test_resolutions_at_once_in_one_cache_wait_for_each_other(place: Place) -> None:
    argv = [sys.executable, "-m", "builder", "-C", str(place.root / "catalog.yaml"), "lock"]
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(running(argv)) for _ in range(3)]
        said = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    assert set(place.lock.cells) == {
        "system@trixie-amd64",
        "base@trixie-amd64",
        "snake@trixie-amd64-py3.13",
        "left@trixie-amd64-py3.13",
        "right@trixie-amd64-py3.13",
    }
    place.done("lock", "--check")


def test_who_waits_for_another_resolution_says_so(place: Place) -> None:
    place.settings.cache.mkdir(parents=True)
    with (place.settings.cache / "resolution.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        argv = [sys.executable, "-m", "builder", "-C", str(place.root / "catalog.yaml"), "lock"]
        with running(argv) as process:
            assert process.stdout is not None
            assert "waiting for another `catalog lock`" in process.stdout.readline()
            fcntl.flock(file, fcntl.LOCK_UN)
            process.communicate()
        assert process.returncode == 0
