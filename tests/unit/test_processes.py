"""What tests start has the default signals, also under `nohup`."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ASKED_TO_END

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.process

PARENT = """
import signal, sys
from tests.processes import run, running

number = int(sys.argv[1])
signal.signal(number, signal.SIG_IGN)
show = [sys.executable, "-c", f"import signal; print(signal.getsignal({number}) is signal.SIG_IGN)"]
print(run(show).stdout.strip())
with running(show) as process:
    print(process.communicate()[0].strip())
print(signal.getsignal(number) is signal.SIG_IGN)
"""


@pytest.mark.parametrize("number", ASKED_TO_END, ids=lambda number: number.name)
def test_a_signal_that_is_ignored_here_is_not_ignored_by_what_is_started(
    number: signal.Signals,
) -> None:
    argv = [sys.executable, "-c", PARENT, str(int(number))]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    by_run, by_running, here = ended.stdout.split()
    assert (by_run, by_running) == ("False", "False")
    assert here == "True", "what this process ignores, it ignores again"
