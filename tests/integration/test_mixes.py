"""Images by the names of layers: built, and put together when a registry is asked for them."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from builder.execute.project import image_ref
from tests.integration.tiny import Tiny

pytestmark = pytest.mark.docker
MIX = "mix/beta.alpha:trixie"
OPEN = "mixes: {kept: 2}\n"
TYPES = {"Accept": "application/vnd.oci.image.manifest.v1+json"}


@pytest.fixture
def tiny(built: Tiny) -> Tiny:
    """A catalog all of whose cells are in its store, and that allows every mix."""
    path = built.root / "catalog.yaml"
    path.write_text(path.read_text() + OPEN)
    return built


def layers(tiny: Tiny, word: str, image: str) -> list[str]:
    """Return the layers of an image that a word asks for."""
    store, key = tiny.opened(), tiny.plan(word)[image]["key"]
    document = store.read_json(store.refs()[image_ref(image, key)])
    return [layer["digest"] for layer in document["layers"]]


@contextmanager
def serving(tiny: Tiny) -> Iterator[str]:
    """Run `catalog serve`, and yield its address."""
    with tiny.running("serve", "--listen", "127.0.0.1:0") as process:
        yield address_of(process)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("http://"):
            return line.strip().removeprefix("http://").removesuffix("/")
    raise AssertionError(said)


def manifest(address: str, name: str, reference: str) -> requests.Response:
    url = f"http://{address}/v2/{name}/manifests/{reference}"
    return requests.get(url, headers=TYPES, timeout=120)


def digest(address: str, name: str, reference: str) -> str:
    answer = manifest(address, name, reference)
    assert answer.ok, answer.text
    return answer.headers["Docker-Content-Digest"]


def reason(answer: requests.Response) -> str:
    assert answer.status_code == 404, answer.text
    return str(answer.json()["errors"][0]["message"])


def test_a_mix_is_built_tested_and_run_as_what_is_listed(tiny: Tiny) -> None:
    before = tiny.digests()
    ended = tiny.build("beta+alpha")
    assert "1 done, 0 failed" in ended.err
    after = tiny.digests()
    assert set(after) - set(before) == {MIX}
    assert {name: after[name] for name in before} == before, "no cell was built again"
    mixed, listed = layers(tiny, "beta+alpha", MIX), layers(tiny, "both", "both:trixie")
    assert mixed == listed, "the glue joins, and the seal is the same"
    assert "nothing to do" in tiny.build("beta+alpha").err
    tiny.give_test("alpha", "#!/bin/bash\n[[ $(</opt/gamma) == alpha* ]]\n")
    assert f"done {MIX} alpha/it.sh" in tiny.done("test", "beta+alpha").said
    said = tiny.done("run", "beta+alpha", "cat", "/opt/gamma")
    assert said.out == "alpha\nbeta\n"


def test_what_is_pulled_is_what_a_build_makes(tiny: Tiny) -> None:
    with serving(tiny) as address:
        named = f"{address}/{MIX}"
        subprocess.run(["docker", "pull", "--quiet", named], check=True, capture_output=True)
        argv = ["docker", "run", "--rm", named, "cat", "/opt/gamma"]
        said = subprocess.run(argv, check=True, capture_output=True, text=True)
        subprocess.run(["docker", "rmi", named], check=True, capture_output=True)
        assert said.stdout == "alpha\nbeta\n"
        served = {digest(address, "mix/beta.alpha", tag) for tag in ("trixie", "latest")}
        tiny.build("beta+alpha")
        assert served == {tiny.digests()[MIX]}
        assert digest(address, "both", "trixie") == tiny.digests()["both:trixie"]
        assert digest(address, "mix/beta.alpha", tiny.digests()[MIX]) in served


@pytest.mark.parametrize(
    ("name", "tag", "why"),
    [
        ("mix/beta.alfa", "trixie", "there is no layer 'alfa' (did you mean 'alpha'?)"),
        ("mix/beta.alpha", "bookworm", "mix/beta.alpha has no tag 'bookworm'"),
        ("mix/beta.snake", "py3.12", "mix/beta.snake has no tag 'py3.12' (did you mean 'py3.13'?)"),
        ("bath", "trixie", "no image matches 'bath:trixie' (did you mean 'both:trixie'?)"),
    ],
)
def test_what_cannot_be_had_is_refused_with_the_reason(
    tiny: Tiny, name: str, tag: str, why: str
) -> None:
    with serving(tiny) as address:
        assert why in reason(manifest(address, name, tag))


def test_cells_are_not_built_for_strangers(tiny: Tiny) -> None:
    tiny.change("alpha", "<<<alpha", "<<<other")
    with serving(tiny) as address:
        why = reason(manifest(address, "mix/beta.alpha", "trixie"))
        assert "alpha@trixie-amd64" in why
        assert "not in the store" in why
        assert manifest(address, "beta", "trixie").ok


def test_two_who_ask_at_once_get_one_image(tiny: Tiny) -> None:
    with serving(tiny) as address, ThreadPoolExecutor(8) as pool:
        asked = pool.map(lambda _: manifest(address, "mix/alpha.links", "trixie"), range(16))
        assert len({answer.headers["Docker-Content-Digest"] for answer in asked}) == 1


def test_a_stranger_fills_no_disk(tiny: Tiny) -> None:
    """Of what was put together on demand, only as much is kept as the catalog says."""
    own = tiny.root / ".catalog" / "mixes"
    names = ["mix/alpha.beta", "mix/beta.links", "mix/alpha.links", "mix/links.snake"]
    with serving(tiny) as address:
        for name in names:
            assert manifest(address, name, "latest").ok
        kept = json.loads((own / "index.json").read_text())["manifests"]
        assert len(kept) == 2
        # A manifest, a configuration and a seal each.
        assert len(list((own / "blobs" / "sha256").iterdir())) <= 6
        first = manifest(address, names[0], "latest")
        assert first.ok, "what went is put together again"
        assert manifest(address, names[0], first.headers["Docker-Content-Digest"]).ok


def test_what_was_not_served_is_not_there(tiny: Tiny) -> None:
    """A store has more than images: nobody reads it by guessing."""
    secret = next(iter((tiny.store / "blobs" / "sha256").iterdir())).name
    with serving(tiny) as address:
        for kind in ("blobs", "manifests"):
            url = f"http://{address}/v2/both/{kind}/sha256:{secret}"
            assert requests.get(url, timeout=60).status_code == 404


def test_only_one_serves_a_catalog(tiny: Tiny) -> None:
    with serving(tiny):
        ended = tiny.run("serve", "--listen", "127.0.0.1:0")
    assert ended.code == 1
    assert "another `catalog serve` has this catalog" in ended.err


def test_killed_while_it_puts_together_it_leaves_nothing_behind(tiny: Tiny) -> None:
    own = tiny.root / ".catalog" / "mixes"
    with tiny.running("serve", "--listen", "127.0.0.1:0") as process:
        address = address_of(process)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(manifest, address, "mix/alpha.links", "trixie")
            process.kill()
        process.wait(timeout=60)
    with serving(tiny) as address:
        assert manifest(address, "mix/alpha.links", "trixie").ok
        assert not list((own / "ingest").iterdir())
        assert not tiny.damaged()


@pytest.mark.parametrize("listen", ["nowhere", "127.0.0.1:99999", "127.0.0.1:x"])
def test_an_odd_address_is_refused(tiny: Tiny, listen: str) -> None:
    ended = tiny.run("serve", "--listen", listen)
    assert ended.code == 2
    assert f"--listen: {listen!r} is not HOST:PORT" in ended.err
