"""A container's variables are its own: none of them means anything to who starts it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.tools import engine
from tests.init.containers import Box, Options, client, execute
from tests.init.images import NEWEST

pytestmark = [pytest.mark.docker, NEWEST]

# What a client of the engine, its libraries or the dynamic linker would act upon.
MEANT_FOR_THE_CONTAINER = {
    "PATH": "/opt/elsewhere/bin:/usr/bin:/bin",
    "HOME": "/home/nobody-here",
    "DOCKER_HOST": "tcp://127.0.0.1:1",
    "DOCKER_CONTEXT": "nowhere",
    "DOCKER_CONFIG": "/nowhere/docker",
    "DOCKER_CERT_PATH": "/nowhere/certificates",
    "DOCKER_TLS_VERIFY": "1",
    "DOCKER_API_VERSION": "1.0",
    "DOCKER_DEFAULT_PLATFORM": "linux/arm",
    "BUILDX_BUILDER": "nowhere",
    "KUBECONFIG": "/nowhere/kubeconfig",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "ALL_PROXY": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
    "https_proxy": "http://127.0.0.1:1",
    "NO_PROXY": "nowhere.invalid",
    "no_proxy": "nowhere.invalid",
    "LD_LIBRARY_PATH": "/nowhere/lib",
    "LD_BIND_NOW": "1",
    "XDG_CONFIG_HOME": "/nowhere/config",
    "XDG_RUNTIME_DIR": "/nowhere/run",
    "SSL_CERT_FILE": "/nowhere/ca.crt",
    "SSL_CERT_DIR": "/nowhere/certificates",
    "REQUESTS_CA_BUNDLE": "/nowhere/ca.crt",
    "CURL_CA_BUNDLE": "/nowhere/ca.crt",
    "PYTHONPATH": "/nowhere/python",
    "GODEBUG": "nothing=1",
    "TMPDIR": "/nowhere/tmp",
    "LANG": "tlh",
}
AWKWARD = {
    "LINES": "one\ntwo\n\nthree\n",
    "EMPTY": "",
    "EQUALS": "a=b=c",
    "QUOTES": 'it\'s "quoted" $HOME `id` \\',
    "HASH": "# no comment",
    "SPACES": "  around  ",
    "WORDS": "Grüße ☃",
}
WITHOUT_THE_START_SCRIPT: Options = {"entrypoint": ["/usr/bin/env"]}


@pytest.mark.parametrize("name", MEANT_FOR_THE_CONTAINER)
def test_a_variable_that_a_client_would_act_upon_reaches_the_container(box: Box, name: str) -> None:
    env = {name: MEANT_FOR_THE_CONTAINER[name]}
    assert box.run("-0", env=env, options=WITHOUT_THE_START_SCRIPT).environment[name] == env[name]


def test_all_of_them_at_once_in_a_test_of_an_image(box: Box) -> None:
    env = {**MEANT_FOR_THE_CONTAINER, **AWKWARD}
    script = b"#!/usr/bin/env bash\n/usr/bin/env -0\n"
    command = engine.ContainerCommand(
        image=box.image,
        argv=["bash", "/probe"],
        environment={**env, "ONYXIA_INIT": "none"},
        files={"/probe": (script, 0o755)},
    )
    ended = engine.run(client(), command)
    assert ended.code == 0, ended.output
    assert f"LINES={AWKWARD['LINES']}\0" in ended.output


def test_a_value_may_hold_anything(box: Box) -> None:
    found = box.run("-0", env=AWKWARD, options=WITHOUT_THE_START_SCRIPT).environment
    assert {name: found[name] for name in AWKWARD} == AWKWARD


def test_a_command_in_a_running_container_has_them_too(box: Box) -> None:
    env = {**MEANT_FOR_THE_CONTAINER, **AWKWARD}
    with box.started("1000", options={"entrypoint": ["/bin/sleep"]}) as container:
        found = execute(container, "/usr/bin/env", "-0", env=env).environment
    assert {name: found[name] for name in env} == env


def test_no_variable_of_this_process_reaches_the_container(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("OURS", "alone")
    found = box.run("-0", options=WITHOUT_THE_START_SCRIPT).environment
    assert not {"HTTP_PROXY", "OURS"} & found.keys()


def test_proxies_of_the_engine_s_client_do_not_reach_the_container(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text(
        '{"proxies": {"default": {"httpProxy": "http://127.0.0.1:1"}}}'
    )
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    fresh = engine.client()
    command = engine.ContainerCommand(image=box.image, argv=["/usr/bin/env", "-0"])
    assert "127.0.0.1:1" not in engine.run(fresh, command).output


@pytest.mark.parametrize("path", ["/usr/bin:/bin", "/opt/elsewhere:/usr/bin"])
def test_the_client_may_be_anywhere(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """As where Docker is unpacked from an archive: in a directory that no container has in its
    PATH."""
    programs = tmp_path / "a directory of its own"
    programs.mkdir()
    for program in ("docker", "setpriv"):
        (programs / program).symlink_to(shutil.which(program) or pytest.fail(f"no {program}"))
    monkeypatch.setenv("PATH", str(programs))
    with box.volume("/home/onyxia") as volume:
        ran = box.shell("echo $PATH", env={"PATH": path}, options=volume)
    assert ran.out == f"/home/onyxia/.local/bin:{path}\n"


@pytest.fixture
def argument_lists() -> Iterator[list[bytes]]:
    """The argument lists of all processes on this machine, looked at again and again."""
    lists: list[bytes] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                # It may have ended meanwhile.
                try:
                    lists.append((process / "cmdline").read_bytes())
                except OSError:
                    continue

    thread = threading.Thread(target=look)
    thread.start()
    yield lists
    done.set()
    thread.join()


def test_no_value_is_in_an_argument_list(box: Box, argument_lists: list[bytes]) -> None:
    secret = os.urandom(8).hex()
    assert box.run("sleep", "0.5", env={"KEY": secret}).code == 0
    assert argument_lists
    assert not [words for words in argument_lists if secret.encode() in words]
