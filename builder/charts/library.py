"""What the charts of a catalog share: options, named Helm templates, and stubs of a chart's files.

None of it is part of the program. It is in one directory, the catalog's own charts/ unless
catalog.yaml names another one:

* `options/*.yaml`: groups of options, read by `builder.charts.load`;
* `library/`: a Helm library chart, whose templates define `library.<name>`;
* `stubs/**/*.j2`: the files that each chart has, as Jinja templates over a service.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from builder import confined
from builder.charts.jinja import environment
from builder.errors import InputError, Problem
from builder.templates import sandbox
from builder.templates.sandbox import RenderError
from builder.tree import File, Tree

NAME = "library"
"""Directory and name of the library chart, and prefix of its named templates."""
STUBS = "stubs"
SUFFIX = ".j2"
DEFINE = re.compile(r'define "library\.([\w.-]+)"')
USE = re.compile(r'(?<!define )"library\.([\w.-]+?)\.?[%"]')


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartLibrary:
    """The templates and stubs of a directory, as text."""

    directory: Path
    """The directory that holds options/, library/ and stubs/."""
    file: str
    """The name of the directory in problems."""
    chart: Tree = field(default_factory=lambda: Tree({}))
    """The library chart."""
    stubs: Mapping[str, str] = field(default_factory=dict)
    """Path in a chart -> Jinja template of that file."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Path below the directory -> name of another directory that has it, in problems."""

    @property
    def partials(self) -> Mapping[str, str]:
        """The files that define named templates: file name -> text."""
        return {
            Path(path).name: file.data.decode()
            for path, file in self.chart.items()
            if path.startswith("templates/_")
        }

    def shown(self, path: str) -> str:
        """Return what problems call a file, by its path below the directory."""
        return f"{self.files.get(path, self.file)}/{path}"

    def render(self, path: str, context: Mapping[str, object]) -> str:
        """Return a stub filled in.

        Raises:
            InputError: the stub is not a valid template, or uses an undefined name.

        """
        text, file = self.stubs[path], self.shown(f"{STUBS}/{path}{SUFFIX}")
        try:
            return sandbox.render(environment, text, context)
        except RenderError as error:
            problem = Problem(file, error.line, 1, f"cannot be filled in: {error}")
            raise InputError([problem]) from None


def load_library(directory: Path, file: str) -> ChartLibrary:
    """Read the library and the stubs below a directory; `file` is its name in problems.

    Raises:
        InputError: one of the two does not exist, or a file is not text.

    """
    problems = [
        absent(f"{file}/{name}") for name in (NAME, STUBS) if not (directory / name).is_dir()
    ]
    if problems:
        raise InputError(problems)
    return _read(directory, file)


def joined_library(below: ChartLibrary, directory: Path, file: str) -> ChartLibrary:
    """Return a library with what another directory has of the two: a file of it replaces one of the
    same path.

    Raises:
        InputError: a file is not text.

    """
    above = _read(directory, file)
    new = {f"{NAME}/{path}": file for path in above.chart}
    new |= {f"{STUBS}/{path}{SUFFIX}": file for path in above.stubs}
    return replace(
        below,
        chart=Tree({**below.chart, **above.chart}),
        stubs={**below.stubs, **above.stubs},
        files={**below.files, **new},
    )


def _read(directory: Path, file: str) -> ChartLibrary:
    problems: list[Problem] = []
    chart, stubs = _files(directory / NAME), _files(directory / STUBS)
    for folder, tree in ((NAME, chart), (STUBS, stubs)):
        for path, content in tree.items():
            problems += _not_text(f"{file}/{folder}/{path}", content.data)
    if problems:
        raise InputError(problems)
    return ChartLibrary(
        directory=directory,
        file=file,
        chart=chart,
        stubs={
            path.removesuffix(SUFFIX): content.data.decode()
            for path, content in stubs.items()
            if path.endswith(SUFFIX)
        },
    )


def absent(file: str) -> Problem:
    """Return the problem of a missing part of what charts share."""
    hint = (
        "name the directory that holds options/, library/ and stubs/ in catalog.yaml, as"
        " `charts: {library: ../other/charts}`, or copy the three"
    )
    return Problem(file, 0, 0, "there is no such directory", hint)


def with_used(texts: Mapping[str, str], library: ChartLibrary) -> Mapping[str, str]:
    """Return templates with the files of the library that define what they use, directly or
    indirectly.
    """
    owner = _owners(library.partials)
    texts = dict(texts)
    while missing := undefined(texts) & owner.keys():
        texts |= {owner[name]: library.partials[owner[name]] for name in missing}
    return texts


def _owners(partials: Mapping[str, str]) -> dict[str, str]:
    """Return the file that defines each named template."""
    owner = {}
    for file, text in partials.items():
        for name in DEFINE.findall(text):
            owner[name] = file
    return owner


def undefined(texts: Mapping[str, str]) -> set[str]:
    """Return the named templates that some text uses and none defines."""
    known, used = set[str](), set[str]()
    for text in texts.values():
        known.update(DEFINE.findall(text))
        used.update(USE.findall(text))
    # `printf "library.variables.%s"` may use all templates with this prefix.
    starts = set[str]()
    for name in known:
        steps = name.split(".")
        starts.update(".".join(steps[:length]) for length in range(1, len(steps)))
    return used - known - starts


def _files(directory: Path) -> Tree:
    """Return the files of a directory; hidden ones are skipped."""
    files = {}
    for folder, folders, names in os.walk(directory):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            if name.startswith("."):
                continue
            inside = path.relative_to(directory).as_posix()
            try:
                files[inside] = File(confined.read(directory, inside))
            except (confined.LinkError, confined.KindError) as error:
                problem = Problem(path.as_posix(), 0, 0, error.strerror or "is not a file")
                raise InputError([problem]) from None
    return Tree(files)


def _not_text(file: str, data: bytes) -> list[Problem]:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return [Problem(file, line, 1, f"is not UTF-8: byte 0x{data[error.start]:02x}")]
    return []
