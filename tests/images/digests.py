"""What every cell of the committed catalog comes to, on whatever machine it is built: `python -m
tests.images.digests` writes it down."""

from __future__ import annotations

import json
from pathlib import Path

from builder.cells import records
from builder.digest import sha256
from builder.execute.project import open_project
from builder.tree import File, replace

ROOT = Path(__file__).parents[2]
RECORD = Path(__file__).with_name("digests.json")
Digests = dict[str, dict[str, str]]


def recorded() -> Digests:
    """Return what is written down: cell -> its key, the digest of its delta (uncompressed), and of
    what it adds to bookkeeping files."""
    found: Digests = json.loads(RECORD.read_text())
    return found


def built() -> Digests:
    """Return the same of the store; cells that are not built are left out."""
    project = open_project(ROOT / "catalog.yaml")
    keys = {cell: item.key for cell, item in sorted(project.inputs.items())}
    manifests = {cell: records.find(project.store, key) for cell, key in keys.items()}
    found = {
        cell: records.facts(project.store, manifest)
        for cell, manifest in manifests.items()
        if manifest is not None
    }
    return {
        cell: {
            "key": keys[cell],
            "delta": facts.diff_id,
            "bookkeeping": sha256(json.dumps(dict(facts.bookkeeping), sort_keys=True).encode()),
        }
        for cell, facts in found.items()
    }


if __name__ == "__main__":
    replace(RECORD, File((json.dumps(built(), indent=1) + "\n").encode()))
