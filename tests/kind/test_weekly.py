"""The weekly run as a whole: a service is launched on the cluster, its chart and its image are made
public in a registry with TLS and a login, and a second run does nothing."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.cli import main
from builder.lock.model import NAME as LOCK
from tests.gates import ROOT
from tests.integration.registry_server import HTPASSWD, LOGIN, Server, certificate, registry
from tests.kind.conftest import NAME

pytestmark = [pytest.mark.kind, pytest.mark.usefixtures("images")]
SERVICE = "postgresql"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    made = certificate(tmp_path / "certificates")
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    guarded = {"auth": {"htpasswd": {"realm": "hub", "path": str(tmp_path / "htpasswd")}}}
    with registry(tmp_path / "registry", guarded, tls=made) as server:
        login = base64.b64encode(":".join(LOGIN).encode()).decode()
        (tmp_path / "auth.json").write_text(
            json.dumps({"auths": {server.address: {"auth": login}}})
        )
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
        monkeypatch.setenv("CATALOG_CA_BUNDLE", str(made.authority))
        yield server


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This catalog with one image and its service, in a git repository of its own; the store has
    the image."""
    monkeypatch.setenv("CATALOG_STORE", str(ROOT / ".catalog" / "store"))
    monkeypatch.setenv("CATALOG_CLUSTER", NAME)
    root = tmp_path / "catalog"
    shared = ("library", "icons", "options", "stubs", SERVICE)
    for name in (LOCK, "images", *(f"charts/{part}" for part in shared)):
        shutil.copytree(ROOT / name, root / name, symlinks=True)
    text = (ROOT / "catalog.yaml").read_text()
    head, _, rest = text.partition("\nimages:\n")
    (line,) = re.findall(rf"^  {SERVICE}: .*$", rest, re.MULTILINE)
    # Of the newest release, of which the store has it.
    line = line.removesuffix("}") + ", when: {debian: trixie}}"
    (root / "catalog.yaml").write_text(f"{head}\nimages:\n{line}\n")
    for argv in (
        ("init",),
        ("config", "user.name", "A"),
        ("config", "user.email", "a@example.org"),
        ("add", "catalog.yaml", LOCK),
        ("commit", "--message", "before"),
    ):
        subprocess.run(["git", *argv], cwd=root, check=True, capture_output=True)
    return root


def test_a_service_is_launched_and_made_public_and_then_nothing_moves(
    catalog: Path, hub: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    def weekly() -> tuple[int, str, str]:
        options = ("--no-lock", "--no-verify", "--commit", "--allow", "loopback")
        where = ("--charts", str(catalog / "site"), "--to", f"{hub.address}/lab")
        code = main(["-C", str(catalog / "catalog.yaml"), "weekly", *options, *where])
        said = capsys.readouterr()
        return code, said.out, said.err

    _, out, err = weekly()
    assert "helm install postgresql " in err, err
    assert "1 service: 1 passed, 0 failed" in out
    assert " is public" in out
    assert (catalog / "site" / "index.yaml").exists()
    # A machine with an empty disk takes the charts from what is public.
    shutil.rmtree(catalog / "site")
    _, out, err = weekly()
    assert "1 service: 1 passed (1 unchanged since), 0 failed" in out
    assert "helm install postgresql " not in err
    assert "brought back from the registry: postgresql" in err
    assert "nothing moved: " in out
