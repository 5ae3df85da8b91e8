"""A layer's scripts, `prepare` and `run`: bash in layer.yaml itself, or a file beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from builder.catalog.folder import Folder, folder
from builder.catalog.model import Layer

KEYS = ("prepare", "run")
MOST = 16 << 20
"""Bytes of a script."""
END = "END-OF-STEP"
"""A line that a script cannot have: it ends the script in a Dockerfile."""
FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\.[A-Za-z][A-Za-z0-9]*")
"""The name of a script's file: one word with an extension. Anything else is bash."""
BASH = re.compile(r"#!\s*(/usr/bin/env\s+bash|(/usr)?/bin/bash)\s*(\n|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One script of a layer."""

    text: str
    """Its text; empty for a file that is not bash."""
    file: str = ""
    """The name of its file, in the layer's directory; empty for one in layer.yaml."""
    is_bash: bool = True
    """Whether it is bash. Otherwise its first line names the program that runs it."""


def file_of(text: str) -> str:
    """Return the file that a `prepare` or `run` names; empty if the text is the script itself."""
    word = text.strip()
    return word if FILE.fullmatch(word) else ""


def files(layer: Layer) -> Iterator[tuple[str, str]]:
    """Yield a layer's scripts that are files, each with its key in layer.yaml."""
    for key in KEYS:
        name = file_of(getattr(layer, key))
        if name:
            yield key, name


def texts(layer: Layer, directory: Path | Folder) -> dict[str, str]:
    """Return the texts of those scripts that are files of bash, by their key in layer.yaml."""
    return {key: read(layer, key, directory).text for key, _ in files(layer)}


def read(layer: Layer, key: str, directory: Path | Folder) -> Script:
    """Return one of a layer's scripts; `directory` is the layer's own.

    Raises:
        OSError: its file cannot be read.
        UnicodeDecodeError: it is bash, and not UTF-8.

    """
    text = str(getattr(layer, key))
    name = file_of(text)
    if not name:
        return Script(text=text)
    data = folder(directory).read(name, MOST)
    has_interpreter = data.startswith(b"#!")
    first = data.partition(b"\n")[0].decode(errors="replace")
    if has_interpreter and not BASH.match(first):
        return Script(text="", file=name, is_bash=False)
    return Script(text=data.decode(), file=name)
