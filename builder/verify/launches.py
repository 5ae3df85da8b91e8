"""Services that passed when they were launched: kept by content, so that one is launched again only
when its chart, its images, its values or the version of Kubernetes changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from builder import confined, tree
from builder.digest import canonical, sha256
from builder.documents import DocumentError, from_json
from builder.tree import File, Tree
from builder.verify.image import Outcome

FORMAT = 1


def key(chart: Tree, values: Mapping[str, Any], node: str) -> str:
    """Return what a launch depends on, as a SHA-256 in hex digits: a chart that pins its images by
    digest, the values that are given to it, and the image of the cluster's node.
    """
    files = {path: [file.mode, sha256(file.data)] for path, file in chart.items()}
    return sha256(canonical([FORMAT, files, json.dumps(values, sort_keys=True, default=str), node]))


def kept(results: Path, name: str) -> list[Outcome]:
    """Return the steps of a launch that passed, by its key; empty where none did."""
    try:
        document = from_json(confined.regular(results / f"{name}.json"))
        return [replace(Outcome(**step), cached=True) for step in document]
    except (OSError, DocumentError, TypeError):
        return []


def keep(results: Path, name: str, outcomes: Sequence[Outcome]) -> None:
    """Keep the steps of a launch by its key, if all of them passed. Failures are not kept: the
    service is launched again.
    """
    if outcomes and all(outcome.ok for outcome in outcomes):
        document = json.dumps([asdict(outcome) for outcome in outcomes])
        tree.replace(results / f"{name}.json", File(document.encode()))
