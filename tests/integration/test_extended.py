"""A fork of what a registry has: its release by digest, signed or not; its cells, taken and mounted;
and what happens on a bad day."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from builder import cli
from builder.attest import bundle, statement
from builder.attest.keys import read as read_key
from builder.catalog.fork import OciUpstream
from builder.catalog.levels import CHECKOUTS, location, read
from builder.digest import sha256
from builder.lock.file import read as read_lock
from builder.lock.file import write as write_lock
from builder.lock.model import NAME as LOCK
from builder.oci.blob import blobs_of, descriptor_json
from builder.oci.model import MANIFEST, Descriptor
from builder.release import extended, shelf, source
from builder.release.attached import KIND, Signer, Subject, attach_all
from builder.release.document import TYPE, ReleasedSource, write
from builder.release.shelf import Place
from builder.settings import read as read_settings
from builder.tools import contents
from builder.tools import registry as client
from builder.tools.referrers import Artifact, attach, listed
from builder.tools.registry import address
from builder.tree import File
from tests.integration.mortal import killed_at
from tests.integration.registry_server import (
    HTPASSWD,
    LOGIN,
    Server,
    auth_file,
    registry,
)
from tests.integration.test_push import target
from tests.unit.attest.made import ByLibrary, Key
from tests.unit.execute.stock import Stock, make

pytestmark = pytest.mark.registries

OURS, THEIRS = Key(), Key()


@pytest.fixture(autouse=True, name="_alone")
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    by_themselves(monkeypatch, tmp_path)


def by_themselves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave out credentials, proxies, authorities and the engine of the machine that runs the
    tests: cells can be taken, and not built."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setenv("CATALOG_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CATALOG_STORE", raising=False)
    monkeypatch.setattr(client, "BACKOFF", 0.01)


@dataclass(frozen=True, kw_only=True)
class First:
    """A catalog, and a registry that has its first release, as they are copied for each test."""

    folder: Path
    port: int
    digest: str


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> First:
    folder = tmp_path_factory.mktemp("first")
    with pytest.MonkeyPatch.context() as patch, registry(folder / "registry") as hub:
        by_themselves(patch, folder)
        desk = Desk(root=folder, hub=hub, say=str, made="")
        digest = desk.publish(make(folder / "lab", registry=desk.at("lab")), "lab")
        return First(folder=folder, port=hub.port, digest=digest)


@pytest.fixture
def hub(first: First, tmp_path: Path) -> Iterator[Server]:
    shutil.copytree(first.folder / "registry" / "storage", tmp_path / "registry" / "storage")
    with registry(tmp_path / "registry", port=first.port) as found:
        yield found


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where a catalog is published, and others are made from it."""

    root: Path
    hub: Server
    say: Callable[[], str]
    made: str
    """The digest of the first release."""

    def first(self, *, key: Key | None = None) -> str:
        """Return the digest of the first release, which this key signs."""
        if key is not None:
            self.sign("lab", self.made, key)
        return self.made

    def run(self, name: str, *argv: str) -> tuple[int, str]:
        """Run a command on one of the catalogs here."""
        self.say()
        code = cli.main(["-C", str(self.root / name / "catalog.yaml"), *argv])
        return code, self.say()

    def done(self, name: str, *argv: str) -> str:
        code, said = self.run(name, *argv)
        assert code == 0, said
        return said

    def at(self, name: str) -> str:
        return f"{self.hub.address}/{name}"

    def place(self, name: str) -> Place:
        to = target(self.hub, self.root)
        return Place(registry=to.registry, address=address(self.at(name)), jobs=2)

    def publish(self, stock: Stock, name: str, *, key: Key | None = None) -> str:
        """Build a catalog, and make it public; return the digest of the release."""
        stock.build()
        self.done(name, "digests", "--write")
        self.done(name, "publish", "--allow", "untested")
        digest = shelf.named(self.place(name), shelf.STAGED).digest
        if key is not None:
            self.sign(name, digest, key)
        self.done(name, "promote")
        return digest

    def sign(self, name: str, digest: str, key: Key) -> None:
        by = Signer(cosign=ByLibrary(own=key), key="k", public=read_key(key.public, "k.pub"))
        place = self.place(name)
        itself = Subject(name="it", repository=place.releases, digest=digest)
        attach_all(place, [itself], by)

    def fork(self, name: str, upstream: str, *more: str) -> Stock:
        """Start a fork as a person does."""
        code, said = self.run(
            name,
            *("init", str(self.root / name), "--from", f"oci:{upstream}"),
            *("--registry", self.at(name), *more),
        )
        assert code == 0, said
        return Stock(root=self.root / name)

    def plan(self, name: str) -> dict[str, str]:
        """Return what would be done with each cell."""
        steps = json.loads(self.done(name, "-q", "plan", "--json"))
        return {step["node"]: step["action"] for step in steps if step["kind"] == "cell"}


@pytest.fixture
def desk(tmp_path: Path, hub: Server, first: First, capfd: pytest.CaptureFixture[str]) -> Desk:
    def say() -> str:
        captured = capfd.readouterr()
        return captured.out + captured.err

    return Desk(root=tmp_path, hub=hub, say=say, made=first.digest)


@pytest.fixture
def lab(first: First, tmp_path: Path) -> Stock:
    shutil.copytree(first.folder / "lab", tmp_path / "lab")
    return Stock(root=tmp_path / "lab")


CELLS = {"bottom@trixie", "tools@trixie", "left@trixie", "right@trixie"}


def test_a_fork_of_a_release_builds_no_cell(desk: Desk, lab: Stock) -> None:
    digest = desk.first()
    fork = desk.fork("fork", desk.at("lab"))
    assert f"{desk.at('lab')}/releases@{digest}" in fork.yaml.read_text()
    assert desk.plan("fork") == dict.fromkeys(CELLS, "take")
    said = desk.done("fork", "build")
    assert "4 cells: 0 to build, 4 to take, 0 kept" in said
    keys = {one.key for one in lab.project().inputs.values()}
    assert {one.key for one in fork.project().inputs.values()} == keys
    assert set(desk.plan("fork").values()) == {"keep"}


def test_a_release_says_where_its_catalog_is_and_comes_to_the_same_again(
    desk: Desk, lab: Stock
) -> None:
    digest = desk.first()
    again = json.loads(desk.done("lab", "-q", "publish", "--allow", "untested", "--json"))
    assert (again["digest"], again["new"]) == (digest, False)
    (lab.root / "images" / "left" / "layer.yaml").touch()
    (lab.root / ".env").write_text("TOKEN=secret\n")
    (lab.root / "notes.txt").write_text("of nobody's interest\n")
    again = json.loads(desk.done("lab", "-q", "publish", "--allow", "untested", "--json"))
    assert again["digest"] == digest
    layer = lab.root / "images" / "left" / "layer.yaml"
    layer.write_text(layer.read_text() + "# a word that changes no image\n")
    other = json.loads(desk.done("lab", "-q", "publish", "--allow", "untested", "--json"))
    assert other["digest"] != digest
    assert other["release"] != again["release"], "the tag of a release never moves"


def test_what_a_fork_changes_is_built_and_nothing_else(desk: Desk) -> None:
    desk.first()
    fork = desk.fork("fork", desk.at("lab"))
    fork.yaml.write_text(
        fork.yaml.read_text() + "patch: {layers: {left: {run: echo ours >/opt/left}}}\n"
    )
    assert desk.plan("fork") == {**dict.fromkeys(CELLS, "take"), "left@trixie": "build"}


def test_a_fork_without_a_network_is_as_it_was(desk: Desk, hub: Server) -> None:
    desk.first(key=OURS)
    key = desk.root / "lab.pub"
    key.write_bytes(OURS.public)
    fork = desk.fork("fork", desk.at("lab"), "--signed-by", str(key))
    assert (fork.root / "keys" / "lab.pub").read_bytes() == OURS.public
    desk.done("fork", "build")
    hub.kill()
    desk.done("fork", "validate")
    said = desk.done("fork", "build")
    assert "does not answer" not in said, "nothing is missing"
    said = desk.done("fork", "explain", "left")
    assert f"{CHECKOUTS}/sha256-" in said
    assert "upstream" in said


def test_cells_of_upstream_are_mounted_and_not_sent(desk: Desk) -> None:
    desk.first()
    fork = desk.fork("fork", desk.at("lab"))
    desk.done("fork", "build")
    pushed = json.loads(desk.done("fork", "-q", "push", "--json"))
    store, own = fork.project().store, set[str]()
    sizes: dict[str, int] = {}
    for manifest in store.refs("image/").values():
        config, *_, seal = blobs_of(store.read_json(manifest))
        own |= {config.digest, seal.digest}
        sizes |= {config.digest: config.size, seal.digest: seal.size}
    assert sum(one["sent"] for one in pushed) == sum(sizes[digest] for digest in own)
    assert sum(one["mounted"] for one in pushed) > 0

    shutil.rmtree(fork.root / ".catalog" / "store")
    said = desk.done("fork", "build", "--from", desk.at("fork"), "--share")
    assert f"{desk.at('fork')}/cells has 4 cells: 0.0 MB sent" in said
    for name, item in fork.project().inputs.items():
        repository = desk.place("fork").address.repository("cells")
        assert desk.place("fork").registry.manifest(repository, item.key), name


def test_levels_of_releases_are_fetched_one_by_one(desk: Desk) -> None:
    key = desk.root / "lab.pub"
    key.write_bytes(OURS.public)
    desk.first(key=OURS)
    ministry = desk.fork("ministry", desk.at("lab"), "--signed-by", str(key))
    ministry.layer("mine", "description: mine\non: [tools]\nrun: echo mine >/opt/mine\n")
    ministry.yaml.write_text(
        ministry.yaml.read_text() + "images: {mine: {layers: [left, mine], tag: '{debian}'}}\n"
    )
    desk.done("ministry", "lock")
    desk.done("ministry", "build", "left", "both")
    desk.publish(ministry, "ministry")

    team = desk.fork("team", desk.at("ministry"))
    levels = read(team.yaml).levels
    assert [level.document.data["name"] for level in levels] == ["lab", "ministry", "team"]  # type: ignore[index]
    assert desk.plan("team") == dict.fromkeys({*CELLS, "mine@trixie"}, "take")
    said = desk.done("team", "build")
    assert f"from {desk.at('ministry')}/cells" in said
    said = desk.done("team", "explain", "images.mine")
    assert "upstream (ministry)" in said


def test_a_fork_of_a_directory_is_released_with_it(desk: Desk, lab: Stock) -> None:
    lab.build()
    desk.done("lab", "digests", "--write")
    (desk.root / "near").mkdir()
    near = Stock(root=desk.root / "near")
    near.yaml.write_text(f"format: 1\nextends: ../lab\nname: near\nregistry: {desk.at('near')}\n")
    desk.done("near", "lock")
    desk.publish(near, "near")
    far = desk.fork("far", desk.at("near"))
    assert "  directory: near\n" in far.yaml.read_text()
    assert [level.root.name for level in read(far.yaml).levels] == ["lab", "near", "far"]
    assert set(desk.plan("far").values()) == {"take"}


def written(desk: Desk, digest: str, more: str = "") -> Stock:
    """Write a fork by hand, which has fetched nothing."""
    root = desk.root / "fork"
    root.mkdir()
    (root / "ours.pub").write_bytes(OURS.public)
    (root / "theirs.pub").write_bytes(THEIRS.public)
    stock = Stock(root=root)
    stock.yaml.write_text(
        f"name: fork\nextends:\n  oci: {desk.at('lab')}/releases@{digest}\n{more}"
    )
    return stock


def nothing_is_there(stock: Stock) -> bool:
    """Tell whether nothing was fetched, not even in part."""
    return not list((stock.root / CHECKOUTS).glob("*"))


def test_an_upstream_that_is_signed_by_nobody_named_is_refused_at_its_place(desk: Desk) -> None:
    digest = desk.first()
    fork = written(desk, digest, "  signed_by: {keys: [ours.pub]}\n")
    code, told = desk.run("fork", "validate")
    assert code == 2
    assert f"{fork.yaml}:4:3: {desk.at('lab')} at {digest[:19]} is not signed by ours.pub" in told
    assert "nobody signed it" in told
    assert "ask whoever publishes it to sign" in told
    assert nothing_is_there(fork)

    desk.sign("lab", digest, THEIRS)
    code, told = desk.run("fork", "validate")
    assert code == 2
    assert f"it is signed by a key that is not named (its SHA-256: {THEIRS.hint})" in told
    assert "name its public half under `signed_by: {keys: […]}`" in told
    assert nothing_is_there(fork)

    desk.sign("lab", digest, OURS)
    desk.done("fork", "validate")


def test_a_signature_that_was_made_with_another_name_is_refused(desk: Desk) -> None:
    digest = desk.first()
    forged = THEIRS.bundle(statement.signed(digest), hint=OURS.hint)
    say(desk.place("lab"), digest, forged)
    fork = written(desk, digest, "  signed_by: {keys: [ours.pub]}\n")
    code, told = desk.run("fork", "validate")
    assert code == 2
    assert "the signature by ours.pub does not verify" in told
    assert "do not use it" in told
    assert nothing_is_there(fork)


def test_signers_that_are_named_later_are_asked_for(desk: Desk, hub: Server) -> None:
    digest = desk.first(key=OURS)
    fork = written(desk, digest)
    desk.done("fork", "validate")
    text = fork.yaml.read_text()
    fork.yaml.write_text(f"{text}  signed_by: {{keys: [theirs.pub]}}\n")
    assert "is not signed by theirs.pub" in desk.run("fork", "validate")[1]
    fork.yaml.write_text(f"{text}  signed_by: {{keys: [theirs.pub, ours.pub]}}\n")
    assert "looking who signed" in desk.done("fork", "validate")
    assert "looking who signed" not in desk.done("fork", "validate")
    (fork.root / "ours.pub").write_bytes(THEIRS.public)
    assert desk.run("fork", "validate")[0] == 2, "the file is the same, and the key is not"
    hub.kill()
    code, said = desk.run("fork", "validate")
    assert code == 1
    assert "does not answer" in said


def test_signers_who_are_none_are_told_and_nothing_is_fetched(desk: Desk) -> None:
    digest = desk.first(key=OURS)
    fork = written(desk, digest, "  signed_by: {keys: [none.pub]}\n")
    code, said = desk.run("fork", "validate")
    assert (code, nothing_is_there(fork)) == (2, True)
    assert f"{fork.yaml}:4:22: there is no file 'none.pub' beside catalog.yaml" in said
    fork.yaml.write_text(fork.yaml.read_text().replace("{keys: [none.pub]}", "{}"))
    code, said = desk.run("fork", "validate")
    assert (code, nothing_is_there(fork)) == (2, True)
    assert f"{fork.yaml}:4:3: nobody is named" in said
    fork.yaml.write_text(fork.yaml.read_text().replace("{}", "{keys: [ours.pub]}"))
    desk.done("fork", "validate")
    (fork.root / "ours.pub").unlink()
    code, said = desk.run("fork", "validate")
    assert code == 2
    assert f"{fork.yaml}:4:22: there is no file 'ours.pub' beside catalog.yaml" in said


def test_a_release_that_is_gone_is_told_and_a_tag_that_moved_changes_nothing(
    desk: Desk, lab: Stock
) -> None:
    digest = desk.first()
    fork = written(desk, digest)
    desk.done("fork", "validate")
    lab.change("left", "echo left", "echo moved")
    lab.lock()
    second = desk.publish(lab, "lab")
    assert second != digest
    desk.done("fork", "validate")
    assert "echo left" in desk.done("fork", "explain", "left")

    place = desk.place("lab")
    place.registry.delete(place.releases, digest)
    desk.done("fork", "validate")
    shutil.rmtree(fork.root / ".catalog")
    code, said = desk.run("fork", "validate")
    assert code == 1
    assert f"{fork.yaml}:3:8: {desk.at('lab')} has no release {digest[:19]}… any more" in said
    assert "`catalog upgrade` moves to the one that is public" in said
    desk.done("lab", "validate")


def test_a_registry_that_is_down_is_told_at_its_place(desk: Desk, hub: Server) -> None:
    fork = written(desk, desk.first())
    hub.kill()
    code, said = desk.run("fork", "validate")
    assert code == 1
    assert f"{fork.yaml}:3:8: the registry {hub.address} does not answer" in said
    assert nothing_is_there(fork)


def test_a_damaged_layer_is_refused(desk: Desk, hub: Server) -> None:
    digest = desk.first()
    released = shelf.named(desk.place("lab"), digest)
    assert released.source is not None
    name = released.source.digest.removeprefix("sha256:")
    blob = hub.folder / "storage/docker/registry/v2/blobs/sha256" / name[:2] / name / "data"
    whole = blob.read_bytes()
    fork = written(desk, digest)
    for damaged in (whole.replace(b"echo left", b"echo evil"), whole[:-2048], whole + bytes(512)):
        blob.write_bytes(damaged)
        code, said = desk.run("fork", "validate")
        assert code == 1, said
        assert f"{fork.yaml}:3:8: {hub.address}/lab/releases gives " in said
        assert nothing_is_there(fork)
    blob.write_bytes(whole)
    desk.done("fork", "validate")


def test_what_is_no_release_or_a_newer_one_is_refused(desk: Desk) -> None:
    digest, place = desk.first(), desk.place("lab")
    released = shelf.named(place, digest)
    assert released.source is not None
    bare = shelf.put(place, replace(released.release, source=None))
    cases = {
        other(place, released, artifactType="application/vnd.other"): "is not a release",
        other(place, released, layers=[]): "is not a release",
        newer(place, released): "its format is '2', and 1 is known",
        bare.digest: "does not have the files of its catalog",
    }
    fork = written(desk, digest)
    for wrong, said in cases.items():
        fork.yaml.write_text(fork.yaml.read_text().replace(digest, wrong))
        digest = wrong
        code, told = desk.run("fork", "validate")
        assert code == 1, told
        assert said in told
        assert "newer catalog builder" in told
        assert nothing_is_there(fork)


def test_an_upstream_of_a_newer_format_is_told_at_its_place(desk: Desk, lab: Stock) -> None:
    digest, place = desk.first(), desk.place("lab")
    tree = source.gather(lab.project().loaded.levels).files
    text = tree["catalog.yaml"].data.replace(b"format: 1", b"format: 2")
    packed = source.pack(tree.merged({"catalog.yaml": File(text)}))
    at = ReleasedSource(digest=f"sha256:{sha256(packed)}")
    made = shelf.put(place, replace(shelf.named(place, digest).release, source=at), packed)
    fork = written(desk, made.digest)
    code, said = desk.run("fork", "validate")
    assert code == 2
    assert (
        f"{CHECKOUTS}/{made.digest.replace(':', '-')}/catalog.yaml:1:9: this upstream is of" in said
    )
    assert "take a newer catalog builder" in said
    assert fork.yaml.exists()


def test_a_registry_that_wants_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    login = {"auth": {"htpasswd": {"realm": "test", "path": str(tmp_path / "htpasswd")}}}

    def say() -> str:
        captured = capfd.readouterr()
        return captured.out + captured.err

    with registry(tmp_path / "guarded", login) as hub:
        desk = Desk(root=tmp_path, hub=hub, say=say, made="")
        lab = make(tmp_path / "lab", registry=desk.at("lab"))
        right = auth_file(tmp_path, hub.address, *LOGIN)
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(right))
        fork = written(desk, desk.publish(lab, "lab"))
        monkeypatch.delenv("REGISTRY_AUTH_FILE")
        code, said = desk.run("fork", "validate")
        assert code == 1
        assert f"docker login {hub.address}" in said
        assert nothing_is_there(fork)
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(right))
        desk.done("fork", "validate")


def test_fetching_that_is_killed_at_any_request_leaves_nothing_half_there(
    desk: Desk, tmp_path: Path
) -> None:
    digest = desk.first(key=OURS)
    fork = written(desk, digest, "  signed_by: {keys: [ours.pub]}\n")
    level, place = read(fork.yaml).own, desk.place("lab")
    upstream, settings = level.says.extends, read_settings(fork.root)
    assert isinstance(upstream, OciUpstream)

    def fetch(mortal: Place) -> None:
        # In a process of its own.
        extended.place_of = lambda *_: mortal
        extended.bring(fork.root, level, upstream, settings)

    killed = 0
    while killed_at(killed + 1, place, tmp_path, fetch):
        killed += 1
        assert not location(fork.root, upstream).exists()
    assert killed >= 4, "referrers, a signature, the manifest, the document and the files"
    said = desk.done("fork", "validate")
    assert "fetching 127" not in said
    assert "looking who" not in said


def test_cells_go_with_the_releases_that_had_them(desk: Desk, lab: Stock) -> None:
    old = {name: one.key for name, one in lab.project().inputs.items()}
    for month, word in enumerate(("moved", "moved again"), 2):
        text = (lab.root / "images/left/layer.yaml").read_text()
        lab.layer("left", text.partition("run:")[0] + f"run: echo {word} >/opt/left\n")
        lab.lock()
        path = lab.root / LOCK
        write_lock(replace(read_lock(path), moment=f"2026-0{month}-01T00:00:00Z"), path)
        desk.publish(lab, "lab")
    place = desk.place("lab")
    repository = place.address.repository("cells")
    there = set(contents.tags(place.registry, repository))
    assert set(old.values()) < there
    said = desk.done("lab", "releases", "--keep", "1")
    assert "1 release, 2 images" in said
    left = there - set(contents.tags(place.registry, repository))
    assert left == {old["left@trixie"]}, "all others are part of images that stay"
    desk.fork("fork", desk.at("lab"))
    assert set(desk.plan("fork").values()) == {"take"}


def test_an_upgrade_moves_to_what_is_public(desk: Desk, lab: Stock) -> None:
    first = desk.first()
    fork = desk.fork("fork", desk.at("lab"))
    assert "as the fork is" in desk.done("fork", "upgrade")
    lab.change("left", "echo left", "echo moved")
    lab.lock()
    second = desk.publish(lab, "lab")
    told = json.loads(desk.done("fork", "-q", "upgrade", "--json"))
    assert (told["old"], told["new"]) == (first, second)
    assert [one["part"] for one in told["moved"]] == [["layer", "left", "run"]]
    assert f"/releases@{second}" in fork.yaml.read_text()
    assert set(desk.plan("fork").values()) == {"take"}
    release = shelf.named(desk.place("lab"), first).release
    desk.done("fork", "upgrade", "--to", release.tag)
    assert f"/releases@{first}" in fork.yaml.read_text()
    desk.done("fork", "upgrade", "--to", second)
    code, said = desk.run("fork", "upgrade", "--to", "nothing")
    assert code == 1
    assert "has no release nothing" in said


def test_an_upgrade_to_what_nobody_named_signed_changes_nothing(desk: Desk, lab: Stock) -> None:
    key = desk.root / "lab.pub"
    key.write_bytes(OURS.public)
    desk.first(key=OURS)
    fork = desk.fork("fork", desk.at("lab"), "--signed-by", str(key))
    before = fork.yaml.read_text()
    lab.change("left", "echo left", "echo moved")
    lab.lock()
    second = desk.publish(lab, "lab", key=THEIRS)
    code, said = desk.run("fork", "upgrade")
    assert code == 2
    assert "is not signed by keys/lab.pub" in said
    assert f"{fork.yaml}:4:3: " in said
    assert fork.yaml.read_text() == before
    desk.sign("lab", second, OURS)
    desk.done("fork", "upgrade")
    assert second in fork.yaml.read_text()


def test_a_fork_is_not_made_of_what_is_not_there_or_not_signed(desk: Desk, lab: Stock) -> None:
    key, private = desk.root / "lab.pub", desk.root / "lab.key"
    key.write_bytes(OURS.public)
    private.write_text("-----BEGIN PRIVATE KEY-----\n")
    desk.first()
    for words, exit_code, told in (
        (("oci:nothing here",), 2, "names no release"),
        ((f"oci:{desk.at('lab')}:none",), 1, "has no release none"),
        ((f"oci:{desk.at('other')}",), 1, "has no release current"),
        ((f"oci:{desk.at('lab')}", "--signed-by", str(key)), 2, "nobody signed it"),
        ((f"oci:{desk.at('lab')}", "--signed-by", str(private)), 2, "is a private key"),
        ((str(lab.root), "--signed-by", str(key)), 2, "only releases are signed"),
    ):
        code, said = desk.run("x", "init", str(desk.root / "new"), "--from", *words)
        assert code == exit_code, said
        assert told in said
        assert not (desk.root / "new").exists()
    for reference in (":current", f"@{shelf.named(desk.place('lab'), 'current').digest}"):
        name = f"new{len(reference)}"
        desk.fork(name, f"{desk.at('lab')}/releases{reference}")


def test_a_fork_of_a_commit_takes_cells_from_the_registry_of_its_catalog(
    desk: Desk, lab: Stock
) -> None:
    desk.first()
    git = ["git", "-C", str(lab.root), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "it")):
        subprocess.run([*git, *words], check=True)
    code, said = desk.run("fork", "init", str(desk.root / "fork"), "--from", lab.root.as_uri())
    assert code == 0, said
    assert desk.plan("fork") == dict.fromkeys(CELLS, "take")
    desk.done("fork", "build")


def say(place: Place, digest: str, data: bytes) -> None:
    """Attach a bundle as anybody may who can write."""
    size = len(contents.manifest(place.registry, place.releases, digest) or b"")
    made = Artifact(kind=bundle.MEDIA_TYPE, data=data, annotations={KIND: statement.SIGNED})
    there = listed(place.registry, place.releases, digest)
    attach(place.registry, place.releases, Descriptor(MANIFEST, digest, size), [made], there)


def other(place: Place, released: shelf.Released, **words: object) -> str:
    """Put a manifest that differs from that of a release; return its digest."""
    data = contents.manifest(place.registry, place.releases, released.digest)
    made = json.dumps({**json.loads(data or b""), **words}).encode()
    digest = f"sha256:{sha256(made)}"
    place.registry.put_manifest(place.releases, digest, made, MANIFEST)
    return digest


def newer(place: Place, released: shelf.Released) -> str:
    """Put a release whose document has a format that nobody knows yet."""
    text = write(released.release).replace(b'"format": 1', b'"format": 2')
    shelf.bring(place, place.releases, text)
    assert released.source is not None
    files = descriptor_json(released.source)
    return other(place, released, layers=[shelf.descriptor(text, TYPE), files])
