"""`catalog verify`: build again what was kept because of an ABI, and compare the bytes; with
`--libraries`, look whether images have all that they load; with `--store`, at every file of the
store; with an image of a registry by its digest, make that again.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from builder.catalog.load import load
from builder.commands.build import report
from builder.commands.push import add_address, place_of
from builder.console.text import Console
from builder.errors import BuilderError, InputError, Problem, counted, listed
from builder.execute.build import build, shop_for
from builder.execute.hold import hold, taken
from builder.execute.project import open_project
from builder.execute.promises import Rebuilt, Verification, verify
from builder.execute.stored import Condition, examine, repair
from builder.oci.blob import DIGEST
from builder.oci.store import Store
from builder.plan.provenance import Provenance
from builder.record import again
from builder.release.trust import policy_of
from builder.settings import read as read_settings
from builder.verify.libraries import libraries

MARK = "@sha256:"
"""In what names an image of a registry."""
SHOWN = 10
"""How many files are named for a cell."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "patterns",
        nargs="*",
        metavar="PATTERN",
        help="images or cells (globs), all without one; or NAME@sha256:…, an image of a registry,"
        " to make it again from what its provenance names",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="build every cell again, also those with nothing changed below them",
    )
    parser.add_argument(
        "--libraries",
        action="store_true",
        help="look instead, without building or starting anything, whether images have the"
        " libraries that their programs load, once, and parts of CUDA that fit together",
    )
    parser.add_argument(
        "--store",
        action="store_true",
        help="look instead whether every blob, fact, ref and lease of the store is whole",
    )
    parser.add_argument(
        "--repair",
        action="store_true",
        help="with --store: remove what is broken, so that it is built again",
    )
    parser.add_argument(
        "--no-build",
        action="store_true",
        help="with NAME@sha256:…: only compare what the provenance names with the catalog at hand",
    )
    add_address(parser)
    parser.add_argument("-j", "--jobs", type=int, help="cells built at once")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Verify. Exit 0 when every promise held, 1 when one broke or a build failed."""
    if arguments.store or arguments.repair:
        return _store(arguments, console)
    if arguments.libraries:
        return _libraries(arguments, console)
    if any(MARK in pattern for pattern in arguments.patterns):
        return _published(arguments, console)
    project = open_project(arguments.catalog, arguments.patterns)
    jobs = arguments.jobs or project.settings.jobs
    shop = shop_for(project, console, cache=False)
    with hold(project):
        verification = verify(shop, jobs=jobs, everything=arguments.all)
        failed = any(not result.ok for result in verification.results.values())
        if verification.replaced and not failed:
            # Images hold the old bytes until they are put together again.
            code = report(build(project, project.plan(), console, jobs=jobs), console)
            failed = code != 0
    if arguments.json:
        console.json([_row(one) for one in verification.rebuilt.values()])
    else:
        _tell(verification, console)
        if failed:
            report(verification.results, console)
    return 1 if failed or verification.replaced else 0


def _libraries(arguments: argparse.Namespace, console: Console) -> int:
    """Look at what images load. Exit 0 when all is there and fits."""
    if arguments.all:
        message = "is for cells that are built again, and has no meaning with --libraries"
        raise InputError([Problem("--all", 0, 0, message)])
    project = open_project(arguments.catalog, arguments.patterns, cells=False)
    outcomes = []
    with taken(project) as images:
        for name, manifest in images.items():
            image, results = project.graph.images[name], project.state / "tests"
            outcomes.append(libraries(project, image, manifest.digest, results))
    failed = [outcome for outcome in outcomes if not outcome.ok]
    if arguments.json:
        console.json([asdict(outcome) for outcome in outcomes])
    else:
        for outcome in outcomes:
            if not outcome.ok:
                console.failure(outcome.test, outcome.output)
            elif outcome.output:
                console.note(f"{outcome.test}: {outcome.output}")
        rest = len(outcomes) - len(failed)
        console.note(f"{counted(rest, 'image')} whole, {len(failed)} not")
    return 1 if failed else 0


def _published(arguments: argparse.Namespace, console: Console) -> int:
    """Make an image of a registry again. Exit 0 when it comes to the same bytes."""
    if len(arguments.patterns) > 1 or arguments.all:
        message = "one image of a registry is made again at a time, and all of it"
        raise InputError([Problem("PATTERN", 0, 0, message)])
    loaded = load(arguments.catalog)
    settings = read_settings(loaded.home)
    place = place_of(arguments, loaded, settings)
    name, _, digest = arguments.patterns[0].partition("@")
    repository, _, _ = name.partition(":")
    if not DIGEST.fullmatch(digest):
        message = f"{digest!r} is no digest: sha256: and 64 digits"
        raise InputError([Problem("PATTERN", 0, 0, message)])
    policy = policy_of(loaded, settings)
    said = again.origin(place, place.address.repository(repository), digest, policy)
    project = open_project(arguments.catalog)
    again.check_catalog(project, said)
    trusted = f"signed by {policy.names}" if policy else "catalog.yaml names nobody who has to sign"
    console.note(f"provenance of {said.image}, by catalog-builder {said.version}: {trusted}")
    wrong = again.disagreements(project, said)
    if wrong:
        raise _of_another_state(arguments, said, wrong)
    console.note(f"the catalog at hand means the same: {counted(len(said.cells), 'cell')}")
    if arguments.no_build:
        if arguments.json:
            console.json(_made_again(None, said, digest))
        return 0
    part = open_project(arguments.catalog, [said.image], cells=False)
    compared = again.again(part, said, console, arguments.jobs or settings.jobs)
    is_same = compared.image == digest and not compared.differing
    if arguments.json:
        console.json(_made_again(compared, said, digest))
    elif not report(compared.results, console):
        _tell_made_again(compared, said, digest, console)
    return 0 if is_same else 1


def _tell_made_again(
    compared: again.Comparison, said: Provenance, digest: str, console: Console
) -> None:
    for cell in compared.differing:
        console.failure(cell, "came to other bytes than the image in the registry was made of")
    if compared.image != digest:
        console.failure(said.image, f"came to {compared.image or 'nothing'} in place of {digest}")
    elif not compared.differing:
        console.text(f"{said.image} comes to the same bytes: {digest}")


def _of_another_state(
    arguments: argparse.Namespace, said: Provenance, wrong: Mapping[str, str]
) -> BuilderError:
    """Return the error that tells how the catalog at hand differs, and where the right one is."""
    lines = listed([f"{cell}: {why}" for cell, why in wrong.items()], SHOWN, "\n  ")
    commit = again.revision(arguments.catalog, said)
    hint = (
        f"the commit {commit[:12]} has that state: `git checkout {commit[:12]}`, and run this again"
        if commit
        else f"none of the last {again.LOOKED_AT} commits here has that state and its lock"
    )
    message = f"{said.image} was made from another state of the catalog; since then:\n  {lines}"
    return BuilderError(message, hint=hint)


def _made_again(
    compared: again.Comparison | None, said: Provenance, digest: str
) -> dict[str, object]:
    cells: list[dict[str, object]] = [{"cell": one.cell, "key": one.key} for one in said.cells]
    document: dict[str, object] = {"image": said.image, "digest": digest, "cells": cells}
    if compared is None:
        return document
    for cell in cells:
        cell["same"] = cell["cell"] not in compared.differing
    failed = [name for name, result in compared.results.items() if not result.ok]
    return document | {"came_to": compared.image or None, "failed": failed}


def _store(arguments: argparse.Namespace, console: Console) -> int:
    """Look at the store. Exit 0 when all is whole, or was mended."""
    wrong = [
        Problem(name, 0, 0, message)
        for name, message, holds in (
            ("--repair", "mends a store: give --store, too", not arguments.store),
            ("--libraries", "is for images, --store for the store", arguments.libraries),
            ("--all", "is for cells, and has no meaning with --store", arguments.all),
            ("PATTERN", "names cells; --store looks at all of them", bool(arguments.patterns)),
        )
        if holds
    ]
    if wrong:
        raise InputError(wrong)
    settings = read_settings(arguments.catalog.parent)
    if not settings.store.exists():
        console.note(f"there is no store at {settings.store}")
        return 0
    store = Store(settings.store)
    condition = examine(store, arguments.jobs or settings.jobs, _names(arguments.catalog))
    if arguments.repair and condition.faults:
        repair(store, condition)
    if arguments.json:
        console.json(_condition(condition, mended=arguments.repair))
    else:
        _tell_condition(condition, settings.store, console, mended=arguments.repair)
    return 1 if condition.faults and not arguments.repair else 0


def _names(catalog: Path) -> dict[str, str]:
    """Return the cells of the keys that a catalog has now; none where it cannot be read."""
    try:
        project = open_project(catalog)
        return {item.key: cell for cell, item in project.inputs.items()}
    except BuilderError:
        return {}


def _tell_condition(condition: Condition, root: Path, console: Console, *, mended: bool) -> None:
    for fault in condition.faults:
        console.failure(f"{root / fault.path}", fault.message)
    if condition.lost:
        console.text("to be built again:")
        for name in condition.lost:
            console.text(f"  {name}")
    counts = f"{counted(condition.blobs, 'blob')}, {counted(condition.refs, 'ref')}"
    if not condition.faults:
        console.note(f"{counts}: all whole")
    elif mended:
        count = counted(len(condition.faults), "problem")
        console.note(f"{count} removed; `catalog build` makes again what is missing")
    else:
        count = counted(len(condition.faults), "problem")
        console.note(f"{counts}: {count}; `catalog verify --store --repair` removes what is broken")


def _condition(condition: Condition, *, mended: bool) -> dict[str, object]:
    return {
        "blobs": condition.blobs,
        "refs": condition.refs,
        "problems": [{"file": one.path, "message": one.message} for one in condition.faults],
        "lost": list(condition.lost),
        "repaired": mended,
    }


def _tell(verification: Verification, console: Console) -> None:
    for one in verification.rebuilt.values():
        if one.outcome != "kept":
            console.failure(one.cell, _sentence(one))
    if verification.missing:
        console.note(f"not in the store: {listed(verification.missing, SHOWN)}")
    kept = len(verification.rebuilt) - len(verification.replaced)
    if not verification.rebuilt and not verification.results:
        console.note("nothing to verify: nothing changed below any cell since it was built")
    else:
        console.note(
            f"{kept} gave the same bytes, {len(verification.replaced)} gave different ones"
            f"{' and are replaced' if verification.replaced else ''}"
        )


def _sentence(one: Rebuilt) -> str:
    files = listed([str(difference) for difference in one.differences], SHOWN, "\n  ")
    if one.outcome == "unsteady":
        why = "each build gives different bytes, so comparing cannot tell what it relies on"
        hint = "take clocks, random names and unsorted lists out of its build"
    else:
        why = f"gives different bytes on the current {', '.join(one.parents)}"
        hint = "raise the parent's `abi`, or remove it"
    return f"{why}:\n  {files}\n  hint: {hint}"


def _row(one: Rebuilt) -> dict[str, object]:
    return {
        "cell": one.cell,
        "outcome": one.outcome,
        "parents": list(one.parents),
        "differences": [str(difference) for difference in one.differences],
    }
