"""JupyterLab as its user meets it: over HTTP and web sockets, from outside of the cluster, with the
token."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import requests
import websocket

TIMEOUT = 120


@dataclass(frozen=True)
class Jupyter:
    """A server, and the token of its user."""

    address: str
    token: str

    def get(self, path: str) -> Any:
        """Return what the API says."""
        return self._ask("GET", path)

    def post(self, path: str, body: object) -> Any:
        """Ask the API for something."""
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"token {self.token}"}
        answer = requests.request(
            method, f"http://{self.address}{path}", json=body, headers=headers, timeout=TIMEOUT
        )
        assert answer.ok, f"{method} {path}: HTTP {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    @contextmanager
    def kernel(self, name: str) -> Iterator[Kernel]:
        """Start a kernel, and stop it in the end."""
        started = self.post("/api/kernels", {"name": name})
        path = f"/api/kernels/{started['id']}"
        try:
            yield Kernel(self, path)
        finally:
            self._ask("DELETE", path)

    def terminal(self, command: str, until: str) -> str:
        """Type a command into a terminal, and return what it shows up to a text."""
        name = self.post("/api/terminals", {})["name"]
        shown = ""
        with closing(self.socket(f"/terminals/websocket/{name}")) as connection:
            connection.send(json.dumps(["stdin", f"{command}\r"]))
            end = time.monotonic() + TIMEOUT
            while until not in shown:
                assert time.monotonic() < end, f"the terminal shows no {until!r}, but:\n{shown}"
                kind, *text = json.loads(connection.recv())
                shown += text[0] if kind == "stdout" else ""
        self._ask("DELETE", f"/api/terminals/{name}")
        return shown

    def socket(self, path: str) -> websocket.WebSocket:
        """Open a web socket. The server closes it unless it is read from at least every 90 s."""
        return websocket.create_connection(
            f"ws://{self.address}{path}",
            header=[f"Authorization: token {self.token}"],
            timeout=TIMEOUT,
        )


@dataclass(frozen=True)
class Kernel:
    """A kernel that runs, by the messaging protocol of Jupyter."""

    server: Jupyter
    path: str

    def run(self, code: str) -> str:
        """Run a cell and return what it printed.

        Raises:
            AssertionError: the cell ended in an error, which is shown as the user would see it.

        """
        asked = uuid.uuid4().hex
        header = {
            "msg_id": asked,
            "msg_type": "execute_request",
            "session": asked,
            "username": "user",
            "version": "5.3",
        }
        content = {
            "code": code,
            "silent": False,
            "store_history": False,
            "allow_stdin": False,
            "stop_on_error": True,
        }
        request = {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
        }
        with closing(self.server.socket(f"{self.path}/channels")) as connection:
            connection.send(json.dumps(request))
            return self._answer(connection, asked)

    def _answer(self, connection: websocket.WebSocket, asked: str) -> str:
        printed, replied, idle = "", "", False
        while not (replied and idle):
            message = json.loads(connection.recv())
            if message.get("parent_header", {}).get("msg_id") != asked:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    printed += content["text"]
                case "execute_result":
                    printed += content["data"]["text/plain"] + "\n"
                case "status":
                    idle = content["execution_state"] == "idle"
                case "execute_reply":
                    replied = content["status"]
                    assert replied == "ok", (
                        f"{content.get('ename')}: {content.get('evalue')}\n"
                        + "\n".join(content.get("traceback", ()))
                    )
                case _:
                    pass
        return printed
