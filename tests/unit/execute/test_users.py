"""One store, several catalogs and branches: each has its own refs, and what both have is there
once."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from builder.cells import records
from builder.errors import BuilderError
from builder.execute import uses
from builder.execute.hold import hold, taken
from builder.execute.project import image_of
from builder.execute.prune import Freed, prune
from builder.oci.shelf import Shelf, owner_of, short
from builder.oci.store import Store
from tests import processes
from tests.unit.execute.stock import Stock, make

OURS, THEIRS = "registry.example.org/lab", "registry.example.org/fork"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    return Store.open(tmp_path / "store")


@pytest.fixture
def lab(tmp_path: Path) -> Stock:
    made = make(tmp_path / "lab", registry=OURS)
    made.build()
    return made


@pytest.fixture
def fork(tmp_path: Path) -> Stock:
    """A fork of it, which is not built: it publishes elsewhere."""
    return make(tmp_path / "fork", registry=THEIRS)


def pruned(
    stock: Stock, *, days: float = 0, forgotten: tuple[str, ...] = (), dry_run: bool = False
) -> Freed:
    return prune(stock.project(), days=days, forgotten=forgotten, dry_run=dry_run)


def digest(stock: Stock, image: str = "left:trixie") -> str:
    with taken(stock.project(image)) as images:
        return images[image].digest


def whole(store: Store) -> bool:
    return all(store.intact(manifest) for manifest in store.refs().values())


def test_a_fork_shares_cells_and_blobs_and_no_ref(lab: Stock, fork: Stock, store: Store) -> None:
    assert fork.fill() == [], "a cell of the same key on the same bytes is there already"
    blobs = {blob.name for blob in (store.root / "blobs/sha256").iterdir()}
    assert fork.run("build") == 0
    added = {blob.name for blob in (store.root / "blobs/sha256").iterdir()} - blobs
    assert len(added) <= len(uses.all_uses(store)), "nothing that the other has is written again"
    owners = {owner_of(ref) for ref in store.refs()}
    assert len(owners) == 2
    mine, other = ({short(ref) for ref in stock.shelf().refs()} for stock in (lab, fork))
    cells = {ref for ref in mine if ref.startswith(records.PREFIX)}
    assert cells == {ref for ref in other if ref.startswith(records.PREFIX)}
    assert digest(fork) == digest(lab)


def test_a_clone_is_the_same_catalog(tmp_path: Path, lab: Stock) -> None:
    clone = make(tmp_path / "clone", registry=OURS)
    assert clone.shelf().owner == lab.shelf().owner
    assert digest(clone) == digest(lab), "there is nothing to build"


def test_images_of_one_name_never_meet(lab: Stock, fork: Stock) -> None:
    fork.change("left", "echo left", "echo theirs")
    fork.lock()
    with pytest.raises(BuilderError, match="not built yet: left:trixie"):
        digest(fork)
    before = digest(lab)
    assert "left:trixie" not in {image_of(ref) for ref in fork.shelf().refs("image/")}
    fork.build()
    assert digest(fork) != before
    assert digest(lab) == before
    pruned(fork)
    assert digest(lab) == before
    pruned(lab)
    assert digest(fork) != before


def test_a_promise_holds_within_one_catalog_alone(lab: Stock, fork: Stock) -> None:
    """Somebody else's base may have the same ABI, and anything inside."""
    fork.change("tools", "echo tools", "echo evil")
    fork.lock()
    assert fork.fill() == ["tools", "left", "right"], (
        "what was built on the other's base is not taken for what is built on this one"
    )
    key = {name: item.key for name, item in lab.project().inputs.items()}
    assert fork.project().inputs["left@trixie"].key == key["left@trixie"], "by its key it is"
    one, other = (stock.shelf().find(records.ref(key["left@trixie"])) for stock in (lab, fork))
    assert one is not None
    assert other is not None
    (stated,) = (json.loads(manifest.annotations[records.BELOW]) for manifest in (other,))
    assert stated != json.loads(one.annotations[records.BELOW])
    assert lab.project().plan().to_build("cell") == ()


def test_a_prune_keeps_what_any_catalog_leads_to(lab: Stock, fork: Stock, store: Store) -> None:
    fork.build()
    for use in uses.all_uses(store):
        os.utime(use.path, (0, 0))
    lab.change("left", "echo left", "echo other")
    lab.lock()
    tried = pruned(lab, dry_run=True)
    done = pruned(lab)
    assert tried == replace(done, others=tried.others)
    assert tried.gone
    assert {owner_of(ref) for ref in done.gone} == {lab.shelf().owner}
    (other,) = done.others
    assert (other.owner, other.count(records.PREFIX)) == (fork.shelf().owner, 4)
    assert done.bytes == 0, "the fork has the same, under its own refs"
    assert whole(store)
    assert digest(fork)


def test_another_catalog_goes_if_it_is_named(
    lab: Stock, fork: Stock, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    fork.change("right", "echo right", "echo theirs")
    fork.lock()
    fork.build()
    name = fork.shelf().owner
    capsys.readouterr()
    assert lab.run("prune", "--dry-run") == 0
    told = capsys.readouterr().err
    assert f"kept for {name}: 4 cells and 2 images, " in told
    assert f"`catalog prune --forget {name}` removes them" in told
    assert lab.run("prune", "--forget", name[:-1]) == 2
    assert f"did you mean {name!r}?" in capsys.readouterr().err
    before = digest(lab)
    freed = pruned(lab, days=14, forgotten=(name,))
    assert freed.count(records.PREFIX) == 4
    assert freed.bytes > 0
    assert {owner_of(ref) for ref in store.refs()} == {lab.shelf().owner}
    assert {use.owner for use in uses.all_uses(store)} == {lab.shelf().owner}
    assert digest(lab) == before
    assert fork.fill() == ["right"], "and what the two shared is lent again"


def test_other_branches_are_kept_for_some_days(lab: Stock, store: Store) -> None:
    before = digest(lab)
    lab.change("left", "echo left", "echo other")
    lab.lock()
    lab.build()
    freed = pruned(lab, days=14)
    assert (freed.gone, freed.kept_for) == ((), ("lab",))
    lab.change("left", "echo other", "echo left")
    lab.lock()
    assert digest(lab) == before
    freed = pruned(lab)
    assert (freed.count(records.PREFIX), freed.count("image/")) == (1, 2)
    assert digest(lab) == before
    assert whole(store)


def former(store: Store, shelf: Shelf) -> None:
    """Write a store as the former version of this program did: refs without an owner."""
    refs = shelf.refs()
    store.tag({ref.partition("@")[0]: manifest for ref, manifest in refs.items()})
    store.untag([ref for ref in store.refs() if owner_of(ref)])
    for use in uses.all_uses(store):
        use.path.unlink()
    document = {"format": 1, "catalog": "lab", "refs": sorted(store.refs())}
    (store.root / "uses" / "former.json").write_text(json.dumps(document))


def test_a_store_of_the_former_format_is_read_and_never_lost(
    lab: Stock, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digest(lab)
    former(store, lab.shelf())
    refs = store.refs()
    assert lab.fill() == [], "no cell is built again"
    pruned(lab)
    assert store.refs() == refs, "nothing of it goes by itself"
    assert lab.run("build") == 0
    assert digest(lab) == before
    capsys.readouterr()
    assert lab.run("prune", "--all") == 0
    told = capsys.readouterr().err
    assert "kept for former: 4 cells and 2 images" in told
    assert refs.items() <= store.refs().items()
    assert lab.run("prune", "--forget", "former") == 0
    assert {owner_of(ref) for ref in store.refs()} == {lab.shelf().owner}
    assert digest(lab) == before


def test_what_the_former_format_has_of_another_name_is_no_promise(
    tmp_path: Path, lab: Stock, store: Store
) -> None:
    former(store, lab.shelf())
    other = make(tmp_path / "other", name="other")
    other.change("tools", "echo tools", "echo other")
    other.lock()
    assert other.fill() == ["tools", "left", "right"]


def test_an_image_that_is_held_stays(lab: Stock, store: Store) -> None:
    before = digest(lab)
    with taken(lab.project()) as images:
        lab.change("left", "echo left", "echo other")
        lab.lock()
        freed = pruned(lab)
        assert freed.busy
        assert all(store.intact(manifest) for manifest in images.values())
    lab.change("left", "echo other", "echo left")
    lab.lock()
    assert digest(lab) == before


def test_work_of_a_living_build_is_left_alone(lab: Stock, store: Store) -> None:
    with hold(lab.project()):
        work = store.staging()
        os.utime(work, (0, 0))
        pruned(lab)
        assert work.exists(), "it may take longer than any grace"
    pruned(lab)
    assert not work.exists()


@pytest.mark.process
def test_processes_at_once(lab: Stock, fork: Stock, store: Store) -> None:
    """Builds of two catalogs and prunes of both, each in a process of its own: whatever the order,
    what is asked for is there in the end, and nothing else is lost."""
    fork.change("left", "echo left", "echo theirs")
    fork.lock()
    fork.fill()
    commands = [
        stock.argv(*argv)
        for argv in (("build",), ("prune", "--all"), ("build",), ("prune", "--dry-run"))
        for stock in (lab, fork)
    ]
    with ExitStack() as stack:
        started = [
            stack.enter_context(processes.running(argv, env=dict(os.environ))) for argv in commands
        ]
        said = [process.communicate(timeout=300)[0] for process in started]
    assert [process.returncode for process in started] == [0] * len(started), "\n".join(said)
    assert whole(store)
    for stock in (lab, fork):
        subprocess.run(stock.argv("build"), check=True, capture_output=True)
        assert not [step for step in stock.project().plan().steps if step.action != "keep"]
    assert digest(lab) != digest(fork)
    names = {image_of(short(ref)) for ref in store.refs() if short(ref).startswith("image/")}
    assert names == {"left:trixie", "both:trixie"}
