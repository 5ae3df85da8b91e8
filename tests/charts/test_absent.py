"""A value that is absent, or null, is the default: of each option alone, and of all at once.

Helm takes a default away where a user says null, and `helm upgrade --reuse-values` renders with the
values of the former chart, which lacks the options that are new.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import helm_python
import pytest

from builder.charts.archive import archive
from builder.charts.model import Option
from builder.charts.switches import Values, joined, passwords
from builder.tree import File
from tests.charts.conftest import Chart, all_charts

Path = tuple[str, ...]
ALL = all_charts()
NULLS: Mapping[Path, str] = {
    ("podSecurityContext", "fsGroup"): "free keys: the group of volumes is left to the cluster",
    ("service", "initContainer", "resources", "limits", "cpu"): "free keys: there is no such limit",
    ("service", "initContainer", "resources", "limits", "memory"): "likewise",
    ("resources", "limits"): "of the GPU, as everywhere in Kubernetes",
    ("resources", "limits", "nvidia.com/gpu"): "likewise",
    ("postgresql",): "without its password, a database is refused where there is no cluster",
    ("postgresql", "auth"): "likewise",
    ("postgresql", "auth", "password"): "likewise",
    ("postgresql", "auth", "postgresPassword"): "what the test gives is taken away",
}
"""Keys where null takes something away: free ones, which are no options, and limits."""


def paths(options: Mapping[str, Option], path: Path = ()) -> Iterator[Path]:
    """Yield the options, with those that hold others, and the keys of their defaults."""
    for name, option in options.items():
        here = (*path, name)
        yield here
        if option.options and option.default is None:
            yield from paths(option.options, here)
        # Keys of a map are free: null takes one away.
        elif not option.map:
            yield from keys(option.value, here)


def keys(value: object, path: Path) -> Iterator[Path]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from keys(inner, (*path, name))


def nested(path: Path, value: object = None) -> dict[str, Any]:
    for step in reversed(path):
        value = {step: value}
    assert isinstance(value, dict)
    return value


def without(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    name, *rest = path
    inner = values.get(name)
    if not rest or not isinstance(inner, Mapping):
        return {key: value for key, value in values.items() if key != name}
    return {**values, name: without(inner, tuple(rest))}


def cases() -> Iterator[tuple[str, Path]]:
    """Yield each option with the first chart that has it. The others have the same templates."""
    seen: set[Path] = set()
    for name in ("jupyter-r-python", "postgresql", *ALL):
        if name in ALL:
            every = [path for path in paths(ALL[name].composition.options) if path not in seen]
            seen.update(every)
            yield from ((name, path) for path in every)


CASES = list(cases())


@pytest.mark.parametrize("name", dict.fromkeys(name for name, _ in CASES))
@pytest.mark.parametrize("state", ["default", "switched"])
def test_null_is_the_default(name: str, state: str) -> None:
    chart = ALL[name]
    given = passwords(chart.schema)
    if state == "switched":
        given = joined(given, chart.switches)
    usual = chart.render(given).files
    wrong = []
    for path in [path for owner, path in CASES if owner == name and path not in NULLS]:
        less = without(given, path)
        expected = usual if less == given else chart.render(less).files
        if chart.render(joined(less, nested(path))).files != expected:
            wrong.append(".".join(path))
    assert wrong == []


def test_everything_absent_is_the_default(chart: Chart) -> None:
    """As if each option had come with this very version of the chart."""
    older = chart.tree.merged({"values.yaml": File(b"{}\n")})
    helm = helm_python.Chart.load_archive(archive(chart.name, older))
    given = passwords(chart.schema)
    assert helm.render(given, name="rel", namespace="ns") == chart.render(given).files


def test_null_takes_a_free_key_away(chart: Chart) -> None:
    context = {"fsGroup": None, "runAsUser": None, "runAsGroup": None}
    rendered = chart.render({"security": {"sudo": False}, "podSecurityContext": context})
    assert rendered.pod["securityContext"] == {
        "fsGroupChangePolicy": "OnRootMismatch",
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    limits: Values = {"service": {"initContainer": {"resources": {"limits": {"cpu": None}}}}}
    prepared = chart.render(joined(limits, {"certificates": {"cacerts": "https://example.org"}}))
    for init in prepared.pod.get("initContainers", ()):
        assert "cpu" not in init["resources"]["limits"]


def test_a_grace_period_is_never_zero_unless_asked(postgresql: Chart) -> None:
    """Zero would kill a database that is writing."""

    def period(value: object) -> object:
        pod = postgresql.render({"terminationGracePeriodSeconds": value}).pod
        return pod["terminationGracePeriodSeconds"]

    assert [period(None), period(0), period(5)] == [60, 0, 5]
