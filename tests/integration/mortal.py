"""Work with a registry in a process that dies before one of its requests."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from builder.fetch.session import session
from builder.release.shelf import Place
from builder.tools.registry import Registry
from tests.integration.test_push import settings


def killed_at(number: int, there: Place, tmp_path: Path, work: Callable[[Place], object]) -> bool:
    """Do some work in a process that dies before its nth request; tell whether it died."""

    def go() -> None:
        # Connections are not shared between processes.
        own = session(settings(tmp_path))
        requests, send = itertools.count(1), own.request

        def mortal(*args: Any, **kwargs: Any) -> Any:
            if next(requests) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return send(*args, **kwargs)

        own.request = mortal  # type: ignore[method-assign]
        work(replace(there, registry=Registry(there.address, own)))

    process = multiprocessing.get_context("fork").Process(target=go)
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0
