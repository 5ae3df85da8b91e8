from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from builder.errors import ToolError
from builder.tools import process

pytestmark = pytest.mark.process


def test_output_comes_line_by_line_and_into_the_log(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "logs" / "one.log"
    process.run([sys.executable, "-c", "print('one'); print('two')"], on_line=lines.append, log=log)
    assert lines == ["one", "two"]
    assert log.read_text() == "one\ntwo\n"


def test_a_failure_carries_the_end_of_the_output() -> None:
    with pytest.raises(ToolError) as caught:
        process.run(
            [sys.executable, "-c", "import sys; print('because', file=sys.stderr); sys.exit(7)"]
        )
    assert caught.value.code == 7
    assert caught.value.tail == "because"


def test_a_missing_program_says_what_to_do() -> None:
    with pytest.raises(ToolError, match="was not found") as caught:
        process.run(["no-such-program"])
    assert "make setup" in caught.value.hint


def test_a_signal_is_told_from_an_exit_code() -> None:
    with pytest.raises(ToolError, match="killed by signal 15"):
        process.run(
            [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"]
        )


STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready',"
    " flush=True); time.sleep(600)"
)
STOP = f"""
import sys, threading
from builder.tools import process

ready = threading.Event()
ended = []

def work():
    try:
        process.run([sys.executable, "-c", {STUBBORN!r}], on_line=lambda line: ready.set())
    except process.StoppedError:
        ended.append("running")

thread = threading.Thread(target=work)
thread.start()
assert ready.wait(60)
process.stop_all(grace=0.2)
thread.join(60)
try:
    process.run(["true"])
except process.StoppedError:
    ended.append("late")
print(ended)
"""


def test_stopping_ends_what_runs_even_when_it_does_not_listen_and_starts_nothing_more() -> None:
    # In a process of its own: there is no way back from stopping.
    assert process.text([sys.executable, "-c", STOP]) == "['running', 'late']"


def test_a_process_ends_when_whoever_waits_for_it_is_interrupted(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    def interrupt(line: str) -> None:
        pid.write_text(line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.run(
            [
                sys.executable,
                "-c",
                "import os, time; print(os.getpid(), flush=True); time.sleep(600)",
            ],
            on_line=interrupt,
        )
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


ELSEWHERE = """
from builder.tools import process

ended = []
with process.at_stop(lambda: ended.append("before")):
    pass
try:
    with process.at_stop(lambda: ended.append("now")), process.at_stop(lambda: 1 / 0):
        process.stop_all()
        raise ValueError("what was ended fails")
except process.StoppedError:
    ended.append("stopped")
print(ended)
"""


def test_stopping_ends_what_runs_elsewhere() -> None:
    assert process.text([sys.executable, "-c", ELSEWHERE]) == "['now', 'stopped']"


KILLED = """
import os, signal, sys
from builder.tools import process

def kill(line):
    print(line, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

process.run([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"], on_line=kill)
"""


@pytest.mark.skipif(
    sys.platform != "linux",
    reason="elsewhere no kernel ends a process with the one that started it",
)
def test_what_runs_ends_when_this_process_is_killed() -> None:
    ended = process.run([sys.executable, "-c", KILLED], check=False)
    assert ended.returncode == -signal.SIGKILL
    pid = int(ended.stdout)
    deadline = time.monotonic() + 60
    while alive(pid):
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has waited for does not."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_program_is_looked_for_where_its_environment_says(tmp_path: Path) -> None:
    program = tmp_path / "hello"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    assert process.text(["hello"], env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}) == "hello"
    with pytest.raises(ToolError, match="hello was not found"):
        process.run(["hello"])


def test_a_program_runs_while_it_is_needed() -> None:
    script = (
        "import sys, time; print('starting'); print('ready on 1'); sys.stdout.flush();"
        " time.sleep(60)"
    )
    with process.running(
        [sys.executable, "-c", script], lambda line: line.startswith("ready")
    ) as line:
        assert line == "ready on 1"
        (running,) = process._running
    assert running.returncode == -signal.SIGTERM
    assert not process._running


def test_a_program_that_ends_before_it_is_ready_says_why() -> None:
    command = [sys.executable, "-c", "print('no port'); exit(3)"]
    with (
        pytest.raises(ToolError, match="exited 3:\nno port") as caught,
        process.running(command, lambda line: line == "ready"),
    ):
        pass
    assert caught.value.code == 3


FOREGROUND = """
import sys
from builder.tools import process

sys.exit(process.foreground([sys.executable, "-c", sys.argv[1]]))
"""


def test_what_runs_in_the_foreground_has_our_input_our_output_and_its_own_code() -> None:
    echo = "import sys; print(sys.stdin.read()); print('told', file=sys.stderr); sys.exit(7)"
    ended = subprocess.run(
        [sys.executable, "-c", FOREGROUND, echo],
        input="said",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, "said\n", "told\n")


def test_what_runs_in_the_foreground_ends_with_us() -> None:
    waiting = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-c", FOREGROUND, waiting], stdout=subprocess.PIPE, text=True
    ) as ours:
        assert ours.stdout is not None
        theirs = int(ours.stdout.readline())
        ours.send_signal(signal.SIGINT)
        ours.wait(30)
    with pytest.raises(ProcessLookupError):
        os.kill(theirs, 0)


def test_a_missing_program_does_not_run_in_the_foreground() -> None:
    with pytest.raises(ToolError, match="was not found"):
        process.foreground(["no-such-program"])


def test_ctrl_c_on_a_terminal_is_for_what_runs_in_the_foreground() -> None:
    catches = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(5 if sys.stdin.isatty() else 6))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    pid, terminal = pty.fork()
    if pid == 0:
        argv = [sys.executable, "-c", FOREGROUND, catches]
        os.execv(sys.executable, argv)  # noqa: S606  pty.fork leaves that to its caller
    said = b""
    while b"ready" not in said:
        said += os.read(terminal, 1024)
    os.write(terminal, b"\x03")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 5
