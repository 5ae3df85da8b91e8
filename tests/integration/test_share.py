"""A real registry as the store of several machines: what is taken, what is refused, and what an
unwilling registry costs."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import requests

from builder.cells import records
from builder.debian.model import Facts, SharedLibrary
from builder.execute.hold import taken
from builder.execute.project import Project
from builder.execute.replaced import manifests
from builder.oci.blob import blobs_of
from builder.oci.model import Descriptor
from builder.tools import registry as client
from tests.integration.odd_registry import Answer, OddRegistry, odd_registry
from tests.integration.registry_server import (
    HTPASSWD,
    LOGIN,
    Server,
    auth_file,
    certificate,
    registry,
)
from tests.unit.execute.stock import LAYERS, Stock, fill, make
from tests.unit.oci.made import Content

pytestmark = pytest.mark.registries

BASIC = base64.b64encode(":".join(LOGIN).encode()).decode()


@pytest.fixture(autouse=True, name="_alone")
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials, proxies, authorities or engine of the machine that runs the tests."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setattr(client, "BACKOFF", 0.01)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Server]:
    with registry(tmp_path / "registry") as found:
        yield found


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine with a clone of the catalog, and a store of its own. Nothing can be built there, as
    there is no engine: what it has is taken."""

    stock: Stock
    store: Path
    here: Callable[[Machine], None]
    say: Callable[[], str]

    def run(self, *argv: str) -> tuple[int, str]:
        self.say()
        self.here(self)
        code = self.stock.run(*argv)
        return code, self.say()

    def done(self, *argv: str) -> str:
        code, said = self.run(*argv)
        assert code == 0, said
        return said

    def failed(self, *argv: str) -> str:
        code, said = self.run(*argv)
        assert code == 1, said
        return said

    def plan(self, *argv: str) -> dict[str, str]:
        """Return what would be done with each cell and image."""
        return {
            step["node"]: step["action"]
            for step in json.loads(self.done("-q", "plan", "--json", *argv))
        }

    def project(self, *patterns: str) -> Project:
        self.here(self)
        return self.stock.project(*patterns)

    def images(self) -> dict[str, str]:
        """Return the digest of the manifest of each image that is what the catalog means now."""
        with taken(self.project()) as manifests:
            return {name: manifest.digest for name, manifest in manifests.items()}

    def cells(self) -> dict[str, str]:
        """Return the digest of the manifest of each cell in the store."""
        project = self.project()
        found = {}
        for name, item in project.inputs.items():
            manifest = records.find(project.store, item.key)
            if manifest is not None:
                found[name] = manifest.digest
        return found


Machines = Callable[..., Machine]
DIVIDED: Content = {
    f"opt/x/node_modules/{name}/package.json": f'{{"name": "{name}", "version": "1.0.0"}}'
    for name in ("one", "two")
}
GROUPING = {"npm:one": 1, "npm:two": 2}
"""A cell with this content has three layers, one with what belongs to no package."""


@pytest.fixture
def machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Machines:
    """Return what makes machines, by name: the same catalog in other places."""

    def here(machine: Machine) -> None:
        monkeypatch.setenv("CATALOG_STORE", str(machine.store))

    def say() -> str:
        captured = capfd.readouterr()
        return captured.out + captured.err

    def machine(name: str, registry: str = "registry.example.org/lab") -> Machine:
        store = tmp_path / name / "store"
        stock = make(tmp_path / name / "lab", registry=registry)
        return Machine(stock=stock, store=store, here=here, say=say)

    return machine


@pytest.fixture
def first(machines: Machines) -> Machine:
    """Return a machine on which all is built, and recorded."""
    made = machines("first")
    made.here(made)
    made.stock.build({"left": DIVIDED}, GROUPING)
    assert len(made.project().summary("left@trixie").delta) == 3
    made.done("digests", "--write")
    return made


def recorded(machine: Machine, first: Machine) -> Machine:
    """Give a machine what was committed beside the lock."""
    name = "catalog.digests.json"
    (machine.stock.root / name).write_bytes((first.stock.root / name).read_bytes())
    return machine


@pytest.fixture
def shared(hub: Server, first: Machine) -> str:
    """Return the registry that has all cells of the first machine."""
    there = f"{hub.address}/team"
    said = first.done("build", "--from", there, "--share")
    assert f"{there}/cells has 4 cells" in said
    return there


CELLS = {"bottom@trixie", "tools@trixie", "left@trixie", "right@trixie"}


def test_a_machine_with_an_empty_disk_takes_what_is_recorded(
    shared: str, first: Machine, machines: Machines
) -> None:
    second = recorded(machines("second"), first)
    assert set(second.plan().values()) == {"build"}
    assert second.plan("--from", shared) == {
        **dict.fromkeys(CELLS, "take"),
        "left:trixie": "build",
        "both:trixie": "build",
    }
    said = second.done("build", "--from", shared)
    assert "4 cells: 0 to build, 4 to take, 0 kept" in said
    assert second.cells() == first.cells()
    assert second.images() == first.images()
    assert set(second.plan("--from", shared).values()) == {"keep"}
    assert "nothing to do" in second.done("build", "--from", shared)
    second.done("verify", "--store")


def test_the_setting_names_the_registry(
    shared: str, first: Machine, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_REGISTRY_STORE", shared)
    second = recorded(machines("second"), first)
    second.done("build")
    assert second.cells() == first.cells()
    monkeypatch.setenv("CATALOG_REGISTRY_STORE", "team")
    code, said = second.run("plan")
    assert code == 2
    assert "CATALOG_REGISTRY_STORE: 'team' is not a registry" in said


def test_only_what_was_asked_for_is_taken(shared: str, first: Machine, machines: Machines) -> None:
    second = recorded(machines("second"), first)
    second.done("build", "left", "--from", shared)
    assert second.cells().keys() == CELLS - {"right@trixie"}


def test_what_is_not_recorded_is_taken_on_request_alone(
    shared: str, first: Machine, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = machines("second")
    said = second.failed("build", "--from", shared)
    assert "cells has 4 cells of which nothing is recorded: bottom@trixie, " in said
    assert "--trust all takes them on its word" in said
    assert second.cells() == {}
    second.done("build", "--from", shared, "--trust", "all")
    assert second.cells() == first.cells()
    monkeypatch.setenv("CATALOG_REGISTRY_TRUST", "all")
    third = machines("third")
    third.done("build", "--from", shared)
    assert third.cells() == first.cells()


def test_a_record_of_another_key_vouches_for_nothing(
    shared: str, first: Machine, machines: Machines
) -> None:
    second = recorded(machines("second"), first)
    name = second.stock.root / "catalog.digests.json"
    key = second.project().inputs["left@trixie"].key
    name.write_text(name.read_text().replace(key, "0" * 64))
    assert second.plan("--from", shared)["left@trixie"] == "build"
    assert second.plan("--from", shared)["right@trixie"] == "take"


def test_shards_of_a_run_share_what_each_built(
    hub: Server, first: Machine, machines: Machines
) -> None:
    there, trust = f"{hub.address}/team", ("--trust", "all")
    shards = {name: machines(name) for name in ("left", "right")}
    for name, shard in shards.items():
        fill(shard.project(f"{name}@*"), {"left": DIVIDED}, GROUPING)
        shard.done("build", f"{name}@*", "--from", there, "--share", *trust)
    third = machines("third")
    third.done("build", "--from", there, *trust)
    assert third.cells() == first.cells()
    assert third.images() == first.images()


def test_what_is_shared_already_is_not_sent_again(shared: str, hub: Server, first: Machine) -> None:
    blobs = hub.blobs()
    said = first.done("build", "--from", shared, "--share")
    assert "has 4 cells: 0.0 MB sent" in said
    assert hub.blobs() == blobs


def test_what_an_operator_removed_is_put_there_again(
    shared: str, hub: Server, first: Machine, machines: Machines
) -> None:
    digest = first.cells()["left@trixie"]
    url = f"http://{hub.address}/v2/team/cells/manifests/{digest}"
    assert requests.delete(url, timeout=10).status_code == 202
    second = recorded(machines("second"), first)
    said = second.failed("build", "--from", shared)
    assert f"{shared}/cells has no manifest {digest}" in said
    first.done("build", "--from", shared, "--share")
    second.done("build", "--from", shared)
    assert second.cells() == first.cells()


def test_sharing_needs_a_registry(first: Machine) -> None:
    code, said = first.run("build", "--share")
    assert code == 2
    assert "--share: there is no registry to put cells into" in said
    assert "CATALOG_REGISTRY_STORE" in said


def changed(machine: Machine) -> Machine:
    """Give a machine other tools, which it has built. They declare the same ABI."""
    machine.stock.change("tools", "echo tools", "echo other")
    fill(machine.project("tools@*"), {"tools": {"opt/other": "other"}})
    return machine


def test_what_stands_on_a_changed_cell_is_taken_on_its_promise(
    shared: str, machines: Machines
) -> None:
    second = machines("second")
    second.done("build", "bottom@*", "--from", shared, "--trust", "all")
    changed(second)
    second.done("build", "--from", shared, "--trust", "all")
    assert second.cells().keys() == CELLS
    assert set(second.plan().values()) == {"keep"}


def test_another_catalog_makes_no_promise(shared: str, machines: Machines) -> None:
    fork = machines("fork", "registry.example.org/fork")
    fork.done("build", "left", "--from", shared, "--trust", "all")
    other = machines("other", "registry.example.org/other")
    other.done("build", "bottom@*", "--from", shared, "--trust", "all")
    changed(other)
    said = other.failed("build", "--from", shared, "--trust", "all")
    assert "another catalog built left@trixie on other bytes than are below it here" in said
    assert "right@trixie" in said
    assert other.cells().keys() == {"bottom@trixie", "tools@trixie"}


def test_a_fork_takes_what_is_recorded_whoever_built_it(
    shared: str, first: Machine, machines: Machines
) -> None:
    fork = recorded(machines("fork", "registry.example.org/fork"), first)
    fork.done("build", "--from", shared)
    assert fork.cells() == first.cells()


def test_bytes_other_than_recorded_are_refused_by_name_and_another_build_is_taken(
    shared: str, first: Machine, machines: Machines
) -> None:
    liar = machines("liar")
    fill(liar.project(), {"left": {"opt/evil": "evil"}})
    liar.done("build", "left@*", "--from", shared, "--share")
    assert liar.cells()["left@trixie"] != first.cells()["left@trixie"]
    second = recorded(machines("second"), first)
    second.done("build", "--from", shared)
    assert second.cells() == first.cells(), "the first machine's build is still there"


def test_bytes_other_than_recorded_are_refused_by_name(
    hub: Server, first: Machine, machines: Machines
) -> None:
    there = f"{hub.address}/liars"
    liar = machines("liar")
    fill(liar.project(), {"left": {"opt/evil": "evil"}})
    liar.done("build", "--from", there, "--share")
    second = recorded(machines("second"), first)
    said = second.failed("build", "--from", there)
    assert "left@trixie comes to other bytes than catalog.digests.json has of the same key" in said
    assert "built here: left@trixie" in said
    assert second.cells().keys() == CELLS - {"left@trixie"}


def rewritten(machine: Machine, cell: str, change: Callable[[Facts], Facts]) -> None:
    """Let a machine have other facts of a cell."""
    project = machine.project()
    item = project.inputs[cell]
    manifest = records.find(project.store, item.key)
    assert manifest is not None
    below = manifests(project.store, project.graph.cells[cell], project.inputs)
    known = records.facts(project.store, manifest)
    records.record(project.store, change(known), below)


LIES: dict[str, tuple[Callable[[Facts], Facts], str]] = {
    "a mode": (
        lambda known: replace(
            known,
            entries={
                path: one._replace(mode=0o777) if path == "opt/left" else one
                for path, one in known.entries.items()
            },
        ),
        "do not fit its layers, as to /opt/left",
    ),
    "a file less": (
        lambda known: replace(
            known,
            entries={path: one for path, one in known.entries.items() if path != "opt/left"},
        ),
        "do not fit its layers, as to /opt/left",
    ),
    "packages": (
        lambda known: replace(known, packages={"deb": {"openssl": "9"}}),
        "do not fit its layers, as to packages",
    ),
    "a library": (
        lambda known: replace(known, libraries=(SharedLibrary("opt/left", "libc.so.6", 3),)),
        "do not fit its layers, as to libraries",
    ),
    "an owner": (
        lambda known: replace(known, owners={"opt/left": "openssl"}),
        "do not fit its layers, as to owners",
    ),
    "what it stands on": (
        lambda known: replace(known, on=("bottom@trixie",)),
        "the facts of left@trixie say that it stands on bottom@trixie",
    ),
    "what it replaces": (
        lambda known: replace(known, replaces={"etc/passwd": known.entries["opt/left"]}),
        "say that it replaces /etc/passwd, which it may not",
    ),
    "another cell": (
        lambda known: replace(known, cell="right@trixie"),
        "what is offered as left@trixie is right@trixie of the key",
    ),
    "a size unpacked": (
        lambda known: replace(
            known, delta=(replace(known.delta[0], unpacked=known.delta[0].unpacked - 1),)
        ),
        "unpacks to something else than",
    ),
    "a size that no disk has": (
        lambda known: replace(known, delta=(replace(known.delta[0], unpacked=1 << 60),)),
        "no space left for left@trixie",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_facts_that_do_not_fit_are_refused(
    hub: Server, first: Machine, machines: Machines, lie: str
) -> None:
    change, why = LIES[lie]
    there, trust = f"{hub.address}/liars", ("--trust", "all")
    rewritten(first, "left@trixie", change)
    first.done("build", "bottom@*", "left@*", "--from", there, "--share")
    second = machines("second")
    said = second.failed("build", "left", "--from", there, *trust)
    assert why in " ".join(said.split())
    assert "left@trixie" not in second.cells()
    assert not list((second.store / "ingest").iterdir())


Fault = Callable[[str, str], Answer | None]
"""What a registry answers to a method and a path in place of the right answer."""


@contextmanager
def between(hub: Server, fault: Fault) -> Iterator[OddRegistry]:
    """Stand between a registry and those who take from it."""

    def script(method: str, path: str, key: str) -> Answer:
        wrong = fault(method, path)
        if wrong is not None:
            return wrong
        headers = {"Accept": client.MANIFESTS, **({"Authorization": key} if key else {})}
        url = f"http://{hub.address}{path}"
        right = requests.request(method, url, headers=headers, timeout=10)
        kept = ("Content-Type", "Docker-Content-Digest", "Www-Authenticate")
        passed = {name: right.headers[name] for name in kept if name in right.headers}
        return Answer(status=right.status_code, headers=passed, body=right.content)

    with odd_registry(script) as odd:
        yield odd


def delta(machine: Machine, cell: str) -> Descriptor:
    """Return the uppermost layer of a cell."""
    return machine.project().summary(cell).delta[-1].blob


CONTENT: dict[str, tuple[Callable[[int], Answer], str]] = {
    "other content": (
        lambda size: Answer(status=200, body=b"x" * size),
        "gives sha256:",
    ),
    "too little": (lambda size: Answer(status=200, body=b"x" * (size - 1)), "bytes of sha256:"),
    "too much": (lambda size: Answer(status=200, body=b"x" * (size + 1)), "gives more than"),
    "nothing": (lambda _: Answer(status=404), "has no blob sha256:"),
}


@pytest.mark.parametrize("content", CONTENT)
def test_a_blob_with_other_content_is_refused_by_name_and_all_else_is_taken(
    hub: Server, shared: str, first: Machine, machines: Machines, content: str
) -> None:
    make_answer, why = CONTENT[content]
    blob = delta(first, "left@trixie")
    second = recorded(machines("second"), first)

    def fault(_: str, path: str) -> Answer | None:
        return make_answer(blob.size) if path.endswith(f"/blobs/{blob.digest}") else None

    with between(hub, fault) as odd:
        said = second.failed("build", "--from", f"{odd.address}/team")
    assert f"offers left@trixie, which is not taken: {odd.address}/team/cells" in said
    assert why in said
    assert "built here: left@trixie" in said
    assert second.cells().keys() == CELLS - {"left@trixie"}
    assert not second.store.joinpath("blobs/sha256", blob.digest[7:]).exists()
    assert not list((second.store / "ingest").iterdir())
    second.done("build", "--from", shared)
    assert second.cells() == first.cells()


def test_a_registry_that_fails_in_between_is_asked_for_nothing_more(
    hub: Server, shared: str, first: Machine, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_JOBS", "1")
    blob = delta(first, "tools@trixie")
    second = recorded(machines("second"), first)
    gone = []

    def fault(_: str, path: str) -> Answer | None:
        if path.endswith(f"/blobs/{blob.digest}"):
            gone.append(path)
        # It says that there is more than it sends.
        return Answer(status=200, body=b"x", length=blob.size) if gone else None

    with between(hub, fault) as odd:
        said = second.failed("build", "--from", f"{odd.address}/team")
        after = [path for _, path, _ in odd.asked][-len(gone) :]
    assert f"the registry {odd.address} does not answer" in said
    assert after == gone == [gone[0]] * client.ATTEMPTS, "it was asked for something else"
    assert "built here: tools@trixie, left@trixie, right@trixie" in said
    assert second.cells().keys() == {"bottom@trixie"}
    assert not list((second.store / "ingest").iterdir())
    second.done("build", "--from", shared)


def test_a_registry_that_is_silent_in_the_middle_is_given_up(
    hub: Server, shared: str, first: Machine, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT", (5, 0.1))
    second, end = recorded(machines("second"), first), threading.Event()
    assert shared.startswith(hub.address)

    def stall(method: str, path: str) -> Answer | None:
        if "/blobs/" in path and method == "GET":
            end.wait()
        return None

    with between(hub, stall) as odd:
        try:
            said = second.failed("build", "--from", f"{odd.address}/team")
        finally:
            end.set()
    assert f"the registry {odd.address} does not answer: " in said
    assert "timed out" in said
    assert second.cells() == {}


def test_a_registry_that_is_down_costs_no_result(
    hub: Server, shared: str, machines: Machines
) -> None:
    hub.kill()
    second = machines("second")
    project = second.project()
    fill(project)
    records_of_left = records.ref(project.inputs["left@trixie"].key)
    said = second.done("build", "--from", shared)
    assert "does not answer" not in said, "nothing is missing"
    project.store.untag([records_of_left])
    said = second.failed("build", "--from", shared)
    assert f"cells of {shared}/cells cannot be taken: the registry {hub.address} does not" in said
    assert "CATALOG_CA_BUNDLE" in said
    fill(second.project())
    second.done("build", "--from", shared)
    said = second.failed("build", "--from", shared, "--share")
    assert f"sharing with {shared}/cells" in said
    hub.start()
    second.done("build", "--from", shared, "--share")


@pytest.mark.parametrize("status", [507, 413])
def test_a_registry_that_is_full_fails_the_sharing_alone(
    hub: Server, first: Machine, status: int
) -> None:
    error = b'{"errors": [{"code": "DENIED", "message": "the quota is used up"}]}'

    def full(method: str, _: str) -> Answer | None:
        return Answer(status=status, body=error) if method in {"POST", "PUT"} else None

    with between(hub, full) as odd:
        said = first.failed("build", "--from", f"{odd.address}/team", "--share")
    assert f"sharing with {odd.address}/team/cells" in said
    assert ("quota is used up" in said) is (status == 413)
    assert said.count("is not put into") <= 4, "it is asked for nothing more"
    assert set(first.plan().values()) == {"keep"}


def test_what_is_no_index_or_no_manifest_is_refused(
    hub: Server, first: Machine, machines: Machines
) -> None:
    first.done("build", "--from", f"{hub.address}/team", "--share")
    second = recorded(machines("second"), first)
    key = first.project().inputs["left@trixie"].key

    def odd_index(_: str, path: str) -> Answer | None:
        odd = Answer(status=200, body=b'{"artifactType": "other", "manifests": []}')
        return odd if path.endswith(f"/manifests/{key}") else None

    with between(hub, odd_index) as odd:
        said = second.failed("build", "--from", f"{odd.address}/team")
    assert f"{odd.address}/team/cells:{key} is not an index of builds" in said
    assert second.cells().keys() == CELLS - {"left@trixie"}


def test_credentials_stay_home_when_a_blob_is_on_another_host(
    tmp_path: Path, first: Machine, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    login = {"auth": {"htpasswd": {"realm": "test", "path": str(tmp_path / "htpasswd")}}}
    with registry(tmp_path / "guarded", login) as hub, ExitStack() as stack:
        blobs: dict[str, bytes] = {}

        def storage(_: str, path: str, __: str) -> Answer:
            return Answer(status=200, body=blobs[path])

        elsewhere = stack.enter_context(odd_registry(storage))

        def fault(method: str, path: str) -> Answer | None:
            if method != "GET" or "/blobs/" not in path:
                return None
            answer = requests.get(f"http://{hub.address}{path}", auth=LOGIN, timeout=10)
            blobs[path] = answer.content
            away = elsewhere.url.replace("127.0.0.1", "localhost")
            return Answer(status=307, headers={"Location": f"{away}{path}"})

        odd = stack.enter_context(between(hub, fault))
        hosts = {"auths": {one: {"auth": BASIC} for one in (hub.address, odd.address)}}
        (tmp_path / "auth.json").write_text(json.dumps(hosts))
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
        first.done("build", "--from", f"{hub.address}/team", "--share")
        second = recorded(machines("second"), first)
        second.done("build", "--from", f"{odd.address}/team")
    assert second.cells() == first.cells()
    assert {key for _, _, key in odd.asked} == {"", f"Basic {BASIC}"}
    assert {key for _, _, key in elsewhere.asked} == {""}


def test_a_registry_with_tls_and_a_login(
    tmp_path: Path, first: Machine, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    login = {"auth": {"htpasswd": {"realm": "test", "path": str(tmp_path / "htpasswd")}}}
    made = certificate(tmp_path / "certificates")
    with registry(tmp_path / "guarded", login, tls=made) as hub:
        there, second = f"{hub.address}/team", recorded(machines("second"), first)
        said = second.failed("build", "--from", there)
        assert "certificate verify failed" in said
        monkeypatch.setenv("CATALOG_CA_BUNDLE", str(made.authority))
        said = second.failed("build", "--from", there)
        assert "cannot be taken: " in said
        assert f"docker login {hub.address}" in said
        wrong = auth_file(tmp_path, hub.address, LOGIN[0], "wrong horse")
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(wrong))
        said = first.failed("build", "--from", there, "--share")
        assert "sharing with" in said
        assert "wrong horse" not in said
        right = auth_file(tmp_path, hub.address, *LOGIN)
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(right))
        first.done("build", "--from", there, "--share")
        second.done("build", "--from", there)
    assert second.cells() == first.cells()


def test_images_are_composed_in_the_registry_by_mounting(
    hub: Server, shared: str, first: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_REGISTRY_STORE", shared)
    pushed = json.loads(first.done("-q", "push", "--to", f"{hub.address}/images", "--json"))
    assert {one["image"] for one in pushed} == {"left:trixie", "both:trixie"}
    store, own = first.project().store, set[Descriptor]()
    for manifest in store.refs("image/").values():
        config, *_, seal = blobs_of(store.read_json(manifest))
        own |= {config, seal}
    sent = sum(one["sent"] for one in pushed)
    assert sent == sum(blob.size for blob in own), "the layers of cells are mounted"


def test_a_release_is_staged_by_mounting(
    hub: Server, shared: str, first: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    deltas = [delta(first, cell).digest for cell in CELLS]
    monkeypatch.setenv("CATALOG_REGISTRY_STORE", shared)
    before = len(hub.log)
    first.done("publish", "--to", f"{hub.address}/images")
    uploads = [line for line in hub.log[before:].splitlines() if '"PUT' in line or "=PUT" in line]
    assert any("/blobs/uploads/" in line for line in uploads), "the images' own"
    for digest in deltas:
        assert not [line for line in uploads if digest[7:] in line and "/blobs/uploads/" in line]


def test_of_a_divided_cell_only_the_layers_that_moved_are_sent_and_taken(
    shared: str, hub: Server, first: Machine, machines: Machines
) -> None:
    second = recorded(machines("second"), first)
    second.done("build", "--from", shared)
    had = {chunk.diff_id for chunk in first.project().summary("left@trixie").delta}
    moved = {**DIVIDED, "opt/x/node_modules/two/index.js": "it moved"}
    for machine in (first, second):
        machine.stock.layer("left", f"{LAYERS['left']}env: {{MOVED: 'yes'}}\n")
    fill(first.project(), {"left": moved}, GROUPING)
    first.done("build")
    first.done("digests", "--write")
    blobs = hub.blobs()
    first.done("build", "--from", shared, "--share")
    layers = first.project().summary("left@trixie").delta
    new = [chunk for chunk in layers if chunk.diff_id not in had]
    assert [chunk in new for chunk in layers] == [True, False, True], "its key, and what moved"
    documents = ("summary", "facts", "manifest", "index")
    assert hub.blobs() - blobs == len(new) + len(documents)
    asked: list[str] = []

    def fault(method: str, path: str) -> Answer | None:
        asked.append(f"{method} {path}")
        return None

    with between(hub, fault) as odd:
        recorded(second, first).done("build", "--from", f"{odd.address}/team")
    taken_now = {
        chunk.blob.digest
        for chunk in layers
        if any(one.endswith(f"/blobs/{chunk.blob.digest}") for one in asked)
    }
    assert taken_now == {chunk.blob.digest for chunk in new}
    assert second.cells() == first.cells()
