"""A launch that passed is kept for what it was launched from, and for nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.tree import File, Tree
from builder.verify import launches
from builder.verify.image import Outcome

CHART = Tree({"Chart.yaml": File(b"name: a\n"), "values.yaml": File(b"digest: sha256:1\n")})
NODE = "node:v1"
STEP = Outcome(test="a start", ok=True, seconds=1.5, output="ready")


def test_what_passed_is_kept(tmp_path: Path) -> None:
    name = launches.key(CHART, {}, NODE)
    assert launches.kept(tmp_path, name) == []
    launches.keep(tmp_path, name, [STEP])
    (step,) = launches.kept(tmp_path, name)
    assert (step.test, step.ok, step.output, step.cached) == ("a start", True, "ready", True)


def test_what_failed_is_not(tmp_path: Path) -> None:
    failed = Outcome(test="a page", ok=False, seconds=0, output="404")
    launches.keep(tmp_path, "key", [STEP, failed])
    assert launches.kept(tmp_path, "key") == []


@pytest.mark.parametrize(
    "changed",
    [
        launches.key(Tree({**CHART, "values.yaml": File(b"digest: sha256:2\n")}), {}, NODE),
        launches.key(Tree({**CHART, "NOTES.txt": File(b"")}), {}, NODE),
        launches.key(CHART, {"replicas": 2}, NODE),
        launches.key(CHART, {}, "node:v2"),
    ],
    ids=["image", "chart", "values", "kubernetes"],
)
def test_a_change_asks_for_another_launch(changed: str) -> None:
    assert changed != launches.key(CHART, {}, NODE)


@pytest.mark.parametrize("text", ["", "[", "{}", '[{"test": 1}]', "[1]"])
def test_a_damaged_result_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "key.json").write_text(text)
    assert launches.kept(tmp_path, "key") == []
