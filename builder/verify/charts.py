"""Checks of charts without a cluster: Onyxia's rules, helm lint, and the schemas of Kubernetes for
what the charts render.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from builder.charts import contents
from builder.charts.onyxia.files import read
from builder.charts.onyxia.lint import lint
from builder.charts.switches import Values, joined, passwords, switched
from builder.documents import DocumentError
from builder.errors import ToolError, counted
from builder.events import Monitor, Step
from builder.tools import helm
from builder.tree import Tree
from builder.verify.manifests import VERSIONS, manifests, problems, worded

RELEASE = "check"
CAPABILITIES = b".Capabilities"
"""What a template reads to render differently on another version of Kubernetes."""


@dataclass(frozen=True, slots=True)
class ChartFault:
    """Something wrong with a chart, and the case of values that shows it; no case if every one
    does.
    """

    text: str
    case: str = ""

    def __str__(self) -> str:
        """`<case>: <text>`."""
        return f"{self.case}: {self.text}" if self.case else self.text


@dataclass(slots=True)
class _Chart:
    """The state of the checks of one chart."""

    since: float
    rules: list[ChartFault]
    rendered: Sequence[Future[list[ChartFault]]]


def cases(tree: Tree) -> Mapping[str, Values]:
    """Return the values with which a chart is rendered: as it comes, and with every switch turned.
    Both have passwords, which cannot be generated without a cluster that keeps them.
    """
    schema = contents.schema(tree)
    given = passwords(schema)
    turned = switched(schema, contents.values(tree))
    return {"defaults": given, "switches": joined(given, turned)}


def check(
    trees: Iterable[tuple[str, Tree]], monitor: Monitor, jobs: int | None = None
) -> Mapping[str, list[ChartFault]]:
    """Return what is wrong with each chart; an empty list if nothing is. Further charts are made
    while Helm works on earlier ones.

    Raises:
        ToolError: Helm is missing.
        InputError: the next chart could not be made.

    """
    jobs = jobs or os.cpu_count() or 1
    charts: dict[str, _Chart] = {}
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(jobs) as pool:
        directory = Path(name)
        for chart, tree in trees:
            since = time.monotonic()
            monitor(Step(chart, "running"))
            tree.write(directory / chart, settled=False)
            rendered = [
                pool.submit(_render, directory / chart, case, values, asks=_asks(tree))
                for case, values in cases(tree).items()
            ]
            charts[chart] = _Chart(since, _rules(directory / chart), rendered)
        # One run of Helm lints many charts in the time that two runs take for one each, so one run
        # for each processor is fastest.
        paths = [directory / chart for chart in charts]
        linted: dict[Path, Sequence[str]] = {}
        for messages in pool.map(lambda some: helm.lint(*some), _parts(paths, jobs)):
            linted |= messages
        return {
            chart: _ended(chart, about, linted[directory / chart], monitor)
            for chart, about in charts.items()
        }


def _parts(paths: Sequence[Path], count: int) -> list[Sequence[Path]]:
    """Split the paths into at most `count` parts of about the same size."""
    parts = [paths[start::count] for start in range(count)]
    return [part for part in parts if part]


def _ended(chart: str, about: _Chart, linted: Sequence[str], monitor: Monitor) -> list[ChartFault]:
    faults = [*about.rules, *(ChartFault(f"helm lint: {message}") for message in linted)]
    for future in about.rendered:
        faults += future.result()
    detail = counted(len(faults), "problem") if faults else ""
    monitor(Step(chart, "failed" if faults else "done", detail, time.monotonic() - about.since))
    return faults


def _rules(chart: Path) -> list[ChartFault]:
    faults: list[ChartFault] = []
    for finding in lint(read(chart)):
        place = f"{finding.file}:{finding.line}"
        text = f"{place}: {finding.rule}: {finding.message} ({finding.consequence})"
        faults.append(ChartFault(text))
    return faults


def _render(chart: Path, case: str, values: Values, *, asks: bool) -> list[ChartFault]:
    """Return what is wrong with what Helm renders; a chart that reads the version of Kubernetes is
    rendered for each version.
    """
    if not asks:
        return [ChartFault(text, case) for text in _rendered(chart, values, VERSIONS)]
    versions_of: dict[str, list[str]] = {}
    for version in VERSIONS:
        for text in _rendered(chart, values, (version,)):
            versions_of.setdefault(text, []).append(version)
    return [ChartFault(text, case) for text in worded(versions_of, VERSIONS)]


def _rendered(chart: Path, values: Values, versions: Sequence[str]) -> list[str]:
    try:
        text = helm.template(chart, values or None, release=RELEASE, kubernetes=versions[-1])
        return problems(manifests(text), versions)
    except ToolError as error:
        if error.code is None:
            raise
        return [error.message]
    except DocumentError as error:
        return [f"is not YAML: {error}"]


def _asks(tree: Tree) -> bool:
    """Tell whether a template of the chart reads the version of Kubernetes."""
    templates = [file for path, file in tree.items() if path.startswith("templates/")]
    return any(CAPABILITIES in file.data for file in templates)
