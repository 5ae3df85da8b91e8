"""`catalog test`: run the tests of every layer in every image that has it, or once, and look for
programs and libraries that are there in two versions, or that lack what they load.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from docker import DockerClient

from builder.catalog.additions import check_layers
from builder.catalog.load import load as load_catalog
from builder.console.text import Console
from builder.errors import BuilderError, InputError, Problem
from builder.execute.hold import held, looked_up, taken
from builder.execute.loading import load, pinned
from builder.execute.project import Project, open_project
from builder.execute.schedule import run as schedule
from builder.graph.build import graph
from builder.graph.select import select
from builder.oci.model import Descriptor
from builder.record import junit
from builder.tools import engine
from builder.verify import image as verify
from builder.verify.libraries import libraries
from builder.verify.versions import one_version


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="images (globs); all without one"
    )
    parser.add_argument(
        "--layer",
        action="append",
        default=[],
        dest="layers",
        metavar="LAYER",
        help="the tests of this layer only, in the images that have it (may be repeated)",
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="run the tests of each cell in one image alone: the one with the most cells",
    )
    parser.add_argument(
        "--built",
        action="store_true",
        help="leave out images that are not built as the catalog and its lock mean them now",
    )
    parser.add_argument(
        "-j",
        "--jobs",
        type=int,
        help="containers at once (default: CATALOG_JOBS, else the number of processors)",
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report")
    parser.add_argument(
        "--rm",
        action="store_true",
        help="afterwards remove from the engine the images that were not there before",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the tests. A test that passed before counts as passed as long as its image and script
    are unchanged.
    """
    project = open_project(arguments.catalog, _patterns(arguments), cells=False)
    with _images(project, is_partly=arguments.built) as images:
        outcomes = _outcomes(arguments, project, images, console)
    for outcome in outcomes:
        if not outcome.ok:
            console.failure(
                outcome.test, outcome.output.strip() or "it ended with an error and said nothing"
            )
    if arguments.junit:
        junit.write(outcomes, arguments.junit)
    kept = sum(outcome.cached for outcome in outcomes)
    failed = sum(not outcome.ok for outcome in outcomes)
    passed = len(outcomes) - failed
    console.text(
        f"{len(images)} images, {len(outcomes)} tests: {passed} passed ({kept} unchanged since),"
        f" {failed} failed"
    )
    return 1 if failed else 0


@contextmanager
def _images(project: Project, *, is_partly: bool) -> Iterator[dict[str, Descriptor]]:
    """Hold the images to test: all of a project, or those of them that are built.

    Raises:
        BuilderError: some are not built, and are not to be left out.

    """
    if not is_partly:
        with taken(project) as images:
            yield images
        return
    with held(project):
        yield looked_up(project)[0]


def _outcomes(
    arguments: argparse.Namespace,
    project: Project,
    images: Mapping[str, Descriptor],
    console: Console,
) -> list[verify.Outcome]:
    """Run the tests of images, one image after the other."""
    outcomes: list[verify.Outcome] = []
    client = engine.client()
    jobs = arguments.jobs or project.settings.jobs
    shares = verify.shared_out(project.graph.images[name] for name in images)
    for name, manifest in images.items():
        was_there = engine.digest(client, project.reference(name)) == manifest.digest
        tests = _tests(project, name, manifest, arguments.layers)
        if arguments.once:
            mine = {project.graph.cells[cell].name for cell in shares[name]}
            tests = {node: test for node, test in tests.items() if test.layer in mine}
        outcomes += _image(project, client, {name: manifest}, tests, console, jobs=jobs)
        if not arguments.layers:
            image = project.graph.images[name]
            results = project.state / "tests"
            outcomes.append(one_version(project, image, manifest.digest, results))
            outcomes.append(libraries(project, image, manifest.digest, results))
        if arguments.rm and not was_there:
            engine.remove(client, project.reference(name))
    return outcomes


def _patterns(arguments: argparse.Namespace) -> list[str]:
    """Return the images to test: with --layer, those that have such a layer.

    Raises:
        InputError: there is no such layer, or none of the images has it.

    """
    if not arguments.layers:
        return list(arguments.patterns)
    loaded = load_catalog(arguments.catalog)
    problems = list(check_layers(loaded, arguments.layers, "--layer"))
    if problems:
        raise InputError(problems)
    part = select(graph(loaded), arguments.patterns)
    having = []
    for image in part.images.values():
        layers = {part.cells[cell].name for cell in image.cells}
        if layers.intersection(arguments.layers):
            having.append(image.id)
    if not having:
        message = f"no image has the layer {' or '.join(arguments.layers)}"
        raise InputError([Problem("--layer", 0, 0, message)])
    return having


def _tests(
    project: Project, name: str, manifest: Descriptor, layers: Collection[str]
) -> dict[str, verify.ImageTest]:
    """Return the tests of an image by id; those of some layers only, where any are named."""
    image, directories = project.graph.images[name], project.loaded.layer_dirs
    every = verify.tests_of(project.graph, image, manifest.digest, project.lock, directories)
    return {test.id: test for test in every if not layers or test.layer in layers}


def _image(
    project: Project,
    client: DockerClient,
    image: Mapping[str, Descriptor],
    tests: Mapping[str, verify.ImageTest],
    console: Console,
    *,
    jobs: int,
) -> list[verify.Outcome]:
    """Run the tests of one image, several at once; the image is loaded only if one has to run."""
    (name,) = image
    results = project.state / "tests"
    outcomes: dict[str, verify.Outcome] = {}
    pin = ""
    if not all(verify.passed(test, results) for test in tests.values()):
        load(project, client, image, console)
        pin = pinned(project, client, name, image[name])

    def work(node: str) -> str:
        outcomes[node] = outcome = verify.run(client, tests[node], pin, results)
        if not outcome.ok:
            raise BuilderError(outcome.output.strip().partition("\n")[0] or "failed")
        return "kept" if outcome.cached else ""

    schedule({node: set() for node in tests}, work, jobs, console)
    return list(outcomes.values())
