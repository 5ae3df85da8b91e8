"""The only place that starts a process."""

from __future__ import annotations

import contextlib
import functools
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from builder.errors import ToolError
from builder.redact import redact
from builder.tools.limits import Limits

TAIL = 40
Done = subprocess.CompletedProcess[bytes]
_running: set[subprocess.Popen[bytes]] = set()
_elsewhere: dict[object, Callable[[], object]] = {}
_lock = threading.Lock()
_stopping = threading.Event()


class StoppedError(Exception):
    """The run is being interrupted: this process was ended, or was not started."""


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: bytes | None = None,
    on_line: Callable[[str], None] | None = None,
    log: Path | None = None,
    check: bool = True,
    limits: Limits | None = None,
) -> Done:
    """Run a program to its end and return its output; `stderr` has its standard error.

    `env` is added to this process's environment. `on_line` gets each line of output (of both
    streams) as it comes; with `log`, lines are appended to that file. Secrets are passed in `env`
    or `stdin`, never in `argv`. `limits` hold where the system can set them (prlimit, of Linux).

    Raises:
        ToolError: the program is missing, reached a limit, or (with `check`) did not exit with 0.
        StoppedError: `stop_all` was called.

    """
    command, streaming = [str(part) for part in argv], on_line is not None or log is not None
    process = _start(
        command,
        env,
        cwd,
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        joined=streaming,
        limits=limits,
    )
    with _tracked(process):
        if streaming:
            out, err = _stream(process, stdin, on_line, log), b""
        else:
            out, err = process.communicate(stdin)
    if _stopping.is_set():
        raise StoppedError
    if limits is not None and process.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise ToolError(command, process.returncode, limits.passed())
    if check and process.returncode:
        tail = (err or out).decode(errors="replace").splitlines()[-TAIL:]
        raise ToolError(command, process.returncode, "\n".join(tail))
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@contextlib.contextmanager
def running(
    argv: Sequence[str | Path],
    until: Callable[[str], object],
    *,
    env: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Run a program while the context lasts. The context is entered once the program prints a line
    for which `until` is true.

    Raises:
        ToolError: the program is missing, or ended before it printed such a line.
        StoppedError: `stop_all` was called.

    """
    command, said = [str(part) for part in argv], list[str]()
    process = _start(command, env, None, stdin=subprocess.DEVNULL, joined=True)
    with _tracked(process):
        assert process.stdout is not None  # noqa: S101  it was asked for
        for line in process.stdout:
            said.append(line.decode(errors="replace").rstrip("\n"))
            if until(said[-1]):
                break
        else:
            raise ToolError(command, process.wait(), "\n".join(said[-TAIL:]))
        # Later output must be read, or the program would block.
        rest = threading.Thread(target=process.stdout.read, daemon=True)
        rest.start()
        try:
            yield said[-1]
        finally:
            _end([process])
            rest.join()
            process.stdout.close()


def foreground(argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> int:
    """Run a program on this process's terminal, input and output; return its exit code.

    Ctrl-C on the terminal goes to the program, which decides what to do about it. Secrets are
    passed in `env`, never in `argv`.

    Raises:
        ToolError: the program is missing.
        StoppedError: `stop_all` was called.

    """
    command = [str(part) for part in argv]
    environment = _environment(command, env)
    with _left_to_the_program(signal.SIGINT):
        # It stays in this session: only the session that owns a terminal may read from it.
        process = subprocess.Popen([*_bound(), *command], env=environment)
        with _tracked(process):
            return process.wait()


@contextlib.contextmanager
def _left_to_the_program(number: signal.Signals) -> Iterator[None]:
    """Do nothing on a signal that the terminal sends to all its processes."""
    if not sys.stdin.isatty() or threading.current_thread() is not threading.main_thread():
        yield
        return
    # Not SIG_IGN: a started program inherits an ignored signal, but not a handler.

    before = signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(number, before)


def _environment(command: Sequence[str], more: Mapping[str, str] | None) -> dict[str, str]:
    """Return the environment for a program that is about to start.

    Raises:
        ToolError: the program is missing.
        StoppedError: `stop_all` was called.

    """
    if _stopping.is_set():
        raise StoppedError
    environment = {**os.environ, **(more or {})}
    if shutil.which(command[0], path=environment.get("PATH")) is None:
        raise ToolError(command, None, "", hint=f"install {command[0]}, or run `make setup`")
    return environment


def _start(
    command: Sequence[str],
    env: Mapping[str, str] | None,
    cwd: Path | None,
    *,
    stdin: int,
    joined: bool,
    limits: Limits | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program; `joined` tells whether its two output streams become one."""
    return subprocess.Popen(
        [*_bound(), *_confined(limits), *command],
        env=_environment(command, env),
        cwd=cwd,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if joined else subprocess.PIPE,
        start_new_session=True,
    )


@functools.cache
def _bound() -> tuple[str, ...]:
    """Return the prefix of a command that makes the kernel end it when this process is killed;
    empty if this system has none.
    """
    return _working(("setpriv", "--pdeathsig", "TERM", "--"))


@functools.cache
def _confined(limits: Limits | None) -> tuple[str, ...]:
    """Return the prefix of a command that sets its limits; empty if this system has none."""
    if limits is None:
        return ()
    return _working(("prlimit", f"--cpu={limits.seconds}", f"--as={limits.memory}", "--"))


def _working(prefix: tuple[str, ...]) -> tuple[str, ...]:
    """Return the prefix of a command, with its program's path, if it works here; else nothing."""
    prefix = (shutil.which(prefix[0]) or prefix[0], *prefix[1:])
    try:
        works = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        works = False
    return prefix if works else ()


def text(
    argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    """Run a program and return its standard output as text, without the last line break."""
    return run(argv, env=env, cwd=cwd).stdout.decode().rstrip("\n")


def quote(argv: Sequence[str | Path]) -> str:
    """Return the command as a line to paste into a shell; paths below this directory are relative
    to it.
    """
    here = Path.cwd()
    return shlex.join(
        str(
            part.relative_to(here) if isinstance(part, Path) and part.is_relative_to(here) else part
        )
        for part in argv
    )


def stop_all(grace: float = 5.0) -> None:
    """End every process that is still running, and start no more: TERM to its group, then KILL
    after `grace` seconds shared by all.

    What runs elsewhere is ended too: see `at_stop`.
    """
    with _lock:
        _stopping.set()
        processes, actions = list(_running), list(_elsewhere.values())
    for action in actions:
        # What it would end may be gone already.
        with contextlib.suppress(Exception):
            action()
    _end(processes, grace)


@contextlib.contextmanager
def at_stop(action: Callable[[], object]) -> Iterator[None]:
    """While the context lasts, let `stop_all` end something that runs elsewhere, such as a
    container; exceptions that it raises are ignored.

    Raises:
        StoppedError: `stop_all` was called, and something in the context failed.

    """
    with _lock:
        _elsewhere[key := object()] = action
    try:
        yield
    except Exception:
        if _stopping.is_set():
            raise StoppedError from None
        raise
    finally:
        with _lock:
            del _elsewhere[key]


def _end(processes: Sequence[subprocess.Popen[bytes]], grace: float = 5.0) -> None:
    for process in processes:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + grace
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a process that was not waited for yet, and to all processes it started."""
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, number)
        else:
            # It shares this process's group: see `foreground`.
            os.kill(process.pid, number)


@contextlib.contextmanager
def _tracked(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Register a process with `stop_all`; end it if the wait for it is interrupted."""
    with _lock:
        _running.add(process)
    try:
        if _stopping.is_set():
            _end([process])
        yield
    except BaseException:
        _end([process])
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        raise
    finally:
        with _lock:
            _running.discard(process)


def _stream(
    process: subprocess.Popen[bytes],
    stdin: bytes | None,
    on_line: Callable[[str], None] | None,
    log: Path | None,
) -> bytes:
    if stdin is not None and process.stdin is not None:
        process.stdin.write(stdin)
        process.stdin.close()
    kept: list[bytes] = []
    with _appending(log) as file:
        for line in process.stdout or ():
            kept.append(line)
            if file is not None:
                # Logs stay, and are shown to others.
                text = redact(line.decode(errors="surrogateescape"))
                file.write(text.encode(errors="surrogateescape"))
                file.flush()
            if on_line is not None:
                on_line(line.decode(errors="replace").rstrip("\n"))
    if process.stdout is not None:
        process.stdout.close()
    process.wait()
    return b"".join(kept)


@contextlib.contextmanager
def _appending(path: Path | None) -> Iterator[IO[bytes] | None]:
    if path is None:
        yield None
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        yield file
