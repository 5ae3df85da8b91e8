"""Workflows that a catalog's repository runs: what their own checkers say of them, and what they
may do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from builder.catalog.workflows import Workflows
from builder.render.workflows import GITHUB, GITLAB, Project, workflows
from builder.tree import Tree

TOOLS = Path(sys.executable).parent


def made(**asked: object) -> Tree:
    whole = Workflows.model_validate({"forges": ["github", "gitlab"], **asked})
    registry = "registry.example.org/lab"
    return workflows(Project(registry=registry, has_charts=True, workflows=whole))


def test_only_the_forges_that_are_asked_for_get_files() -> None:
    assert GITLAB not in made(forges=["github"])
    assert list(made(forges=["gitlab"])) == [GITLAB]


@pytest.mark.parametrize("has_charts", [True, False])
@pytest.mark.parametrize("registry", ["ghcr.io/lab/catalog", "registry.example.org:5000/lab"])
def test_they_say_what_is_asked(registry: str, *, has_charts: bool) -> None:
    asked = Workflows(schedule="5 4 * * 0", shards=7, runner="big", install="pip install .")
    tree = workflows(Project(registry=registry, has_charts=has_charts, workflows=asked))
    weekly = tree[f"{GITHUB}/weekly.yml"].data.decode()
    document = yaml.safe_load(weekly)
    assert document[True]["schedule"] == [{"cron": "5 4 * * 0"}]
    assert {job["runs-on"] for job in document["jobs"].values()} == {"big"}
    assert "plan --shards 7 --json" in weekly
    assert f"CATALOG_REGISTRY_STORE: {registry}/cells" in weekly
    assert ("--charts site" in weekly) == has_charts
    assert ("secrets.REGISTRY_PASSWORD" in weekly) == (not registry.startswith("ghcr.io"))


def test_a_pull_request_gets_no_secret_and_writes_nothing_but_its_comment() -> None:
    text = made()[f"{GITHUB}/pull-request.yml"].data.decode()
    assert "secrets." not in text
    assert "--share" not in text
    assert "REGISTRY_TRUST" not in text
    may = set(re.findall(r"(\S+): write", text))
    assert may == {"pull-requests"}


def test_every_action_is_pinned_by_its_commit() -> None:
    for path, file in made().items():
        for action in re.findall(r"uses: (\S+)", file.data.decode()):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), f"{path}: {action}"


@pytest.mark.process
def test_their_checkers_find_nothing(tmp_path: Path) -> None:
    made().write(tmp_path)
    github = sorted((tmp_path / GITHUB).iterdir())
    check = (TOOLS / "check-jsonschema", "--builtin-schema")
    commands: list[tuple[str | Path, ...]] = [
        (*check, "vendor.github-workflows", *github),
        (*check, "vendor.gitlab-ci", tmp_path / GITLAB),
        (TOOLS / "zizmor", "--offline", "--quiet", "--persona=pedantic", tmp_path / GITHUB),
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.process
def test_the_shell_in_them_is_sound(tmp_path: Path) -> None:
    found = 0
    for path, file in made().items():
        document = yaml.safe_load(file.data)
        steps = [step for job in document.get("jobs", {}).values() for step in job["steps"]]
        scripts = [step["run"] for step in steps if "run" in step]
        jobs = [job for job in document.values() if isinstance(job, dict) and "script" in job]
        scripts += ["\n".join(job["script"]) for job in jobs]
        for number, script in enumerate(scripts):
            name = tmp_path / f"{Path(path).stem}-{number}.sh"
            name.write_text(f"#!/bin/bash\nset -euo pipefail\n{script}\n")
            found += 1
    scripts = sorted(tmp_path.iterdir())
    argv: list[str | Path] = [TOOLS / "shellcheck", "--exclude=SC2016", *scripts]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert found > 10
    assert done.returncode == 0, done.stdout
