"""What is told to Docker for a container in the foreground."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from builder.errors import InputError
from builder.execute.session import LOOPBACK, Session, check_environment, free_port


def test_ports_are_published_on_loopback_and_secrets_go_by_the_environment() -> None:
    session = Session(
        image="i:t",
        argv=["x", "--y"],
        environment=["PASSWORD"],
        ports={80: 8080},
        mounts={"/artifacts": Path("/a")},
        network="none",
        user="0:0",
        entrypoint="/bin/bash",
    )
    assert session.command("n", tty=True) == [
        "docker",
        "run",
        "--rm",
        "--interactive",
        "--tty",
        "--name=n",
        "--network=none",
        "--user=0:0",
        "--entrypoint=/bin/bash",
        "--env=PASSWORD",
        "--publish=127.0.0.1:8080:80",
        "--mount=type=bind,source=/a,target=/artifacts,readonly",
        "i:t",
        "x",
        "--y",
    ]
    assert Session(image="i").command(tty=False) == ["docker", "run", "--rm", "--interactive", "i"]


def test_a_value_on_the_command_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SET", "secret")
    check_environment(["SET"], "--env")
    with pytest.raises(InputError) as caught:
        check_environment(["SET=secret", "CATALOG_TEST_UNSET"], "--env")
    assert [problem.message for problem in caught.value.problems] == [
        "'CATALOG_TEST_UNSET' is not set in the environment",
        "SET has a value, which everybody on this machine could read",
    ]
    assert "secret" not in str(caught.value)


def test_a_port_in_use_is_replaced_by_a_free_one() -> None:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        taken = listener.getsockname()[1]
        other = free_port(taken)
        assert other not in {0, taken}
    assert free_port(taken) == taken
