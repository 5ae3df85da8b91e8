#!/opt/python/bin/python
# timeout: 300
"""A session runs cells, its code can be formatted, and nothing is left of it when it was closed."""

import asyncio
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from websockets.asyncio.client import connect

NOTEBOOK = Path(tempfile.mkdtemp()) / "sessions.py"
SESSION = "s_catalog"
CODE = """import marimo
app = marimo.App()

@app.cell
def _():
    x=1
    return
"""


def ask(path, body=None, token=""):
    headers = {"Marimo-Session-Id": SESSION, "Marimo-Server-Token": token}
    data = None if body is None else json.dumps(body).encode()
    if data:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(f"http://localhost:2718{path}", data, headers)
    return urllib.request.urlopen(request, timeout=60).read().decode()  # noqa: S310 (localhost)


def is_up():
    try:
        return bool(ask("/health"))
    except urllib.error.URLError:
        return False


def children(pid):
    """Return the states of the processes that a process has started."""
    states = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except FileNotFoundError:
            continue
        if int(parent) == pid:
            states.append(state)
    return states


def until(condition, what):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.5)


async def session():
    page = ask(f"/?file={NOTEBOOK}")
    token = re.search(r'"?serverToken"?\s*:\s*"([^"]+)"', page)[1]
    address = f"ws://localhost:2718/ws?session_id={SESSION}&file={NOTEBOOK}"
    async with connect(address) as socket:
        assert "kernel-ready" in str(await asyncio.wait_for(socket.recv(), 60))
        answer = ask("/api/kernel/format", {"codes": {"a": "x=1"}, "lineLength": 79}, token)
        assert json.loads(answer)["codes"]["a"] == "x = 1", answer
    ask("/api/home/shutdown_session", {"sessionId": SESSION}, token)


NOTEBOOK.write_text(CODE)
environment = {name: value for name, value in os.environ.items() if name != "PASSWORD"}
# marimo opens no notebook outside the directory that it serves.
environment["WORKSPACE_DIR"] = str(NOTEBOOK.parent)
server = subprocess.Popen(["marimo-server", "--no-token"], env=environment)
until(is_up, "the server answers")
before = len(children(server.pid))
asyncio.run(session())
until(lambda: "Z" not in children(server.pid), f"no zombie: {children(server.pid)}")
until(lambda: len(children(server.pid)) <= max(before, 1), "the kernel ends")
server.terminate()
server.wait()
