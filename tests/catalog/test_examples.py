"""The example forks: each is one small file, and a whole catalog with its lock and its charts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from builder.catalog.load import Loaded, load
from builder.charts.project import chart_problems, open_charts
from builder.graph.asks import stale
from builder.graph.build import graph
from builder.lock.file import read
from builder.plan.key import all_inputs
from tests.gates import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*/catalog.yaml"))
MOST_LINES = 60
BRANDING = """\
format: 1
extends: {root}
name: branded
description: The same, under another name
registry: registry.branded.example/data
url: https://branded.example
"""
IDS = [path.parent.name for path in EXAMPLES]
PLAIN = [path for path in EXAMPLES if not (path.parent / "images").exists()]
"""Those that ask for no package that upstream does not lock."""
WITH_LAYERS = [path for path in EXAMPLES if path not in PLAIN]


@pytest.fixture
def copied(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """An example in a directory of its own, on this catalog."""
    path: Path = request.param
    shutil.copytree(path.parent, tmp_path / "fork", ignore=shutil.ignore_patterns("catalog.lock"))
    text = path.read_text().replace("extends: ../..\n", f"extends: {ROOT}\n")
    (tmp_path / "fork" / "catalog.yaml").write_text(text)
    return tmp_path / "fork" / "catalog.yaml"


def catalog(path: Path, *argv: str, registries: bool = False) -> str:
    """Run a command in which no registry is asked for anything, unless said: there are none."""
    names = ("DEBIAN", "PYPI", "CRAN")
    nowhere = {f"CATALOG_MIRROR_{name}": "http://127.0.0.1:9" for name in names}
    if registries:
        nowhere = dict(os.environ)
    done = subprocess.run(
        [sys.executable, "-m", "builder", "-C", str(path), *argv],
        capture_output=True,
        text=True,
        check=False,
        env={**nowhere, "PATH": "/usr/bin:/bin", "HOME": str(path.parent), "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=IDS)
def test_it_is_small_and_valid(path: Path) -> None:
    assert len(path.read_text().splitlines()) < MOST_LINES
    assert chart_problems(path, load(path)) == []


def named(paths: list[Path]) -> pytest.MarkDecorator:
    names = [path.parent.name for path in paths]
    return pytest.mark.parametrize("copied", paths, ids=names, indirect=True)


@pytest.mark.process
@named(PLAIN)
def test_it_is_locked_without_a_network_from_upstreams_lock(copied: Path) -> None:
    catalog(copied, "lock")
    made, lock = graph(load(copied)), read(copied.parent / "catalog.lock")
    upstream = read(ROOT / "catalog.lock")
    assert stale(lock, made) == {}
    assert {name: upstream.cells[name] for name in lock.cells} == lock.cells
    assert (
        keys(load(copied), copied).items() <= keys(load(ROOT / "catalog.yaml"), ROOT / "x").items()
    )
    planned = json.loads(catalog(copied, "plan", "--json"))
    assert {row["node"] for row in planned} >= set(made.images)


@pytest.mark.registries
@named(WITH_LAYERS)
def test_only_what_its_layers_ask_for_is_resolved(copied: Path) -> None:
    catalog(copied, "lock", registries=True)
    loaded = load(copied)
    lock, upstream = read(copied.parent / "catalog.lock"), read(ROOT / "catalog.lock")
    own = {one.id for one in graph(loaded).cells.values() if loaded.whose(one.name) == "yours"}
    assert own
    assert {name: upstream.cells[name] for name in lock.cells if name not in own} == {
        name: cell for name, cell in lock.cells.items() if name not in own
    }
    planned = json.loads(catalog(copied, "plan", "--json"))
    assert own <= {row["node"] for row in planned if row["action"] == "build"}


@pytest.mark.process
@named(EXAMPLES)
def test_it_says_where_its_options_are_from(copied: Path) -> None:
    charts = open_charts(load(copied))
    service = min(charts.compositions)
    assert charts.whose(service) == "patched"
    option = "resources.limits.memory"
    told = json.loads(catalog(copied, "explain", "--json", service, option))
    (parts,) = told.values()
    assert {"upstream"} <= {row["whose"] for row in parts}
    image = charts.compositions[service].service.image
    (shown, *_) = json.loads(catalog(copied, "show", "--json", image))["images"]
    assert shown["whose"] in {"upstream", "patched"}
    assert {layer["whose"] for layer in shown["layers"]} <= {"upstream", "patched", "yours"}


@pytest.mark.process
@pytest.mark.parametrize("copied", EXAMPLES, ids=IDS, indirect=True)
def test_its_charts_are_self_contained(copied: Path) -> None:
    catalog(copied, "chart", "generate")
    for name in open_charts(load(copied)).compositions:
        chart = copied.parent / "charts" / name
        about = yaml.safe_load((chart / "Chart.yaml").read_text())
        assert about["name"] == name
        assert json.loads((chart / "values.schema.json").read_text())["properties"]
        assert not any(path.is_symlink() for path in chart.rglob("*"))


@pytest.mark.process
def test_a_fork_that_changes_branding_builds_no_cell(tmp_path: Path) -> None:
    path = tmp_path / "catalog.yaml"
    path.write_text(BRANDING.format(root=ROOT))
    catalog(path, "lock")
    assert keys(load(path), path) == keys(load(ROOT / "catalog.yaml"), ROOT / "catalog.yaml")
    assert load(path).home == ROOT


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository that holds this catalog in a directory."""
    root = tmp_path_factory.mktemp("national")
    there = root / "catalogs" / "national"
    for name in ("images", "charts", "catalog.lock"):
        shutil.copytree(ROOT / name, there / name, symlinks=True)
    shutil.copy(ROOT / "catalog.yaml", there)
    who = ["-c", "user.name=national", "-c", "user.email=national@example.org"]
    for argv in (["init", "-q", "-b", "main"], ["add", "-A"], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", *argv], cwd=root, check=True, capture_output=True)
    return root


@pytest.mark.process
def test_a_fork_of_a_git_repository_is_made_and_read_again(
    repository: Path, tmp_path: Path
) -> None:
    fork = tmp_path / "forks" / "team"
    url = repository.as_uri()
    init = ["init", "--from", url, "--at", "main", "--subdirectory", "catalogs/national"]
    catalog(tmp_path / "none.yaml", *init, "--registry", "r.example/team", str(fork))
    head = ["git", "-C", str(repository), "rev-parse", "main"]
    commit = subprocess.run(head, capture_output=True, text=True, check=True).stdout.strip()
    written = yaml.safe_load((fork / "catalog.yaml").read_text())
    assert written["extends"] == {"git": url, "commit": commit, "directory": "catalogs/national"}
    assert [path.name for path in fork.parent.iterdir()] == ["team"]
    loaded = load(fork / "catalog.yaml")
    assert keys(loaded, fork / "x") == keys(load(ROOT / "catalog.yaml"), ROOT / "x")
    # What git fetched may be deleted at any time.
    shutil.rmtree(fork / ".catalog")
    catalog(fork / "catalog.yaml", "lock", "--check")
    assert (fork / ".catalog" / "upstream" / commit).is_dir()


@pytest.mark.process
def test_a_fork_says_where_each_part_is_from(tmp_path: Path) -> None:
    service = next(iter(open_charts(load(ROOT / "catalog.yaml")).compositions))
    path = tmp_path / "catalog.yaml"
    patch = f"patch: {{services: {{{service}: {{title: Ours}}}}}}\n"
    path.write_text(BRANDING.format(root=ROOT) + patch)
    told = json.loads(catalog(path, "explain", "--json", service))[f"service {service}"]
    from_ = {row["key"]: (row["value"], row["file"], row["line"], row["whose"]) for row in told}
    assert from_["title"] == ("Ours", str(path), 7, "yours")
    assert from_["image"][1:2] + from_["image"][3:] == (
        str(ROOT / "charts" / service / "service.yaml"),
        "upstream",
    )


def keys(loaded: Loaded, path: Path) -> dict[str, str]:
    """Return the key of each cell of a catalog."""
    lock = read(path.parent / "catalog.lock")
    inputs = all_inputs(graph(loaded), lock, loaded.layer_dirs)
    return {cell: item.key for cell, item in inputs.items()}
