"""What a user takes away is gone from the live objects: every value that is found in a Secret or a
ConfigMap, on a real API server. The values are found by rendering; no pod runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from builder.charts.model import Option, walk
from builder.charts.switches import Values, joined
from tests.charts.conftest import Chart, all_charts, held
from tests.kind.cluster import Cluster, Release
from tests.kind.conftest import TEAM

pytestmark = pytest.mark.kind
ALL = all_charts()
QUIET: Values = {"global": {"suspend": True}, "persistence": {"enabled": False}}
SAMPLES = (
    "https://example.org/sample",
    "sample",
    "10",
    "0" * 64,
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
)
HOLDERS = ("Secret", "ConfigMap")
Held = dict[tuple[str, str], str]
"""Object and key -> value."""
Path_ = tuple[str, ...]


def test_every_value_that_is_taken_away_is_gone(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, service: str
) -> None:
    chart = ALL[service]
    folder = tmp_path_factory.mktemp("charts") / chart.name
    chart.tree.write(folder)
    full, options = everything(chart)
    before = rendered(chart, full)
    assert len(before) > len(options) / 2
    release = Release(cluster=cluster, name="taken", namespace=TEAM, chart=folder, values=full)
    release.uninstall()
    try:
        release.install()
        assert live(release) == manifest(release)
        for batch in batches(chart, full, options):
            less = full
            for path in batch:
                less = without(less, path)
            gone = before.items() - rendered(chart, less).items()
            now = replace(release, values=less).install()
            assert live(now) == manifest(now), f"after {batch} were taken away"
            assert not gone & live(now).items()
    finally:
        release.uninstall()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One service that people work in, and each that is none."""
    if "service" in metafunc.fixturenames:
        others = [name for name in ALL if "interactive" not in ALL[name].composition.service.groups]
        metafunc.parametrize("service", [*first("spark", "r", "git"), *others])


def first(*groups: str) -> list[str]:
    """Return the first service that has one of some groups, the first of them that any has; none
    if a fork has no such service."""
    for group in groups:
        for name, chart in ALL.items():
            if group in chart.composition.groups:
                return [name]
    return []


def everything(chart: Chart) -> tuple[Values, list[Path_]]:
    """Return values that fill Secrets and ConfigMaps as far as they can be, and the options that
    have a part in that."""
    values = joined(QUIET, chart.needed)
    for path, option in walk(chart.composition.options):
        if option.kind == "boolean" and option.value is False and path[-1] == "enabled":
            values = larger(chart, values, path, (True,))
    taken: list[Path_] = []
    for path, option in walk(chart.composition.options):
        if option.options or path[0] in {"nameOverride", "fullnameOverride", "global"}:
            continue
        more = larger(chart, values, path, list(samples(option)))
        if more is not values:
            taken.append(path)
        values = more
    return values, taken


def samples(option: Option) -> Iterator[object]:
    if option.examples:
        yield from option.examples
    elif option.kind == "string" and not option.value:
        yield from (text for text in SAMPLES if re.search(option.pattern or "", text))


def larger(chart: Chart, values: Values, path: Path_, choices: Any) -> Values:
    """Return the values with the first of some choices, if Secrets and ConfigMaps hold as many keys
    then, and something in them is another one; else the same values."""
    before = rendered(chart, values)
    for choice in choices:
        more = joined(values, nested(path, choice))
        after = rendered(chart, more)
        if after.keys() >= before.keys() and after != before:
            return more
    return values


def batches(chart: Chart, full: Values, options: list[Path_]) -> list[list[Path_]]:
    """Return the options, those together that change different objects: one upgrade does for all
    of them."""
    before = rendered(chart, full)
    found: list[tuple[set[str], list[Path_]]] = []
    for path in options:
        after = rendered(chart, without(full, path))
        changed = {key[0] for key, _ in before.items() ^ after.items()}
        for objects, batch in found:
            if not objects & changed:
                objects.update(changed)
                batch.append(path)
                break
        else:
            found.append((changed, [path]))
    return [batch for _, batch in found]


def rendered(chart: Chart, values: Values) -> Held:
    return _rendered(chart.name, json.dumps(values, sort_keys=True))


@cache
def _rendered(name: str, values: str) -> Held:
    made = ALL[name].render(json.loads(values), release="taken", namespace=TEAM)
    return flat([one for one in made.manifests if one["kind"] in HOLDERS])


def manifest(release: Release) -> Held:
    """Return what Helm wanted the objects to hold."""
    fresh = replace(release)
    return flat([dict(one) for one in fresh.objects if one["kind"] in HOLDERS])


def live(release: Release) -> Held:
    """Return what the server's objects hold."""
    found = release.cluster.list("secrets,configmaps", TEAM, release.selector)
    return flat(found)


def flat(objects: list[dict[str, Any]]) -> Held:
    entries: Held = {}
    for one in objects:
        name = f"{one['kind']}/{one['metadata']['name']}"
        entries |= {(name, key): value for key, value in held(one).items()}
    return entries


def nested(path: Path_, value: Any) -> Values:
    for step in reversed(path):
        value = {step: value}
    assert isinstance(value, dict)
    return value


def without(values: Values, path: Path_) -> Values:
    less: Values = json.loads(json.dumps(values))
    inner: Any = less
    for step in path[:-1]:
        inner = inner[step]
    inner.pop(path[-1], None)
    return less
