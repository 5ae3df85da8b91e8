"""`catalog completion`: the code that makes a shell complete commands, options, images, cells,
layers and services.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import argcomplete
from argcomplete.shell_integration import shellcode

from builder.catalog.load import Loaded, load
from builder.charts.sources import service_names
from builder.console.text import Console
from builder.errors import BuilderError
from builder.graph.build import graph

PROGRAM = "catalog"
SHELLS = {
    "bash": 'eval "$(catalog completion bash)"  # in ~/.bashrc',
    "zsh": 'eval "$(catalog completion zsh)"  # in ~/.zshrc, behind compinit',
    "fish": "catalog completion fish >~/.config/fish/completions/catalog.fish",
}
"""The line that each supported shell needs, and the file where it goes."""

Names = Callable[[Loaded, str], list[str]]
"""From a catalog and the typed part of a name to the names that exist."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("shell", metavar="SHELL", choices=list(SHELLS), help=", ".join(SHELLS))


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the code for a shell to read, and say where to put the line that reads it."""
    # argcomplete's code for bash works in zsh, too.
    console.text(shellcode([PROGRAM], shell=arguments.shell).strip())
    console.note(SHELLS[arguments.shell])
    return 0


def answer(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks how to complete a line, and end this process."""
    for action in _actions(parser):
        names = _NAMES.get(str(action.metavar))
        if names is not None:
            action.completer = _completer(names)  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser)


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield every argument of a parser and of its commands."""
    for action in parser._actions:  # noqa: SLF001  argparse offers no other way to them
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  likewise
            for command in action.choices.values():
                yield from _actions(command)


def _completer(names: Names) -> Callable[..., list[str]]:
    def complete(prefix: str, parsed_args: argparse.Namespace, **_: object) -> list[str]:
        try:
            return names(load(parsed_args.catalog), prefix)
        except BuilderError:
            # A shell cannot show an error in the middle of a line.
            return []

    return complete


def _images(loaded: Loaded, prefix: str) -> list[str]:
    """Return names of images, with their tags once a name is complete."""
    made = graph(loaded)
    if ":" in prefix:
        return list(made.images)
    return list(dict.fromkeys(image.name for image in made.images.values()))


def _nodes(loaded: Loaded, prefix: str) -> list[str]:
    """Return names of images, and cells once a layer's name is complete."""
    if "@" in prefix:
        return list(graph(loaded).cells)
    return _images(loaded, prefix)


def _anything(loaded: Loaded, prefix: str) -> list[str]:
    return [*_nodes(loaded, prefix), *loaded.layers]


def _layers(loaded: Loaded, _: str) -> list[str]:
    return list(loaded.layers)


def _services(loaded: Loaded, _: str) -> list[str]:
    return service_names(loaded.levels)


_NAMES: dict[str, Names] = {
    "PATTERN": _nodes,
    "IMAGE": _images,
    "IMAGE|CELL": _nodes,
    "A": _nodes,
    "B": _nodes,
    "IMAGE|LAYER|CELL": _anything,
    "LAYER": _layers,
    "SERVICE": _services,
}
"""The completer of each argument, by the argument's name."""
