"""Charts, generated in memory and rendered by Helm in this very process: a rendering takes
milliseconds.

A test that takes `chart` or `interactive` runs for every committed service of that sort. Whatever
names a service takes it from the tests' own catalog, in `catalog/`: its services are of this test
suite, its library of templates is the committed one.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import helm_python
import pytest

from builder.catalog.folder import Folder
from builder.catalog.load import load
from builder.charts.archive import archive
from builder.charts.chart import Origin, chart
from builder.charts.compose import Composition
from builder.charts.project import open_charts
from builder.charts.switches import Values, joined, passwords
from builder.tree import Tree
from builder.verify.charts import cases
from builder.verify.manifests import label, manifests

COMMITTED = Path(__file__).parents[2] / "catalog.yaml"
OWN = Path(__file__).with_name("catalog") / "catalog.yaml"
CHARTS = OWN.parent / "charts"
LIBRARY = COMMITTED.parent / "charts"
"""Options, library and stubs, which both catalogs use."""
ORIGIN = Origin(catalog="test")
Manifest = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart: what it was made from, its files, and Helm's view of it."""

    composition: Composition
    tree: Tree
    helm: helm_python.Chart

    @property
    def name(self) -> str:
        return self.composition.name

    @property
    def schema(self) -> Manifest:
        schema = json.loads(self.tree["values.schema.json"].data)
        assert isinstance(schema, dict)
        return schema

    @property
    def switches(self) -> Manifest:
        """Values in which every switch is turned."""
        return dict(cases(self.tree)["switches"])

    @property
    def needed(self) -> Values:
        """Values without which it is refused where there is no cluster: a database's passwords."""
        database = "database" in self.composition.service.groups
        return passwords(self.schema) if database else {}

    def render(
        self,
        values: Mapping[str, Any] | None = None,
        *,
        release: str = "rel",
        namespace: str = "ns",
    ) -> Rendered:
        """Render without a cluster.

        Raises:
            helm_python.HelmError: Helm refuses the values or a template.

        """
        given = joined(self.needed, dict(values or {}))
        return Rendered(self.name, self.helm.render(given, name=release, namespace=namespace))


@dataclass(frozen=True)
class Rendered:
    """What Helm made of a chart."""

    chart: str
    files: Mapping[str, str]

    @property
    def notes(self) -> str:
        return self.files[f"{self.chart}/templates/NOTES.txt"]

    @property
    def manifests(self) -> list[Manifest]:
        documents: list[Manifest] = []
        for name, text in self.files.items():
            if not name.endswith(".txt"):
                documents += [dict(document) for document in manifests(text)]
        return documents

    @property
    def objects(self) -> dict[str, Manifest]:
        return {label(document): document for document in self.manifests}

    def held(self, label: str) -> dict[str, str]:
        """What a Secret or a ConfigMap holds, as a container sees it."""
        return held(self.objects[label])

    def of(self, kind: str) -> list[Manifest]:
        return [document for document in self.manifests if document["kind"] == kind]

    @property
    def statefulset(self) -> Manifest:
        (found,) = self.of("StatefulSet")
        return found

    @property
    def pod(self) -> Manifest:
        pod = self.statefulset["spec"]["template"]["spec"]
        assert isinstance(pod, dict)
        return pod

    @property
    def container(self) -> Manifest:
        (found,) = self.pod["containers"]
        assert isinstance(found, dict)
        return found

    @property
    def seen(self) -> dict[str, Any]:
        """The variables as a process in the container sees them, as far as this release makes
        them."""
        found = self.env
        for name, value in found.items():
            source = value.get("secretKeyRef", {}) if isinstance(value, dict) else {}
            if f"Secret/{source.get('name')}" in self.objects:
                found[name] = self.held(f"Secret/{source['name']}")[source["key"]]
        return found

    @property
    def env(self) -> dict[str, Any]:
        """The container's own variables, and those of the objects of envFrom that this release
        makes."""
        found: dict[str, Any] = {}
        for source in self.container.get("envFrom", ()):
            kind = "Secret" if "secretRef" in source else "ConfigMap"
            name = (source.get("secretRef") or source["configMapRef"])["name"]
            holder = self.objects[f"{kind}/{name}"]
            found |= held(holder)
        return found | {
            item["name"]: item.get("value", item.get("valueFrom")) for item in self.container["env"]
        }


def held(manifest: Manifest) -> dict[str, str]:
    """Return what a Secret or a ConfigMap holds, as a container sees it."""
    assert "stringData" not in manifest, "a key that leaves stringData stays in the cluster"
    data: dict[str, str] = manifest.get("data", {})
    if manifest["kind"] == "ConfigMap":
        return data
    return {name: base64.b64decode(value).decode() for name, value in data.items()}


@cache
def charts_of(catalog: Path) -> Mapping[str, Chart]:
    """Return the charts of all services of a catalog."""
    opened = open_charts(load(catalog))
    return {
        name: make(composition, opened.folder) for name, composition in opened.compositions.items()
    }


def all_charts() -> Mapping[str, Chart]:
    """Return the committed charts."""
    return charts_of(COMMITTED)


def make(composition: Composition, directory: Path | Folder = CHARTS) -> Chart:
    tree = chart(composition, directory, ORIGIN)
    return Chart(
        composition=composition,
        tree=tree,
        helm=helm_python.Chart.load_archive(archive(composition.name, tree)),
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `chart` runs for every chart; one that takes `interactive`, for those that
    a person works in."""
    for name in {"chart", "interactive"} & set(metafunc.fixturenames):
        wanted = [
            one
            for one in all_charts().values()
            if name == "chart" or "interactive" in one.composition.service.groups
        ]
        metafunc.parametrize(name, wanted, ids=[one.name for one in wanted])


@pytest.fixture(scope="session")
def charts() -> Mapping[str, Chart]:
    """The charts of the tests' own services."""
    return charts_of(OWN)


@pytest.fixture(scope="session")
def jupyter(charts: Mapping[str, Chart]) -> Chart:
    return charts["jupyter-python"]


@pytest.fixture(scope="session")
def vscode(charts: Mapping[str, Chart]) -> Chart:
    return charts["vscode-python"]


@pytest.fixture(scope="session")
def postgresql(charts: Mapping[str, Chart]) -> Chart:
    return charts["postgresql"]


@dataclass
class Cluster:
    """The part of an API server that `lookup` asks for: Secrets of one namespace."""

    secrets: list[Manifest] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    config: helm_python.Config | None = None

    def secret(
        self,
        name: str,
        data: Mapping[str, str],
        *,
        discovery: str = "",
        annotations: Mapping[str, str] | None = None,
        raw: Mapping[str, str] | None = None,
    ) -> None:
        """Add a Secret; values of `raw` are stored as they are, not encoded."""
        encoded = {
            key: base64.b64encode(value.encode()).decode() for key, value in data.items()
        } | dict(raw or {})
        noted = {**(annotations or {}), **({"onyxia/discovery": discovery} if discovery else {})}
        metadata = {"name": name, "namespace": "ns", "annotations": noted}
        self.secrets.append(
            {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded}
        )

    def adopt(self, rendered: Rendered) -> None:
        """Take the Secrets of a release, as a server would store them."""
        for manifest in rendered.of("Secret"):
            self.secret(
                manifest["metadata"]["name"],
                held(manifest),
                annotations=manifest["metadata"].get("annotations"),
            )

    def render(
        self, chart: Chart, values: Mapping[str, Any] | None = None, *, release: str = "rel"
    ) -> Rendered:
        assert self.config is not None
        return Rendered(
            chart.name,
            self.config.render(chart.helm, dict(values or {}), name=release, namespace="ns"),
        )

    def answer(self, path: str) -> tuple[int, Manifest]:
        path = path.partition("?")[0]
        self.asked.append(path)
        if path == "/api/v1":
            resource = {
                "name": "secrets",
                "singularName": "secret",
                "namespaced": True,
                "kind": "Secret",
                "verbs": ["get", "list"],
            }
            return 200, {"kind": "APIResourceList", "groupVersion": "v1", "resources": [resource]}
        if path == "/api/v1/namespaces/ns/secrets":
            return 200, {
                "kind": "SecretList",
                "apiVersion": "v1",
                "metadata": {},
                "items": self.secrets,
            }
        name = path.removeprefix("/api/v1/namespaces/ns/secrets/")
        found = next(
            (secret for secret in self.secrets if secret["metadata"]["name"] == name), None
        )
        missing = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "reason": "NotFound",
            "code": 404,
        }
        return (200, found) if found else (404, missing)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A namespace `ns` whose Secrets a rendering can look up."""
    cluster = Cluster()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, found = cluster.answer(self.path)
            data = json.dumps(found).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is that of the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(
        target=server.serve_forever, args=(0.01,), daemon=True
    ).start()  # how often it looks whether to end
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [
            {"name": "test", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}
        ],
        "contexts": [
            {"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "ns"}}
        ],
        "users": [{"name": "test", "user": {}}],
    }
    # Helm's own record, without which a namespace is as empty as none.
    cluster.secret("sh.helm.release.v1.rel.v1", {})
    with helm_python.Config(kubeconfig_content=json.dumps(kubeconfig), namespace="ns") as config:
        cluster.config = config
        yield cluster
    server.shutdown()
    server.server_close()


@pytest.fixture
def refusal(request: pytest.FixtureRequest) -> Callable[[Chart, Mapping[str, Any]], str]:
    """What Helm says when it refuses values."""
    del request

    def say(chart: Chart, values: Mapping[str, Any]) -> str:
        with pytest.raises(helm_python.HelmError) as caught:
            chart.render(values)
        return str(caught.value)

    return say
