"""`catalog layer`: a person's own packages on an image, from the files that ask for them."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.specifiers import SpecifierSet

from builder.catalog import source
from builder.catalog.additions import check_image, check_layer, image_entry, with_image
from builder.catalog.directory import LAYER
from builder.catalog.load import Loaded, load
from builder.catalog.source import Site
from builder.commands import call
from builder.console.text import Console
from builder.environments.model import Environment
from builder.environments.table import NAMES, environment
from builder.errors import BuilderError, InputError, Problem, listed
from builder.events import Plain
from builder.graph.build import graph, with_mixes
from builder.graph.model import Graph, ImagePoint
from builder.graph.select import select
from builder.render import scaffold
from builder.render.scaffold import NewLayer
from builder.tree import File
from builder.tree import replace as write_file

LANGUAGES: Mapping[str, tuple[str, str]] = {"python": ("python", "Python"), "cran": ("r", "R")}
"""Keys of layer.yaml whose packages need a language -> its axis, and how it is called."""
PATCHES = 100
"""Patch releases of a minor version that are looked at: none has had more."""
SHOWN = 4
ON = "--on"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's own arguments."""
    parser.add_argument(
        "name",
        nargs="?",
        default="",
        metavar="NAME",
        help="name of the layer, and of the image with it (default: what the file says)",
    )
    parser.add_argument(
        "--from",
        dest="files",
        action="extend",
        nargs="+",
        type=Path,
        required=True,
        metavar="FILE",
        help=f"what to install: {NAMES}; several are taken together",
    )
    parser.add_argument(
        ON,
        required=True,
        metavar="IMAGE",
        help=(
            "the image it comes on: by its name (the first version that fits), with a tag, as a"
            " pattern over several, or by its layers (lab+r)"
        ),
    )
    parser.add_argument("--description", metavar="TEXT", help="what it is for, in a sentence")
    parser.add_argument(
        "--replace", action="store_true", help="write a layer anew that was made so before"
    )
    parser.add_argument(
        "--no-build", action="store_true", help="write and lock it, and leave the build for later"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write a layer and an image with it, lock what they ask for, and build the image. Where it
    cannot be locked, nothing stays written.
    """
    wanted = environment(arguments.files)
    if wanted.is_empty:
        names = listed([path.as_posix() for path in arguments.files], SHOWN)
        raise InputError([Problem("--from", 0, 0, f"{names}: no package is asked for")])
    path: Path = arguments.catalog
    loaded = load(path)
    made, (pattern,) = with_mixes(loaded, [arguments.on])
    images = _fitting(select(made, [pattern], cells=False), pattern, wanted)
    name = arguments.name or _name(wanted.name or arguments.files[0].resolve().parent.name)
    directory = loaded.root / loaded.catalog.layers / name
    problems = list(_check(loaded, name, directory, anew=arguments.replace))
    if problems:
        raise InputError(problems)
    on, beside = _parents(loaded, images[0])
    new = NewLayer(
        name=name,
        description=arguments.description or _description(arguments.files, images[0]),
        on=on,
        apt=wanted.apt,
        python=wanted.python,
        cran=wanted.cran,
        when=_when(loaded, on, images),
    )
    for note in wanted.notes:
        console.note(note)
    files = scaffold.layer(new)
    with _undone(path, *(directory / file for file in files)):
        files.write(directory)
        _add_image(loaded, new, beside, images[0])
        targets = [image.id for image in graph(load(path)).images.values() if image.name == name]
        with _told_of_files(directory / LAYER, wanted):
            code = call("lock", [], path, console)
        if code:
            raise BuilderError(f"the layer {name!r} cannot be locked", hint="nothing was written")
    for file in files:
        console.text(f"wrote {directory / file}")
    if arguments.no_build:
        console.note("Next:")
        console(Plain(f"catalog build {name}"))
        return 0
    code = call("build", targets, path, console)
    if code == 0:
        console.note("Next:")
        console(Plain(f"catalog test {name}"))
        console(Plain(f"catalog run {targets[0]}"))
    return code


def _check(loaded: Loaded, name: str, directory: Path, *, anew: bool) -> Iterator[Problem]:
    """Yield why no layer, and no image, of this name can be written."""
    if not anew:
        for problem in dict.fromkeys([*check_layer(loaded, name), *check_image(loaded, name)]):
            hint = f"{problem.hint}, or pass --replace" if directory.exists() else problem.hint
            yield replace(problem, hint=hint)
    elif not (directory / LAYER).is_file():
        yield Problem("--replace", 0, 0, f"this catalog has no layer {name!r} of its own")


def _name(text: str) -> str:
    """Return a name as the catalog has them, from one of another kind."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))


def _description(files: Sequence[Path], image: ImagePoint) -> str:
    return f"{image.name} with what {listed([file.name for file in files], SHOWN)} asks for"


def _fitting(part: Graph, pattern: str, wanted: Environment) -> list[ImagePoint]:
    """Return the images that a layer with these packages can come on: all that a pattern with a tag
    means, or the first version of an image that fits.

    Raises:
        InputError: none fits, or they are several images.

    """
    images = list(part.images.values())
    names = dict.fromkeys(image.name for image in images)
    if len(names) > 1:
        message = f"{pattern!r} matches several images: {listed([*names], SHOWN)}"
        raise InputError([Problem(ON, 0, 0, message, "name one")])
    problems = list(_lacks(images[0], wanted))
    if problems:
        raise InputError(problems)
    fitting = [image for image in images if _fits(image, wanted.versions)]
    if not fitting:
        raise InputError([_no_version(images, wanted.versions)])
    return fitting if ":" in pattern else fitting[:1]


def _lacks(image: ImagePoint, wanted: Environment) -> Iterator[Problem]:
    """Yield each language that the packages need, and the image does not have."""
    for key, (axis, language) in LANGUAGES.items():
        if getattr(wanted, key) and axis not in image.point:
            message = f"packages of {language} are asked for, and {image.name} has no {language}"
            yield Problem(ON, 0, 0, message, "`catalog list` shows the images")


def _fits(image: ImagePoint, versions: Mapping[str, SpecifierSet]) -> bool:
    """Tell whether the versions of an image are what files want, as far as it has such an axis."""
    return all(
        _allows(allowed, image.point[axis])
        for axis, allowed in versions.items()
        if axis in image.point
    )


def _allows(allowed: SpecifierSet, minor: str) -> bool:
    """Tell whether some release of a minor version is allowed."""
    return any(allowed.contains(f"{minor}.{patch}") for patch in range(PATCHES))


def _no_version(images: Sequence[ImagePoint], versions: Mapping[str, SpecifierSet]) -> Problem:
    asked = [f"{axis} {allowed}" for axis, allowed in versions.items()]
    there = [image.id for image in images]
    message = f"the files want {' and '.join(asked)}, and there is {listed(there, SHOWN)}"
    return Problem(ON, 0, 0, message, "change what the file says of it, or choose another image")


def _parents(loaded: Loaded, image: ImagePoint) -> tuple[list[str], list[str]]:
    """Return the layers of an image on which packages can lie, and those that come beside them: a
    service lies above all others.
    """
    below = [name for name in image.asked if name not in loaded.arranged.last]
    if not below:
        return list(image.asked), []
    return below, [name for name in image.asked if name not in below]


def _when(loaded: Loaded, on: Sequence[str], images: Sequence[ImagePoint]) -> dict[str, list[str]]:
    """Return the values that images have of the axes with more than one, of those that matter."""
    axes: set[str] = set()
    for name in on:
        axes.update(loaded.arranged.axes[name])
    several = [name for name in loaded.catalog.axes if name in axes]
    when = {}
    for axis in several:
        if len(loaded.catalog.axes[axis].values) > 1:
            when[axis] = list(dict.fromkeys(image.point[axis] for image in images))
    return when


def _add_image(loaded: Loaded, new: NewLayer, beside: Sequence[str], image: ImagePoint) -> None:
    """Add the image to catalog.yaml; leave it where it is there, with this layer.

    Raises:
        InputError: the file is written in a way that cannot be added to.

    """
    entries = loaded.catalog.images
    if new.name in entries and new.name in entries[new.name].layers:
        return
    path = loaded.path
    entry = image_entry(loaded, [*new.on, *beside], new.description)
    entry["layers"] = [new.name, *beside]
    if image.service:
        entry["service"] = image.service
    edited = with_image(path, new.name, entry)
    write_file(path, File(edited.encode(), path.stat().st_mode & 0o777))


@contextlib.contextmanager
def _told_of_files(path: Path, wanted: Environment) -> Iterator[None]:
    """Say of problems with packages of the new layer.yaml, which goes, where a person's file asks
    for them.
    """
    try:
        yield
    except InputError as error:
        places = _places(path, wanted)
        raise InputError([_elsewhere(problem, places) for problem in error.problems]) from None


def _places(path: Path, wanted: Environment) -> dict[Site, Site]:
    """Return the places of packages in a layer.yaml -> where files ask for them."""
    yaml = source.read(path, path.as_posix())
    places = {}
    for key in ("python", "apt", "cran"):
        for index, package in enumerate(getattr(wanted, key)):
            if package in wanted.places:
                places[yaml.site((key, index))] = wanted.places[package]
    return places


def _elsewhere(problem: Problem, places: Mapping[Site, Site]) -> Problem:
    here = (problem.file, problem.line, problem.column)
    file, line, column = places.get(here, here)
    return replace(problem, file=file, line=line, column=column)


@contextlib.contextmanager
def _undone(*paths: Path) -> Iterator[None]:
    """Write files anew as they were, or remove them, if what is done here fails."""
    before = {path: path.read_bytes() if path.exists() else None for path in paths}
    try:
        yield
    except BaseException:
        for path, data in before.items():
            if data is not None:
                write_file(path, File(data, path.stat().st_mode & 0o777))
                continue
            path.unlink(missing_ok=True)
            # The directories that are left, up to one that holds something else.
            with contextlib.suppress(OSError):
                path.parent.rmdir()
                path.parent.parent.rmdir()
        raise
