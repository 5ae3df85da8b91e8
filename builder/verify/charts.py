"""Charts put to the test without a cluster: Helm lints and renders them, the schemas of Kubernetes read what it renders."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from builder.charts.compose import Composition, walk
from builder.charts.generate import joined
from builder.charts.model import Option
from builder.errors import ToolError
from builder.events import Monitor, Step
from builder.tools import helm
from builder.tree import Tree
from builder.verify.manifests import manifests, problems

Case = dict[str, object]


def cases(composition: Composition) -> Mapping[str, Case]:
    """Return the values with which a chart is rendered: as it comes, and with every switch turned."""
    return {"defaults": {}, "switches": switched(composition.options)}


def switched(options: Mapping[str, Option]) -> Case:
    """Return values in which every boolean is what it is not by default, but for suspension, and every choice the last."""
    values: Case = {}
    for path, option in walk(options):
        if option.options or path == ("global", "suspend"):
            continue
        if option.kind == "boolean":
            _put(values, path, not option.value)
        elif option.choices:
            _put(values, path, option.choices[-1])
    return values


def check(trees: Mapping[str, Tree], values: Mapping[str, Mapping[str, Case]], monitor: Monitor, jobs: int | None = None) -> Mapping[str, list[str]]:
    """Return what is wrong with each chart, nothing where it is right; `values` has the cases of each.

    Raises:
        ToolError: Helm is missing.

    """
    helm.version()
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(jobs) as pool:
        directory = Path(name)
        joined(trees).write(directory)
        found = {chart: pool.submit(_check, directory / chart, values.get(chart, {"defaults": {}}), monitor) for chart in trees}
        return {chart: future.result() for chart, future in found.items()}


def _check(chart: Path, values: Mapping[str, Case], monitor: Monitor) -> list[str]:
    monitor(Step(chart.name, "running"))
    begin = time.monotonic()
    found = [f"helm lint: {message}" for message in helm.lint(chart)]
    for case, given in values.items():
        found += [f"{case}: {problem}" for problem in _render(chart, given)]
    monitor(Step(chart.name, "failed" if found else "done", f"{len(found)} problems" if found else "", time.monotonic() - begin))
    return found


def _render(chart: Path, values: Case) -> list[str]:
    try:
        text = helm.template(chart, values, release="check")
    except ToolError as error:
        return [error.message]
    try:
        return problems(manifests(text))
    except yaml.YAMLError as error:
        return [f"is not YAML: {error}"]


def _put(values: Case, path: tuple[str, ...], value: object) -> None:
    for step in path[:-1]:
        inner = values.setdefault(step, {})
        assert isinstance(inner, dict)  # noqa: S101  a path never goes through a value
        values = inner
    values[path[-1]] = value
