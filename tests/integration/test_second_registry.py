"""Another implementation of a registry than Debian's: go-containerregistry's, which the set-up compiles
for tests of the whole catalog."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builder.debian.model import Facts
from builder.oci.blob import blobs_of
from tests.integration.test_share import (
    CELLS,
    Machine,
    Machines,
    alone,
    delta,
    first,
    machines,
    recorded,
    rewritten,
)
from tests.integration.tiny import wait_for

__all__ = ["alone", "first", "machines"]

pytestmark = [
    pytest.mark.registries,
    pytest.mark.whole("go-containerregistry's registry takes a minute to compile"),
]

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
PROGRAM = CACHE / "catalog" / "setup" / "signing" / "bin" / "registry"


@pytest.fixture
def shared() -> Iterator[str]:
    """Return a path in a running registry."""
    if not PROGRAM.exists():
        pytest.fail(f"{PROGRAM} is not compiled: run `setup/install whole`")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def answers() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    server = subprocess.Popen([PROGRAM, f"127.0.0.1:{port}"], stderr=subprocess.PIPE)
    try:
        wait_for("the registry's start", answers)
        yield f"127.0.0.1:{port}/team"
    finally:
        server.kill()
        server.communicate()


def test_cells_are_shared_and_taken(shared: str, first: Machine, machines: Machines) -> None:
    said = first.done("build", "--from", shared, "--share")
    assert f"{shared}/cells has 4 cells" in said
    assert "0.0 MB sent" in first.done("build", "--from", shared, "--share")
    second = recorded(machines("second"), first)
    assert {second.plan("--from", shared)[cell] for cell in CELLS} == {"take"}
    second.done("build", "--from", shared)
    assert second.cells() == first.cells()
    assert second.images() == first.images()


def test_what_does_not_fit_is_refused(shared: str, first: Machine, machines: Machines) -> None:
    def lie(known: Facts) -> Facts:
        return replace(known, packages={"deb": {"openssl": "9"}})

    rewritten(first, "left@trixie", lie)
    first.done("build", "--from", shared, "--share")
    second = recorded(machines("second"), first)
    said = second.failed("build", "--from", shared)
    assert "do not fit its layers, as to packages" in said
    assert second.cells().keys() == CELLS - {"left@trixie"}


def test_images_are_composed_by_mounting(
    shared: str, first: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first.done("build", "--from", shared, "--share")
    monkeypatch.setenv("CATALOG_REGISTRY_STORE", shared)
    host = shared.partition("/")[0]
    pushed = json.loads(first.done("-q", "push", "--to", f"{host}/images", "--json"))
    deltas = {delta(first, cell).digest for cell in CELLS}
    store, most = first.project().store, {}
    for manifest in store.refs("image/").values():
        blobs = blobs_of(store.read_json(manifest))
        most[manifest.digest] = sum(blob.size for blob in blobs if blob.digest not in deltas)
    assert pushed
    for one in pushed:
        assert one["sent"] <= most[one["digest"]], "the layers of cells are not sent"
    assert "0.0 MB sent" in first.done("push", "--to", f"{host}/images")
