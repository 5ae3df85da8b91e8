"""`catalog test`: run the tests of every layer in every image that has it."""

from __future__ import annotations

import argparse
from pathlib import Path

from docker import DockerClient

from builder.console.text import Console
from builder.errors import BuilderError
from builder.execute.loading import built, load
from builder.execute.project import Project, open_project
from builder.execute.schedule import run as schedule
from builder.oci.model import Descriptor
from builder.record import junit
from builder.tools import engine
from builder.verify import image as verify


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns", nargs="*", metavar="PATTERN", help="images (globs); all without one"
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
        help="take images that were not in the engine out of it again: saves disk space",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the tests; those whose image and script have not changed since they passed count as
    passed.
    """
    project = open_project(arguments.catalog, arguments.patterns)
    images = built(project)
    outcomes: list[verify.Outcome] = []
    client = engine.client()
    for name, manifest in images.items():
        there = engine.digest(client, project.reference(name)) == manifest.digest
        outcomes += _image(
            project, client, name, manifest, console, jobs=arguments.jobs or project.settings.jobs
        )
        if arguments.rm and not there:
            engine.remove(client, project.reference(name))
    for outcome in outcomes:
        if not outcome.ok:
            console.failure(
                outcome.test, outcome.output.strip() or "it ended with an error and said nothing"
            )
    if arguments.junit:
        junit.write(outcomes, arguments.junit)
    kept, failed = (
        sum(outcome.cached for outcome in outcomes),
        sum(not outcome.ok for outcome in outcomes),
    )
    passed = len(outcomes) - failed
    console.text(
        f"{len(images)} images, {len(outcomes)} tests: {passed} passed ({kept} unchanged since),"
        f" {failed} failed"
    )
    return 1 if failed else 0


def _image(
    project: Project,
    client: DockerClient,
    name: str,
    manifest: Descriptor,
    console: Console,
    *,
    jobs: int,
) -> list[verify.Outcome]:
    """Run the tests of one image, several at once; the image is brought into the engine only if one
    has to run.
    """
    image, results = project.graph.images[name], project.state / "tests"
    found = verify.tests_of(
        project.graph, image, manifest.digest, project.lock, project.loaded.layer_dirs
    )
    tests = {test.id: test for test in found}
    outcomes: dict[str, verify.Outcome] = {}
    if not all(verify.passed(test, results) for test in tests.values()):
        load(project, client, {name: manifest}, console)

    def work(node: str) -> str:
        outcomes[node] = outcome = verify.run(client, tests[node], project.reference(name), results)
        if not outcome.ok:
            raise BuilderError(outcome.output.strip().partition("\n")[0] or "failed")
        return "kept" if outcome.cached else ""

    schedule({node: set() for node in tests}, work, jobs, console)
    return list(outcomes.values())
