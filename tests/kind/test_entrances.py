"""Who comes in, and by which door: a service behind Contour and Envoy, by an Ingress and by a
Gateway, and behind network policies that kube-network-policies enforces.

`make test-all` alone: Contour takes minutes to compile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests
import websocket

from builder.tools.kubectl import Manifest
from builder.verify.release import eventually
from tests.kind import controllers
from tests.kind.cluster import Cluster, Release
from tests.kind.conftest import TEAM, Failures, Launcher
from tests.kind.controllers import ADDRESS, GATEWAY, INGRESS, Browser, Controllers
from tests.kind.services import Node

pytestmark = [
    pytest.mark.kind,
    pytest.mark.whole("Contour and kube-network-policies take minutes to compile"),
]
CHART = "jupyter-python"
PATH = "/ann/lab"
USER_PORTS = (5000, 8501)
SMALL = {
    "resources": {"requests": {"cpu": "20m", "memory": "128Mi"}},
    "persistence": {"enabled": False},
}
STRANGERS, PARTNERS = "strangers", "partners"
"""A namespace that no policy names, and one that the service may connect to."""
PORT = 8000
SOON = 60.0
"""Seconds within which what is there answers."""


def hosts(door: str) -> dict[str, str]:
    return {"hostname": f"{door}.example.org", "userHostname": f"{door}-user.example.org"}


def names(door: str) -> list[str]:
    """Return the names that a certificate is for."""
    return [f"{door}.example.org", *[f"{door}-user-{port}.example.org" for port in USER_PORTS]]


@pytest.fixture(scope="module")
def made(node: Node) -> Iterator[Controllers]:
    """The controllers; none of their pods stays."""
    Failures.namespaces.append(controllers.NAMESPACE)
    yield controllers.controllers(node)
    Failures.namespaces.remove(controllers.NAMESPACE)
    for namespace in (controllers.NAMESPACE, TEAM, STRANGERS, PARTNERS):
        delete(node.cluster, namespace, "--all" if namespace != TEAM else "neighbour")
    delete(node.cluster, "kube-system", controllers.POLICIES)


def delete(cluster: Cluster, namespace: str, pods: str) -> None:
    options = ["--ignore-not-found", "--grace-period=1", "--wait=false"]
    cluster.kubectl("delete", "pods", pods, "--namespace", namespace, *options)


@pytest.fixture(scope="module")
def browsers(made: Controllers) -> Iterator[Mapping[str, Browser]]:
    """A browser before each door."""
    ingress = controllers.start_contour(made, names(INGRESS), [TEAM])
    gateway = controllers.start_gateway(made, names(GATEWAY))
    with ingress.open() as by_ingress, gateway.open() as by_gateway:
        yield {INGRESS: by_ingress, GATEWAY: by_gateway}


@pytest.fixture(scope="module")
def releases(launch: Launcher, browsers: Mapping[str, Browser]) -> Mapping[str, Release]:
    """A service behind each door; nobody but the Gateway and its own namespace may come in to the
    second one, which may connect to one other namespace."""
    assert browsers
    ports = {"networking": {"user": {"enabled": True, "ports": [*USER_PORTS]}}}
    ingress = {
        "enabled": True,
        "ingressClassName": INGRESS,
        "path": PATH,
        "useTlsSecret": True,
        "tlsSecretName": "lab-tls",
    }
    parent = {"name": GATEWAY, "namespace": controllers.NAMESPACE}
    # Contour ends what takes longer than 15 seconds, unless it is told otherwise.
    timeouts = {"request": "0s"}
    route = {"enabled": True, "path": PATH, "parentRefs": [parent], "timeouts": timeouts}
    policy = {
        "enabled": True,
        "from": [peer(controllers.NAMESPACE)],
        "egress": [{"to": [peer(PARTNERS)]}],
    }
    by_ingress = {**SMALL, **ports, "ingress": {**ingress, **hosts(INGRESS)}}
    by_gateway = {
        **SMALL,
        **ports,
        "httproute": {**route, **hosts(GATEWAY)},
        "security": {"networkPolicy": policy},
    }
    launched = {
        INGRESS: launch(CHART, "by-ingress", by_ingress),
        GATEWAY: launch(CHART, "by-gateway", by_gateway),
    }
    for door, release in launched.items():
        release.started()
        eventually(f"the door {door} opens", partial(opens, browsers[door], door), SOON)
    return launched


def opens(browser: Browser, door: str) -> bool:
    return browser.get(f"https://{door}.example.org{PATH}/api").ok


def peer(namespace: str) -> Manifest:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}


@dataclass(frozen=True)
class Door:
    """A service, and a browser before it."""

    name: str
    release: Release
    browser: Browser

    def get(self, path: str, scheme: str = "https", **options: Any) -> requests.Response:
        return self.browser.get(f"{scheme}://{self.name}.example.org{path}", **options)


@pytest.fixture(params=[INGRESS, GATEWAY])
def door(
    request: pytest.FixtureRequest,
    releases: Mapping[str, Release],
    browsers: Mapping[str, Browser],
) -> Door:
    return Door(request.param, releases[request.param], browsers[request.param])


def test_the_page_is_served_below_its_path_with_the_certificate(door: Door) -> None:
    """Only that certificate's authority is trusted."""
    page = door.get(f"{PATH}/")
    assert page.status_code == 200
    assert page.url.startswith(f"https://{door.name}.example.org{PATH}/login?next="), page.url
    assert 'name="password"' in page.text


def test_the_address_of_the_notes_is_the_page(door: Door) -> None:
    url = re.search(rf"https://{door.name}\.example\.org[^\s)]*", door.release.notes)
    assert url, door.release.notes
    page = door.browser.get(url[0])
    assert f"{PATH}/login" in page.url, page.url


def test_there_is_nothing_beside_the_path_and_at_other_hosts(door: Door) -> None:
    assert door.get("/").status_code == 404
    assert door.get("/ann/labs/").status_code == 404, "a path ends where it ends"
    assert door.browser.get("http://other.example.org/").status_code == 404


def test_the_password_opens_the_service_and_web_sockets(door: Door) -> None:
    header = {"Authorization": f"token {door.release.password}"}
    assert door.get(f"{PATH}/api/contents").status_code == 403
    assert door.get(f"{PATH}/api/contents", headers=header).status_code == 200
    url = f"ws://{door.name}.example.org{PATH}/api/events/subscribe"
    connection = websocket.create_connection(
        url,
        header=[f"{key}: {value}" for key, value in header.items()],
        socket=door.browser.connect("http"),
    )
    with closing(connection):
        assert connection.connected, "kernels and terminals are web sockets"


@pytest.mark.parametrize("port", USER_PORTS)
def test_each_port_of_the_user_is_served_at_its_host(door: Door, port: int) -> None:
    door.release.run(
        f"mkdir -p /tmp/{port} && echo page of {port} >/tmp/{port}/index.html;"
        f" nohup python -m http.server --directory /tmp/{port} {port} >/dev/null 2>&1 &"
    )
    url = f"https://{door.name}-user-{port}.example.org/"
    page = eventually(f"{url} answers", lambda: served(door.browser, url), SOON)
    assert page == f"page of {port}\n"


def served(browser: Browser, url: str) -> str:
    answer = browser.get(url)
    return answer.text if answer.ok else ""


def test_controllers_say_that_they_take_what_is_asked_for(releases: Mapping[str, Release]) -> None:
    for suffix in ("-ui", "-user"):
        status = releases[INGRESS].object("ingress", suffix)["status"]
        assert [one["ip"] for one in status["loadBalancer"]["ingress"]] == [ADDRESS]
    for suffix in ("-ui", *[f"-user-{port}" for port in USER_PORTS]):
        (parent,) = releases[GATEWAY].object("httproute", suffix)["status"]["parents"]
        said = {one["type"]: (one["status"], one["message"]) for one in parent["conditions"]}
        assert {key: value for key, (value, _) in said.items()} == {
            "Accepted": "True",
            "ResolvedRefs": "True",
        }, said


@pytest.fixture(scope="module")
def neighbours(cluster: Cluster, node: Node, made: Controllers) -> Mapping[str, str]:
    """A pod with a page in the service's own namespace, among strangers, and among partners; the
    address of each by its namespace. Policies are enforced."""
    controllers.start_network_policies(made)
    addresses = {}
    for namespace in (TEAM, STRANGERS, PARTNERS):
        cluster.namespace(namespace)
        node.start("neighbour", ["python", "-m", "http.server", str(PORT)], [PORT], {}, namespace)
        addresses[namespace] = f"neighbour.{namespace}.svc:{PORT}"
    return addresses


ASK = """
import sys, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=5).status)
except OSError as error:
    print(error)
"""
"""Prints the status of a page, or why there is none. Policies drop packets, so one waits in vain."""
IN_VAIN = "timed out"


def ask_in(cluster: Cluster, namespace: str, release: Release) -> str:
    """Return what the neighbour in a namespace is answered by a service."""
    url = f"http://{release.fullname}.{TEAM}.svc:{release.port}{PATH}/api"
    argv = ["exec", "neighbour", "--namespace", namespace, "--", "python", "-c", ASK, url]
    return cluster.kubectl(*argv).strip()


def ask_out(release: Release, address: str) -> str:
    """Return what a service is answered at an address."""
    return release.run(f"python -c '{ASK}' http://{address}/").strip()


@pytest.mark.parametrize("namespace", [TEAM, STRANGERS, PARTNERS])
def test_without_a_policy_everybody_comes_in(
    cluster: Cluster,
    releases: Mapping[str, Release],
    neighbours: Mapping[str, str],
    namespace: str,
) -> None:
    assert neighbours
    assert ask_in(cluster, namespace, releases[INGRESS]) == "200"


@pytest.mark.parametrize("namespace", [TEAM, STRANGERS, PARTNERS])
def test_without_rules_the_service_gets_everywhere(
    releases: Mapping[str, Release], neighbours: Mapping[str, str], namespace: str
) -> None:
    assert ask_out(releases[INGRESS], neighbours[namespace]) == "200"


def test_with_a_policy_the_own_namespace_comes_in_and_the_gateway(
    cluster: Cluster,
    releases: Mapping[str, Release],
    neighbours: Mapping[str, str],
    browsers: Mapping[str, Browser],
) -> None:
    assert neighbours
    assert ask_in(cluster, TEAM, releases[GATEWAY]) == "200"
    page = browsers[GATEWAY].get(f"https://{GATEWAY}.example.org{PATH}/api")
    assert page.status_code == 200


@pytest.mark.parametrize("namespace", [STRANGERS, PARTNERS])
def test_with_a_policy_nobody_else_comes_in(
    cluster: Cluster,
    releases: Mapping[str, Release],
    neighbours: Mapping[str, str],
    namespace: str,
) -> None:
    """Not even those that the service may connect to."""
    assert neighbours
    assert IN_VAIN in ask_in(cluster, namespace, releases[GATEWAY])


@pytest.mark.parametrize("namespace", [TEAM, PARTNERS])
def test_with_rules_the_service_gets_where_they_say_and_to_its_own_namespace(
    releases: Mapping[str, Release], neighbours: Mapping[str, str], namespace: str
) -> None:
    assert ask_out(releases[GATEWAY], neighbours[namespace]) == "200"


def test_with_rules_the_service_gets_nowhere_else(
    releases: Mapping[str, Release], neighbours: Mapping[str, str]
) -> None:
    assert IN_VAIN in ask_out(releases[GATEWAY], neighbours[STRANGERS])
