"""What is tested of the committed catalog: a sample by `make test`, all of it by `make test-all`.

A test that has tested an image or launched a service records it as a property (`record_property`);
the closing summary counts them.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from builder.catalog.load import Loaded, load
from builder.charts.project import open_charts
from builder.charts.sample import Services, first_image
from builder.charts.sample import sample as sample_services
from builder.commands.list import coverage
from builder.debian.mergers import MERGERS
from builder.graph.build import graph
from builder.graph.model import Graph, ImagePoint
from builder.graph.needs import needs
from builder.graph.sample import Sample, sample
from tests.gpu.machine import WHY, has_gpu

ROOT = Path(__file__).parents[1]
WHOLE = "--whole"
ALONE = "whole"
"""Marks a test that `make test` leaves out; its argument says why."""
AGAIN = pytest.mark.whole("another test shows the same, or nearly")
"""Marks a test that takes long for what only it shows."""
LEFT_OUT = pytest.StashKey[dict[str, set[str]]]()
"""The files of tests that this run leaves out, by the reason."""
IMAGE, SERVICE, MERGER = "image", "service", "merger"
WAITING, WAITING_SERVICE = "waiting", "waiting service"
"""Of what waits for a host, the host and the name, with a space between."""
SHOWN = 6
"""Names that are told of a longer list."""


@functools.cache
def committed() -> Loaded:
    """Return the committed catalog."""
    return load(ROOT / "catalog.yaml")


@functools.cache
def committed_graph() -> Graph:
    """Return its graph."""
    return graph(committed())


@functools.cache
def sampled_graph() -> Graph:
    """Return what the sample is taken from: the images of the newest Debian release, and of each
    older one the smallest image. An older release takes as long as the newest, and `make test-all`
    has it all."""
    made, axis = committed_graph(), committed().catalog.axes.get("debian")
    newest = next(iter(axis.values)) if axis else ""
    kept, smallest = {}, dict[str, ImagePoint]()
    for image in made.images.values():
        release = image.point.get("debian", newest)
        if release == newest:
            kept[image.id] = image
        elif release not in smallest or len(image.cells) < len(smallest[release].cells):
            smallest[release] = image
    return replace(made, images=kept | {image.id: image for image in smallest.values()})


@functools.cache
def committed_sample() -> Sample:
    """Return the images that stand for all."""
    return sample(sampled_graph())


def images(config: pytest.Config) -> list[str]:
    """Return the ids of the images to test."""
    if config.getoption(WHOLE):
        return sorted(committed_graph().images)
    return sorted(committed_sample().images)


@functools.cache
def waiting_for_hosts(*names: str) -> Mapping[str, str]:
    """Return which of these images wait for a host that cannot be reached here, each with the host:
    it is tried, as whoever builds them does."""
    far = [name for name in names if _is_far(name)]
    if not far:
        return {}
    argv = [sys.executable, "-m", "builder", "--quiet", "fetch", "--json", *far]
    fetched = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert fetched.stdout, fetched.stderr
    return waiting(json.loads(fetched.stdout).get("away", {}))


def _is_far(name: str) -> bool:
    made = committed_graph()
    return bool(needs(made.images[name], made)) or _has_cran(name)


def _has_cran(name: str) -> bool:
    made = committed_graph()
    return any(made.cells[cell].layer.cran for cell in made.images[name].cells)


def host_of(service: str) -> str:
    """Return the host for which a service's first image waits; empty where it waits for none."""
    image = first_image(open_charts(committed()).compositions[service], committed_graph())
    return "" if image is None else waiting_for_hosts(image.id).get(image.id, "")


def waiting(away: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Return the images that wait for a host which the catalog names by address, each with the
    host; `away` is what `catalog fetch --json` says of hosts that it could not reach.

    Nothing waits for a package registry but CRAN, whose packages few images have: without another
    one, no image is tested.
    """
    made = committed_graph()
    hosts: dict[str, str] = {}
    for host, names in away.items():
        for name in names:
            if host in needs(made.images[name], made) or _has_cran(name):
                hosts[name] = host
    return hosts


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out of a run what is part of `make test-all` alone, and remember it."""
    reasons: dict[str, set[str]] = {}
    left_out = []
    for item in items:
        if reason := _why_left_out(config, item):
            left_out.append(item)
            reasons.setdefault(reason, set()).add(item.nodeid.partition("::")[0])
    config.stash[LEFT_OUT] = reasons
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _why_left_out(config: pytest.Config, item: pytest.Item) -> str:
    """Return why a test is no part of this run; empty if it is."""
    if item.get_closest_marker("gpu") is not None and not has_gpu():
        return WHY
    mark = item.get_closest_marker(ALONE)
    return str(mark.args[0]) if mark is not None and not config.getoption(WHOLE) else ""


def hand_over(config: pytest.Config) -> None:
    """In a process of several, tell the one that prints the summary what was left out."""
    output = getattr(config, "workeroutput", None)
    if output is not None:
        reasons = config.stash.get(LEFT_OUT, {})
        output[ALONE] = {reason: sorted(files) for reason, files in reasons.items()}


def take_over(config: pytest.Config, output: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
    """Remember what another process has left out."""
    reasons = config.stash.setdefault(LEFT_OUT, {})
    for reason, files in output.get(ALONE, {}).items():
        reasons.setdefault(reason, set()).update(files)


@functools.cache
def services(*, whole: bool) -> Services:
    """Return the services to launch, and why no others."""
    charts = open_charts(committed())
    return sample_services(charts.compositions, committed_graph(), whole=whole)


def closing(reports: Iterable[pytest.TestReport], config: pytest.Config) -> Iterator[str]:
    """Yield the lines that say what was covered of the catalog, and what was left out.

    Nothing is said of a run that was not about images or services.
    """
    recorded = properties(reports)
    everything = config.option.markexpr == "" and not config.option.collectonly
    if not everything and not recorded[IMAGE] and not recorded[SERVICE]:
        return
    whole = bool(config.getoption(WHOLE))
    yield from _about_images(recorded, whole=whole)
    yield from _about_services(recorded, whole=whole)
    for reason, files in config.stash.get(LEFT_OUT, {}).items():
        yield f"tests left out, as {reason}{_names(files)}"
    if not whole:
        yield "`make test-all` tests all that the catalog lists"


def properties(reports: Iterable[pytest.TestReport]) -> Mapping[str, set[str]]:
    """Return what tests have recorded, by name."""
    names = IMAGE, SERVICE, MERGER, WAITING, WAITING_SERVICE
    recorded: dict[str, set[str]] = {name: set() for name in names}
    for report in reports:
        for name, value in report.user_properties:
            if name in recorded:
                recorded[name].add(str(value))
    return recorded


def _about_images(recorded: Mapping[str, Collection[str]], *, whole: bool) -> Iterator[str]:
    listed, chosen = committed_graph().images, committed_sample()
    tested, mergers = recorded[IMAGE], recorded[MERGER]
    waiting_for = _by_host(recorded[WAITING])
    yield f"images tested: {len(tested)} of {len(listed)}{_names(tested)}"
    wanted = listed.keys() if whole else chosen.images.keys()
    if tested and wanted <= set(tested):
        shows = "everything" if whole else coverage(chosen)
        yield f"  they show {shows}"
    if mergers:
        yield f"  {len(mergers)} of {len(MERGERS)} mergers united what several layers wrote"
    yield from _about_hosts(waiting_for)
    absent = wanted - set(tested).union(*waiting_for.values())
    if absent:
        yield f"  not tested in this run: {len(absent)}{_names(absent)}"
    if whole:
        return
    if older := listed.keys() - sampled_graph().images.keys():
        yield f"  left out, as they are on an older Debian release: {len(older)}"
    if chosen.covered:
        yield f"  left out, as those of the sample show the same: {len(chosen.covered)}"
    if chosen.heavy:
        yield f"  left out as heavy: {len(chosen.heavy)}{_names(chosen.heavy)}"
    if chosen.missed:
        missed = [str(aspect) for aspect in chosen.missed]
        yield f"  shown by heavy images alone: {len(missed)}{_names(missed)}"


def _by_host(values: Iterable[str]) -> dict[str, list[str]]:
    """Return what waits, by what it waits for."""
    names: dict[str, list[str]] = {}
    for value in values:
        host, _, name = value.partition(" ")
        names.setdefault(host, []).append(name)
    return names


def _about_hosts(waiting_for: Mapping[str, Collection[str]]) -> Iterator[str]:
    for host, names in sorted(waiting_for.items()):
        yield f"  left out, as {host} cannot be reached: {len(names)}{_names(names)}"


def _about_services(recorded: Mapping[str, Collection[str]], *, whole: bool) -> Iterator[str]:
    known, launched = services(whole=whole), recorded[SERVICE]
    waiting_for = _by_host(recorded[WAITING_SERVICE])
    count = len(known.chosen) + len(known.left_out)
    yield f"services launched: {len(launched)} of {count}{_names(launched)}"
    yield from _about_hosts(waiting_for)
    absent = known.chosen.keys() - set(launched).union(*waiting_for.values())
    if absent:
        yield f"  not launched in this run: {len(absent)}{_names(absent)}"
    reasons: dict[str, list[str]] = {}
    for name, reason in known.left_out.items():
        reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        yield f"  left out, as {reason}: {len(names)}{_names(names)}"


def _names(names: Collection[str]) -> str:
    """Return names after a count: `: a, b, c and 4 more`."""
    told = sorted(names)[:SHOWN]
    if not told:
        return ""
    more = len(names) - len(told)
    return f": {', '.join(told)}" + (f" and {more} more" if more else "")
