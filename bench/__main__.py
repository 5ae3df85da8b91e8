"""Build the same images by chains and by this program, on one engine and from the same artifacts,
and compare.

    python -m bench [PATTERN…] [--output FILE]

Neither way is charged for fetching or for the bootstrapped Debian root, which both start from.
Nothing is taken from a cache. What has to be pulled again after a change is, for this program,
measured by making the change; for chains it is the size of every layer built on what changed, since
its digest changes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import chains
from bench.measure import Cost, cost
from bench.sizes import CHANGES
from builder.console.text import Console
from builder.errors import BuilderError
from builder.execute.build import build
from builder.execute.project import IMAGES, Project, open_project
from builder.execute.workshop import Workshop
from builder.fetch.fetch import fetch
from builder.lock.model import NAME
from builder.tools import buildx


@dataclass
class Change:
    """What one change costs: cells rebuilt besides those of the layer itself, seconds, bytes to
    pull again.
    """

    rebuilt: int
    seconds: float
    ours: int
    chained: int


def main() -> int:
    """Run the benchmark and print its tables as Markdown."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("patterns", nargs="*", help="images (globs); all without one")
    parser.add_argument(
        "--root",
        type=Path,
        default=Path(".catalog/bench"),
        help="scratch directory (default: %(default)s); removed first",
    )
    parser.add_argument("--output", type=Path, help="also write the tables here")
    arguments = parser.parse_args()
    console = Console()
    shutil.rmtree(arguments.root, ignore_errors=True)
    root = arguments.root.absolute()
    os.environ["CATALOG_STORE"] = str(root / "store")
    project = open_project(Path("catalog.yaml"), arguments.patterns)
    fetch(project.lock, list(project.graph.cells.values()), project.settings, console)
    _bootstrap(project, console)
    with cost() as composed:
        _build(project, console)
    with cost() as chained:
        made = _chains(project, root, console)
    before = _blobs(project)
    changes = {
        name: _change(project, layer, root, made, console, before=before)
        for name, layer in CHANGES.items()
    }
    text = report(project, composed, chained, made, changes)
    console.text(text)
    if arguments.output:
        arguments.output.write_text(text)
    (root / "result.json").write_text(
        json.dumps({"composed": asdict(composed), "chained": asdict(chained)})
    )
    return 0


def report(
    project: Project,
    composed: Cost,
    chained: Cost,
    made: chains.Chains,
    changes: Mapping[str, Change],
) -> str:
    """Return the tables."""
    ours, theirs = sum(_blobs(project).values()), chains.unique_bytes(made)
    links = len([node for node in made.sizes if len(node) > 1])
    cells = sum(not cell.layer.bootstrap for cell in project.graph.cells.values())
    rows = [
        ("builds", f"{links}", f"{cells}", links / cells),
        ("CPU time", f"{chained.cpu:,.0f} s", f"{composed.cpu:,.0f} s", chained.cpu / composed.cpu),
        (
            "wall time",
            f"{chained.wall:,.0f} s",
            f"{composed.wall:,.0f} s",
            chained.wall / composed.wall,
        ),
        (
            "unique compressed bytes",
            f"{theirs / 1e6:,.0f} MB",
            f"{ours / 1e6:,.0f} MB",
            theirs / ours,
        ),
    ]
    lines = [f"{len(project.graph.images)} images, {cells} cells, {os.cpu_count()} processors.", ""]
    lines += ["| | chains | this program | ratio |", "|---|--:|--:|--:|"]
    lines += [f"| {name} | {left} | {right} | {ratio:.1f} |" for name, left, right, ratio in rows]
    lines += [
        "",
        (
            "| after … | chains pull again | this program pulls again | other cells rebuilt |"
            " images put together in |"
        ),
    ]
    lines += ["|---|--:|--:|--:|--:|"]
    for name, change in changes.items():
        lines.append(
            f"| {name} | {change.chained / 1e6:,.0f} MB | {change.ours / 1e6:,.1f} MB |"
            f" {change.rebuilt} | {change.seconds:.1f} s |"
        )
    return "\n".join(lines) + "\n"


def _bootstrap(project: Project, console: Console) -> None:
    """Build what both ways start from."""
    names = [cell.id for cell in project.graph.cells.values() if cell.layer.bootstrap]
    part = open_project(project.loaded.root / "catalog.yaml", names)
    _check(build(part, part.plan(), console))


def _build(project: Project, console: Console) -> None:
    _check(build(project, project.plan(), console, cache=False))


def _chains(project: Project, root: Path, console: Console) -> chains.Chains:
    shop = Workshop(
        project=project,
        builder=buildx.builder(),
        logs=root / "logs",
        monitor=console,
        cache=False,
    )
    return chains.build(
        shop, chains.chains(project), root / "chains", project.settings.jobs, console
    )


def _change(
    project: Project,
    layer: str,
    root: Path,
    made: chains.Chains,
    console: Console,
    *,
    before: Mapping[str, int],
) -> Change:
    """Change one file of a layer in a copy of the catalog, and build; `before` are the blobs of the
    images as they were first.
    """
    copy = root / f"changed-{layer}"
    shutil.copytree(
        project.loaded.root / project.loaded.catalog.layers, copy / project.loaded.catalog.layers
    )
    shutil.copy(project.loaded.root / "catalog.yaml", copy)
    shutil.copytree(project.loaded.root / NAME, copy / NAME)
    touched = (
        copy / project.loaded.catalog.layers / layer / "files" / "usr" / "share" / "catalog-bench"
    )
    touched.parent.mkdir(parents=True, exist_ok=True)
    touched.write_text(layer)
    changed = open_project(copy / "catalog.yaml", list(project.graph.images))
    plan = changed.plan()
    own = [
        step.node for step in plan.to_build("cell") if changed.graph.cells[step.node].name == layer
    ]
    others = len(plan.to_build("cell")) - len(own)
    if own:
        part = open_project(copy / "catalog.yaml", own)
        _check(build(part, part.plan(), console, cache=False))
    with cost() as rest:
        _check(build(changed, changed.plan(), console, cache=False))
    pulled = sum(size for digest, size in _blobs(changed).items() if digest not in before)
    again = sum(
        size
        for node, size in made.sizes.items()
        if any(project.graph.cells[cell].name == layer for cell in node)
    )
    return Change(others, rest.wall, pulled, again)


def _blobs(project: Project) -> dict[str, int]:
    """Return the compressed layers of all images: digest -> bytes."""
    found: dict[str, int] = {}
    for image in project.graph.images:
        manifest = project.store.find(IMAGES + image)
        if manifest is not None:
            found |= {
                layer["digest"]: layer["size"]
                for layer in project.store.read_json(manifest)["layers"]
            }
    return found


def _check(results: Mapping[str, object]) -> None:
    failed = [name for name, result in results.items() if not getattr(result, "ok", False)]
    if failed:
        raise BuilderError(f"{', '.join(failed)} failed")


raise SystemExit(main())
