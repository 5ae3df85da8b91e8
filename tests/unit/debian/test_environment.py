"""The environment for login shells and PAM sessions."""

from __future__ import annotations

import subprocess

import pytest

from builder.debian.environment import environment, profile, variables
from builder.oci.model import ImageConfig

CONFIG = ImageConfig(
    path=("/opt/python/bin", "/opt/my tools"),
    env={"LANG": "C.UTF-8", "HOME": "/home/me", "QUOTE": "it's $HOME", "NL": "a\nb"},
)


def login(before: str, after: str) -> str:
    script = f"{before}\n{profile(CONFIG)}\n{after}"
    return subprocess.run(
        ["/bin/sh", "-eu", "-c", script], capture_output=True, text=True, check=True, env={}
    ).stdout.rstrip("\n")


def test_the_container_s_environment() -> None:
    assert list(variables(CONFIG).items())[:2] == [
        (
            "PATH",
            (
                "/opt/python/bin:/opt/my"
                " tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            ),
        ),
        ("HOME", "/home/me"),
    ]


@pytest.mark.process
def test_a_login_shell_gets_the_image_s_path_back() -> None:
    assert login("PATH=/usr/bin:/bin", 'echo "$PATH"') == variables(CONFIG)["PATH"]


@pytest.mark.process
def test_what_else_is_in_path_stays_behind_it() -> None:
    assert (
        login("PATH=/home/me/bin:/opt/python/bin:/bin", 'echo "$PATH"')
        == variables(CONFIG)["PATH"] + ":/home/me/bin"
    )


@pytest.mark.process
def test_variables_are_set_unless_they_are() -> None:
    assert (
        login("PATH=/bin", 'printf "%s|%s|%s" "$LANG" "$QUOTE" "$NL"') == "C.UTF-8|it's $HOME|a\nb"
    )
    assert login("PATH=/bin; LANG=fr", 'echo "$LANG"') == "fr"


@pytest.mark.process
def test_home_belongs_to_whoever_logs_in() -> None:
    assert login("PATH=/bin", 'echo "${HOME-none}"') == "none"


def test_pam_gets_what_its_file_can_hold() -> None:
    assert environment(CONFIG).splitlines() == [
        (
            'PATH="/opt/python/bin:/opt/my'
            ' tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
        ),
        'LANG="C.UTF-8"',
    ]
