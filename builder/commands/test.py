"""`catalog test`: run the tests of every layer in every image that has it."""

from __future__ import annotations

import argparse
from pathlib import Path

from builder.console.text import Console
from builder.errors import BuilderError
from builder.execute.loading import built, load
from builder.execute.project import open_project
from builder.execute.schedule import run as schedule
from builder.record import junit
from builder.tools import engine
from builder.verify import image as verify


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="images (globs); all without one")
    parser.add_argument("-j", "--jobs", type=int, help="containers at once (default: CATALOG_JOBS, else the number of processors)")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the tests; those whose image and script have not changed since they passed count as passed."""
    project = open_project(arguments.catalog, arguments.patterns)
    images = built(project)
    directories = project.loaded.layer_dirs
    tests = {
        test.id: test
        for name, image in project.graph.images.items()
        for test in verify.tests_of(project.graph, image, images[name].digest, project.lock, directories)
    }
    results = project.state / "tests"
    waiting = {test.image for test in tests.values() if not verify.passed(test, results)}
    client = engine.client()
    names = load(project, client, {image: images[image] for image in sorted(waiting)}, console)
    outcomes: dict[str, verify.Outcome] = {}

    def work(name: str) -> str:
        test = tests[name]
        outcomes[name] = outcome = verify.run(client, test, names.get(test.image, ""), results)
        if not outcome.ok:
            raise BuilderError(outcome.output.strip() or "it ended with an error and said nothing")
        return "kept" if outcome.cached else ""

    ended = schedule({name: set() for name in tests}, work, arguments.jobs or project.settings.jobs, console)
    failed = [result for result in ended.values() if not result.ok]
    for result in failed:
        console.failure(result.node, result.because)
    if arguments.junit:
        junit.write(outcomes.values(), arguments.junit)
    kept = sum(outcome.cached for outcome in outcomes.values())
    console.text(f"{len(images)} images, {len(tests)} tests: {len(tests) - len(failed)} passed ({kept} unchanged since), {len(failed)} failed")
    return 1 if failed else 0
