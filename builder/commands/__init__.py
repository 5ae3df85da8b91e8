"""The verbs of `catalog`: one module each, named as the user types it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Protocol

from builder.console.text import Console


class Command(Protocol):
    """What a module of this package offers."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def run(self, arguments: argparse.Namespace, console: Console) -> int:
        """Do it; return the exit code."""


COMMANDS: Mapping[str, Command] = {}
