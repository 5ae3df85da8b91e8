"""A command takes the image that the catalog and its lock mean now, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.catalog.load import load
from builder.errors import BuilderError
from builder.execute.hold import not_built, taken
from builder.execute.standing import check_digests, standing
from builder.lock.model import NAME
from tests.unit.execute.stock import Stock, make

TAKERS = {
    "load": ("load", "left"),
    "test": ("test", "left"),
    "run": ("run", "left:trixie", "true"),
    "shell": ("shell", "left:trixie"),
    "shell in a cell": ("shell", "left@trixie"),
    "push": ("push", "left", "--to", "registry.example.org/x"),
    "verify": ("verify", "--libraries", "left"),
    "size": ("size", "left:trixie"),
    "diff": ("diff", "left:trixie", "both:trixie"),
}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stock:
    monkeypatch.setenv("CATALOG_STORE", str(tmp_path / "store"))
    # No engine answers: who asks for one has taken an image already, or is to say why not.
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    made = make(tmp_path / "lab")
    made.build()
    return made


def test_what_is_built_is_taken(lab: Stock) -> None:
    with taken(lab.project("left")) as images:
        assert list(images) == ["left:trixie"]


@pytest.mark.parametrize("argv", TAKERS.values(), ids=TAKERS.keys())
@pytest.mark.parametrize(
    ("layer", "why"),
    [("left", "Dockerfile changed"), ("tools", "(ABI of tools: tools-1 → tools-2)")],
)
def test_after_a_change_and_no_build_nothing_is_taken(
    lab: Stock, capsys: pytest.CaptureFixture[str], layer: str, why: str, argv: tuple[str, ...]
) -> None:
    if layer == "left":
        lab.change("left", "echo left", "echo other")
    else:
        lab.change("tools", "tools-1", "tools-2")
    lab.lock()
    capsys.readouterr()
    assert lab.run(*argv) == 1
    told = capsys.readouterr().err
    assert "is not built as it is now" in told
    assert why in told
    assert "catalog build" in told


def test_a_change_of_metadata_alone_counts(lab: Stock) -> None:
    lab.change("left", "\non:", "\nexpose: [8080]\non:")
    lab.lock()
    assert lab.fill() == [], "it builds no cell"
    with pytest.raises(BuilderError, match="left:trixie is not built as it is now: its metadata"):
        taken(lab.project("left")).__enter__()


def test_what_was_never_built_is_told_from_what_changed(lab: Stock) -> None:
    lab.catalog("images:", "images:\n  right: {layers: [right]}")
    with pytest.raises(BuilderError, match="not built yet: right:trixie") as told:
        taken(lab.project("right")).__enter__()
    assert told.value.hint == "run `catalog build right:trixie`"


def test_a_way_back_takes_the_image_of_before(lab: Stock) -> None:
    with taken(lab.project()) as before:
        pass
    lab.change("left", "echo left", "echo other")
    lab.lock()
    lab.build()
    with taken(lab.project()) as other:
        assert other["left:trixie"] != before["left:trixie"]
    lab.change("left", "echo other", "echo left")
    lab.lock()
    with taken(lab.project()) as again:
        assert again == before, "both branches have theirs, and nothing is to be built"


def test_a_lock_that_no_longer_answers_is_no_lock(
    lab: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.change("left", "\non:", "\napt: [jq]\non:")
    for argv in TAKERS.values():
        assert lab.run(*argv) == 2
        assert "catalog lock" in capsys.readouterr().err
    assert (lab.root / NAME).exists()


def test_former_images_are_looked_at_if_asked_for(
    lab: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.change("left", "echo left", "echo other")
    lab.lock()
    assert lab.run("size", "left:trixie", "--built") == 0
    told = capsys.readouterr()
    assert "as it was built last; since then: left@trixie (Dockerfile changed)" in told.err
    assert "left" in told.out
    lab.build()
    capsys.readouterr()
    assert lab.run("size", "left:trixie", "--built") == 0
    assert "since then" not in capsys.readouterr().err


def test_a_difference_to_what_was_built_last(
    lab: Stock, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.change("left", "echo left", "echo other")
    lab.lock()
    assert lab.fill() == ["left"]
    capsys.readouterr()
    assert lab.run("diff", "left:trixie", "--built") == 0
    told = capsys.readouterr()
    assert "A is left:trixie as it was built last; since then" in told.err
    assert "/opt/left" in told.out
    assert "files that differ: 1" in told.out


def test_a_file_of_digests_pins_to_what_is_meant_now(lab: Stock) -> None:
    def check(digests: dict[str, str]) -> None:
        loaded = load(lab.yaml)
        check_digests(lab.yaml, loaded, digests, Path("digests.json"))

    with taken(lab.project()) as images:
        before = {image: manifest.digest for image, manifest in images.items()}
    check(before)
    elsewhere = {"other:1": "sha256:" + "1" * 64}
    check(elsewhere)
    lab.change("left", "echo left", "echo other")
    lab.lock()
    with pytest.raises(BuilderError, match=r"left:trixie is no longer sha256:.*Dockerfile changed"):
        check(before)
    lab.build()
    with pytest.raises(
        BuilderError, match=r"left:trixie is sha256:.* now, and not sha256:"
    ) as told:
        check(before)
    assert "catalog push --digests digests.json" in told.value.hint
    with taken(lab.project()) as images:
        check({image: manifest.digest for image, manifest in images.items()})


def test_a_chart_gets_no_image_of_before(lab: Stock) -> None:
    references = ["left:trixie", "both:trixie", "planned:1"]
    with standing(lab.yaml, load(lab.yaml), references) as known:
        assert sorted(known.manifests) == ["both:trixie", "left:trixie"]
    lab.change("right", "echo right", "echo other")
    lab.lock()
    with standing(lab.yaml, load(lab.yaml), references) as known:
        assert list(known.manifests) == ["left:trixie"]
        assert known.stale == {"both:trixie": "right@trixie (Dockerfile changed)"}


def test_a_store_that_cannot_be_written_serves_readers(lab: Stock) -> None:
    project = lab.project("left")
    store = project.store.root
    for name in ("writers.lock", "uses.lock", "index.lock"):
        (store / name).unlink(missing_ok=True)
        (store / name).mkdir()
    with taken(project) as images:
        assert list(images) == ["left:trixie"]


def test_of_many_images_a_few_are_named() -> None:
    error = not_built({f"image:{number}": "" for number in range(200)})
    assert str(error) == "not built yet: image:0, image:1, image:2, and 197 more"
    assert error.hint == "run `catalog build`"
