"""An image of a registry is made again by an engine, from what its provenance names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from builder.attest import statement
from builder.execute.project import Project, open_project
from builder.plan import provenance
from builder.record.said import origin
from builder.release.attached import Document, Signer, Subject, attach_all
from builder.release.shelf import Place
from builder.tools.registry import address
from tests.integration.registry_server import registry
from tests.integration.test_push import target
from tests.integration.test_signed_release import COSIGN, OURS, PUBLIC
from tests.integration.tiny import Tiny, copy

pytestmark = [
    pytest.mark.docker,
    pytest.mark.whole("an image is built again without what the engine has, in a store of its own"),
]
IMAGE = "alpha:trixie"


def test_an_image_comes_to_the_same_bytes_or_its_cells_are_named(
    built_tiny: Tiny, tmp_path: Path
) -> None:
    tiny = copy(built_tiny, tmp_path / "catalog")
    with registry(tmp_path / "registry") as hub:
        to = ("--to", f"{hub.address}/tiny")
        tiny.done("publish", "--allow", "untested", *to)
        project = opened(tiny)
        refs = project.store.refs("image/")
        (manifest,) = [one for ref, one in refs.items() if f"/{IMAGE}@" in ref]
        word = f"alpha@{manifest.digest}"
        done = tiny.done("verify", word, "--json", *to)
        said = json.loads(done.out)
        assert said["came_to"] == said["digest"] == manifest.digest
        assert all(one["same"] for one in said["cells"])
        assert not list(project.state.glob("again-*"))

        # Somebody says that another cell is in it, and signs that.
        (tiny.root / "release.pub").write_bytes(OURS.public)
        with (tiny.root / "catalog.yaml").open("a") as file:
            file.write("signed_by: {keys: [release.pub]}\n")
        made = origin(project, IMAGE, "1.0")
        *below, last = made.cells
        cells = (*below, replace(last, digest=f"sha256:{5:064x}"))
        key = project.image_key(IMAGE, [one.digest for one in cells])
        predicate = provenance.predicate(replace(made, cells=cells, key=key), [])
        data = statement.write(manifest.digest, statement.PROVENANCE, predicate)
        there = Place(
            registry=target(hub, tmp_path).registry,
            address=address(f"{hub.address}/tiny"),
            jobs=1,
        )
        subject = Subject(
            name=IMAGE,
            repository=there.image(IMAGE)[0],
            digest=manifest.digest,
            documents=lambda: [Document(kind="application/json", data=data, statement=data)],
        )
        attach_all(there, [subject], Signer(cosign=COSIGN, key="a", public=PUBLIC))
        ended = tiny.run("verify", word, *to)
        assert ended.code == 1
        assert (
            f"failed {last.cell}\ncame to other bytes than the image in the registry" in ended.said
        )


def opened(tiny: Tiny) -> Project:
    project = open_project(tiny.root / "catalog.yaml")
    return replace(project, settings=replace(project.settings, store=tiny.store))
