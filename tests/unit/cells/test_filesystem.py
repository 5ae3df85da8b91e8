"""A flat image and cells, compared."""

from __future__ import annotations

from pathlib import Path

from builder.cells import filesystem
from builder.oci.store import Store
from tests.unit.oci.made import BUILT, Content, built, file, hardlink, layer, symlink

BASE: Content = {
    "etc/shells": "# shells\n/bin/sh\n",
    "etc/x": "x",
    "var/log/y": "log",
    "etc/ld.so.cache": "cache",
}
TOP: Content = {
    "usr/a": "bytes",
    "usr/b": hardlink("usr/a"),
    "etc/shells": "# shells\n/bin/zsh\n/bin/sh\n",
    "usr/link": symlink("a"),
}


def test_a_flat_build_and_cells_are_the_same(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    base = built(store, "base", BASE)
    composed = filesystem.of_cells([base, built(store, "top", TOP, [base])])
    flat = filesystem.of_layers(
        [layer(tmp_path / "1", BASE), layer(tmp_path / "2", TOP)], built_since=BUILT
    )
    export = filesystem.of_layers(
        [layer(tmp_path / "all", {**BASE, **TOP, "etc": file("")} | {"etc/hosts": "x"})],
        built_since=BUILT,
    )
    assert not [
        found
        for found in filesystem.differences(flat, composed)
        if found.path not in {"etc", "usr", "var", "var/log"}
    ]
    assert [found.path for found in filesystem.differences(flat, export)] == ["etc"]


def test_differences_are_told_by_path_and_by_key(tmp_path: Path) -> None:
    one = filesystem.of_layers(
        [layer(tmp_path / "1", {"etc/shells": "/bin/sh\n", "a": "1"})], built_since=BUILT
    )
    two = filesystem.of_layers(
        [layer(tmp_path / "2", {"etc/shells": "/bin/zsh\n", "a": "2"})], built_since=BUILT
    )
    assert [found.path for found in filesystem.differences(one, two)] == [
        "a",
        "etc/shells /bin/sh",
        "etc/shells /bin/zsh",
    ]
