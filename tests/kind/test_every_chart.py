"""Services with their default values: they start, their own tests pass, and they let nobody in
without the password.

`make test` launches a sample of them, `make test-all` every one whose image is built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pytest
import requests

from builder.verify.release import eventually
from tests import gates
from tests.kind.browser import page
from tests.kind.cluster import Release
from tests.kind.conftest import RESTRICTED, TEAM, Launcher

pytestmark = pytest.mark.kind
PAGELESS = {"minio", "openbao", "postgresql", "redis"}
"""They have no pages; their passwords are tested in test_database.py and test_engines.py."""
ENTRANCE = {"jupyter": "/lab?token={}", "marimo": "/?access_token={}"}
BASIC = {"app", "mlflow"}
"""Families that ask for a user and a password by HTTP's own means."""
WANTING = {"app-python": "it needs a repository; test_mlflow.py launches it with one"}
"""Services that do nothing with their default values."""
SMALL = {
    "resources": {"requests": {"cpu": "20m", "memory": "128Mi"}},
    "persistence": {"enabled": True, "size": "1Gi"},
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Test each service that was chosen."""
    chosen = launched(metafunc.config)
    if "release" in metafunc.fixturenames:
        guarded = metafunc.function is test_nobody_gets_in_without_the_password
        names = [name for name in chosen if name not in PAGELESS or not guarded]
        metafunc.parametrize("release", names, indirect=True)
    if "confined" in metafunc.fixturenames:
        metafunc.parametrize("confined", families(chosen), indirect=True)


def launched(config: pytest.Config) -> list[str]:
    """Return the services that are launched with their default values."""
    chosen = gates.services(whole=config.getoption(gates.WHOLE)).chosen
    return [name for name in chosen if name not in WANTING]


def families(names: Iterable[str]) -> list[str]:
    """Return one service of each family: its name up to the first dash."""
    first: dict[str, str] = {}
    for name in sorted(names):
        first.setdefault(name.partition("-")[0], name)
    return sorted(first.values())


@pytest.fixture(scope="module")
def releases(request: pytest.FixtureRequest, launch: Launcher) -> Mapping[str, Release]:
    """All that are to be tested, at once: most of the time each waits for something."""
    asked = {
        item.callspec.params.get("release")
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    }
    return {
        name: launch(name, f"all-{number}", SMALL)
        for number, name in enumerate(launched(request.config))
        if name in asked and not gates.host_of(name)
    }


@pytest.fixture
def release(request: pytest.FixtureRequest, releases: Mapping[str, Release]) -> Release:
    there_or_left_out(request)
    return releases[request.param].started()


def there_or_left_out(request: pytest.FixtureRequest) -> None:
    """Leave a service out whose image waits for a host that cannot be reached."""
    if host := gates.host_of(request.param):
        request.node.user_properties.append((gates.WAITING_SERVICE, f"{host} {request.param}"))
        pytest.skip(f"{host} cannot be reached")


def test_it_starts_and_its_own_test_passes(
    release: Release, record_property: Callable[[str, object], None]
) -> None:
    record_property(gates.SERVICE, release.chart_name)
    assert len(release.password) >= 12, "a password that nobody chose is generated"
    said = release.cluster.helm("test", release.name, "--namespace", TEAM, "--timeout", "3m")
    assert "Succeeded" in said


def test_nobody_gets_in_without_the_password(release: Release) -> None:
    family = release.chart_name.partition("-")[0]
    with release.forward() as address:
        stranger = requests.get(f"http://{address}/", timeout=30)
        assert stranger.status_code in {200, 401}
        assert is_entrance(stranger.url) or stranger.status_code == 401, (
            f"a stranger sees {stranger.url}"
        )
        if family == "rstudio":
            opened = rstudio_guest(address, release.password)
        else:
            opened = guest(address, family, release.password)
        assert not is_entrance(opened), f"the password of the notes opens nothing: {opened}"


def is_entrance(url: str) -> bool:
    """Tell whether a page is where a server asks for the password."""
    return "login" in url or "sign-in" in url


def guest(address: str, family: str, password: str) -> str:
    """Give a server its password, and return where it leads."""
    session = requests.Session()
    if family in BASIC:
        answer = session.get(f"http://{address}/", auth=("onyxia", password), timeout=30)
    elif family in ENTRANCE:
        path = ENTRANCE[family].format(password)
        answer = session.get(f"http://{address}{path}", timeout=30)
    else:
        answer = session.post(f"http://{address}/login", data={"password": password}, timeout=30)
    assert answer.ok
    return answer.url


def rstudio_guest(address: str, password: str) -> str:
    """Do the same with RStudio, whose page encrypts what is typed into it."""
    with page(address) as opened:
        opened.locator("#username").fill("onyxia")
        opened.locator("#password").fill(password)
        opened.locator("#signinbutton").click()
        opened.wait_for_url(lambda url: not is_entrance(url))
        return opened.url


@pytest.fixture(scope="module")
def confinable(request: pytest.FixtureRequest, launch: Launcher) -> Mapping[str, Release]:
    """One of each family without administrator rights, where nothing but the restricted profile is
    allowed."""
    values = {**SMALL, "security": {"sudo": False}}
    return {
        name: launch(name, f"confined-{number}", values, RESTRICTED)
        for number, name in enumerate(families(launched(request.config)))
        if not gates.host_of(name)
    }


@pytest.fixture
def confined(request: pytest.FixtureRequest, confinable: Mapping[str, Release]) -> Release:
    there_or_left_out(request)
    return confinable[request.param].started()


def test_it_starts_without_any_rights(confined: Release) -> None:
    said = confined.run("id -u; id -g; sudo -n true 2>/dev/null || echo no root")
    assert said.splitlines()[:3] == ["1000", "100", "no root"]
    assert "onyxia-init: " not in confined.log, "the start script complains"


def test_nothing_is_left_of_it(release: Release) -> None:
    release.uninstall()
    kinds = "statefulsets,services,secrets,configmaps,serviceaccounts,rolebindings,pvc"
    eventually(
        "nothing is left",
        lambda: not release.cluster.list(kinds, TEAM, f"app.kubernetes.io/instance={release.name}"),
    )
