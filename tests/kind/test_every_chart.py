"""Every chart, with its default values: it starts, its own test passes, and it lets nobody in
without the password."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import requests

from builder.verify.release import eventually
from tests.kind.cluster import Release
from tests.kind.conftest import RESTRICTED, ROOT, TEAM, Launcher

pytestmark = pytest.mark.kind
CHARTS = sorted(path.parent.name for path in (ROOT / "charts").glob("*/service.yaml"))
# Their image comes with nodes that have GPUs; see test_objects.py for what can be told without.
LAUNCHED = [name for name in CHARTS if not name.endswith("-gpu")]
DATABASE = "postgresql"
"""It has no pages; its passwords are tested in test_database.py."""
FAMILIES = sorted({name.partition("-")[0]: name for name in reversed(LAUNCHED)}.values())
ENTRANCE = {"jupyter": "/lab?token={}", "marimo": "/?access_token={}"}
SMALL = {
    "resources": {"requests": {"cpu": "20m", "memory": "128Mi"}},
    "persistence": {"enabled": True, "size": "1Gi"},
}


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
        for number, name in enumerate(LAUNCHED)
        if name in asked
    }


@pytest.fixture(params=LAUNCHED)
def release(request: pytest.FixtureRequest, releases: Mapping[str, Release]) -> Release:
    return releases[request.param].started()


def test_it_starts_and_its_own_test_passes(release: Release) -> None:
    assert len(release.password) >= 12, "a password that nobody chose is generated"
    said = release.cluster.helm("test", release.name, "--namespace", TEAM, "--timeout", "3m")
    assert "Succeeded" in said


@pytest.mark.parametrize("release", [name for name in LAUNCHED if name != DATABASE], indirect=True)
def test_nobody_gets_in_without_the_password(release: Release) -> None:
    with release.forward() as address:
        stranger = requests.get(f"http://{address}/", timeout=30)
        assert stranger.status_code in {200, 401}
        assert "login" in stranger.url or stranger.status_code == 401, (
            f"a stranger sees {stranger.url}"
        )
        session = requests.Session()
        family = release.chart_name.partition("-")[0]
        if family in ENTRANCE:
            guest = session.get(
                f"http://{address}{ENTRANCE[family].format(release.password)}", timeout=30
            )
        else:
            guest = session.post(
                f"http://{address}/login", data={"password": release.password}, timeout=30
            )
        assert guest.ok
        assert "login" not in guest.url, f"the password of the notes opens nothing: {guest.url}"


@pytest.fixture(scope="module")
def confined(launch: Launcher) -> Mapping[str, Release]:
    """One of each family without administrator rights, where nothing but the restricted profile is
    allowed."""
    values = {**SMALL, "security": {"sudo": False}}
    return {
        name: launch(name, f"confined-{number}", values, RESTRICTED)
        for number, name in enumerate(FAMILIES)
    }


@pytest.mark.parametrize("name", FAMILIES)
def test_it_starts_without_any_rights(confined: Mapping[str, Release], name: str) -> None:
    release = confined[name].started()
    assert release.run("id -u; id -g; sudo -n true 2>/dev/null || echo no root").split("\n")[
        :3
    ] == ["1000", "100", "no root"]
    assert "onyxia-init: " not in release.log, "the start script complains"


def test_nothing_is_left_of_it(release: Release) -> None:
    release.uninstall()
    kinds = "statefulsets,services,secrets,configmaps,serviceaccounts,rolebindings,pvc"
    eventually(
        "nothing is left",
        lambda: not release.cluster.list(kinds, TEAM, f"app.kubernetes.io/instance={release.name}"),
    )
