"""Maven artifacts from the lock to the build's directory, on a repository of a few projects."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from builder.fetch.context import context
from tests.integration.conftest import Place
from tests.integration.registries import publish_maven

pytestmark = pytest.mark.registries
LAYER = "description: jars\non: [base]\nmaven:\n  to: /opt/jars\n  artifacts: [org.a:app:1, 'org.a:tool:[1,2)']\n"


@pytest.fixture
def jars(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a catalog with a layer of Java archives."""
    monkeypatch.setenv("CATALOG_MIRROR_MAVEN", f"{place.site.url}/maven")
    publish_maven(place.site, "org.a:app:1", "org.b:lib:2")
    publish_maven(place.site, "org.b:lib:2")
    publish_maven(place.site, "org.a:tool:1.0")
    publish_maven(place.site, "org.a:tool:1.5")
    publish_maven(place.site, "org.a:tool:2.0")
    return place.only("jars", LAYER)


def test_archives_are_locked_with_what_they_need_and_lie_in_the_build(
    jars: Place, tmp_path: Path
) -> None:
    jars.done("lock")
    assert jars.has("jars") == {"org.a:app": "1", "org.b:lib": "2", "org.a:tool": "1.5"}
    text = "".join(path.read_text() for path in jars.root.glob("catalog.lock/**/*.json"))
    assert jars.site.url not in text, "a lock names no host"
    jars.done("fetch")
    jars.site.files.clear()
    context(jars.cell("jars"), jars.lock, jars.settings.cache, tmp_path)
    assert sorted(path.name for path in tmp_path.glob("maven/**/*.jar")) == [
        "app-1.jar",
        "lib-2.jar",
        "tool-1.5.jar",
    ]


def test_a_range_stays_at_the_locked_version_until_it_is_asked_to_move(jars: Place) -> None:
    jars.done("lock")
    publish_maven(jars.site, "org.a:tool:1.7")
    jars.layer("jars", LAYER + "apt: [editor]\n")
    jars.done("lock")
    assert jars.has("jars")["org.a:tool"] == "1.5"
    assert "org.a:tool 1.5 → 1.7 (maven)" in jars.done("lock", "--upgrade", "org.a:tool")


def test_a_range_moves_within_a_bound_and_so_does_what_comes_along(jars: Place) -> None:
    publish_maven(jars.site, "org.a:app:1.5", "org.b:lib:2")
    jars.layer("jars", LAYER.replace("org.a:app:1,", "'org.a:app:[1.5,2)',"))
    jars.done("lock")
    publish_maven(jars.site, "org.a:app:1.5.1", "org.b:lib:2")
    # Its own version is within the bound, but that of what it needs is not.
    publish_maven(jars.site, "org.a:app:1.5.2", "org.b:lib:3")
    publish_maven(jars.site, "org.b:lib:3")
    publish_maven(jars.site, "org.a:tool:1.7")
    said = jars.done("lock", "--upgrade", "--within", "patch")
    assert jars.has("jars") == {"org.a:app": "1.5.1", "org.b:lib": "2", "org.a:tool": "1.5"}
    assert "org.a:tool 1.7 is there; --within patch keeps 1.5.x (maven)" in said
    jars.done("lock", "--upgrade", "--within", "minor")
    assert jars.has("jars") == {"org.a:app": "1.5.1", "org.b:lib": "2", "org.a:tool": "1.7"}
    jars.done("lock", "--upgrade")
    assert jars.has("jars")["org.b:lib"] == "3"


def test_a_published_sha256_is_taken_without_reading_the_file(jars: Place) -> None:
    path = publish_maven(jars.site, "org.a:app:1")
    value = hashlib.sha256(jars.site.files[path]).hexdigest()
    jars.site.files[f"{path}.sha256"] = f"{value}  app-1.jar\n".encode()
    jars.site.asked.clear()
    jars.done("lock")
    assert path not in jars.site.asked
    assert jars.lock.artifacts["maven:org.a:app=1:jar"].digest == f"sha256:{value}"


def test_a_file_that_is_not_what_its_checksum_says_is_refused(jars: Place) -> None:
    publish_maven(jars.site, "org.a:app:1", sha1=b"0" * 40)
    code, said = jars.run("lock")
    assert code == 1
    assert "app-1.jar does not match the checksum of the repository" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("app:1", "nothing:1", "there is no org.a:nothing:1"),
        ("[1,2)", "[3,4)", "org.a:tool has no version in [3,4)"),
    ],
)
def test_what_is_not_there_is_told_at_the_layer(jars: Place, old: str, new: str, said: str) -> None:
    jars.layer("jars", LAYER.replace(old, new))
    code, text = jars.run("lock")
    assert code == 2
    assert said in text
    assert "images/jars/layer.yaml:3:1" in text


def test_a_repository_out_of_reach_is_named_with_the_setting(
    jars: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_MIRROR_MAVEN", "http://127.0.0.1:1")
    code, said = jars.run("lock")
    assert code == 1
    assert "set CATALOG_MIRROR_MAVEN to a repository that answers" in said
