"""Images from cells: laws, contents, and what the seal makes of bookkeeping."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builder.cells import compose, records, seal
from builder.cells.delta import normalise
from builder.debian.model import Facts
from builder.errors import ConflictError
from builder.oci.model import CONFIG, MANIFEST, SYMLINK, Descriptor, ImageConfig
from builder.oci.store import Store
from builder.oci.tar import decompressed, members
from tests.unit.oci.made import (
    BUILT,
    Content,
    Made,
    built,
    directory,
    file,
    layer,
    library,
    symlink,
)
from tests.unit.oci.made import facts as made

HERE = "usr/lib/x86_64-linux-gnu"
STATUS = "var/lib/dpkg/status"
CONFIGURATION = ImageConfig(
    env={"LANG": "C.UTF-8"},
    path=("/opt/bin",),
    user="1000",
    workdir="/work",
    cmd=("sh",),
    expose=(80,),
    labels={"a": "b"},
)


def package(name: str) -> str:
    return f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"


def alternative(*choices: tuple[str, int]) -> str:
    head = "auto\n/usr/bin/vi\nvi.1.gz\n/usr/share/man/vi.1.gz\n\n"
    return (
        head
        + "".join(
            f"/usr/bin/{name}\n{priority}\n/usr/share/man/{name}.1.gz\n"
            for name, priority in choices
        )
        + "\n"
    )


def cell(name: str, priority: int) -> Content:
    """What a build of one of the independent cells writes, on top of BASE."""
    return {
        "usr": directory(),
        "usr/bin": directory(),
        f"usr/bin/{name}": file("#!", 0o755),
        "usr/bin/vi": symlink("/etc/alternatives/vi"),
        "etc/alternatives/vi": symlink(f"/usr/bin/{name}"),
        f"usr/share/man/{name}.1.gz": "manual",
        "usr/share/common": "both have it",
        f"{HERE}/lib{name}.so.1.0": file(library(f"lib{name}.so.1")),
        f"{HERE}/lib{name}.so.1": symlink(f"lib{name}.so.1.0"),
        "var/lib/dpkg/alternatives/vi": alternative((name, priority)),
        STATUS: package("base") + package("common") + package(name),
        "etc/passwd": f"root:x:0:0:root:/root:/bin/sh\n{name}:x:{500 + priority}:1::/:/bin/sh\n",
    }


BASE: Content = {
    "etc": directory(),
    "usr": directory(),
    "usr/bin": directory(),
    "usr/lib": directory(),
    "lib": symlink("usr/lib"),
    STATUS: package("base"),
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
}
NAMES = ("nano", "ed", "vim")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store.open(tmp_path_factory.mktemp("compose") / "store")


@pytest.fixture(scope="module")
def three(store: Store) -> list[Facts]:
    """A base, and three cells on it that do not know each other."""
    base = built(store, "base", BASE)
    return [
        base,
        *(built(store, name, cell(name, number), [base]) for number, name in enumerate(NAMES)),
    ]


def layers_of(store: Store, image: Descriptor) -> list[Descriptor]:
    return [
        Descriptor(item["mediaType"], item["digest"], item["size"])
        for item in store.read_json(image)["layers"]
    ]


def unpack(store: Store, blob: Descriptor, tmp_path: Path) -> dict[str, tuple[str, str, bytes]]:
    plain = tmp_path / "plain.tar"
    with decompressed(store.path(blob.digest), blob.media_type) as stream:
        plain.write_bytes(stream.read())
    data = plain.read_bytes()
    with plain.open("rb") as stream:
        return {
            m.path: (m.entry.type, m.entry.link, data[m.offset : m.offset + m.entry.size])
            for m in members(stream, "layer")
        }


@pytest.mark.parametrize("order", [*itertools.permutations(range(1, 4))], ids=str)
def test_in_any_order_the_tree_and_the_seal_are_the_same(
    store: Store, three: list[Facts], order: tuple[int, ...]
) -> None:
    shuffled = [three[0], *(three[index] for index in order)]
    assert seal.tree(shuffled, CONFIGURATION) == seal.tree(three, CONFIGURATION)
    one, other = (compose.compose(store, layers, CONFIGURATION) for layers in (three, shuffled))
    assert layers_of(store, one)[-1] == layers_of(store, other)[-1]
    assert set(layers_of(store, one)) == set(layers_of(store, other))


def test_the_same_cells_are_the_same_image(
    store: Store, three: list[Facts], tmp_path: Path
) -> None:
    other = Store.open(tmp_path / "other")
    base = built(other, "base", dict(reversed(BASE.items())))
    again = [
        base,
        *(built(other, name, cell(name, number), [base]) for number, name in enumerate(NAMES)),
    ]
    assert compose.compose(other, again, CONFIGURATION) == compose.compose(
        store, three, CONFIGURATION
    )


def test_a_chain_is_the_same_as_its_squash(store: Store, tmp_path: Path) -> None:
    """Three cells on each other, and one cell built from their layers at once, make one
    filesystem."""
    chain: list[Facts] = []
    sources = []
    status = ""
    for number, name in enumerate(("base", *NAMES)):
        content: Content = BASE if name == "base" else cell(name, number)
        status += package(name) if name in {"base", *NAMES} else ""
        choices = [(other, index) for index, other in enumerate(NAMES, 1)][:number]
        accounts = "root:x:0:0:root:/root:/bin/sh\n" + "".join(
            f"{n}:x:{500 + i}:1::/:/bin/sh\n" for n, i in choices
        )
        content = {
            **content,
            STATUS: status + (package("common") if number else ""),
            "etc/passwd": accounts,
        }
        if choices:
            content["var/lib/dpkg/alternatives/vi"] = alternative(*choices)
        sources.append(layer(tmp_path / name, content))
        chain.append(
            normalise(
                [sources[-1]],
                cell=name,
                key=name,
                ancestors=list(chain),
                store=store,
                built_since=BUILT,
            )
        )
    squashed = normalise(
        sources, cell="all", key="all", ancestors=[], store=store, built_since=BUILT
    )
    assert seal.tree([squashed], CONFIGURATION) == seal.tree(chain, CONFIGURATION)


def test_the_seal_unites_bookkeeping(store: Store, three: list[Facts], tmp_path: Path) -> None:
    image = compose.compose(store, three, CONFIGURATION)
    sealed = unpack(store, layers_of(store, image)[-1], tmp_path)
    assert sealed[STATUS][2].decode() == "".join(
        package(name) for name in ("base", "common", "ed", "nano", "vim")
    )
    assert sealed["etc/passwd"][2].decode().splitlines()[0].startswith("root:")
    assert len(sealed["etc/passwd"][2].splitlines()) == 4
    assert sealed["etc/alternatives/vi"][:2] == (SYMLINK, "/usr/bin/vim"), "the highest priority"
    assert sealed["usr/bin/vi"][:2] == (SYMLINK, "/etc/alternatives/vi")
    assert sealed["usr/share/man/vi.1.gz"][:2] == (SYMLINK, "/etc/alternatives/vi.1.gz")
    for name in NAMES:
        assert f"/lib/x86_64-linux-gnu/lib{name}.so.1\0".encode() in sealed["etc/ld.so.cache"][2]


def test_a_slave_without_its_file_gets_no_link(store: Store) -> None:
    content = {
        path: value for path, value in cell("nano", 1).items() if not path.endswith("nano.1.gz")
    }
    found = seal.tree([built(store, "bare", {**BASE, **content})], CONFIGURATION)
    assert "usr/bin/vi" in found
    assert "usr/share/man/vi.1.gz" not in found


def test_a_choice_by_hand_wins_over_priority(store: Store, three: list[Facts]) -> None:
    by_hand: Content = {
        "etc/alternatives/vi": symlink("/usr/bin/ed"),
        "var/lib/dpkg/alternatives/vi": alternative(("ed", 1)).replace("auto", "manual", 1),
    }
    tree = seal.tree([*three, built(store, "hand", by_hand)], CONFIGURATION)
    assert tree["etc/alternatives/vi"].link == "/usr/bin/ed"


def test_a_choice_by_hand_that_is_none_is_an_error(store: Store) -> None:
    by_hand: Content = {
        "etc/alternatives/vi": symlink("/usr/bin/other"),
        "var/lib/dpkg/alternatives/vi": alternative(("ed", 1)).replace("auto", "manual", 1),
    }
    with pytest.raises(
        ConflictError, match="vi is set to /usr/bin/other, which is not one of its choices"
    ):
        seal.seal([built(store, "hand", by_hand)], CONFIGURATION)


def test_manifest_and_configuration(store: Store, three: list[Facts]) -> None:
    image = compose.compose(store, three, CONFIGURATION)
    assert image.media_type == MANIFEST
    manifest = store.read_json(image)
    assert [item["digest"] for item in manifest["layers"][:-1]] == [
        facts.delta[0].blob.digest for facts in three
    ]
    blob = manifest["config"]
    assert blob["mediaType"] == CONFIG
    document = json.loads(store.path(blob["digest"]).read_bytes())
    assert document["rootfs"]["diff_ids"][:-1] == [facts.delta[0].diff_id for facts in three]
    assert len(document["history"]) == len(document["rootfs"]["diff_ids"]) == 5
    assert document["history"][1]["created_by"] == "catalog: nano"
    assert document["config"] == {
        "User": "1000",
        "ExposedPorts": {"80/tcp": {}},
        "Env": [
            "PATH=/opt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG=C.UTF-8",
        ],
        "Cmd": ["sh"],
        "WorkingDir": "/work",
        "Labels": {"a": "b"},
    }


def test_an_image_is_as_old_as_its_newest_file_of_a_package(store: Store) -> None:
    old = built(store, "old", {"bin/old": file("1", mtime=1_500_000_000)})
    new = built(store, "new", {"bin/new": file("2", mtime=1_600_000_000)})
    # What a build writes has the time of the build, which is no package's.
    written = built(store, "written", {"bin/written": file("3", mtime=BUILT + 7)})
    document = described(store, [old, new, written])
    assert document["created"] == "2020-09-13T12:26:40Z"
    assert [row["created"] for row in document["history"]] == [
        "2017-07-14T02:40:00Z",
        "2020-09-13T12:26:40Z",
        "2020-09-13T12:26:40Z",
        "2020-09-13T12:26:40Z",
    ]
    # A layer is not older than those below it, and the order of layers changes no date of an image.
    other = described(store, [new, old, written])
    assert other["created"] == document["created"]
    assert {row["created"] for row in other["history"]} == {document["created"]}


def test_an_image_without_packages_has_the_date_of_what_builds_write(store: Store) -> None:
    ancient = built(store, "ancient", {"bin/ancient": file("1", mtime=0)})
    written = built(store, "written", {"bin/written": file("3", mtime=BUILT + 7)})
    for layers in ([ancient], [written], [ancient, written]):
        document = described(store, layers)
        assert document["created"] == "1980-01-01T00:00:00Z"


def described(store: Store, layers: list[Facts]) -> dict[str, Any]:
    """Return the configuration of the image of these layers."""
    image = compose.compose(store, layers, CONFIGURATION)
    blob = store.read_json(image)["config"]
    document: dict[str, Any] = json.loads(store.path(blob["digest"]).read_bytes())
    return document


def test_a_cell_without_a_delta_is_no_layer(store: Store, three: list[Facts]) -> None:
    image = compose.compose(store, [*three, made("empty")], CONFIGURATION)
    assert image == compose.compose(store, three, CONFIGURATION)


def test_an_image_is_kept_as_long_as_its_key_is_the_same(store: Store, three: list[Facts]) -> None:
    manifests = [records.record(store, facts, {}) for facts in three]
    key = compose.image_key(manifests, CONFIGURATION)
    ref = compose.ref("editor", "trixie")
    assert compose.find(store, ref, key) is None
    image = compose.compose(store, three, CONFIGURATION, ref=ref, key=key)
    assert compose.find(store, ref, key) == image
    assert compose.find(store, ref, "other") is None
    assert compose.image_key(manifests[:-1], CONFIGURATION) != key
    assert compose.image_key(manifests, ImageConfig()) != key
    store.path(three[1].delta[0].blob.digest).rename(store.root / "aside")
    assert compose.find(store, ref, key) is None
    (store.root / "aside").rename(store.path(three[1].delta[0].blob.digest))


def test_two_layers_that_disagree_leave_no_image(store: Store, three: list[Facts]) -> None:
    other = built(store, "other", {"usr/bin/nano": "another"})
    with pytest.raises(ConflictError, match=r"/usr/bin/nano: other disagrees .* with nano"):
        compose.compose(store, [*three, other], CONFIGURATION, ref="image/bad:1")
    assert store.find("image/bad:1") is None


FILES = st.dictionaries(
    st.sampled_from(["opt/a", "opt/b/c", "etc/d", "usr/bin/e"]),
    st.sampled_from(["1", "2"]),
    max_size=4,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FILES, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_composition_commutes(
    store: Store, contents: list[dict[str, str]], order: random.Random
) -> None:
    base = built(store, "base", BASE)
    found: list[Facts] = []
    for number, content in enumerate(contents):
        shared: dict[str, Made | str] = {path: f"{path} {text}" for path, text in content.items()}
        found.append(built(store, f"cell{number}", shared, [base]))
    shuffled = list(found)
    order.shuffle(shuffled)
    results = []
    for layers in (found, shuffled):
        try:
            results.append(
                seal.seal([base, *layers], CONFIGURATION)
                | seal.tree([base, *layers], CONFIGURATION)
            )
        except ConflictError:
            results.append({})
    assert results[0] == results[1]
