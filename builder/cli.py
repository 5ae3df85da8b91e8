"""`catalog`: argv to one command, errors to exit codes."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import NoReturn

from builder import confined
from builder.catalog.suggest import nearest
from builder.commands import COMMANDS, VERBS, answer_shell, command
from builder.console.text import Console
from builder.errors import BuilderError
from builder.fetch import upstream
from builder.redact import learn, redact
from builder.tools import process

INTERRUPTED = 130
DISTRIBUTION = "catalog-builder"
COMPLETING = "_ARGCOMPLETE"
"""Variable by which a shell asks how a line may go on: see `builder.commands.completion`."""
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MACHINE = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space, or have the quota raised",
    errno.EROFS: "choose a place that can be written to",
    errno.EACCES: "choose a place that this user may write to",
    errno.EPERM: "choose a place that this user may write to",
    errno.ENAMETOOLONG: "choose a shorter path",
    errno.ENOTDIR: "a file stands where the path needs a directory",
    errno.EISDIR: "a directory stands where the path needs a file",
    errno.EEXIST: "a file stands where the path needs a directory",
    errno.ELOOP: "a symbolic link on the path leads to itself",
}
"""Trouble of the machine, or with a path that was given, by its error number, and what to do about
it."""
EVERY = (*COMMANDS, *chain.from_iterable(VERBS.values()))
"""Every word that is a command, or a verb of one."""
PATIENCE = 5.0
"""Seconds that threads get to clean up, once their processes have ended."""


class Parser(argparse.ArgumentParser):
    """argparse's parser, which suggests the nearest right word for a wrong one."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and how the command is used; exit 2."""
        choice = re.fullmatch(
            r"argument (?P<what>\S+): invalid choice: '(?P<word>.*)' \(choose from"
            r" (?P<choices>.*)\)",
            message,
        )
        if choice is not None:
            known = [word.strip(" '") for word in choice["choices"].split(",")]
            near = nearest(choice["word"], known) or "no word is near"
            message = (
                f"argument {choice['what']}: there is no {choice['word']!r}; {near} (there are"
                f" {', '.join(known)})"
            )
        super().error(redact(message))


class ShowVersion(argparse.Action):
    """Prints the version, which is looked up only then: that takes time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        """Print the version and exit 0."""
        Console().text(f"{parser.prog} {version(DISTRIBUTION)}")
        parser.exit()


def parser(words: Collection[str] = EVERY) -> argparse.ArgumentParser:
    """Return the parser. Only commands among these words declare their arguments, so that a run
    imports no other command.
    """
    top = Parser(
        prog="catalog",
        description="Build a data-science catalog of images and charts from one catalog.yaml.",
    )
    top.add_argument(
        "-C",
        "--catalog",
        type=Path,
        default=Path("catalog.yaml"),
        help="the catalog (default: %(default)s)",
    )
    top.add_argument(
        "--version", action=ShowVersion, nargs=0, help="print the version of this program"
    )
    top.add_argument("-q", "--quiet", action="store_true", help="print results and errors only")
    _declare(top, "COMMAND", {name: (name, text) for name, text in COMMANDS.items()}, words)
    return top


def _declare(
    parser: argparse.ArgumentParser,
    what: str,
    commands: Mapping[str, tuple[str, str]],
    words: Collection[str],
) -> None:
    """Let a parser take one of several commands, given as word -> (full name, what it does)."""
    choices = parser.add_subparsers(dest="command", required=True, metavar=what)
    for word, (name, text) in commands.items():
        sub = choices.add_parser(word, help=text, description=f"{text[0].upper()}{text[1:]}.")
        sub.set_defaults(command=name)
        if word not in words:
            continue
        if name in VERBS:
            _declare(
                sub,
                "VERB",
                {verb: (f"{name} {verb}", does) for verb, does in VERBS[name].items()},
                words,
            )
        else:
            command(name).add_arguments(sub)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit codes: 0 done, 1 something failed, 2 the input is wrong, 3 a bug, 130
    interrupted or asked to end.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    learn(os.environ)
    try:
        if COMPLETING in os.environ:
            answer_shell(parser(os.environ.get("COMP_LINE", "").split()))
        arguments = parser(words).parse_args(words)
    except BuilderError as error:
        Console().error(error)
        return error.exit_code
    console = Console(quiet=arguments.quiet)
    try:
        with _stoppable():
            upstream.bring(arguments.catalog, console)
            return command(arguments.command).run(arguments, console)
    except BuilderError as error:
        console.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        _stop(console)
        console.note("interrupted: what was finished is kept")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  the one catch-all: a bug of ours, or trouble of the machine
        if isinstance(error, OSError) and error.errno in MACHINE:
            console.error(
                BuilderError(
                    f"{error.filename or 'a file'}: {(error.strerror or '').lower()}",
                    hint=MACHINE[error.errno],
                )
            )
            return 1
        if isinstance(error, confined.LinkError | confined.KindError):
            console.error(BuilderError(f"{error.filename} {error.strerror}"))
            return 1
        console.bug(traceback.format_exc())
        return 3
    finally:
        console.close()


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Let TERM, and a terminal that closes, do what Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [number for number in STOPPING[1:] if signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _stop(console: Console) -> None:
    """End all processes, and wait until the threads have cleaned up; a second Ctrl-C ends this
    process at once.
    """
    for number in STOPPING:
        signal.signal(number, signal.SIG_DFL)
    process.stop_all()
    deadline = time.monotonic() + PATIENCE
    others = [
        thread
        for thread in threading.enumerate()
        if thread is not threading.current_thread() and not thread.daemon
    ]
    for thread in others:
        thread.join(max(0.0, deadline - time.monotonic()))
    if any(thread.is_alive() for thread in others):
        # Python would wait until their work is done. Nothing is lost if it does not: every file
        # is written beside its place.
        console.close()
        sys.stdout.flush()
        os._exit(INTERRUPTED)
