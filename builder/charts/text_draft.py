"""A file of texts with what there is to translate added: what is in it stays, comments included."""

from __future__ import annotations

import io
from collections.abc import Iterable

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from builder.charts.text_gaps import Written
from builder.documents import check_yaml

START = "# What is empty is taken from the next language that catalog.yaml names.\n"
UNLIMITED = 1 << 20
"""Columns: a text is one line, however long it is."""


def with_gaps(text: str, lacking: Iterable[Written]) -> str:
    """Return a file of texts with a key for each text that is to be translated, and the text itself
    as a comment behind it. `text` is the file as it is, empty for a new one; it is right.
    """
    text = text or START
    # The round trip's own parser has no limits.
    check_yaml(text)
    trip = YAML()
    trip.width, trip.preserve_quotes, trip.allow_duplicate_keys = UNLIMITED, True, False
    document = trip.load(text)
    # What has no entries has no place for comments: they stand in front of the first one.
    lines = [] if document else text.splitlines()
    kept = [f"{line}\n" for line in lines if line.strip() != "{}"]
    document = document or CommentedMap()
    for one in lacking:
        _add(document, one)
    stream = io.StringIO()
    trip.dump(document, stream)
    return "".join(kept) + stream.getvalue().rstrip("\n") + "\n"


def _add(document: CommentedMap, one: Written) -> None:
    *path, last = (str(key) for key in one.keys)
    inside = document
    for key in path:
        if inside.get(key) is None:
            inside[key] = CommentedMap()
        inside = inside[key]
    if last in inside:
        return
    inside[last] = None
    text = " ".join(one.text.split())
    if path[0] != "notes" and text:
        inside.yaml_add_eol_comment(f"# {text}", last)
