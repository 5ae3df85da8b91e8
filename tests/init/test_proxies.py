"""HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in either spelling, reach the service and sessions that it
does not start."""

from __future__ import annotations

import pytest

from tests.init.containers import NO_SUDO, Box, execute
from tests.init.images import NEWEST
from tests.init.servers import Site

pytestmark = [pytest.mark.docker, NEWEST]

FETCH = "curl -fsS http://proxied.invalid/hello"


@pytest.fixture
def proxy(site: Site) -> Site:
    site.text("http://proxied.invalid/hello", "by proxy")
    return site


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
def test_both_spellings_are_set(box: Box, proxy: Site, name: str) -> None:
    env = {name: proxy.url, "HTTPS_PROXY": "http://secure:1", "no_proxy": "a,b"}
    found = box.shell(f"{FETCH} >/dev/null; env -0", env=env).environment
    assert {key: value for key, value in found.items() if key.lower().endswith("_proxy")} == {
        "HTTP_PROXY": proxy.url,
        "http_proxy": proxy.url,
        "HTTPS_PROXY": "http://secure:1",
        "https_proxy": "http://secure:1",
        "NO_PROXY": "a,b",
        "no_proxy": "a,b",
    }


def test_two_different_spellings_stay_as_they_are(box: Box) -> None:
    found = box.run(
        "env", "-0", env={"HTTP_PROXY": "http://upper", "http_proxy": "http://lower"}
    ).environment
    assert (found["HTTP_PROXY"], found["http_proxy"]) == ("http://upper", "http://lower")


def test_they_reach_shells_sudo_and_pam(rich: Box, proxy: Site) -> None:
    script = f"""
        {FETCH}; bash -lc '{FETCH}'; sudo {FETCH}; sudo -i {FETCH}; sudo cat /etc/environment
        Rscript -e 'cat(readLines("http://proxied.invalid/hello", warn = FALSE))'
    """
    ran = rich.shell(script, env={"HTTP_PROXY": proxy.url})
    assert ran.out.count("by proxy") == 5
    assert f'HTTP_PROXY="{proxy.url}"\nhttp_proxy="{proxy.url}"\n' in ran.out


def test_they_reach_shells_that_are_started_from_outside(box: Box, proxy: Site) -> None:
    with box.started("sleep", "1000", env={"HTTP_PROXY": proxy.url}) as container:
        ready = "until [ -e /var/lib/onyxia/1000/environment.sh ]; do sleep 0.05; done"
        assert execute(container, "sh", "-c", f"{ready}; exec bash -ic '{FETCH}'").out == "by proxy"
        assert execute(container, "env", "-u", "HTTP_PROXY", "bash", "-lc", FETCH).out == "by proxy"


def test_etc_environment_is_rewritten_and_not_appended_to(box: Box) -> None:
    script = (
        "echo KEEP=1 | sudo tee -a /etc/environment >/dev/null; for _ in 1 2 3; do"
        " /opt/onyxia-init.sh true; done; LC_ALL=C sort /etc/environment"
    )
    ran = box.shell(script, env={"https_proxy": "http://p:1"})
    assert ran.out == 'HTTPS_PROXY="http://p:1"\nKEEP=1\nhttps_proxy="http://p:1"\n'


def test_a_proxy_with_a_password_is_not_printed(box: Box) -> None:
    ran = box.shell(
        "bash -lc 'echo $https_proxy'", env={"HTTPS_PROXY": "http://ada:hunter2@proxy:3128"}
    )
    assert "hunter2" in ran.out
    assert "hunter2" not in ran.err


def test_without_sudo_only_etc_environment_is_left_out(box: Box) -> None:
    ran = box.shell(
        "bash -lc 'echo $https_proxy'; cat /etc/environment",
        env={"HTTPS_PROXY": "http://p:1"},
        options=NO_SUDO,
    )
    assert (ran.out, ran.failures) == ("http://p:1\n", [])
