"""The verbs of `catalog`: one module each, named as the user types it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Protocol

from builder.commands import build, charts, fetch, graph, lint, list, load, lock, package, plan, push, render, schema, show, test, validate  # noqa: A004  named as the user types it
from builder.console.text import Console


class Command(Protocol):
    """What a module of this package offers."""

    @property
    def HELP(self) -> str:  # noqa: N802  a module's constant
        """One line for the list of commands."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def run(self, arguments: argparse.Namespace, console: Console) -> int:
        """Do it; return the exit code."""


COMMANDS: Mapping[str, Command] = {
    "validate": validate,
    "list": list,
    "show": show,
    "graph": graph,
    "lock": lock,
    "fetch": fetch,
    "plan": plan,
    "build": build,
    "test": test,
    "load": load,
    "push": push,
    "render": render,
    "charts": charts,
    "package": package,
    "lint": lint,
    "schema": schema,
}
"""In the order in which people meet them."""
