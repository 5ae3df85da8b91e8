"""`catalog serve`: a registry that puts images together when they are pulled."""

from __future__ import annotations

import argparse
import re
import signal

from builder.console.text import Console
from builder.errors import BuilderError, InputError, Problem
from builder.execute.mixer import mixer
from builder.execute.project import open_project
from builder.execute.serve import registry

LISTEN = "127.0.0.1:5001"
ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9.-]+):(?P<port>[0-9]{1,5})")
MOST_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--listen",
        metavar="HOST:PORT",
        default=LISTEN,
        help="where to listen; port 0 takes a free one (default: %(default)s)",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Serve until the process is told to stop."""
    host, port = _address(arguments.listen)
    project = open_project(arguments.catalog, cells=False)
    with mixer(project, console) as offer:
        try:
            with registry(offer, host, port) as served:
                console.text(f"http://{served.address}/")
                allowed = project.loaded.catalog.mixes is not None
                example = "mix/LAYER.LAYER" if allowed else "IMAGE"
                console.note(f"docker pull {served.address}/{example}:TAG; stop it with Ctrl-C")
                signal.pause()
        except OSError as error:
            message = f"cannot listen on {arguments.listen}: {error.strerror}"
            raise BuilderError(message, hint="choose another --listen") from None
    return 0


def _address(text: str) -> tuple[str, int]:
    match = ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > MOST_PORT:
        hint = f"for example {LISTEN}"
        raise InputError([Problem("--listen", 0, 0, f"{text!r} is not HOST:PORT", hint)])
    return match["host"], int(match["port"])
