"""A real registry as the store of several machines: what is taken, what is refused, and what an
unwilling registry costs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from builder.cells import records
from builder.debian.model import Facts, SharedLibrary
from builder.execute.hold import taken
from builder.execute.project import Project
from builder.execute.replaced import manifests
from builder.tools import registry as client
from tests.integration.registry_server import (
    Server,
    registry,
)
from tests.unit.execute.stock import Stock, fill, make

pytestmark = pytest.mark.registries


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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
    made.stock.build()
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
        fill(shard.project(f"{name}@*"))
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
        "do not fit its layers: /opt/left differs",
    ),
    "a file less": (
        lambda known: replace(
            known,
            entries={path: one for path, one in known.entries.items() if path != "opt/left"},
        ),
        "do not fit its layers: /opt/left differs",
    ),
    "packages": (
        lambda known: replace(known, packages={"deb": {"openssl": "9"}}),
        "do not fit its layers: the packages differs",
    ),
    "a library": (
        lambda known: replace(known, libraries=(SharedLibrary("opt/left", "libc.so.6", 3),)),
        "do not fit its layers: the libraries differs",
    ),
    "an owner": (
        lambda known: replace(known, owners={"opt/left": "openssl"}),
        "do not fit its layers: the owners differs",
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
