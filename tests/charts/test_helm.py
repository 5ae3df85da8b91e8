"""The `helm` program itself: it renders what the library in the tests renders, takes our archives,
our index and our pushes."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from builder.charts.archive import archive
from builder.charts.compose import Composition
from builder.charts.images import ImageRef
from builder.charts.model import Option
from builder.cli import main
from builder.errors import BuilderError, IntegrityError, ToolError
from builder.events import silent
from builder.record import index
from builder.record.chart_package import ChartPackage, last_published, prepare, publish
from builder.tools import helm, process
from builder.tree import File
from builder.verify.charts import check
from tests.charts.conftest import CHARTS, LIBRARY, ORIGIN, Chart

pytestmark = pytest.mark.registries
CATALOG = str(CHARTS.parent / "catalog.yaml")
NOW = datetime(2026, 1, 2, tzinfo=UTC)
PASSWORDS = {
    "security": {"password": "p"},
    "postgresql": {"auth": {"password": "p", "postgresPassword": "p"}},
}


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG_HOME", "CACHE_HOME", "DATA_HOME"):
        monkeypatch.setenv(f"HELM_{name}", str(tmp_path / "helm" / name))


def written(chart: Chart, directory: Path) -> Path:
    chart.tree.write(directory / chart.name)
    return directory / chart.name


def test_the_program_renders_what_the_tests_render(chart: Chart, tmp_path: Path) -> None:
    text = helm.template(written(chart, tmp_path), PASSWORDS, release="rel", namespace="ns")
    documents = {
        part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in text.split("---\n# Source: ")[1:]
    }
    ours = {name: body for name, body in chart.render(PASSWORDS).files.items() if name in documents}
    assert documents.keys() == ours.keys()
    for name, body in documents.items():
        assert (
            body.strip() == ours[name].strip().removeprefix("---\n").strip()
            or "\n---\n" in ours[name]
        ), name


def test_lint_is_silent(chart: Chart, tmp_path: Path) -> None:
    path = written(chart, tmp_path)
    assert helm.lint(path) == {path: []}


def test_lint_says_what_is_wrong(jupyter: Chart, tmp_path: Path) -> None:
    path = written(jupyter, tmp_path)
    (path / "templates" / "broken.yaml").write_text("{{ .Values.a.b.c }}")
    assert "broken.yaml" in helm.lint(path)[path][0]


def test_lint_tells_charts_apart(jupyter: Chart, postgresql: Chart, tmp_path: Path) -> None:
    good, bad = written(postgresql, tmp_path), written(jupyter, tmp_path)
    (bad / "Chart.yaml").write_text("name: x")
    found = helm.lint(good, bad)
    assert found[good] == []
    assert found[bad]


def test_a_refusal_names_the_option(jupyter: Chart, tmp_path: Path) -> None:
    with pytest.raises(ToolError) as caught:
        helm.template(written(jupyter, tmp_path), {"persistence": {"size": "big"}})
    # Helm 3.17 has dots in between, later ones slashes.
    assert re.search(r"persistence[./]size", caught.value.message)


def test_helm_takes_the_archive(chart: Chart, tmp_path: Path) -> None:
    path = tmp_path / f"{chart.name}-0.0.0.tgz"
    path.write_bytes(archive(chart.name, chart.tree))
    assert f"name: {chart.name}" in process.text(["helm", "show", "chart", path])
    assert helm.template(path, PASSWORDS) == helm.template(written(chart, tmp_path), PASSWORDS)


def test_a_chart_that_is_wrong_is_found_out(jupyter: Chart, postgresql: Chart) -> None:
    broken = jupyter.tree.merged({"templates/x.yaml": jupyter.tree["templates/NOTES.txt"]})
    found = check([("bad", broken), ("postgresql", postgresql.tree)], silent)
    assert found["postgresql"] == []
    assert {wrong.case for wrong in found["bad"]} == {"", "defaults", "switches"}


def test_a_template_that_asks_for_the_version_is_rendered_for_each(postgresql: Chart) -> None:
    text = (
        '{{ if semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version }}apiVersion: v9\nkind:'
        " Thing{{ end }}"
    )
    newer = postgresql.tree.merged({"templates/newer.yaml": File(text.encode())})
    found = [str(wrong) for wrong in check([("postgresql", newer)], silent)["postgresql"]]
    assert "defaults: Thing/?: Kubernetes has no v9 Thing (Kubernetes 1.31, 1.34)" in found
    older = postgresql.tree.merged(
        {"templates/older.yaml": File(text.replace(">=1.30-0", "<1.26-0").encode())}
    )
    found = [str(wrong) for wrong in check([("postgresql", older)], silent)["postgresql"]]
    assert "defaults: Thing/?: Kubernetes has no v9 Thing (Kubernetes 1.25)" in found


def test_what_onyxia_would_not_open_is_found_out(postgresql: Chart) -> None:
    schema = json.loads(postgresql.tree["values.schema.json"].data)
    schema["properties"]["extra"] = {"type": "string", "title": "Extra", "description": "Extra"}
    (wrong,) = check(
        [
            (
                "postgresql",
                postgresql.tree.merged({"values.schema.json": File(json.dumps(schema).encode())}),
            )
        ],
        silent,
    )["postgresql"]
    assert "no-value" in str(wrong)


def test_the_command_verifies_what_would_be_generated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--catalog", CATALOG, "chart", "verify", "postgresql", "vscode-python"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("2 of 2 charts are right, for Kubernetes 1.")
    lint, render = [line for line in told.err.splitlines() if line.startswith("$ ")]
    assert re.fullmatch(
        r"\$ helm lint --strict --quiet \S*charts/postgresql \S*charts/vscode-python", lint
    )
    assert render.endswith(
        'do helm template check "$chart" --namespace default --kube-version 1.34; done'
    )
    assert main(["--catalog", CATALOG, "chart", "verify", "vscode"]) == 2
    assert (
        "there is no service 'vscode'\n  hint: did you mean 'vscode-python'?"
        in capsys.readouterr().err
    )


def copied(root: Path, *services: str) -> None:
    """Write the tests' catalog, with some of its services, where it can be changed."""
    for name in ("options", "library", "stubs"):
        shutil.copytree(LIBRARY / name, root / "shared" / name)
    for name in ("images", "charts/icons", *(f"charts/{service}" for service in services)):
        shutil.copytree(CHARTS.parent / name, root / name)
    text = Path(CATALOG).read_text().replace("../../../charts", "shared")
    (root / "catalog.yaml").write_text(text)


def test_the_command_tells_how_to_see_again_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copied(tmp_path, "postgresql")
    path = tmp_path / "shared" / "library" / "templates" / "_networking.tpl"
    path.write_text(path.read_text().replace("  ports:", "  prots:"))
    assert main(["--catalog", str(tmp_path / "catalog.yaml"), "chart", "verify"]) == 1
    told = capsys.readouterr()
    assert (
        "postgresql: defaults: Service/check-postgresql: spec: Additional properties are not"
        " allowed ('prots' was unexpected)" in told.out
    )
    again = [line for line in told.err.splitlines() if line.startswith("$ helm template check")]
    assert len(again) == 2
    assert "--set-json" in again[1]


# Versions


def changed(composition: Composition, **fields: object) -> Composition:
    return replace(composition, **fields)  # type: ignore[arg-type]  # its own fields


def packaged(composition: Composition, published: ChartPackage | None = None) -> ChartPackage:
    return prepare(composition, CHARTS, ORIGIN, published.tree if published else None)


def test_the_first_version(jupyter: Chart) -> None:
    found = packaged(jupyter.composition)
    assert (found.version, found.last, found.kept) == ("1.0.0", None, False)
    assert "first version" in found.tree["Chart.yaml"].data.decode()


def test_nothing_new_is_nothing_to_publish(jupyter: Chart) -> None:
    first = packaged(jupyter.composition)
    again = packaged(jupyter.composition, first)
    assert (again.version, again.kept, again.changes) == ("1.0.0", True, ())


def test_a_rebuilt_image_is_a_patch(jupyter: Chart) -> None:
    first = packaged(jupyter.composition)
    images = tuple(
        ImageRef(name=image.name, tag=image.tag, digest="sha256:" + "0" * 64)
        for image in jupyter.composition.images
    )
    found = packaged(changed(jupyter.composition, images=images), first)
    assert found.version == "1.0.1"
    assert any("is new" in change.text for change in found.changes)
    assert any("pods restart" in change.text for change in found.changes)


def test_a_new_option_is_minor_and_a_removed_one_major(jupyter: Chart) -> None:
    first = packaged(jupyter.composition)
    more = changed(
        jupyter.composition,
        options={**jupyter.composition.options, "extra": Option(description="More")},
    )
    second = packaged(more, first)
    assert (second.version, [str(change) for change in second.changes]) == (
        "1.1.0",
        ["minor: added the option extra"],
    )
    third = packaged(jupyter.composition, second)
    assert (third.version, [str(change) for change in third.changes]) == (
        "2.0.0",
        ["major: removed the option extra"],
    )
    assert "removed the option extra" in third.tree["Chart.yaml"].data.decode()


# Archives and index


@pytest.fixture
def published(jupyter: Chart, postgresql: Chart, tmp_path: Path) -> Path:
    directory = tmp_path / "published"
    publish({one.name: packaged(one.composition) for one in (jupyter, postgresql)}, directory, NOW)
    return directory


def test_publishing_twice_is_publishing_once(jupyter: Chart, published: Path) -> None:
    before = {path.name: path.read_bytes() for path in published.glob("*.*")}
    publish({"jupyter-python": packaged(jupyter.composition)}, published, NOW)
    assert {path.name: path.read_bytes() for path in published.glob("*.*")} == before


def test_old_versions_stay(jupyter: Chart, published: Path) -> None:
    last = last_published("jupyter-python", index.read(published), published)
    assert last is not None
    more = changed(
        jupyter.composition,
        options={**jupyter.composition.options, "extra": Option(description="More")},
    )
    publish({"jupyter-python": prepare(more, CHARTS, ORIGIN, last)}, published, NOW)
    assert index.read(published).versions() == {
        "jupyter-python": ("1.1.0", "1.0.0"),
        "postgresql": ("1.0.0",),
    }
    assert (published / "jupyter-python-1.0.0.tgz").is_file()


def test_other_bytes_under_a_published_name_are_refused(jupyter: Chart, published: Path) -> None:
    (published / "jupyter-python-1.0.0.tgz").write_bytes(b"other")
    with pytest.raises(IntegrityError, match="exists with different bytes"):
        publish({"jupyter-python": packaged(jupyter.composition)}, published, NOW)
    with pytest.raises(IntegrityError, match="but the index says"):
        last_published("jupyter-python", index.read(published), published)


def test_an_index_that_lost_a_version_is_not_written_on(
    jupyter: Chart, postgresql: Chart, published: Path
) -> None:
    more = changed(
        jupyter.composition,
        options={**jupyter.composition.options, "extra": Option(description="More")},
    )
    last = last_published("jupyter-python", index.read(published), published)
    publish({"jupyter-python": prepare(more, CHARTS, ORIGIN, last)}, published, NOW)
    whole = (published / "index.yaml").read_bytes()
    (published / "index.yaml").unlink()
    first = {one.name: packaged(one.composition) for one in (jupyter, postgresql)}
    with pytest.raises(
        BuilderError, match=r"does not list jupyter-python-1\.1\.0\.tgz, which is beside it"
    ):
        publish(first, published, NOW)
    assert not (published / "index.yaml").exists()
    (published / "index.yaml").write_bytes(whole)
    publish({name: one for name, one in first.items() if name == "postgresql"}, published, NOW)


def test_what_a_run_that_was_killed_left_is_published(postgresql: Chart, published: Path) -> None:
    (published / "index.yaml").unlink()
    (published / "jupyter-python-1.0.0.tgz").unlink()
    publish({"postgresql": packaged(postgresql.composition)}, published, NOW)
    assert index.read(published).versions() == {"postgresql": ("1.0.0",)}


def test_an_archive_that_the_index_names_is_missing(published: Path) -> None:
    (published / "jupyter-python-1.0.0.tgz").unlink()
    with pytest.raises(BuilderError, match="there is no"):
        last_published("jupyter-python", index.read(published), published)


def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is that of the base class
        pass


@pytest.fixture
def repository(published: Path) -> Iterator[str]:
    for address in serving(partial(Quiet, directory=str(published))):
        yield f"http://{address}"


def test_helm_repo_add_and_pull(repository: str, published: Path, tmp_path: Path) -> None:
    process.run(["helm", "repo", "add", "test", repository])
    found = json.loads(process.text(["helm", "search", "repo", "test/", "--output", "json"]))
    assert {(chart["name"], chart["version"]) for chart in found} == {
        ("test/jupyter-python", "1.0.0"),
        ("test/postgresql", "1.0.0"),
    }
    path = helm.pull("jupyter-python", tmp_path / "pulled", repository=repository)
    assert path.read_bytes() == (published / path.name).read_bytes()


class Registry(BaseHTTPRequestHandler):
    """The part of the OCI distribution specification that pushing and pulling one artifact
    takes."""

    protocol_version = "HTTP/1.1"
    blobs: Mapping[str, bytes]
    manifests: dict[str, tuple[str, bytes]]

    def _answer(self, code: int, data: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in {
            "Content-Length": str(len(data)),
            **{key.replace("_", "-"): value for key, value in headers.items()},
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_POST(self) -> None:
        self._answer(202, Location=f"{self.path}1")

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        if "/manifests/" in self.path:
            for key in (digest, self.path.rsplit("/", 1)[1]):
                self.manifests[key] = (self.headers["Content-Type"], data)
        else:
            assert isinstance(self.blobs, dict)
            self.blobs[digest] = data
        self._answer(201, Docker_Content_Digest=digest, Location=self.path)

    def do_GET(self) -> None:
        key = self.path.partition("?")[0].rsplit("/", 1)[1]
        if "/manifests/" in self.path and key in self.manifests:
            kind, data = self.manifests[key]
            self._answer(
                200,
                data,
                Content_Type=kind,
                Docker_Content_Digest="sha256:" + hashlib.sha256(data).hexdigest(),
            )
        elif "/blobs/" in self.path and key in self.blobs:
            self._answer(
                200,
                self.blobs[key],
                Content_Type="application/octet-stream",
                Docker_Content_Digest=key,
            )
        elif self.path.partition("?")[0].endswith("/tags/list"):
            tags = [tag for tag in self.manifests if not tag.startswith("sha256:")]
            self._answer(
                200,
                json.dumps({"name": "x", "tags": tags}).encode(),
                Content_Type="application/json",
            )
        else:
            self._answer(200 if self.path == "/v2/" else 404)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is that of the base class
        pass


@pytest.fixture
def registry() -> Iterator[str]:
    yield from serving(type("OwnRegistry", (Registry,), {"blobs": {}, "manifests": {}}))


def test_push_to_a_registry_and_pull_by_digest(
    registry: str, published: Path, tmp_path: Path
) -> None:
    plain = helm.Remote(plain_http=True)
    pushed = helm.push(published / "jupyter-python-1.0.0.tgz", f"oci://{registry}/charts", plain)
    assert re.fullmatch(
        rf"{re.escape(registry)}/charts/jupyter-python:1\.0\.0@sha256:[0-9a-f]{{64}}", pushed
    )
    assert helm.published(f"oci://{registry}/charts/jupyter-python", "1.0.0", plain)
    assert not helm.published(f"oci://{registry}/charts/jupyter-python", "2.0.0", plain)
    path = helm.pull(
        f"oci://{registry}/charts/jupyter-python",
        tmp_path / "pulled",
        version="1.0.0",
        remote=plain,
    )
    assert path.read_bytes() == (published / "jupyter-python-1.0.0.tgz").read_bytes()


def test_the_command_publishes_and_pushes_what_is_missing(
    registry: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def package(*options: str) -> list[dict[str, object]]:
        arguments = [
            "chart",
            "package",
            "--destination",
            str(tmp_path / "site"),
            "--url",
            "https://example.org/charts",
            "--json",
            *("--allow", "unbuilt", "--allow", "loopback"),
            *options,
        ]
        assert main(["--catalog", CATALOG, *arguments]) == 0
        said = capsys.readouterr()
        plain[:] = [line for line in said.err.splitlines() if line.startswith("$ ")]
        found = json.loads(said.out)
        assert isinstance(found, list)
        return found

    plain: list[str] = []
    dry = package("--dry-run")
    assert {one["version"] for one in dry} == {"1.0.0"}
    assert plain == [], "what does nothing has no plain equal"
    assert not (tmp_path / "site").exists()
    assert not [one for one in package() if "pushed" in one]
    assert [line.split()[1:3] for line in plain] == [["helm", "package"]] * len(dry) + [
        ["helm", "repo"]
    ]
    push = ("--push", f"oci://{registry}/charts", "--plain-http")
    assert len([one for one in package(*push) if one["kept"] and "pushed" in one]) == len(dry)
    assert [line.split()[1:3] for line in plain] == [["helm", "push"]] * len(dry)
    assert not [one for one in package(*push) if "pushed" in one]
    helm_entry, oci_entry = json.loads((tmp_path / "site" / "catalogs.json").read_text())
    assert helm_entry["location"] == "https://example.org/charts"
    assert {"name": "postgresql", "versions": ["1.0.0"]} in oci_entry["packages"]


def test_charts_whose_images_nobody_could_pull_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "catalog"
    copied(root, "postgresql", "jupyter-python")
    path = root / "catalog.yaml"
    path.write_text("registry: 127.0.0.1:5000/catalog\n" + path.read_text())
    site = tmp_path / "site"

    def package(*options: str) -> str:
        arguments = ["chart", "package", "--destination", str(site), *options]
        assert main(["--quiet", "--catalog", str(root / "catalog.yaml"), *arguments]) == 2
        assert not site.exists(), "what is refused is not published"
        return capsys.readouterr().err

    (root / "digests.json").write_text(json.dumps({"postgresql:17": "sha256:" + "1" * 64}))
    told = package("--digests", str(root / "digests.json"))
    assert "catalog.yaml:1:11: charts would refer to images at 127.0.0.1:5000/catalog" in told
    assert "jupyter-python would offer jupyter-python:py3.13, which is not built" in told
    assert "hint: run `catalog build jupyter-python:py3.13`, or pass --allow unbuilt" in told
    assert "postgresql:17" not in told, "its digest is known"
    told = package("--allow", "unbuilt")
    assert "is not built" not in told
    assert "or pass --allow loopback" in told
    assert "for each user means" not in package("--allow", "loopback")


def test_a_registry_that_refuses(published: Path) -> None:
    with pytest.raises(BuilderError, match="does not take jupyter-python"):
        helm.push(
            published / "jupyter-python-1.0.0.tgz",
            "oci://127.0.0.1:9/charts",
            helm.Remote(plain_http=True),
        )


def test_helm_that_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="helm was not found") as caught:
        helm.version()
    assert "install Helm" in caught.value.hint
