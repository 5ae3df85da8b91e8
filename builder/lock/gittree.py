"""Git's hash of a tree of files (SHA-1), by which registries of Julia name packages and files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Mode = Literal["100644", "100755", "120000"]
FILE: Final[Mode] = "100644"
PROGRAM: Final[Mode] = "100755"
LINK: Final[Mode] = "120000"
TREE = "40000"
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file or a symbolic link in a tree."""

    mode: Mode
    blob: str
    """Git's hash of its bytes, in hexadecimal."""


Node = dict[str, "Leaf | Node"]


def blob(pieces: Iterable[bytes], size: int) -> str:
    """Return git's hash of a file of `size` bytes."""
    digest = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def tree(leaves: Mapping[str, Leaf], directories: Iterable[str] = ()) -> str:
    """Return git's hash of a tree of files by path. Git has no empty directories; those that are
    named are counted as empty trees, as Julia's Tar does.

    Raises:
        ValueError: a path is both a file and a directory.

    """
    top: Node = {}
    for path in directories:
        _directory(top, path.split("/"), path)
    for path, leaf in leaves.items():
        *parents, name = path.split("/")
        there = _directory(top, parents, path)
        if name in there:
            raise ValueError(f"{path!r} is there twice")
        there[name] = leaf
    return _hash(top)


def _directory(top: Node, steps: Iterable[str], path: str) -> Node:
    for step in steps:
        inner = top.setdefault(step, {})
        if isinstance(inner, Leaf):
            raise ValueError(f"{path!r} is below a file")  # noqa: TRY004  it is about its value
        top = inner
    return top


def _hash(node: Node) -> str:
    rows: list[tuple[bytes, bytes]] = []
    for name, inner in node.items():
        data = name.encode("utf-8", "surrogateescape")
        is_tree = not isinstance(inner, Leaf)
        mode = inner.mode if isinstance(inner, Leaf) else TREE
        value = inner.blob if isinstance(inner, Leaf) else _hash(inner)
        # Git orders a directory as if its name ended with a slash.
        rows.append(
            (
                data + b"/" * is_tree,
                mode.encode() + b" " + data + b"\0" + bytes.fromhex(value),
            )
        )
    body = b"".join(row for _, row in sorted(rows))
    return hashlib.sha1(f"tree {len(body)}\0".encode() + body, usedforsecurity=False).hexdigest()
