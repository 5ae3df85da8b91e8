"""Processes that tests start, with the signals that a shell would give them."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ASKED_TO_END = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


@contextlib.contextmanager
def default_signals() -> Iterator[None]:
    """Let processes that are started in this context begin with the default signals.

    Under `nohup` (and in the background of some shells) this process ignores a signal, and what it
    starts would, too: only a signal that is ignored stays so in a new program. Here it is handled,
    by doing nothing, until the context ends.
    """
    ignored = [number for number in ASKED_TO_END if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def running(
    argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Start a program, both of whose streams are its `stdout`; kill it when it has not ended by
    itself.
    """
    with default_signals():
        started = subprocess.Popen(
            argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    with started as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def run(
    argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, whatever its exit code."""
    with default_signals():
        return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
