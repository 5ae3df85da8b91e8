"""A fork moves to what its upstream is by now."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.cli import main
from tests.unit.catalog.test_load import lay, sections
from tests.unit.charts.test_library import SHARED

pytestmark = pytest.mark.process
LAYER = (
    "description: Python\non: [base]\naxes: [python]\npython: [pip, {numpy}]\nenv: {{A: '{a}'}}\n"
)
FORK = "extends: {{git: {url}, commit: {commit}}}\nname: fork\n"
Upstream = Callable[..., str]


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Upstream:
    """Commit the sound catalog with some files changed; return the commit."""
    root = tmp_path / "national"
    monkeypatch.chdir(tmp_path)
    lay(root, sections("sound"))
    run(root, "init", "-q", "-b", "main")

    def commit(*, numpy: str = "numpy", a: str = "1", layer: str = "code") -> str:
        lay(root, {"images/python/layer.yaml": LAYER.format(numpy=numpy, a=a)})
        lay(root, {f"images/{layer}/layer.yaml": "description: An editor\non: [base]\n"})
        run(root, "add", "-A")
        run(root, "commit", "-qm", "moved")
        return run(root, "rev-parse", "HEAD")

    return commit


def run(root: Path, *argv: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", "-C", str(root), *who, *argv], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def fork(commit: str, more: str = "") -> Path:
    path = Path("fork/catalog.yaml")
    url = Path("national").resolve().as_uri()
    lay(Path(), {path.as_posix(): FORK.format(url=url, commit=commit) + more})
    return path


def upgrade(path: Path, *argv: str) -> int:
    return main(["-C", str(path), "upgrade", *argv])


def test_what_upstream_changed_is_told_and_the_commit_moves(
    upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    first = upstream()
    path = fork(first, "# mine\npatch: {layers: {python: {env: {B: '2'}}}}\n")
    second = upstream(numpy="numpy>=2")
    assert upgrade(path, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["old"], told["new"]) == (first, second)
    assert told["moved"] == [
        {
            "part": ["layer", "python", "python"],
            "who": "upstream",
            "old": ["pip", "numpy"],
            "new": ["pip", "numpy>=2"],
            "yours": ["pip", "numpy"],
        }
    ]
    text = path.read_text()
    assert second in text
    assert "# mine" in text
    assert upgrade(path) == 0
    assert "as the fork is" in capsys.readouterr().out


def test_what_both_changed_is_to_be_accepted(
    upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    first = upstream()
    path = fork(first, "patch: {layers: {python: {env: {A: mine}}}}\n")
    before, second = path.read_text(), upstream(a="2")
    assert upgrade(path) == 1
    said = capsys.readouterr()
    assert '"1"  "2"  "mine"' in said.out
    assert "nothing is changed" in said.err
    assert path.read_text() == before
    assert upgrade(path, "--accept", "--dry-run") == 0
    assert path.read_text() == before
    assert upgrade(path, "--accept") == 0
    assert second in path.read_text()


def test_what_a_fork_leaves_out_stays_out_and_is_told(
    upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    more = "registry: r.example/x\ndrop: {layers: [python, lab], images: [python, '*-python', 'lab-*']}\n"
    path = fork(upstream(), more)
    second = upstream(a="2")
    assert upgrade(path) == 0
    assert "you leave out: layer python" in capsys.readouterr().out
    assert second in path.read_text()


def test_what_upstream_changes_beside_a_forks_own_words_reaches_it(
    upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    path = fork(upstream(), "patch: {layers: {python: {python: {add: [scipy]}}}}\n")
    upstream(numpy="numpy>=2")
    assert upgrade(path, "--json") == 0
    (moved,) = json.loads(capsys.readouterr().out)["moved"]
    assert moved["who"] == "upstream"


def test_what_fits_no_more_is_told_at_its_place_and_nothing_changes(
    upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    first = upstream(layer="editor")
    path = fork(first, "patch: {layers: {editor: {env: {A: '1'}}}}\n")
    before = path.read_text()
    run(Path("national"), "rm", "-rqf", "images/editor")
    upstream(layer="editors")
    assert upgrade(path) == 2
    said = capsys.readouterr().err
    assert "fork/catalog.yaml:3:18: upstream has no layer 'editor' there" in said
    assert "did you mean 'editors'?" in said
    assert path.read_text() == before
    assert sorted(one.name for one in path.parent.iterdir()) == [".catalog", "catalog.yaml"]


def test_a_revision_may_be_named(upstream: Upstream) -> None:
    first, second = upstream(), upstream(a="2")
    upstream(a="3")
    path = fork(first)
    assert upgrade(path, "--to", second) == 0
    assert second in path.read_text()


def test_a_fork_of_a_directory_has_nothing_to_move(
    upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream()
    lay(Path(), {"fork/catalog.yaml": "extends: ../national\nname: fork\n"})
    assert upgrade(Path("fork/catalog.yaml")) == 2
    assert "run `catalog lock --upstream`" in capsys.readouterr().err


def test_templates_texts_and_what_images_are_made_of_are_told(
    upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream()
    charts = {f"national/charts/{path}": text for path, text in SHARED.items()}
    lay(Path(), {**charts, "national/charts/texts/fr.yaml": "notes: {One: Un}\n"})
    path = fork(upstream(a="2"))
    word = '{{- define "library.word" -}}other{{- end -}}\n'
    lay(
        Path(),
        {
            "national/charts/library/templates/_word.tpl": word,
            "national/charts/texts/fr.yaml": "notes: {One: Une}\n",
            "national/images/kernel/layer.yaml": "description: K\non: [lab, r]\n",
        },
    )
    upstream(a="2")
    assert upgrade(path, "--json", "--dry-run") == 0
    told = {tuple(one["part"]): one for one in json.loads(capsys.readouterr().out)["moved"]}
    assert told["template", "library/templates/_word.tpl"]["new"].startswith("sha256:")
    assert told["texts", "fr", "notes", "One"]["new"] == "Une"
    image = told["image", "lab-r", "layers"]
    assert "kernel" in image["old"]
    assert "kernel" not in image["new"]
    assert {one["who"] for one in told.values()} == {"upstream"}
