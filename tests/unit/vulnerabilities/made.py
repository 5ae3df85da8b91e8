"""Findings, and catalogs with what they are of, as values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from builder.catalog.document import Reading, checked
from builder.catalog.model import Layer
from builder.catalog.source import scan_bytes
from builder.graph.model import Cell, Graph, ImagePoint
from builder.lock.osv import Advisory, OsvPackage
from builder.lock.severity import Severity
from builder.vulnerabilities.model import Finding, Held
from builder.vulnerabilities.policy import NAME, Policy

CELLS = {"python": ("numpy",), "jupyter": (), "r": ()}
IMAGES = {"python:py3": ("python",), "jupyter:py3": ("python", "jupyter"), "r:r4": ("r",)}


def graph() -> Graph:
    """Return three images of three cells; the layer `python` asks for numpy."""
    cells = {
        name: Cell(
            id=name,
            name=name,
            point={},
            layer=Layer(description=name, python=asked),
            parents=(),
            ancestors=(),
        )
        for name, asked in CELLS.items()
    }
    images = {
        name: ImagePoint(
            id=name,
            name=name.partition(":")[0],
            tag=name.partition(":")[2],
            point={},
            cells=those,
        )
        for name, those in IMAGES.items()
    }
    return Graph(cells=cells, images=images)


def held(name: str = "numpy", version: str = "2.0", cell: str = "python", **more: Any) -> Held:
    given = {
        "kind": "python",
        "url": f"pkg:pypi/{name}@{version}",
        "osv": OsvPackage("PyPI", name, version),
        **more,
    }
    return Held(name=name, version=version, cell=cell, **given)


def advisory(name: str, *, fixed: str = "", package: str = "numpy", **more: Any) -> Advisory:
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    affected = {
        "package": {"ecosystem": "PyPI", "name": package},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    return Advisory.model_validate({"id": name, "affected": [affected], **more})


def finding(name: str = "CVE-2026-0001", severity: str = "high", **more: Any) -> Finding:
    given = {
        "aliases": ("GHSA-x",),
        "summary": "",
        "ecosystem": "PyPI",
        "package": "numpy",
        "version": "2.0",
        "fixed": ("2.1",),
        "held": (held(),),
        "images": ("jupyter:py3", "python:py3"),
        "direct": True,
        **more,
    }
    return Finding(id=name, severity=Severity(severity), **given)


def policy(text: str) -> Reading[Policy]:
    return checked(*scan_bytes(text.encode(), NAME), Path(NAME).as_posix(), Policy)
