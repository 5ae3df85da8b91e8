"""What a person needs to know when a build fails: the place in the layer's own files, the command,
the end of what it printed, and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.catalog import script
from builder.catalog.directory import LAYER
from builder.catalog.directory_rules import TEMPLATE
from builder.catalog.folder import Folder
from builder.catalog.model import Layer
from builder.catalog.source import YamlFile
from builder.render import lines
from builder.tools.buildx import BrokenStep

SHOWN = 20
"""Lines of output that are shown."""
KILLED = 137
"""Exit status of what was ended by SIGKILL, as the kernel does when memory is short."""
FAILED_AT = re.compile(r"catalog: (?P<key>[a-z]+): line (?P<line>[0-9]+): (?P<command>.*)")
ENDED_BY = re.compile(r"catalog: (?P<key>[a-z]+): ended by: (?P<command>.*)")
"""What the last lines of a failing script say: see templates/script.j2."""
SHELL_LINE = re.compile(r"^(?:environment|bash|/bin/bash): line (?P<line>[0-9]+): ")
"""How bash starts its own messages about a script."""
BLOCK = re.compile(r"(?:[&!]\S*\s+)*\|")
"""How a text starts in YAML whose lines are lines of the file."""
WITHOUT_NETWORK = {
    "`apt`": (
        r"Temporary failure resolving|Unable to locate package|has no installation candidate"
        r"|Unable to fetch some archives"
    ),
    "`python` or `wheels`": (
        r"No matching distribution found|NewConnectionError|NameResolutionError"
        r"|satisfies the requirement|dns error|No solution found when resolving dependencies"
    ),
    "`npm`": r"EAI_AGAIN|ENOTFOUND|ENETUNREACH|ECONNREFUSED .*:443",
    "`cran`": r"unable to access index for repository|cannot open URL '[^']*/src/contrib/",
    "`julia`": r"(?:no|empty) registr|Unable to download registry|could not download https?://",
    "`archives`": (
        r"Could not resolve (host|proxy)|unable to resolve host|Name or service not known"
        r"|failure in name resolution|Network is unreachable|[Nn]o such host|server misbehaving"
        r"|UnknownHostException|cannot open URL|lookup address information"
    ),
}
"""Key of layer.yaml -> what programs say who wanted to download what it is for."""
INSTALLERS = {
    "apt-get": "apt",
    "uv --quiet pip": "python",
    "npm ci": "npm",
    "go build": "go",
    "/artifacts/maven -type": "maven",
    "R CMD INSTALL": "cran",
    "/artifacts/julia/": "julia",
}
"""What stands in a step that installs packages -> the key of layer.yaml that asks for them."""


def explain(
    step: BrokenStep, dockerfile: str, layer: Layer, yaml: YamlFile, directory: Path | Folder
) -> tuple[str, str]:
    """Return what a failing step means for whoever wrote the layer, and a hint if there is one.

    `dockerfile` is the marked one of its cell (see `builder.render.lines`), `yaml` the layer's
    layer.yaml, in `directory`.
    """
    body = _body(dockerfile, step.line)
    key, line, command = _blamed(step.output, body)
    output = [text for text in step.output if not _is_mark(text)]
    if key:
        place = _place_of(layer, key, yaml, directory)
        where = place.at(line)
        output = [_at_home(text, place, _header(body)) for text in output]
    else:
        where = _elsewhere(dockerfile, step.line, body, directory)
    ended = _ended(step.code)
    first = f"{where}: " if where else ""
    first += f"`{command}` {ended}" if command else f"the step {ended}"
    message = "\n".join([first, *(f"  {text}" for text in output[-SHOWN:])])
    is_of_author = bool(key) or TEMPLATE in where
    return message, _hint(output) if is_of_author else ""


def _blamed(output: Sequence[str], body: Sequence[str]) -> tuple[str, int, str]:
    """Return the script that failed, the line of it, from 1, and the command; empty for a step that
    is not a script. The line is 0 where nobody knows.
    """
    ended = ENDED_BY.fullmatch(output[-1]) if output else None
    before = list(output[:-1] if ended else output)
    # Where a shell in a shell fails, both say so: the first one is nearest to the cause.
    blamed: re.Match[str] | None = None
    while before and (mark := FAILED_AT.fullmatch(before[-1])):
        blamed = mark
        before.pop()
    header = _header(body)
    if blamed is not None:
        return blamed["key"], int(blamed["line"]) - header, blamed["command"]
    if ended is None:
        return "", 0, ""
    command = ended["command"]
    at = [number for number, text in enumerate(body[header:], 1) if command.strip() in text]
    return ended["key"], at[0] if command.strip() and len(at) == 1 else 0, command


def _is_mark(text: str) -> bool:
    return bool(FAILED_AT.fullmatch(text) or ENDED_BY.fullmatch(text))


def _body(dockerfile: str, line: int) -> list[str]:
    """Return the here-document of the instruction at a line, or the instruction alone."""
    rest = dockerfile.split("\n")[max(line - 1, 0) :] if line else []
    if not rest or not rest[0].endswith(f"<<'{script.END}'"):
        return rest[:1]
    end = rest.index(script.END) if script.END in rest else len(rest)
    return rest[1:end]


def _header(body: Sequence[str]) -> int:
    """Return how many lines stand in front of a script in its step."""
    for number, text in enumerate(body, 1):
        if text.startswith("trap ") and text.endswith(" EXIT"):
            return number
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a script is written."""

    file: Path
    first: int
    """The line of the file that is the script's first one; 0 where its lines are not the file's."""
    around: int = 0
    """The line of the file where it starts."""

    def at(self, line: int) -> str:
        """Return the place of one line of the script."""
        if self.first and line > 0:
            return f"{self.file.as_posix()}:{self.first + line - 1}"
        return f"{self.file.as_posix()}:{self.around}" if self.around else self.file.as_posix()


def _place_of(layer: Layer, key: str, yaml: YamlFile, directory: Path | Folder) -> _Place:
    name = script.file_of(str(getattr(layer, key)))
    if name:
        is_bash = script.read(layer, key, directory).is_bash
        return _Place(file=directory / name, first=1 if is_bash else 0)
    named, line, column = yaml.site((key,))
    # Another level of the catalog may have patched the script.
    file = directory / LAYER if named == yaml.file else Path(named)
    text = file.read_text(errors="replace").split("\n")[line - 1][column - 1 :]
    is_block = BLOCK.match(text)
    is_one_line = "\n" not in str(getattr(layer, key)).strip()
    if is_block:
        return _Place(file=file, first=line + 1, around=line)
    return _Place(file=file, first=line if is_one_line else 0, around=line)


def _at_home(text: str, place: _Place, header: int) -> str:
    """Return a line of output with the place in the layer's file for bash's own line number."""
    match = SHELL_LINE.match(text)
    if match is None or int(match["line"]) <= header:
        return text
    return f"{place.at(int(match['line']) - header)}: {text[match.end() :]}"


def _elsewhere(dockerfile: str, line: int, body: Sequence[str], directory: Path | Folder) -> str:
    """Return the place of a step that is none of the layer's scripts."""
    own, layer = directory / TEMPLATE, (directory / LAYER).as_posix()
    first = dockerfile.split("\n")[line - 1] if line else ""
    text = "\n".join(body)
    asking = [key for word, key in INSTALLERS.items() if word in text]
    if asking and not lines.MARK.search(first):
        return f"{layer}: installing what `{asking[0]}` asks for"
    if own.is_file():
        origin = lines.origin(dockerfile, line)
        return f"{own.as_posix()}:{origin}" if origin else own.as_posix()
    return layer


def _ended(code: int | None) -> str:
    if code is None:
        return "failed"
    if code == KILLED:
        return "was killed, perhaps because the machine has too little memory"
    return f"exited {code}"


def _hint(output: Sequence[str]) -> str:
    said = "\n".join(output)
    keys = [key for key, words in WITHOUT_NETWORK.items() if re.search(words, said)]
    if not keys:
        return ""
    return (
        f"builds run without a network: declare what it downloads under {' or '.join(keys)} in"
        f" {LAYER}, and run `catalog lock`"
    )
