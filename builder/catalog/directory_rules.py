"""Rules about a layer's directory: its scripts, files/ and tests/, and nothing that is not used."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from builder import confined
from builder.catalog import script
from builder.catalog.directory import LAYER
from builder.catalog.document import Reading
from builder.catalog.folder import FILES, Folder
from builder.catalog.model import Layer
from builder.catalog.parts import FileAttributes
from builder.catalog.suggest import closest, nearest
from builder.errors import Problem

TEMPLATE, TESTS, README = "Dockerfile.j2", "tests", "README.md"
DIRECTORIES = {FILES, TESTS, "docs"}
ENTRIES = (LAYER, TEMPLATE, README, *sorted(DIRECTORIES))
"""What a layer's directory may hold, besides the scripts that layer.yaml names."""
_NAME = re.compile(r"/(?=\S)[^\x00-\x1f\x7f\ud800-\udfff]+(?<=\S)")
"""A path below files/: a build reads such names line by line."""
PLAIN, PROGRAM = 0o644, 0o755
"""The modes that git keeps, and files have without an entry in `files`."""


def check(directory: Folder, reading: Reading[Layer], layer: Layer) -> Iterator[Problem]:
    """Yield the problems of a layer's directory."""
    yield from _entries(directory, layer)
    yield from _scripts(directory, reading, layer)
    yield from _files(directory, reading, layer)
    for root in directory.roots:
        yield from _tests(root / TESTS)


def _entries(directory: Folder, layer: Layer) -> Iterator[Problem]:
    scripts = [name for _, name in script.files(layer)]
    for path in directory.entries():
        name = path.name
        is_of_an_editor = name.startswith(".") or name.endswith("~")
        is_text_for_people = name.endswith(".md") or name.startswith("LICENSE")
        if is_of_an_editor or is_text_for_people:
            continue
        if name not in ENTRIES and name not in scripts:
            hint = _meant(path, [*ENTRIES, *scripts])
            yield _whole(path, "is not part of a layer's directory", hint)
        elif path.is_symlink() and name != LAYER:
            yield _whole(
                path, "is a link, which a layer's directory cannot hold", "copy it instead"
            )
        elif name in DIRECTORIES:
            if not path.is_dir():
                yield _whole(path, "is a file; a directory was expected")
        elif what := confined.kind(path.stat()):
            yield _whole(path, f"is {what}; a file was expected")


def _meant(path: Path, known: list[str]) -> str:
    near = closest(path.name, known)
    if near is not None:
        return f"did you mean {near!r}?"
    if path.is_file() and script.FILE.fullmatch(path.name) and _has_interpreter(path):
        return f"name it in layer.yaml: `run: {path.name}`"
    return f"move files for the image to {FILES}/, files for tests to {TESTS}/"


def _scripts(directory: Folder, reading: Reading[Layer], layer: Layer) -> Iterator[Problem]:
    for key in script.KEYS:
        text = str(getattr(layer, key))
        name = script.file_of(text)
        if not name:
            yield from _inline(reading, key, text)
            continue
        path = directory / name
        if path.is_symlink() or (path.exists() and not path.is_file()):
            # That is told already.
            continue
        if not path.is_file():
            names = [path.name for path in directory.entries() if path.name not in ENTRIES]
            hint = nearest(name, names, what="files there") or f"write the script to {path}"
            yield reading.yaml.problem((key,), f"there is no file {name!r} beside layer.yaml", hint)
            continue
        try:
            text = script.read(layer, key, directory).text
        except (OSError, UnicodeDecodeError) as error:
            yield _whole(path, f"cannot be read as UTF-8: {error}")
            continue
        if script.END in text.splitlines():
            line = text.splitlines().index(script.END) + 1
            yield Problem(path.as_posix(), line, 1, _END, _NOT_END)


_END = f"a script cannot have the line {script.END}: it ends the step in the Dockerfile"
_NOT_END = "use another word to end your here-document"


def _inline(reading: Reading[Layer], key: str, text: str) -> Iterator[Problem]:
    if script.END in text.splitlines():
        yield reading.yaml.problem((key,), _END, _NOT_END)
    word = text.strip()
    is_path = "/" in word and not word.startswith("/") and len(word.split()) == 1
    if is_path and script.FILE.fullmatch(PurePosixPath(word).name):
        message = f"{word!r} is a path; a script must be directly in the layer's directory"
        hint = f"move it there and write: {key}: {PurePosixPath(word).name}"
        yield reading.yaml.problem((key,), message, hint)


def _files(directory: Folder, reading: Reading[Layer], layer: Layer) -> Iterator[Problem]:
    if any((root / FILES).is_symlink() for root in directory.roots):
        return
    there = {f"/{name}": path for name, path in directory.paths(FILES).items()}
    for name, path in there.items():
        if not _NAME.fullmatch(name):
            message = "has a name that the steps of a build cannot hold"
            hint = "no control characters, no blanks at the ends, UTF-8"
            yield Problem(repr(path.as_posix()), 0, 0, message, hint)
        elif path.is_symlink():
            message = "is a symbolic link, which is not allowed in files/"
            yield _whole(path, message, "make it in `run`")
        elif not path.is_file() and not path.is_dir():
            message = "is neither a file nor a directory, and only those are allowed in files/"
            yield _whole(path, message, "make it in `run`")
    for index, entry in enumerate(layer.files):
        here = ("files", index, "path")
        if not entry.path:
            # It is not a path, which is reported already.
            continue
        matching = {name: path for name, path in there.items() if fnmatchcase(name, entry.path)}
        if ".." in PurePosixPath(entry.path).parts:
            message, hint = f"{entry.path!r} leads out of files/", "write it without '..'"
            yield reading.yaml.problem(here, message, hint)
        elif not matching:
            message = f"no path below files/ matches {entry.path!r}"
            yield reading.yaml.problem(here, message, nearest(entry.path, there))
        else:
            yield from _mode(reading, index, entry, matching)


def _mode(
    reading: Reading[Layer], index: int, entry: FileAttributes, matching: Mapping[str, Path]
) -> Iterator[Problem]:
    """Yield a mode that git records: it belongs on the file itself, and only there."""
    mode = int(entry.mode, 8) if entry.mode else 0
    if mode not in {PLAIN, PROGRAM} or not all(path.is_file() for path in matching.values()):
        return
    sign = "+" if mode == PROGRAM else "-"
    wrong = [path for path in matching.values() if _mode_of(path) != mode]
    if wrong:
        names = " ".join(path.as_posix() for path in wrong)
        hint = f"remove the mode and run: chmod {sign}x {names}"
    else:
        hint = "remove it" if entry.owner else "remove the entry"
    message = "git records whether a file is executable; `files` is for other modes"
    yield reading.yaml.problem(("files", index, "mode"), message, hint)


def _mode_of(path: Path) -> int:
    return PROGRAM if path.stat().st_mode & stat.S_IXUSR else PLAIN


def _tests(folder: Path) -> Iterator[Problem]:
    """Yield the scripts that would not run. A file without an interpreter line is test data."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            yield _whole(path, "is a link, which a layer's tests cannot hold", "copy it instead")
        elif path.is_file() and _mode_of(path) != PROGRAM and _has_interpreter(path):
            message = "is a test, but it is not executable, so it would not run"
            yield _whole(path, message, f"chmod +x {path.as_posix()}")


def _has_interpreter(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"#!"


def _whole(path: Path, message: str, hint: str = "") -> Problem:
    """Return a problem with a file or a directory as a whole."""
    return Problem(path.as_posix(), 0, 0, message, hint)
