"""What a command that reads a stranger's files may not do: see a program or a host, write outside,
hang, or end in any way but with 0, 1 or 2."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from builder import cli

PATIENCE = 120
"""Seconds after which a command hangs: hundreds of times what the slowest takes."""
WRITES = {
    "os.mkdir": (0,),
    "os.rename": (0, 1),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.symlink": (1,),
    "os.link": (1,),
    "os.truncate": (0,),
    "os.chmod": (0,),
    "os.chown": (0,),
}
"""Event of the interpreter -> which of its arguments are paths that it changes."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
DEVICES = {"/dev/null", "/dev/tty"}
CALLS = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind"}
GOOD = {0, 1, 2}


class Hangs(BaseException):
    """A command did not end. Nothing that the program catches."""


@dataclass
class Fence:
    """The directory around everything that a command may write to."""

    box: Path
    escapes: list[str] = field(default_factory=list)

    def see(self, event: str, arguments: tuple[object, ...]) -> None:
        """Note what is written outside; let no host be reached."""
        if event in CALLS:
            raise ConnectionRefusedError(111, "no host is reached from here")
        if event == "open" and self._writes(arguments):
            self._check(event, arguments[0])
        for index in WRITES.get(event, ()):
            self._check(event, arguments[index])

    def _writes(self, arguments: tuple[object, ...]) -> bool:
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & WRITING)

    def _check(self, event: str, path: object) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        # What is named below an open directory is seen by what is there afterwards.
        text = os.fsdecode(path)
        if Path(text).is_absolute() and text not in DEVICES:
            real = os.path.normpath(text)
            if not Path(real).is_relative_to(self.box):
                self.escapes.append(f"{event} of {text!r}")


_fences: list[Fence] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _fences:
        _fences[-1].see(event, arguments)


sys.addaudithook(_watch)


@contextlib.contextmanager
def fenced(box: Path) -> Iterator[Fence]:
    """Watch what is done meanwhile."""
    fence = Fence(box)
    _fences.append(fence)
    try:
        yield fence
    finally:
        _fences.remove(fence)


def _hangs(*_: object) -> None:
    raise Hangs


@contextlib.contextmanager
def bounded(seconds: int) -> Iterator[None]:
    """Raise Hangs if this takes longer."""
    former = signal.signal(signal.SIGALRM, _hangs)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, former)


@contextlib.contextmanager
def _streams(patch: pytest.MonkeyPatch) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Take what is printed, with the encodings that a process has. pytest's own refuse what those
    of a process take.
    """
    out, err = io.BytesIO(), io.BytesIO()
    texts = (
        io.TextIOWrapper(out, "utf-8", "strict", write_through=True),
        io.TextIOWrapper(err, "utf-8", "backslashreplace", write_through=True),
    )
    patch.setattr(sys, "stdout", texts[0])
    patch.setattr(sys, "stderr", texts[1])
    try:
        yield out, err
    finally:
        for text in texts:
            text.detach()


def trouble(box: Path, argv: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a command in this process; return what is wrong with how it ended, or nothing."""
    ended = ""
    with (
        pytest.MonkeyPatch.context() as patch,
        fenced(box) as fence,
        _streams(patch) as streams,
    ):
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            with bounded(PATIENCE):
                code: object = cli.main(list(argv))
        except SystemExit as end:
            code = end.code
        except Hangs:
            code, ended = "nothing: it hangs", traceback.format_exc()
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  any is a failure
            code, ended = f"an exception: {error!r}", traceback.format_exc()
    out, err = (stream.getvalue().decode("utf-8", "replace") for stream in streams)
    what = []
    if code not in GOOD:
        what.append(f"it ends with {code}")
    if "Traceback (most recent" in err + out:
        what.append("it shows a traceback")
    if code == 2 and not err.strip() and not out.strip():
        what.append("it says nothing")
    what += [f"it writes outside: {escape}" for escape in fence.escapes]
    return "\n".join([*what, err[-4000:], ended[-4000:]]) if what else ""
