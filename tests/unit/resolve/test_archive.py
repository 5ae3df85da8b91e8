"""Archives by address: with a hash, nobody is asked for them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from builder.catalog.model import Layer
from builder.catalog.packages import Archive
from builder.catalog.source import parse
from builder.errors import FetchError
from builder.events import silent
from builder.fetch import transfer
from builder.graph.asks import wishes
from builder.graph.model import Cell
from builder.graph.request import Documents
from builder.kinds.archive import identity
from builder.lock.decode import decode
from builder.lock.encode import encode
from builder.lock.model import Artifact, Lock, Slice
from builder.resolve.archive import resolve
from builder.resolve.resolve import EMPTY
from builder.resolve.task import Resolved, Task
from builder.settings import read
from tests.unit.resolve.test_resolve import cell, graph

URL = "https://nowhere.invalid/app-1.tgz"
DATA = b"an archive"
SHA256 = hashlib.sha256(DATA).hexdigest()
OTHER = "0" * 64


def having(name: str, **archives: Archive) -> Cell:
    return cell(name, layer=Layer(description=name, archives=archives), julia="1.12")


def app(**fields: object) -> Archive:
    return Archive.model_validate({"url": URL, "version": "1", **fields})


def locked(made: Cell, size: int, sha256: str = SHA256, url: str = URL) -> Lock:
    """Return the lock of a cell with `app`."""
    digest = f"sha256:{sha256}"
    item = Artifact("archive:app=1", "archive", "app", "1", "archive", url, digest, size)
    return replace(EMPTY, artifacts={item.id: item}, cells={made.id: Slice("", (item.id,))})


def resolved(
    *cells: Cell,
    previous: Lock = EMPTY,
    upgrade: tuple[str, ...] = (),
    stay: tuple[Cell, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> Resolved:
    task = Task(
        graph=graph(*cells, *stay),
        cells=cells,
        previous=previous,
        upgrade=upgrade,
        settings=read(Path("/nowhere"), {"HOME": "/nowhere", **(environment or {})}),
        monitor=silent,
        fetch=lambda artifacts: pytest.fail(f"{artifacts} are fetched"),
        documents=Documents(layers={"a": parse(b"archives:\n  app: {}\n", "a/layer.yaml")}),
    )
    return resolve(task, {})


def only(made: Resolved) -> Artifact:
    """Return the one archive of a result without problems."""
    assert not made.problems, made.problems
    ((artifact,),) = (piece.artifacts for piece in made.pieces.values())
    return artifact


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(_session: object, url: str, *_: object, **__: object) -> None:
        pytest.fail(f"{url} is asked for")

    monkeypatch.setattr(transfer, "pieces", asked)


@pytest.mark.usefixtures("no_network")
def test_with_its_hash_an_archive_is_locked_without_a_network() -> None:
    made = only(resolved(having("a", app=app(sha256=SHA256))))
    assert (made.digest, made.size, made.locator) == (f"sha256:{SHA256}", 0, URL)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    ("stated", "before", "size"),
    [
        (5, None, 5),
        (None, (7, SHA256), 7),
        (5, (7, SHA256), 5),
        (None, (7, OTHER), 0),
        (None, (0, SHA256), 0),
    ],
)
def test_its_size_is_the_layer_s_else_that_of_the_same_file_before_else_unknown(
    stated: int | None, before: tuple[int, str] | None, size: int
) -> None:
    one = having("a", app=app(sha256=SHA256, **({"size": stated} if stated else {})))
    previous = locked(one, *before) if before else EMPTY
    assert only(resolved(one, previous=previous)).size == size
    assert only(resolved(one, previous=previous, upgrade=("*",))).size == size


@pytest.mark.usefixtures("no_network")
def test_without_a_hash_what_is_locked_stays() -> None:
    one = having("a", app=app())
    previous = locked(one, len(DATA))
    assert only(resolved(one, previous=previous)) == previous.artifacts["archive:app=1"]


def test_without_a_hash_the_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "app-1.tgz"
    file.write_bytes(DATA)
    one = having("a", app=app(url=file.as_uri()))
    made = only(resolved(one))
    assert (made.digest, made.size) == (f"sha256:{SHA256}", len(DATA))
    stale = locked(one, 3, OTHER, file.as_uri())
    assert only(resolved(one, previous=stale, upgrade=("app",))) == made


def test_without_a_hash_the_mirror_is_read_first(tmp_path: Path) -> None:
    (tmp_path / "app-1.tgz").write_bytes(DATA)
    mirror = {"CATALOG_MIRROR_ARCHIVE": tmp_path.as_uri()}
    made = only(resolved(having("a", app=app()), environment=mirror))
    assert (made.digest, made.locator) == (f"sha256:{SHA256}", URL)


def test_a_size_that_is_not_the_file_s_is_told_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "app-1.tgz"
    file.write_bytes(DATA)
    (problem,) = resolved(having("a", app=app(url=file.as_uri(), size=3))).problems
    assert str(problem) == (
        "a/layer.yaml:2:3: `size` is 3, and the file has 10 bytes\n"
        "  hint: correct `size`, or leave it out"
    )


def test_a_file_that_does_not_exist_is_told_at_its_place(tmp_path: Path) -> None:
    url = (tmp_path / "app-1.tgz").as_uri()
    (problem,) = resolved(having("a", app=app(url=url))).problems
    assert str(problem).startswith(f"a/layer.yaml:2:3: {url} does not exist (no file ")


def test_a_host_that_is_away_is_told_with_a_way_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(transfer, "pieces", away)
    with pytest.raises(FetchError) as caught:
        resolved(having("a", app=app()))
    assert caught.value.message == "a/layer.yaml:2: nowhere.invalid does not answer: no route"
    assert caught.value.hint.startswith("give its `sha256`, and locking needs no network")


@pytest.mark.usefixtures("no_network")
def test_one_name_and_version_are_one_file_in_the_whole_catalog() -> None:
    a, b = having("a", app=app(sha256=SHA256)), having("b", app=app(sha256=OTHER))
    (problem,) = resolved(b, a).problems
    assert problem.message == "app 1 is another file here than in b/layer.yaml"
    (problem,) = resolved(a, stay=(b,), previous=locked(b, 0, OTHER)).problems
    assert problem.message == "app 1 is another file here than in b"
    same = having("b", app=app(sha256=SHA256, size=5))
    assert {
        artifact.id for piece in resolved(a, same).pieces.values() for artifact in piece.artifacts
    } == {"archive:app=1"}


@pytest.mark.usefixtures("no_network")
def test_an_archive_under_a_condition_is_locked_where_it_holds() -> None:
    new = app(sha256=SHA256, when={"julia": "1.12"})
    old = app(sha256=OTHER, version="0", when={"julia": ["1.10", "1.9"]})
    one = having("a", new=new, old=old)
    assert only(resolved(one)).name == "new"
    assert list(wishes(one)["archives"]) == ["new"]  # type: ignore[call-overload]
    assert resolved(having("a", old=old)).pieces == {}
    assert wishes(having("a", old=old)) == {}


def test_what_layers_asked_for_until_now_is_asked_for_as_before() -> None:
    """A lock is not stale because the format has more keys."""
    asked = wishes(having("a", app=app(sha256=SHA256)))
    assert asked == {"archives": {"app": {"url": URL, "version": "1", "sha256": SHA256}}}


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("size", [0, 5])
def test_a_size_survives_the_lock_s_files_also_where_it_is_unknown(size: int) -> None:
    one = having("a", app=app(sha256=SHA256))
    lock = replace(locked(one, size), moment="1980-01-01T00:00:00Z")
    files = encode(lock)
    assert ('"size": 5' in files["layers/a.json"]) == bool(size)
    assert decode(files, "catalog.lock").artifacts[identity("app", app())].size == size
