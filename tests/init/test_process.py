"""Whoever starts the service: it is told to stop, its orphans are reaped, its arguments are its
own."""

from __future__ import annotations

import json
import threading
import time

import pytest

from builder.tools import process
from tests.init.containers import INIT, NO_SUDO, Box, Options, execute
from tests.init.servers import Answer, Request, Site

pytestmark = pytest.mark.docker

# What a service does that stops properly.
SERVICE = "trap 'echo stopped; exit 0' TERM; touch /tmp/ready; while :; do sleep 0.1; done"
CHART: Options = {"entrypoint": ["/bin/sh"]}


def wait_for(container: str, command: str) -> None:
    said = ""
    for _ in range(200):
        ran = execute(container, "bash", "-c", command)
        if ran.code == 0:
            return
        said = ran.err
        time.sleep(0.05)
    pytest.fail(f"`{command}` never held in the container: {said}\n{logs(container)}")


def logs(container: str) -> str:
    ended = process.run(["docker", "logs", container])
    return (ended.stdout + ended.stderr).decode()


def exit_code(container: str) -> int:
    return int(json.loads(process.text(["docker", "inspect", container]))[0]["State"]["ExitCode"])


@pytest.mark.parametrize(
    ("options", "argv"),
    [
        ({}, ("bash", "-c", SERVICE)),
        (CHART, ("-c", f'{INIT} bash -c "{SERVICE}"')),
        (CHART, ("-c", f'exec {INIT} bash -c "{SERVICE}"')),
        (CHART, ("-c", f'cd / && {INIT} bash -c "{SERVICE}"')),
        ({"entrypoint": [INIT]}, ("bash", "-c", SERVICE)),
        ({"init": True}, ("bash", "-c", SERVICE)),
    ],
    ids=["image", "chart", "chart-exec", "chart-and", "command", "engine-init"],
)
def test_term_reaches_the_service_and_orphans_are_reaped(
    box: Box, options: Options, argv: tuple[str, ...]
) -> None:
    with box.started(*argv, options=options) as container:
        wait_for(container, "test -e /tmp/ready")
        execute(container, "bash", "-c", "(sleep 0.01 &)")
        # An orphan that nobody reaps stays as a process in state Z.
        wait_for(container, "! ps -eo stat= | grep -q Z")
        # Without TERM the engine would kill after 30 seconds, and the exit code would be 137.
        process.run(["docker", "stop", "--time", "30", container])
        assert exit_code(container) == 0, logs(container)
        assert "stopped" in logs(container)


def test_a_shell_that_stays_process_1_is_reported(box: Box) -> None:
    ran = box.run("-c", f"{INIT} true; true", options=CHART)
    assert "process 1 is a shell that waits for this script and ignores TERM" in ran.err


def test_a_service_that_is_preparing_stops_too(box: Box, site: Site) -> None:
    asked, stopped = threading.Event(), threading.Event()

    def wait(_: Request) -> Answer:
        asked.set()
        stopped.wait()
        return Answer()

    site.routes["/slow.sh"] = wait
    with box.started("true", env={"PERSONAL_INIT_SCRIPT": f"{site.url}/slow.sh"}) as container:
        asked.wait()
        process.run(["docker", "stop", "--time", "30", container])
        stopped.set()
        assert exit_code(container) == 143


def test_the_exit_code_is_the_service_s(box: Box) -> None:
    assert box.run("bash", "-c", "exit 7", check=False).code == 7
    assert box.run("no-such-program", check=False).code == 127


def test_arguments_arrive_as_they_are(box: Box) -> None:
    awkward = ["a b", "", "it's", '"', "$HOME", "*", "&", "\\", "é", "line\nbreak"]
    assert (
        box.run("bash", "-c", "printf '%s\\0' \"$@\"", "-", *awkward).out.split("\0")[:-1]
        == awkward
    )


def test_workspace_dir_is_expanded_in_arguments(box: Box) -> None:
    ran = box.run(
        "echo", "--dir=${WORKSPACE_DIR}", "${HOME}", env={"WORKSPACE_DIR": "/home/onyxia/a&b"}
    )
    assert ran.out == "--dir=/home/onyxia/a&b ${HOME}\n"


def test_standard_input_and_output_are_the_service_s_alone(box: Box) -> None:
    env = {
        "GIT_REPOSITORY": "git@localhost:1/a.git",
        "VAULT_RELATIVE_PATH": "a",
        "VAULT_ADDR": "http://localhost:1",
        "VAULT_TOKEN": "b",
    }
    assert box.run("cat", env=env, stdin=b"mine").out == "mine"


def test_no_step_is_run_where_nothing_can_be_written(box: Box) -> None:
    shared = {"/dev/shm": "mode=0755"}  # noqa: S108
    ran = box.run("echo", "service", options={"read_only": True, "tmpfs": shared})
    assert ran.out == "service\n"
    assert "no step is run" in ran.err


TMP = "/tmp"  # noqa: S108


def test_a_read_only_root_with_a_tmp_is_enough(box: Box) -> None:
    ran = box.run(
        "env", "-0", options={"read_only": True, "tmpfs": {TMP: "", "/home/onyxia": "uid=1000"}}
    )
    assert ran.failures == []
    assert ran.environment["ONYXIA_SESSION"] == f"{TMP}/onyxia-1000"


def test_no_sudo_is_no_failure(box: Box) -> None:
    ran = box.run("echo", "service", options={**NO_SUDO, "cap_drop": ["ALL"]})
    assert (ran.out, ran.failures) == ("service\n", [])
