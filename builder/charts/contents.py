"""What the files of a chart say, for any chart, of this catalog or not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from builder.charts.chart import VERSION
from builder.documents import DocumentError, from_json, from_yaml
from builder.errors import IntegrityError
from builder.tree import File, Tree

CHANGES = "artifacthub.io/changes"
IMAGES = "artifacthub.io/images"


def metadata(tree: Tree) -> dict[str, object]:
    """Return Chart.yaml."""
    return _mapping(tree, "Chart.yaml")


def values(tree: Tree) -> dict[str, object]:
    """Return values.yaml; empty for a chart that has none."""
    return _mapping(tree, "values.yaml")


def schema(tree: Tree) -> dict[str, object]:
    """Return values.schema.json; empty for a chart that has none."""
    file = tree.get("values.schema.json")
    document = _read(from_json, file.data, "values.schema.json") if file else {}
    return document if isinstance(document, dict) else {}


def images(tree: Tree) -> list[str]:
    """Return the images that a chart says it offers."""
    entries = _read(from_yaml, _annotations(tree).get(IMAGES) or "", f"the annotation {IMAGES}")
    if not isinstance(entries, list):
        return []
    return [str(entry.get("image")) for entry in entries if isinstance(entry, Mapping)]


def templates(tree: Tree) -> dict[str, File]:
    """Return the files that create objects."""
    return {
        path: file
        for path, file in tree.items()
        if path.startswith(("templates/", "crds/", "charts/", "files/"))
    }


def neutral(tree: Tree) -> Tree:
    """Return a chart without its version and changelog, which differ between all versions."""
    about = metadata(tree)
    kept = {key: value for key, value in _annotations(tree).items() if key != CHANGES}
    text = json.dumps({**about, "version": VERSION, "annotations": kept}, sort_keys=True).encode()
    return tree.merged({"Chart.yaml": File(text)})


def _annotations(tree: Tree) -> dict[str, str]:
    annotations = metadata(tree).get("annotations")
    if not isinstance(annotations, Mapping):
        return {}
    return {str(key): str(value) for key, value in annotations.items()}


def _read(parse: Callable[[bytes | str], object], data: bytes | str, what: str) -> object:
    try:
        return parse(data)
    except DocumentError as error:
        raise IntegrityError(f"{what} of the chart {error}") from None


def _mapping(tree: Tree, path: str) -> dict[str, object]:
    file = tree.get(path)
    document = _read(from_yaml, file.data, path) if file else {}
    return document if isinstance(document, dict) else {}
