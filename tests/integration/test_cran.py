"""R packages from the lock to the build's directory, on a repository of a few packages."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from builder.fetch import transfer
from builder.fetch.context import context
from builder.fetch.transfer import place as place_of
from tests.integration.conftest import Place, packages
from tests.integration.cran import Cran
from tests.integration.registries import deb

pytestmark = pytest.mark.registries
R_LAYER = "description: R\non: [base]\nabi: [r]\napt: [r-base-core, r-cran-yaml]\n"
LAYER = "description: packages\non: [r]\ncran: [config]\n"


@pytest.fixture
def cran(place: Place) -> Cran:
    return Cran(place.site)


@pytest.fixture
def r(place: Place, cran: Cran, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a catalog with a layer of R packages, on one with Debian's R."""
    monkeypatch.setenv("CATALOG_MIRROR_CRAN", cran.url)
    place.archive.publish(
        [*packages(), deb("r-base-core", "4.5.0-3"), deb("r-cran-yaml", "1:2.3.10+ds-1+b1")]
    )
    place.layer("r", R_LAYER)
    cran.publish("config", "0.3.2", Imports="yaml (>= 2.1.13), rlang", Depends="R (>= 3.5), utils")
    cran.publish("rlang", "1.1.6", Depends="R (>= 4.0.0)", Imports="utils")
    return place.only("packages", LAYER)


def test_packages_are_locked_with_what_they_need_and_lie_in_the_build(
    r: Place, tmp_path: Path
) -> None:
    r.done("lock")
    assert r.has("packages") == {"config": "0.3.2", "rlang": "1.1.6"}, "yaml is Debian's"
    text = "".join(path.read_text() for path in r.root.glob("catalog.lock/**/*.json"))
    assert r.site.url not in text, "a lock names no host"
    config = r.lock.artifacts["r:config=0.3.2"]
    data = r.site.files["/cran/src/contrib/config_0.3.2.tar.gz"]
    assert config.digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert config.size == len(data)
    r.done("fetch")
    r.site.files.clear()
    context(r.cell("packages"), r.lock, r.settings.cache, tmp_path)
    assert (tmp_path / "cran.txt").read_text() == (
        "rlang rlang_1.1.6.tar.gz\nconfig config_0.3.2.tar.gz\n"
    )
    assert (tmp_path / "cran/config_0.3.2.tar.gz").read_bytes() == data


def test_what_is_locked_stays_and_is_fetched_from_the_archive(r: Place, cran: Cran) -> None:
    r.done("lock")
    cran.publish("config", "0.4", Imports="rlang")
    r.layer("packages", LAYER + "apt: [editor]\n")
    r.site.asked.clear()
    r.done("lock")
    assert r.has("packages")["config"] == "0.3.2"
    assert not [path for path in r.site.asked if path.startswith("/cran")], "nobody has to ask"
    r.done("fetch")
    assert "/cran/src/contrib/Archive/config/config_0.3.2.tar.gz" in r.site.asked
    assert place_of(r.lock.artifacts["r:config=0.3.2"], r.settings.cache).is_file()
    assert "config 0.3.2 → 0.4 (r)" in r.done("lock", "--upgrade", "config")
    assert r.has("packages")["rlang"] == "1.1.6"


def test_a_release_that_is_only_archived_is_asked_for_by_its_version(r: Place, cran: Cran) -> None:
    cran.publish("config", "0.4", Imports="rlang")
    r.layer("packages", LAYER.replace("config", "config (== 0.3.2)"))
    r.done("lock")
    assert r.has("packages") == {"config": "0.3.2", "rlang": "1.1.6"}
    needs = "R (>= 3.5), utils, yaml (>= 2.1.13), rlang"
    assert r.lock.artifacts["r:config=0.3.2"].extra == {"needs": needs}


def test_a_new_request_moves_what_it_has_to(r: Place, cran: Cran) -> None:
    r.done("lock")
    cran.publish("rlang", "1.2")
    cran.publish("config", "0.4", Imports="rlang (>= 1.2)")
    r.layer("packages", LAYER.replace("[config]", "[config (>= 0.4)]"))
    r.done("lock")
    assert r.has("packages") == {"config": "0.4", "rlang": "1.2"}


def test_layers_that_meet_share_what_is_below_them(r: Place, cran: Cran) -> None:
    cran.publish("dbi", "1.0", Imports="rlang")
    r.layer("more", "description: more\non: [packages]\ncran: [dbi]\n")
    r.layer("beside", "description: beside\non: [r]\ncran: [dbi]\n")
    catalog = r.root / "catalog.yaml"
    text = catalog.read_text().partition("images:")[0]
    catalog.write_text(text + "images: {both: {layers: [more, beside], tag: one}}\n")
    r.done("lock")
    assert r.has("more") == {"dbi": "1.0"}
    assert r.has("beside") == {"dbi": "1.0", "rlang": "1.1.6"}, "where nothing below has it"
    # One that stays decides on the version for all that meet it.
    cran.publish("rlang", "1.2")
    r.layer("late", "description: late\non: [r]\ncran: [rlang]\n")
    catalog.write_text(text + "images: {both: {layers: [more, beside, late], tag: one}}\n")
    r.done("lock")
    assert r.has("late") == {"rlang": "1.1.6"}
    r.layer("late", "description: late\non: [r]\ncran: [rlang (>= 1.2)]\n")
    code, said = r.run("lock")
    assert code == 2
    assert "images/late/layer.yaml:3:8: rlang (>= 1.2), and rlang 1.1.6 is locked in" in said
    r.done("lock", "--upgrade", "rlang")
    assert r.has("late") == {"rlang": "1.2"}
    assert r.has("packages")["rlang"] == "1.2"


def test_layers_that_never_meet_may_differ(r: Place, cran: Cran) -> None:
    cran.publish("config", "0.4", Imports="rlang")
    r.layer("packages", LAYER.replace("config", "config (== 0.3.2)"))
    r.layer("other", LAYER.replace("config", "config (>= 0.4)"))
    catalog = r.root / "catalog.yaml"
    text = catalog.read_text().partition("images:")[0]
    apart = "  one: {layers: [packages], tag: one}\n  two: {layers: [other], tag: one}\n"
    catalog.write_text(f"{text}images:\n{apart}")
    r.done("lock")
    assert (r.has("packages")["config"], r.has("other")["config"]) == ("0.3.2", "0.4")
    catalog.write_text(f"{text}images:\n{apart}  both: {{layers: [packages, other], tag: one}}\n")
    shutil.rmtree(r.root / "catalog.lock")
    code, said = r.run("lock")
    assert code == 2
    assert "config (>= 0.4) is incompatible with config (== 0.3.2) of packages (" in said
    assert "the layers meet in both" in said


def test_a_repository_that_is_away_holds_back_nothing_else(
    r: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    r.done("lock")
    monkeypatch.setenv("CATALOG_MIRROR_CRAN", "http://127.0.0.1:1")
    r.layer("base", "description: tools\non: [system]\napt: [tool, viewer]\n")
    r.done("lock")
    r.done("lock", "--upgrade", "tool")
    assert r.has("packages") == {"config": "0.3.2", "rlang": "1.1.6"}
    monkeypatch.setattr(transfer, "BACKOFF", 0.0)
    code, said = r.run("fetch")
    assert code == 1
    assert "config 0.3.2" in said
    assert "2 could not be fetched" in said


def test_a_source_that_leads_elsewhere_is_refused(r: Place, cran: Cran) -> None:
    files = {"NAMESPACE": "", "../../../etc/passwd": "x"}
    cran.publish("config", "0.5", files)
    r.done("lock")
    code, said = r.run("fetch")
    assert code == 1
    assert "leads out of it" in said


def test_why_a_package_is_there(r: Place) -> None:
    r.done("lock")
    said = r.done("why", "packages", "r:rlang")
    assert "images/packages/layer.yaml:3" in said
    assert "config" in said
