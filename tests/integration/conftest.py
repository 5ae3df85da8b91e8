"""A small catalog, its registries on loopback, and the command line on it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from builder import cli
from builder.catalog.load import load
from builder.graph.build import graph
from builder.graph.model import Cell
from builder.lock.file import read, write
from builder.lock.model import NAME, Lock
from builder.settings import Settings
from builder.settings import read as read_settings
from tests.integration.engine import built, built_tiny, locked_tiny, tiny
from tests.integration.openpgp import ARCHIVE
from tests.integration.registries import Archive, Deb, deb, publish_wheel
from tests.integration.site import Site, serving

__all__ = ["built", "built_tiny", "locked_tiny", "tiny"]

CATALOG = """\
format: 1
name: small
axes:
  debian: {values: {trixie: {abi: debian-13}}, tag: false}
  arch: {values: {amd64: }, tag: false}
  python: {label: "py{value}", values: {"3.13": }}
images:
  both: {layers: [left, right]}
"""
LAYERS = {
    "system": (
        "description: the system\nbootstrap: true\naxes: [debian, arch]\nabi: ['{{ axes.debian.abi"
        " }}']\napt: [apt]\n"
    ),
    "base": "description: tools\non: [system]\napt: [tool]\n",
    "snake": (
        "description: Python\non: [base]\naxes: [python]\nabi: [cp313]\npython: [shared-lib]\n"
    ),
    "left": "description: left\non: [snake]\napt: [editor]\npython: [left-app]\n",
    "right": "description: right\non: [snake]\napt: [viewer]\npython: [right-app]\n",
}


def packages() -> list[Deb]:
    return [
        deb("dpkg", essential="yes", depends="libone"),
        deb("libone"),
        deb("apt", depends="libone"),
        deb("tool", "2:1.5", depends="libtwo (>= 1)", recommends="never"),
        deb("never"),
        deb("libtwo", "1.0"),
        deb("editor", depends="libtwo, libshared"),
        deb("viewer", depends="libshared"),
        deb("libshared", "3"),
    ]


def lock_files(lock: Path) -> dict[str, str]:
    """Return the text of every file of a lock."""
    return {str(path): path.read_text() for path in sorted(lock.rglob("*")) if path.is_file()}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A catalog in a directory, with registries of its own."""

    root: Path
    site: Site
    archive: Archive
    say: Callable[[], str]

    def run(self, *argv: str) -> tuple[int, str]:
        """Run the command line; return its exit code and all that it printed."""
        self.say()
        code = cli.main(["-C", str(self.root / "catalog.yaml"), *argv])
        return code, self.say()

    def done(self, *argv: str) -> str:
        """Run the command line, which must succeed; return what it printed."""
        code, said = self.run(*argv)
        assert code == 0, said
        return said

    def json(self, *argv: str) -> object:
        said = self.done("-q", *argv, "--json")
        return json.loads(said)

    @property
    def lock(self) -> Lock:
        return read(self.root / NAME)

    @property
    def lock_files(self) -> dict[str, str]:
        """The text of every file of the lock; nothing when there is none."""
        return lock_files(self.root / NAME)

    @property
    def settings(self) -> Settings:
        return read_settings(self.root)

    def layer(self, name: str, text: str) -> None:
        path = self.root / "images" / name / "layer.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def only(self, name: str, text: str) -> Place:
        """Add a layer, and make an image of it the catalog's only one."""
        self.layer(name, text)
        catalog = self.root / "catalog.yaml"
        head = catalog.read_text().partition("images:")[0]
        catalog.write_text(f"{head}images: {{{name}: {{layers: [{name}], tag: one}}}}\n")
        return self

    def cell(self, name: str) -> Cell:
        """Return a layer's cell."""
        return next(
            found
            for found in graph(load(self.root / "catalog.yaml")).cells.values()
            if found.name == name
        )

    def has(self, cell: str) -> Mapping[str, str]:
        """Return what a layer's cell holds: name -> version."""
        found = next(
            piece for name, piece in self.lock.cells.items() if name.startswith(f"{cell}@")
        )
        return {
            self.lock.artifacts[name].name: self.lock.artifacts[name].version
            for name in found.artifacts
        }


@pytest.fixture(scope="session")
def server() -> Iterator[Site]:
    with serving() as found:
        yield found


@pytest.fixture
def site(server: Site) -> Site:
    """Return the server with what the registries hold when a test begins."""
    server.files.clear()
    server.answers.clear()
    server.cut.clear()
    server.asked.clear()
    server.password = ""
    return server


@pytest.fixture
def place(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Place:
    """Return a catalog without a lock."""

    def say() -> str:
        captured = capfd.readouterr()
        return captured.out + captured.err

    for name in (
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "CATALOG_CACHE": str(tmp_path / "cache"),
        "CATALOG_MIRROR_DEBIAN": f"{site.url}/debian",
        "CATALOG_MIRROR_DEBIAN_SECURITY": f"{site.url}/debian-security",
        "CATALOG_MIRROR_PYPI": f"{site.url}/simple",
        "CATALOG_DEBIAN_KEYRING": str(tmp_path / "keys.gpg"),
        "CATALOG_JOBS": "2",
        "no_proxy": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "keys.gpg").write_bytes(ARCHIVE.keyring())
    root = tmp_path / "catalog"
    root.mkdir()
    (root / "catalog.yaml").write_text(CATALOG)
    made = Place(root=root, site=site, archive=Archive(site), say=say)
    for name, text in LAYERS.items():
        made.layer(name, text)
    made.archive.publish(packages())
    publish_wheel(site, "shared-lib", "1.0")
    publish_wheel(site, "left-app", "1.0", ["shared-lib", "helper"])
    publish_wheel(site, "right-app", "1.0", ["helper>=1"])
    publish_wheel(site, "helper", "1.1")
    return made


@pytest.fixture(scope="session")
def first_lock() -> dict[str, Lock]:
    """Hold what the first test that needs it locked, for all others."""
    return {}


@pytest.fixture
def locked(place: Place, first_lock: dict[str, Lock]) -> Place:
    """Return the catalog with its lock, and a cache without any package."""
    if not first_lock:
        place.done("lock")
        first_lock[NAME] = place.lock
        # What makes accounts was read from the packages.
        shutil.rmtree(place.settings.cache / "artifacts")
    write(first_lock[NAME], place.root / NAME)
    return place
