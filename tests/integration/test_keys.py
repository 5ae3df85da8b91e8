"""The same catalog and lock give the same digests, whatever was built before."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from builder.cells import inputs
from builder.execute.project import image_ref
from builder.oci.blob import descriptor_json
from builder.oci.model import MANIFEST
from tests.gates import AGAIN
from tests.integration.tiny import CATALOG, Tiny, copy_store

pytestmark = pytest.mark.docker

P, C = "p@trixie-amd64", "c@trixie-amd64"
LOOKS = "if [ -e /opt/p ]; then cp /opt/p /opt/c; else echo none >/opt/c; fi"


def write(
    tiny: Tiny, layers: dict[str, str], *, images: str = "one: {layers: [p, c], tag: '{debian}'}"
) -> None:
    """Let the catalog have these layers on its own two, and no others."""
    head = CATALOG[: CATALOG.index("images:")]
    (tiny.root / "catalog.yaml").write_text(f"{head}images:\n  {images}\n")
    for path in (tiny.root / "images").iterdir():
        if path.name not in {"system", "tools"}:
            for file in sorted(path.rglob("*"), reverse=True):
                file.unlink() if file.is_file() else file.rmdir()
            path.rmdir()
    for name, text in layers.items():
        tiny.layer(name, f"description: {name}\n{text}\n")
    tiny.done("lock")


def from_nothing(tiny: Tiny, bottom: Tiny, store: Path) -> Tiny:
    """Return the same catalog, built anew on a store that has only what bootstrap made."""
    copy_store(bottom, store)
    other = tiny.with_store(store)
    other.build("--no-cache")
    return other


def current(tiny: Tiny) -> dict[str, str]:
    """Return the digest of each cell and image that the catalog leads to now."""
    refs, digests = tiny.opened().refs(), {}
    for node, step in tiny.plan().items():
        assert step["action"] == "keep", f"{node} is not built"
        is_image = step["kind"] == "image"
        ref = image_ref(node, step["key"]) if is_image else f"cell/{step['key']}"
        digests[node] = refs[ref].digest
    return digests


def content(tiny: Tiny, image: str, path: str) -> str:
    """Return the sha256 of a file in an image, as the facts of its cells have it."""
    for cell in tiny.plan(image):
        if "@" in cell and path in tiny.facts(cell).entries:
            return tiny.facts(cell).entries[path].digest
    return ""


def test_an_edge_is_part_of_the_key(built: Tiny, locked_tiny: Tiny, tmp_path: Path) -> None:
    """A layer that looks for a file of another is built again when it is moved onto that."""
    write(built, {"p": "on: [tools]\nrun: echo 1 >/opt/p", "c": f"on: [tools]\nrun: {LOOKS}"})
    built.build()
    alone = content(built, "one", "opt/c")
    write(built, {"p": "on: [tools]\nrun: echo 1 >/opt/p", "c": f"on: [p]\nrun: {LOOKS}"})
    assert built.to_build()[C] == ["now stands on p"]
    built.build()
    assert content(built, "one", "opt/c") == content(built, "one", "opt/p") != alone
    write(built, {"p": "on: [tools]\nrun: echo 2 >/opt/p", "c": f"on: [p]\nrun: {LOOKS}"})
    assert built.to_build()[C] == ["p changed"]
    built.build()
    assert content(built, "one", "opt/c") == content(built, "one", "opt/p")
    assert current(from_nothing(built, locked_tiny, tmp_path / "new")) == current(built)


def test_force_builds_again_and_what_came_out_the_same_moves_nothing(built: Tiny) -> None:
    before = built.digests()
    said = built.build("--force", "beta").err
    assert "1 to build" in said
    assert built.digests() == before
    assert built.to_build() == {}
    refused = built.run("build", "--force", "betta")
    assert refused.code == 2
    assert "did you mean 'beta'?" in refused.err


PROMISE = {
    "p": "on: [tools]\nabi: [p-1]\nrun: echo {} >/opt/p && echo 7 >/opt/steady",
    "c": f"on: [p]\nrun: {LOOKS}",
    "d": "on: [p]\nrun: cp /opt/steady /opt/d",
    "e": "on: [c]\nrun: cp /opt/c /opt/e",
}


def promised(number: int) -> dict[str, str]:
    return {**PROMISE, "p": PROMISE["p"].format(number)}


@AGAIN
def test_a_promise_that_breaks_is_found_named_and_mended(
    built: Tiny, locked_tiny: Tiny, tmp_path: Path
) -> None:
    images = "one: {layers: [d, e], tag: '{debian}'}"
    write(built, promised(1), images=images)
    built.build()
    assert built.done("verify").err.count("nothing to verify") == 1
    write(built, promised(2), images=images)
    assert [name for name in built.to_build() if "@" in name] == [P], "kept on their word"
    built.build()
    assert content(built, "one", "opt/c") != content(built, "one", "opt/p")

    verified = built.run("verify")
    assert verified.code == 1
    assert f"gives different bytes on the current {P} (ABI p-1)" in verified.err
    assert "/opt/c: file 0644 0:0 2 B" in verified.err
    assert "1 gave the same bytes, 2 gave different ones and are replaced" in verified.err
    assert content(built, "one", "opt/e") == content(built, "one", "opt/p"), "its child as well"
    assert built.to_build() == {}, "the image is put together of the new bytes"
    assert "nothing to verify" in built.done("verify").err
    assert current(from_nothing(built, locked_tiny, tmp_path / "new")) == current(built)


def test_a_promise_that_holds_is_verified_once(built: Tiny) -> None:
    layers = {name: text for name, text in promised(1).items() if name in {"p", "d"}}
    write(built, layers, images="one: {layers: [d], tag: '{debian}'}")
    built.build()
    layers["p"] = promised(2)["p"]
    write(built, layers, images="one: {layers: [d], tag: '{debian}'}")
    built.build()
    rows = json.loads(built.done("-q", "verify", "--json").out)
    assert [(row["cell"], row["outcome"]) for row in rows] == [("d@trixie-amd64", "kept")]
    assert json.loads(built.done("-q", "verify", "--json").out) == []


def test_a_build_that_never_comes_out_the_same_is_no_broken_promise(built: Tiny) -> None:
    layers = {"p": promised(1)["p"], "c": "on: [p]\nrun: head -c 9 /dev/urandom >/opt/c"}
    write(built, layers)
    built.build()
    layers["p"] = promised(2)["p"]
    write(built, layers)
    built.build()
    verified = built.run("verify", "--json")
    assert verified.code == 1
    assert [row["outcome"] for row in json.loads(verified.out)] == ["unsteady"]


def test_what_a_cell_came_to_is_kept_beside_the_lock(built: Tiny) -> None:
    assert built.run("digests").code == 1, "nothing is recorded yet"
    built.done("digests", "--write")
    assert built.done("digests").code == 0
    path = built.root / "catalog.digests.json"
    text = path.read_text()
    delta = built.facts("beta@trixie-amd64").delta[0].diff_id
    path.write_text(text.replace(delta, "sha256:" + "0" * 64))
    told = built.run("digests")
    assert told.code == 1
    assert "catalog verify beta@trixie-amd64" in told.err
    warned = built.build("--force", "beta").err
    assert "came to other bytes than catalog.digests.json has of the same inputs" in warned
    path.write_text(text.replace('"format": 1', '"format": 7'))
    assert built.run("digests").code == 2


def test_a_store_of_the_former_key_format_is_built_beside_it(built: Tiny) -> None:
    """What an older version of this program left there is neither taken for its own nor read."""
    beta = "beta@trixie-amd64"
    store = built.opened()
    former = dict(inputs.recall(store, beta) or {})
    former["format"] = 2
    former["abi"] = ["debian-13"]
    for name in ("cell", "environment", "below"):
        del former[name]
    inputs.remember(store, beta, former)
    manifest = store.read_json(built.manifest(beta))
    old = json.dumps({"cell": beta, "key": "f" * 64, "delta": manifest["layers"][0]}).encode()
    manifest["config"] = descriptor_json(store.put_bytes(old, "application/vnd.old+json"))
    blob = store.put_bytes(json.dumps(manifest).encode(), MANIFEST)
    store.tag({"cell/" + "f" * 64: blob})
    store.untag([f"cell/{built.plan()[beta]['key']}"])
    assert built.to_build()[beta] == ["key format 2 → 3"]
    built.build()
    assert built.to_build() == {}
    assert store.find("cell/" + "f" * 64) is not None, "beside the new one"
    assert "2 cells" not in built.done("prune", "--all").out
    assert store.find("cell/" + "f" * 64) is None


@dataclass
class History:
    """A small catalog that is edited at random: layers, what they stand on, what they do."""

    chance: random.Random
    edges: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    env: dict[str, int] = field(default_factory=dict)

    def edit(self) -> None:
        """Change one thing."""
        names = ["a", "b", "c"]
        name = self.chance.choice(names)
        match self.chance.randrange(3) if self.edges else 0:
            case 0:
                below = names[: names.index(name)]
                self.edges[name] = [one for one in below if self.chance.random() < 0.6]
            case 1:
                self.texts[name] = self.chance.randrange(3)
            case _:
                self.env[name] = self.chance.randrange(3)

    def layers(self) -> dict[str, str]:
        """Return the layers: each writes a number, and what it sees of all the others."""
        texts = {}
        for name in ("a", "b", "c"):
            on = self.edges.get(name) or ["tools"]
            run = (
                f"cat /opt/a /opt/b /opt/c >/opt/seen-{name} 2>/dev/null || true;"
                f" echo ${{VALUE:-none}} >>/opt/seen-{name};"
                f" echo {self.texts.get(name, 0)} >/opt/{name}"
            )
            env = f"env: {{VALUE: '{self.env[name]}'}}\n" if name in self.env else ""
            texts[name] = f"on: [{', '.join(on)}]\n{env}run: {json.dumps(run)}"
        return texts


LONG = pytest.mark.whole("histories are made anew step by step")


@pytest.mark.parametrize(
    ("seed", "steps"), [(1, 1), pytest.param(1, 4, marks=LONG), pytest.param(2, 4, marks=LONG)]
)
def test_history_does_not_matter(
    built: Tiny, locked_tiny: Tiny, tmp_path: Path, seed: int, steps: int
) -> None:
    history = History(chance=random.Random(seed))  # noqa: S311  no secret
    for step in range(steps):
        for _ in range(2):
            history.edit()
        write(built, history.layers(), images="one: {layers: [a, b, c], tag: '{debian}'}")
        built.build()
        fresh = current(from_nothing(built, locked_tiny, tmp_path / f"new-{step}"))
        assert current(built) == fresh, f"after step {step}: {history}"
