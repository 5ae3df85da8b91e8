"""All charts of a catalog, from its services, options and images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

from builder.catalog.overlay import Misses, Node, entries, node
from builder.catalog.reader import Spot
from builder.catalog.source import YamlFile
from builder.charts.compose import Composition, compose
from builder.charts.images import ImageRefs
from builder.charts.library_rules import library_problems
from builder.charts.load import Documents, services_of
from builder.charts.model import walk
from builder.charts.service import Service
from builder.charts.service_rules import (
    ServiceFile,
    service_files,
    service_problems,
    setting_problems,
)
from builder.charts.sources import ChartSources, WrittenServices, of_one
from builder.charts.text_rules import text_problems
from builder.errors import InputError, Problem
from builder.tree import File, Tree

OWNED = "templates"
"""The directory of a chart that holds only generated files."""


def compositions(
    directory: Path, refs: ImageRefs, shared: Path | None = None, file: str = ""
) -> Mapping[str, Composition]:
    """Return every service below `directory` with all its options, by name. `shared` is the
    directory of options, library and stubs (the same one by default), and `file` its name in
    problems.

    Raises:
        InputError: something is wrong with services, options or images; holds every problem.

    """
    composed, problems = composed_services(directory, refs, shared, file)
    if problems:
        raise InputError(problems)
    return composed


def composed_services(
    directory: Path, refs: ImageRefs, shared: Path | None = None, file: str = ""
) -> tuple[Mapping[str, Composition], list[Problem]]:
    """Return the services below `directory` that can be composed, and every problem of all of them;
    see `compositions`.

    Raises:
        InputError: something is wrong with the options or the library, which all services need.

    """
    return composed_from(of_one(directory, shared, file), refs)


def composed_from(
    sources: ChartSources, refs: ImageRefs
) -> tuple[Mapping[str, Composition], list[Problem]]:
    """Return the services that can be composed, of all levels of a catalog, and every problem.
    Raises as `composed_services`.
    """
    texts, wrong_texts = sources.texts()
    groups, library, written = sources.groups(texts), sources.library(), sources.services(texts)
    read = services_of(_needed(written), groups, written.problems)
    files = service_files(read.documents, sources)
    composed: dict[str, Composition] = {}
    problems = [*library_problems(groups, library), *wrong_texts, *read.problems]
    # A service is composed after the ones it contains.
    for name in _inside_out(read.services):
        service, file = read.services[name], files[name]
        if any(inner not in composed for inner in service.contained.values()):
            continue  # one of them is wrong, which is reported already
        wrong = list(setting_problems(file))
        if wrong:
            problems += wrong
            continue
        contained = {key: composed[inner] for key, inner in service.contained.items()}
        try:
            images = refs.of(service, file.problem)
            composed[name] = compose(
                name,
                service,
                groups,
                images,
                library,
                contained=contained,
                places=file.sites_of("set"),
                optional=file.patched("set") | file.translated("set"),
                languages=sources.languages,
                sentences=texts.sentences(),
            )
        except InputError as error:
            problems += error.problems
        else:
            problems += service_problems(composed[name], file)
            _tell(composed[name], file, sources.misses)
    shown = [name for name in read.services if name in composed and name not in written.hidden]
    problems += text_problems(texts, sources, groups, library, composed)
    return {name: composed[name] for name in shown}, [*problems, *sources.misses.problems()]


def _needed(written: WrittenServices) -> Documents:
    """Return the services that are not left out, and those that they contain."""
    needed: dict[str, YamlFile] = {}
    waiting = [name for name in written.documents if name not in written.hidden]
    while waiting:
        name = waiting.pop()
        if name in needed or name not in written.documents:
            continue
        needed[name] = written.documents[name]
        inside = entries(entries(node(needed[name])).get("with", Node({}, Spot((0, 0)))))
        waiting += [str(inner.data) for inner in inside.values()]
    return dict(sorted(needed.items()))


def _tell(composition: Composition, file: ServiceFile, misses: Misses) -> None:
    """Note which options that a fork patches in several services this one has."""
    known = [".".join(path) for path, _ in walk(composition.options)]
    sites = file.sites_of("set")
    for dotted in file.patched("set"):
        found = dotted in composition.service.set
        misses.tell(sites[dotted], dotted, known, found=found, what="option")


def _inside_out(services: Mapping[str, Service]) -> Iterator[str]:
    """Yield the services, each after those that it contains; `read_services` refuses cycles."""
    waiting = {name: set(service.contained.values()) for name, service in services.items()}
    for name in TopologicalSorter(waiting).static_order():
        if name in services:
            yield name


def joined(trees: Iterable[tuple[str, Tree]]) -> Tree:
    """Return named charts as one tree, each in its own directory."""
    files: dict[str, File] = {}
    for name, tree in trees:
        files |= {f"{name}/{path}": file for path, file in tree.items()}
    return Tree(files)
