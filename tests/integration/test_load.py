"""Images in the engine: layers move once, and arrive as they were composed."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Iterator

import pytest

from builder.errors import BuilderError
from builder.oci.model import Descriptor
from builder.tools import engine
from tests.integration.tiny import SYSTEM, Tiny, damage

pytestmark = pytest.mark.docker

TOOLS, ALPHA, BETA, GAMMA = (f"{name}@trixie-amd64" for name in ("tools", "alpha", "beta", "gamma"))


def docker(*argv: str, stdin: str = "") -> str:
    ended = subprocess.run(
        ["docker", *argv],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        errors="surrogateescape",
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def loading(built: Tiny) -> Iterator[Tiny]:
    """Return a catalog that is built, under names that nobody has; they are taken out of the engine
    in the end."""
    registry = f"localhost:5000/tiny-{uuid.uuid4().hex[:12]}"
    path = built.root / "catalog.yaml"
    path.write_text(
        path.read_text().replace("registry: localhost:5000/tiny\n", f"registry: {registry}\n")
    )
    # Something that no engine has seen.
    built.file("beta", "opt/beta/name", f"{registry}\n")
    built.build("alpha", "beta", "both")
    yield built
    names = docker(
        "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={registry}/*"
    ).split()
    if names:
        docker("image", "rm", "--force", *names)


def load(tiny: Tiny, *patterns: str) -> tuple[list[str], dict[str, tuple[int, int]]]:
    """Load; return the names printed, and by image how many layers moved, and how many it has."""
    ended = tiny.done("load", *patterns)
    moved = re.findall(r"/([^/]+): (\d+) of (\d+) layers moved", ended.err)
    return ended.out.split(), {name: (int(came), int(whole)) for name, came, whole in moved}


def test_layers_move_once_and_the_digest_is_ours(loading: Tiny) -> None:
    names, moved = load(loading, "alpha", "beta", "both")
    assert [name.rpartition("/")[2] for name in names] == [
        "alpha:trixie",
        "beta:trixie",
        "both:trixie",
    ]
    for name in names:
        found = json.loads(docker("image", "inspect", name))[0]
        assert digest_known(loading, name.rpartition("/")[2], found["Id"])
    documents = {name: loading.opened().read_json(loading.manifest(name)) for name in moved}
    layers = {name: [layer["digest"] for layer in documents[name]["layers"]] for name in moved}
    whole = {name: len(digests) for name, digests in layers.items()}
    assert whole == {name: of for name, (_, of) in moved.items()}
    chunks = {name: len(loading.facts(name).delta) for name in (SYSTEM, TOOLS, ALPHA, BETA, GAMMA)}
    assert chunks[SYSTEM] > 2, "what is large is in several layers"
    below = chunks[SYSTEM] + chunks[TOOLS]
    assert whole == {
        "alpha:trixie": below + chunks[ALPHA] + 1,
        "beta:trixie": below + chunks[BETA] + 1,
        "both:trixie": below + chunks[ALPHA] + chunks[BETA] + chunks[GAMMA] + 1,
    }
    # Images are loaded in no order, and an earlier run may have left layers: beta's delta is the one
    # that no engine has seen, and two images hold it.
    distinct = len(set().union(*layers.values()))
    assert 1 <= sum(came for came, _ in moved.values()) <= distinct, moved
    assert moved["beta:trixie"][0] + moved["both:trixie"][0] >= 1, moved
    again, moved = load(loading, "alpha", "beta", "both")
    assert again == names
    assert not moved, "nothing moves the second time"
    listed = docker("image", "ls", "--format", "{{.Repository}}")
    assert "127.0.0.1" not in listed, "the name under which it was pulled is taken away"


def digest_known(tiny: Tiny, image: str, found: str) -> bool:
    """Tell whether the engine calls the image by our manifest's digest, or, without containerd's
    store, by our configuration's."""
    manifest: Descriptor = tiny.manifest(image)
    return found in {manifest.digest, tiny.opened().read_json(manifest)["config"]["digest"]}


def test_only_what_changed_moves(loading: Tiny) -> None:
    load(loading, "both")
    loading.file("beta", "opt/beta/name", f"{uuid.uuid4()}\n")
    loading.build("both")
    _, moved = load(loading, "both")
    came, _ = moved["both:trixie"]
    assert came == 1, "beta's delta moves; the bookkeeping, and so the seal, is that of before"
    (name,) = names_of(loading, "both")
    assert docker("run", "--rm", "--network=none", name, "cat", "/opt/beta/name").count("-") == 4


def names_of(tiny: Tiny, image: str) -> list[str]:
    return tiny.done("load", image).out.split()


def test_a_tampered_blob_is_refused_named_and_made_again(loading: Tiny) -> None:
    # Bytes that the engine has from an earlier run would not be asked for.
    loading.file("beta", "opt/beta/name", f"{uuid.uuid4()}\n")
    loading.build("beta")
    document = loading.opened().read_json(loading.manifest("beta:trixie"))
    delta = loading.facts(BETA).delta[0].blob.digest
    damage(loading.opened().path(delta), "tampered")
    ended = loading.run("load", "beta")
    assert ended.code == 1
    assert f"{BETA}: blob {delta} is damaged" in ended.err
    assert "run the build again" in ended.err
    loading.build("beta")
    assert loading.digests()["beta:trixie"] == loading.manifest("beta:trixie").digest
    assert document == loading.opened().read_json(loading.manifest("beta:trixie")), (
        "the same bytes as before"
    )
    loading.done("load", "beta")


KINDS = r"""
cd /opt/links
stat --format '%n|%F|%a|%u:%g|%h' -- * | sort
getcap capable
readlink soft dangling
[ file -ef hard ] && echo 'one file, two names'
cat 'Grüße, 世界 ☃'
ls empty | wc -l
"""


def test_all_kinds_of_files_arrive_as_they_were_made(built: Tiny) -> None:
    (name,) = names_of(built, "links")
    try:
        said = docker(
            "run",
            "--rm",
            "--network=none",
            "--user=0:0",
            "--interactive",
            name,
            "bash",
            "-eu",
            stdin=KINDS,
        )
    finally:
        docker("image", "rm", "--force", name)
    lines = said.splitlines()
    for expected in (
        "capable|regular file|755|0:0|1",
        "dangling|symbolic link|777|0:0|1",
        "empty|directory|755|0:0|2",
        "file|regular file|644|0:0|2",
        "hard|regular file|644|0:0|2",
        "Grüße, 世界 ☃|regular file|644|0:0|1",
        "latin-\udce9|regular empty file|644|0:0|1",
        "nothing|regular empty file|644|0:0|1",
        "pipe|fifo|644|0:0|1",
        "setgid|regular file|2755|0:0|1",
        "setuid|regular file|4755|0:0|1",
        "shared|directory|2775|1000:100|2",
        "soft|symbolic link|777|0:0|1",
        "sticky|directory|1777|0:0|2",
        "newline|regular file|644|0:0|1",
        "x" * 200 + "|regular empty file|644|0:0|1",
        "capable cap_net_bind_service=ep",
        "/nowhere",
        "one file, two names",
        "text",
        "0",
    ):
        assert expected in lines, f"{expected!r} is missing:\n{said}"


def test_an_engine_that_refuses_says_why() -> None:
    with pytest.raises(BuilderError, match="docker could not load here:1"):
        engine.pull(engine.client(), "127.0.0.1:1/nothing:here", "here:1")
