"""`catalog`: argv to one command, errors to exit codes."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from builder.commands import COMMANDS
from builder.console.text import Console
from builder.errors import BuilderError
from builder.tools import process


def parser() -> argparse.ArgumentParser:
    """Return the parser: each command declares its own arguments."""
    top = argparse.ArgumentParser(prog="catalog", description="Build a data-science catalog of images and charts from one catalog.yaml.")
    top.add_argument("-C", "--catalog", type=Path, default=Path("catalog.yaml"), help="the catalog (default: %(default)s)")
    top.add_argument("-q", "--quiet", action="store_true", help="print results and errors only")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.HELP, description=command.HELP)
        command.add_arguments(sub)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit codes: 0 done, 1 something failed, 2 the input is wrong, 3 a bug, 130 interrupted."""
    arguments = parser().parse_args(argv)
    console = Console(quiet=arguments.quiet)
    try:
        return COMMANDS[arguments.command].run(arguments, console)
    except BuilderError as error:
        console.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        process.stop_all()
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:  # noqa: BLE001  the one catch-all: what gets here is our bug
        console.bug(traceback.format_exc())
        return 3
