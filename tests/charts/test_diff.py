"""Two versions of a chart, compared as a person compares them: by the command, with the real
`helm`."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from builder.catalog.load import load
from builder.charts.archive import archive
from builder.charts.levels import Level
from builder.charts.project import open_charts
from builder.cli import main
from builder.record.chart_diff import DEFAULTS, SWITCHES, compare, following
from builder.record.chart_package import prepare, publish
from builder.tree import File, Tree
from tests.charts.conftest import CHARTS, Chart

pytestmark = pytest.mark.registries
CATALOG = str(CHARTS.parent / "catalog.yaml")
Diff = Callable[..., dict[str, Any]]


def edited(tree: Tree, path: str, old: str, new: str) -> Tree:
    text = tree[path].data.decode()
    assert old in text, f"{path} has no {old!r}"
    return tree.merged({path: File(text.replace(old, new, 1).encode())})


def with_schema(tree: Tree, **properties: object) -> Tree:
    schema = json.loads(tree["values.schema.json"].data)
    schema["properties"] |= properties
    return tree.merged({"values.schema.json": File(json.dumps(schema).encode())})


def test_nothing_differs(postgresql: Chart) -> None:
    found = compare(
        "postgresql",
        postgresql.tree,
        edited(postgresql.tree, "Chart.yaml", "version: 0.0.0", "version: 1.2.3"),
    )
    assert (found.changes, found.level, found.values, dict(found.objects)) == ((), None, (), {})
    assert following("1.2.3", found) == "1.2.3"


def test_an_immutable_field_is_major_and_flagged(postgresql: Chart) -> None:
    new = edited(
        postgresql.tree,
        "templates/_workload.tpl",
        "  serviceName:",
        "  podManagementPolicy: Parallel\n  serviceName:",
    )
    found = compare("postgresql", postgresql.tree, new)
    (change,) = found.objects[DEFAULTS]
    assert change.fixed == ("spec.podManagementPolicy cannot be changed",)
    assert "+  podManagementPolicy: Parallel" in change.diff
    assert found.objects[SWITCHES] == (), "what both ways of rendering tell is told once"
    assert following("1.2.3", found) == "2.0.0"


def test_what_only_a_switch_shows_is_told(jupyter: Chart) -> None:
    new = edited(
        jupyter.tree,
        "templates/_ingress.tpl",
        'proxy-read-timeout" "86400"',
        'proxy-read-timeout" "3600"',
    )
    found = compare("jupyter-python", jupyter.tree, new)
    assert found.objects[DEFAULTS] == ()
    names = [f"Ingress/release-jupyter-python-{which}" for which in ("user", "ui")]
    assert [str(change) for change in found.changes] == [f"patch: {name} differs" for name in names]


def test_a_template_of_which_nothing_is_seen_is_no_documentation(postgresql: Chart) -> None:
    new = edited(postgresql.tree, "templates/NOTES.txt", "{{", "{{/* a comment */}}{{")
    assert [str(change) for change in compare("postgresql", postgresql.tree, new).changes] == [
        "patch: templates"
    ]
    new = edited(postgresql.tree, "README.md", "#", "# The")
    assert [str(change) for change in compare("postgresql", postgresql.tree, new).changes] == [
        "patch: documentation"
    ]


def test_a_default_that_the_schema_does_not_tell(postgresql: Chart) -> None:
    new = edited(postgresql.tree, "values.yaml", "size: 10Gi", "size: 5Gi")
    found = compare("postgresql", postgresql.tree, new)
    assert found.level is Level.MAJOR
    assert {str(change) for change in found.changes} == {
        "minor: persistence.size is 5Gi by default (was 10Gi)",
        (
            "major: PersistentVolumeClaim/release-postgresql: spec.resources.requests.storage"
            " cannot shrink: Kubernetes refuses this, so delete the object before the upgrade"
        ),
        # Without a claim it limits the pod's own volume.
        "patch: StatefulSet/release-postgresql: its pods restart",
    }


@pytest.fixture
def published(postgresql: Chart, tmp_path: Path) -> Path:
    """A chart of the catalog, published as it is."""
    # What is compared with is what the command would generate, and so names the catalog that this
    # is.
    charts = open_charts(load(Path(CATALOG)))
    package = prepare(postgresql.composition, charts.directory, charts.origin, None)
    publish({"postgresql": package}, tmp_path / "published", datetime(2026, 1, 2, tzinfo=UTC))
    return tmp_path / "published"


@pytest.fixture
def diff(published: Path, capsys: pytest.CaptureFixture[str]) -> Diff:
    def run(*argv: str) -> dict[str, Any]:
        assert (
            main(
                [
                    "-C",
                    CATALOG,
                    "-q",
                    "chart",
                    "diff",
                    *argv,
                    "--destination",
                    str(published),
                    "--json",
                ]
            )
            == 0
        )
        found = json.loads(capsys.readouterr().out)
        assert isinstance(found, dict)
        return found

    return run


def test_charts_are_named_in_every_way(diff: Diff, published: Path, postgresql: Chart) -> None:
    path = published / "postgresql-1.0.0.tgz"
    directory = published.parent / "postgresql"
    with tarfile.open(path) as package:
        package.extractall(published.parent, filter="data")
    chart = directory / "Chart.yaml"
    chart.write_text(chart.read_text().replace("version: 1.0.0", "version: 0.0.0"))
    for argv in (
        ["postgresql"],
        ["postgresql@1.0.0"],
        [str(path)],
        [str(path), "postgresql"],
        ["postgresql@1.0.0", str(directory)],
    ):
        found = diff(*argv)
        assert (
            found["old"]["version"],
            found["new"]["version"],
            found["level"],
            found["changelog"],
        ) == ("1.0.0", "0.0.0", "none", [])
    more = with_schema(
        postgresql.tree,
        extra={"type": "boolean", "title": "E", "description": "e", "default": False},
    )
    second = published / "second.tgz"
    second.write_bytes(
        archive(
            "postgresql",
            edited(
                edited(more, "Chart.yaml", "version: 0.0.0", "version: 1.0.1"),
                "values.yaml",
                "\n",
                "\nextra: true\n",
            ),
        )
    )
    found = diff("postgresql@1.0.0", str(second))
    assert found["schema"] == [{"level": "minor", "text": "added the option extra"}]
    assert found["values"] == [{"path": "extra", "kind": "added", "old": None, "new": True}]
    assert (found["level"], found["version"]) == ("minor", "1.1.0")
    assert "must be higher" in found["problem"]


def test_what_a_person_reads(
    published: Path, postgresql: Chart, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = edited(
        postgresql.tree,
        "templates/_workload.tpl",
        "  serviceName:",
        "  podManagementPolicy: Parallel\n  serviceName:",
    )
    edited(new, "values.yaml", "size: 10Gi", "size: 20Gi").write(tmp_path / "new")
    assert (
        main(
            [
                "-C",
                CATALOG,
                "chart",
                "diff",
                "postgresql@1.0.0",
                str(tmp_path / "new"),
                "--destination",
                str(published),
            ]
        )
        == 0
    )
    told = capsys.readouterr()
    for line in (
        '  ~ persistence.size: "10Gi" → "20Gi"',
        (
            "    ! spec.podManagementPolicy cannot be changed: Kubernetes refuses the upgrade until"
            " the object is deleted"
        ),
        "      +      storage: 20Gi",
        "Version: 1.0.0 → 2.0.0 (major)",
        (
            "  - StatefulSet/release-postgresql: spec.podManagementPolicy cannot be changed:"
            " Kubernetes refuses this, so delete the object before the upgrade"
        ),
    ):
        assert line in told.out.splitlines()
    (plain,) = [line for line in told.err.splitlines() if line.startswith("$ ")]
    assert plain.startswith("$ diff -u <(helm template release ")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["nothing"], "OLD: 'nothing' is not a chart"),
        (["postgresql@9.9.9"], "has no postgresql 9.9.9\n  hint: it has 1.0.0"),
        (["postgresq@1.0.0"], "has no chart 'postgresq'\n  hint: did you mean 'postgresql'?"),
        (["postgresql", "/"], "NEW: there is no Chart.yaml in /"),
    ],
)
def test_what_is_no_chart_is_said_to_be_none(
    argv: list[str], message: str, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-C", CATALOG, "chart", "diff", *argv, "--destination", str(published)]) == 2
    assert message in capsys.readouterr().err


def test_two_charts_need_no_catalog(
    tmp_path: Path, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(published / "postgresql-1.0.0.tgz")
    assert main(["-C", str(tmp_path / "none.yaml"), "chart", "diff", path, path]) == 0
    assert "nothing differs" in capsys.readouterr().out


def test_published_charts_need_a_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", CATALOG, "chart", "diff", "postgresql"]) == 2
    assert "--destination: is needed to find postgresql" in capsys.readouterr().err


def test_a_volume_that_moves_hides_what_users_saved(postgresql: Chart) -> None:
    new = edited(
        postgresql.tree, "templates/_service.tpl", "\n/var/lib/postgresql\n", "\n/srv/database\n"
    )
    found = compare("postgresql", postgresql.tree, new)
    moved = "what users saved in /var/lib/postgresql is now in /srv/database"
    assert f"major: StatefulSet/release-postgresql: {moved}" in map(str, found.changes)
    assert following("1.2.3", found) == "2.0.0"


def test_an_image_whose_major_version_moves_is_major_and_a_minor_one_is_not(
    postgresql: Chart,
) -> None:
    image = f"{postgresql.composition.images[0]}"
    version = int(postgresql.composition.images[0].tag)
    levels = []
    for tag in (f"{version + 1}", f"{version}.0.1"):
        new = edited(
            postgresql.tree, "values.yaml", image, f"{postgresql.composition.images[0].name}:{tag}"
        )
        levels.append(compare("postgresql", postgresql.tree, new).level)
    assert levels == [Level.MAJOR, Level.MINOR]
