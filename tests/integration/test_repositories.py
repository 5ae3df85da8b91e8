"""Further Debian repositories with keys of their own, beside Debian's archive."""

from __future__ import annotations

import hashlib
import re
import shutil

import pytest

from tests.integration.conftest import Place, packages
from tests.integration.openpgp import ARCHIVE, STRANGER, Key
from tests.integration.registries import Archive, Deb, deb

pytestmark = pytest.mark.registries
DECLARED = """\
repositories:
  pgdg: {{url: "{url}/pgdg", suite: "{{debian}}-pgdg", key: keys/pgdg.asc}}
"""
SERVER = "description: server\non: [base]\napt: [server-17/pgdg]\n"
NOBODY = "http://127.0.0.1:9"


def theirs(patch: str = "1") -> list[Deb]:
    """Return what the repository has: some of it is newer than Debian's, some is nowhere else."""
    return [
        deb("server-17", f"17.{patch}", depends="client-17, common, tool"),
        deb("client-17", f"17.{patch}", depends="libclient (>= 17), libonly"),
        deb("libclient", f"17.{patch}"),
        deb("libonly", f"1.{patch}"),
        deb("common", "300"),
        deb("tool", "9:9"),
    ]


def debians() -> list[Deb]:
    """Return what Debian has: an older client's library, and all that the base needs."""
    return [
        *packages(),
        deb("libclient", "15.1"),
        deb("common", "200"),
        deb("reader", depends="libclient"),
    ]


def publish(place: Place, *, key: Key = STRANGER, patch: str = "1") -> None:
    Archive(place.site, key=key).publish_repository("/pgdg", "trixie-pgdg", theirs(patch))


@pytest.fixture
def lab(place: Place) -> Place:
    """Return a catalog with a repository that a stranger signs, and a layer that uses it."""
    place.archive.publish(debians())
    publish(place)
    (place.root / "keys").mkdir()
    (place.root / "keys/pgdg.asc").write_bytes(STRANGER.certificate().encode())
    place.only("server", SERVER)
    catalog = place.root / "catalog.yaml"
    catalog.write_text(DECLARED.format(url=place.site.url) + catalog.read_text())
    return place


def beside(place: Place, text: str) -> None:
    """Add a layer that is in the image of the server, too."""
    place.layer("other", text)
    catalog = place.root / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("[server]", "[server, other]"))


def origins(place: Place, layer: str) -> dict[str, str]:
    """Return where the packages of a layer come from."""
    cell = next(piece for name, piece in place.lock.cells.items() if name.startswith(f"{layer}@"))
    held = [place.lock.artifacts[name] for name in cell.artifacts]
    return {one.name: f"{one.origin} {one.version}" for one in held}


def test_it_gives_what_is_asked_for_and_what_debian_has_nothing_fit_for(lab: Place) -> None:
    lab.done("lock")
    assert origins(lab, "server") == {
        "server-17": "pgdg 17.1",
        "client-17": "pgdg 17.1",
        "libclient": "pgdg 17.1",
        "libonly": "pgdg 1.1",
        "common": "debian 200",
    }
    assert origins(lab, "base")["tool"] == "debian 2:1.5"
    lock = lab.lock
    assert lock.archives["pgdg:trixie-pgdg"]["date"] == "2026-01-03T12:00:00Z"
    assert "127.0.0.1" not in str(lab.lock_files), "a lock names no host"
    before = lab.lock_files
    shutil.rmtree(lab.root / "catalog.lock")
    lab.done("lock")
    assert lab.lock_files == before
    lab.done("fetch")


def test_what_fits_together_only_as_a_whole_comes_from_it_as_a_whole(lab: Place) -> None:
    lab.archive.publish(
        [*debians(), deb("private", "1"), deb("office-lib", "1", depends="private (= 1)")]
    )
    office = [
        deb("office", "2", depends="office-lib, private (>= 2), editor"),
        deb("office-lib", "2", depends="private (= 2)"),
        deb("private", "2", breaks="office-lib (<< 2)"),
        deb("editor", "2"),
    ]
    Archive(lab.site, key=STRANGER).publish_repository("/pgdg", "trixie-pgdg", office)
    lab.layer("server", SERVER.replace("server-17/", "office/"))
    lab.done("lock")
    assert origins(lab, "server") == {
        "office": "pgdg 2",
        "office-lib": "pgdg 2",
        "private": "pgdg 2",
        "editor": "debian 1",
        "libshared": "debian 3",
    }
    # What the layer asks Debian for stays Debian's.
    lab.layer("server", SERVER.replace("server-17/pgdg", "office/pgdg, office-lib"))
    code, said = lab.run("lock")
    assert code == 2
    assert "office" in said


def test_debian_never_loses_where_nobody_asked(lab: Place) -> None:
    lab.layer("base", "description: base\non: [system]\napt: [tool, common, libclient]\n")
    lab.layer("server", SERVER.replace("server-17/pgdg", "server-17/pgdg, reader"))
    code, said = lab.run("lock")
    assert code == 2
    assert (
        "server/layer.yaml:3:7: server-17/pgdg cannot be installed: it needs libclient 17.1" in said
    )
    assert "ask for libclient/pgdg in base" in said
    lab.layer("base", "description: base\non: [system]\napt: [tool, common, libclient/pgdg]\n")
    lab.done("lock")
    assert origins(lab, "base")["libclient"] == "pgdg 17.1"
    assert origins(lab, "base")["common"] == "debian 200"
    assert origins(lab, "server")["reader"] == "debian 1"


def test_a_package_that_only_it_has_must_be_asked_for_there(lab: Place) -> None:
    lab.layer("server", SERVER.replace("[server-17/pgdg]", "[server-17, libonli/pgdg, tool/pgd]"))
    code, said = lab.run("validate")
    assert code == 2
    assert "server/layer.yaml:3:32: unknown repository 'pgd'\n  hint: did you mean 'pgdg'?" in said
    lab.layer(
        "server",
        SERVER.replace(
            "[server-17/pgdg]", "[server-17, libonli/pgdg, tool, tool/pgdg, viewer/pgdg]"
        ),
    )
    code, said = lab.run("lock")
    assert code == 2
    assert "server/layer.yaml:3:7: Debian trixie has no package 'server-17'" in said
    assert "hint: write 'server-17/pgdg'" in said
    assert "server/layer.yaml:3:38: tool is asked for from Debian and from pgdg" in said
    assert "pgdg trixie-pgdg has no package 'libonli'\n  hint: did you mean libonly?" in said
    assert "pgdg trixie-pgdg has no package 'viewer'\n  hint: Debian has it: write 'viewer'" in said


def test_what_is_locked_stays_until_it_is_asked_to_move(lab: Place) -> None:
    lab.done("lock")
    lab.done("fetch")
    publish(lab, patch="2")
    lab.layer("server", SERVER.replace("[server-17/pgdg]", "[server-17/pgdg, editor]"))
    lab.done("lock")
    assert origins(lab, "server")["server-17"] == "pgdg 17.1"
    said = lab.done("lock", "--upgrade")
    assert "server-17 17.1 → 17.2 (deb)" in said
    assert origins(lab, "server")["libclient"] == "pgdg 17.2"


def test_a_bound_holds_for_it_too(lab: Place) -> None:
    lab.done("lock")
    lab.done("fetch")
    newer = [
        *theirs("1.5"),
        deb("server-17", "18.0", depends="client-17, common, tool"),
        deb("libclient", "18.0"),
    ]
    newer = [one for one in newer if one.name != "libonly"]
    repository = Archive(lab.site, key=STRANGER)
    repository.publish_repository("/pgdg", "trixie-pgdg", [*newer, deb("libonly", "2.0")])
    said = lab.done("lock", "--upgrade", "--within", "minor")
    assert "server-17 17.1 → 17.1.5 (deb)" in said
    assert "server-17 18.0 is there; --within minor keeps 17.x (deb)" in said
    assert "libonly 2.0 is there; --within minor keeps 1.x (deb)" in said
    assert origins(lab, "server") == {
        "server-17": "pgdg 17.1.5",
        "client-17": "pgdg 17.1.5",
        "libclient": "pgdg 17.1.5",
        "libonly": "pgdg 1.1",
        "common": "debian 200",
    }
    lab.done("lock", "--upgrade")
    assert origins(lab, "server")["server-17"] == "pgdg 18.0"
    assert origins(lab, "server")["libonly"] == "pgdg 2.0"


def test_what_a_bound_keeps_and_nobody_has_any_more_is_told(lab: Place) -> None:
    lab.done("lock")
    shutil.rmtree(lab.settings.cache)
    for path in [path for path in lab.site.files if "/libonly_" in path]:
        del lab.site.files[path]
    newer = [*(one for one in theirs() if one.name != "libonly"), deb("libonly", "2.0")]
    Archive(lab.site, key=STRANGER).publish_repository("/pgdg", "trixie-pgdg", newer)
    before = lab.lock_files
    code, said = lab.run("lock", "--upgrade", "--within", "minor")
    assert code == 1
    assert "libonly 1.1" in said
    assert "pgdg" in said
    assert lab.lock_files == before


def test_layers_of_one_image_must_agree_on_the_origin(lab: Place) -> None:
    beside(lab, "description: other\non: [base]\napt: [reader]\n")
    code, said = lab.run("lock")
    assert code == 2
    assert "server would have libclient twice: 15.1 in other@trixie-amd64, 17.1 in server@" in said
    assert "ask for libclient/pgdg in other, too" in said
    lab.layer("other", "description: other\non: [base]\napt: [reader, libclient/pgdg]\n")
    lab.done("lock")


def test_one_that_is_away_holds_back_only_what_needs_it(lab: Place) -> None:
    beside(lab, "description: other\non: [base]\napt: [editor]\n")
    lab.done("lock")
    shutil.rmtree(lab.settings.cache)
    before = origins(lab, "server")
    catalog = lab.root / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace(f"{lab.site.url}/pgdg", f"{NOBODY}/pgdg"))
    # The address is part of what the layer asks for, a mirror is not.
    assert lab.run("lock", "--check")[0] == 1
    catalog.write_text(catalog.read_text().replace(f"{NOBODY}/pgdg", f"{lab.site.url}/pgdg"))
    away = {path: data for path, data in lab.site.files.items() if path.startswith("/pgdg/")}
    for path in away:
        del lab.site.files[path]
    lab.layer("other", "description: other\non: [base]\napt: [viewer]\n")
    said = lab.done("lock")
    assert "pgdg does not answer, and what needs it stays as it is locked" in said
    assert "the packages of server@trixie-amd64 are not compared with others" in said
    assert origins(lab, "other") == {"viewer": "debian 1", "libshared": "debian 3"}
    lab.archive.publish([*(one for one in debians() if one.name != "viewer"), deb("viewer", "2")])
    said = lab.done("lock", "--upgrade")
    assert "viewer 1 → 2 (deb)" in said
    assert origins(lab, "server") == before
    code, said = lab.run("fetch")
    assert code == 1
    assert "no longer at pgdg" in said
    assert "viewer" not in said


def test_one_that_cannot_be_reached_is_told_with_what_needs_it(
    lab: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_MIRROR_PGDG", f"{NOBODY}/pgdg")
    code, said = lab.run("lock")
    assert code == 1
    assert "pgdg cannot be reached at 127.0.0.1:9" in said
    assert "needed by" in said
    assert "images/server/layer.yaml:3" in said
    assert "set CATALOG_MIRROR_PGDG" in said


def test_files_come_from_its_mirror_by_their_hashes(
    lab: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.done("lock")
    for path in [path for path in lab.site.files if path.startswith("/pgdg/")]:
        lab.site.files[f"/mirror{path}"] = lab.site.files.pop(path)
    monkeypatch.setenv("CATALOG_MIRROR_PGDG", f"{lab.site.url}/mirror/pgdg")
    shutil.rmtree(lab.settings.cache)
    lab.done("fetch")
    shutil.rmtree(lab.settings.cache)
    (path,) = [path for path in lab.site.files if "server-17_17.1" in path]
    lab.site.files[path] = bytes(len(lab.site.files[path]))
    code, said = lab.run("fetch")
    assert code == 1
    assert "server-17" in said


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (ARCHIVE.certificate(), "pgdg is signed with another key"),
        (STRANGER.certificate(expires=3600), "the key of pgdg is no longer valid"),
    ],
)
def test_only_its_own_key_counts(lab: Place, key: str, why: str) -> None:
    (lab.root / "keys/pgdg.asc").write_text(key)
    code, said = lab.run("lock")
    assert code == 2
    assert re.search(rf"/catalog.yaml:2:\d+: {why}", said)
    assert "compare it with the key that the repository's page names" in said


def test_debians_own_keys_do_not_count_for_it(lab: Place) -> None:
    publish(lab, key=ARCHIVE)
    code, said = lab.run("lock")
    assert code == 2
    assert "pgdg is signed with another key" in said


def test_an_index_that_was_changed_is_refused(lab: Place) -> None:
    path = "/pgdg/dists/trixie-pgdg/InRelease"
    lab.site.files[path] = lab.site.files[path].replace(b"amd64", b"amd46")
    code, said = lab.run("lock")
    assert code == 2
    assert "what pgdg gives is not what its key signed" in said


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("{debian}-pgdg", "{debian}-pg", "pgdg has no suite 'trixie-pg'"),
        ("key:", "components: [main, extra], key:", "pgdg trixie-pgdg has no component 'extra'"),
    ],
)
def test_a_wrong_suite_is_told_where_it_is_written(
    lab: Place, old: str, new: str, why: str
) -> None:
    catalog = lab.root / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace(old, new, 1))
    code, said = lab.run("lock")
    assert code == 2
    assert "catalog.yaml:2:" in said
    assert why in said


def test_the_same_version_of_both_is_two_files(lab: Place) -> None:
    lab.archive.publish([*debians(), deb("libonly", "1.1", section="debian")])
    lab.layer("other", "description: other\non: [base]\napt: [libonly]\n")
    catalog = lab.root / "catalog.yaml"
    catalog.write_text(
        catalog.read_text().rstrip("\n}") + "}, apart: {layers: [other], tag: one}}\n"
    )
    lab.layer("server", SERVER.replace("server-17/", "libonly/"))
    lab.done("lock")
    assert origins(lab, "server")["libonly"] == "pgdg 1.1"
    assert origins(lab, "other")["libonly"] == "debian 1.1"
    ids = {one.id: one for one in lab.lock.artifacts.values() if one.name == "libonly"}
    assert set(ids) == {"deb:libonly=1.1:amd64", "deb:libonly=1.1:pgdg:amd64"}
    data = lab.site.files["/pgdg/" + ids["deb:libonly=1.1:pgdg:amd64"].locator]
    assert ids["deb:libonly=1.1:pgdg:amd64"].digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
    lab.done("fetch")
