"""REGION_INIT_SCRIPT and PERSONAL_INIT_SCRIPT: run once, with arguments, checked, and never in the
way of the service."""

from __future__ import annotations

import hashlib

import pytest

from tests.init.containers import Box
from tests.init.images import NEWEST
from tests.init.servers import Answer, Site

pytestmark = [pytest.mark.docker, NEWEST]

SCRIPT = 'printf "%s\\n" "$#" "$@" >~/ran; echo said; id -u >>~/ran\n'
STEP = {"REGION_INIT_SCRIPT": "region", "PERSONAL_INIT_SCRIPT": "personal"}
CHECKSUM = {
    "REGION_INIT_SCRIPT": "REGION_INIT_SCRIPT_CHECKSUM",
    "PERSONAL_INIT_SCRIPT": "PERSONAL_INIT_SCRIPT_CHECKSUM",
}
sha256, sha512 = (
    getattr(hashlib, name)(SCRIPT.encode()).hexdigest() for name in ("sha256", "sha512")
)
both = pytest.mark.parametrize("variable", list(STEP))


@both
def test_it_runs_as_the_user_before_the_service(box: Box, site: Site, variable: str) -> None:
    ran = box.run("cat", "/home/onyxia/ran", env={variable: site.text("/a.sh", SCRIPT)})
    assert ran.out == "said\n0\n1000\n"
    assert len(site.requests) == 1


@pytest.mark.parametrize("variable", ["REGION_INIT_SCRIPT"])
@pytest.mark.parametrize(
    "checksum", [sha256, sha512, sha256.upper(), f"sha256:{sha256}", f" {sha256}\n"]
)
def test_the_right_checksum_is_accepted(box: Box, site: Site, variable: str, checksum: str) -> None:
    ran = box.run(
        "cat",
        "/home/onyxia/ran",
        env={variable: site.text("/a.sh", SCRIPT), CHECKSUM[variable]: checksum},
    )
    assert ran.failures == []


@both
@pytest.mark.parametrize(
    "checksum", ["0" * 64, sha512[:-1] + "x", "d41d8cd98f00b204e9800998ecf8427e", "wrong"]
)
def test_another_script_than_the_checksum_s_is_refused(
    box: Box, site: Site, variable: str, checksum: str
) -> None:
    env = {variable: site.text("/a.sh", SCRIPT), CHECKSUM[variable]: checksum}
    ran = box.shell("test ! -e ~/ran; echo service", env=env)
    assert (ran.out, ran.failures) == ("service\n", [STEP[variable]])
    assert "checksum" in ran.err


@both
def test_a_private_authority_is_trusted_when_it_is_given_and_only_then(
    box: Box, secure: Site, variable: str
) -> None:
    env = {variable: secure.text("/a.sh", SCRIPT)}
    refused = box.shell("test ! -e ~/ran", env=env)
    assert refused.failures == [STEP[variable]]
    assert "SSL certificate problem" in refused.err
    assert secure.authority
    accepted = box.shell(
        "test -e ~/ran",
        env={**env, "PATH_TO_CA_BUNDLE": "/ca.crt"},
        files={"/ca.crt": secure.authority},
    )
    assert accepted.failures == []


@both
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "could not be read (curl: (22) The requested URL returned error: 404)"),
        ("echo before; exit 3", "ended with 3"),
        ("kill -9 $$", "ended with 137"),
        ("if", "ended with 2"),
    ],
    ids=["missing", "fails", "killed", "syntax"],
)
def test_a_script_that_fails_does_not_stop_the_service(
    box: Box, site: Site, variable: str, body: str | None, message: str
) -> None:
    if body is not None:
        site.text("/a.sh", body)
    ran = box.run("echo", "service", env={variable: f"{site.url}/a.sh"})
    assert ran.out.splitlines()[-1] == "service"
    assert ran.failures == [STEP[variable]]
    assert f"{site.url}/a.sh {message}" in ran.err


@pytest.mark.parametrize("variable", ["PERSONAL_INIT_SCRIPT"])
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://localhost/a",
        "not a url",
        "-K/etc/passwd",
        "http://localhost:1/a",
    ],
)
def test_what_is_no_web_address_is_refused(box: Box, variable: str, url: str) -> None:
    assert box.run("echo", "service", env={variable: url}).failures == [STEP[variable]]


@both
def test_redirections_are_followed_and_queries_are_not_printed(
    box: Box, site: Site, variable: str
) -> None:
    site.text("/final.sh", SCRIPT)
    site.routes["/a.sh"] = lambda request: Answer(
        status=302, headers={"Location": f"/final.sh?{request.query}"}
    )
    ran = box.shell("test -e ~/ran", env={variable: f"{site.url}/a.sh?signature=s3cr3t"})
    assert [request.query for request in site.requests] == ["signature=s3cr3t"] * 2
    assert "s3cr3t" not in ran.err


@both
def test_no_secret_is_in_the_process_list(box: Box, site: Site, variable: str) -> None:
    script = "ps -eo args >~/ps\n"
    url = site.text("/a.sh", script) + "?signature=s3cr3t"
    assert "s3cr3t" not in box.run("cat", "/home/onyxia/ps", env={variable: url}).out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", []),
        ("one two", ["one", "two"]),
        ("--name 'a b' \"c d\" e\\ f", ["--name", "a b", "c d", "e f"]),
        ("* $HOME `id` $(id) ; & | >x", ["*", "$HOME", "`id`", "$(id)", ";", "&", "|", ">x"]),
        ("''", [""]),
    ],
)
def test_arguments_are_split_and_not_evaluated(
    box: Box, site: Site, arguments: str, expected: list[str]
) -> None:
    ran = box.run(
        "cat",
        "/home/onyxia/ran",
        env={"PERSONAL_INIT_SCRIPT": site.text("/a.sh", SCRIPT), "PERSONAL_INIT_ARGS": arguments},
    )
    assert ran.out.splitlines()[1:-1] == [str(len(expected)), *expected]


def test_arguments_with_an_open_quote_are_reported(box: Box, site: Site) -> None:
    env = {"PERSONAL_INIT_SCRIPT": site.text("/a.sh", SCRIPT), "PERSONAL_INIT_ARGS": "it's"}
    ran = box.run("echo", "service", env=env)
    assert ran.failures == ["personal"]
    assert "PERSONAL_INIT_ARGS has a quote that does not end" in ran.err


def test_the_personal_script_finds_what_the_steps_before_it_did(box: Box, site: Site) -> None:
    script = 'printf \'%s %s %s\' "$PWD" "$MC_HOST_s3" "$(bash -lc \'echo $KEY\')" >~/found\n'
    env = {
        "PERSONAL_INIT_SCRIPT": site.text("/a.sh", script),
        "AWS_S3_ENDPOINT": "s3",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "KEY": "value",
    }
    assert (
        box.run("cat", "/home/onyxia/found", env=env).out
        == "/home/onyxia/work https://a:b@s3 value"
    )
