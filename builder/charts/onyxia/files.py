"""A chart's files, from its directory or its package."""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from builder import confined
from builder.charts.onyxia.model import METADATA, NOTES, SCHEMA, VALUES, ChartFiles
from builder.errors import InputError, Problem

MOST = 20 << 20
"""Bytes of a file, as Helm has it."""
_FILES = {"metadata": METADATA, "values": VALUES, "schema": SCHEMA, "notes": NOTES}


def read(path: Path) -> ChartFiles:
    """Read the files of a chart that the rules check, from a directory or a `.tgz`.

    Raises:
        InputError: there is no chart at `path`: no Chart.yaml, or not a package.

    """
    return _package(path) if path.is_file() else _directory(path)


def _directory(path: Path) -> ChartFiles:
    try:
        texts = {
            field: confined.text(path / name, MOST)
            for field, name in _FILES.items()
            if (path / name).is_file()
        }
    except UnicodeDecodeError as error:
        raise InputError(
            [Problem(str(path), 0, 0, f"a file of the chart is not text: {error}")]
        ) from None
    return _chart(path, texts, None)


def _package(path: Path) -> ChartFiles:
    try:
        with tarfile.open(path) as archive:
            texts, folder = _members(archive)
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(
            [Problem(str(path), 0, 0, f"not the package of a chart: {error}")]
        ) from None
    return _chart(path, texts, folder)


def _members(archive: tarfile.TarFile) -> tuple[dict[str, str], str | None]:
    """Return the texts of a package, and its top folder: all files of a package are in one folder,
    which has the chart's name.
    """
    fields = {name: field for field, name in _FILES.items()}
    texts: dict[str, str] = {}
    folder: str | None = None
    for member in archive:
        top, *below = PurePosixPath(member.name).parts or ("",)
        content = archive.extractfile(member) if member.isfile() else None
        field = fields.get("/".join(below))
        if content is not None and field is not None:
            texts[field] = _text(content, member)
            folder = folder or top
    return texts, folder


def _text(content: IO[bytes], member: tarfile.TarInfo) -> str:
    if member.size > MOST:
        raise tarfile.TarError(f"{member.name} has more than {MOST >> 20} MiB")
    return content.read().decode()


def _chart(path: Path, texts: dict[str, str], folder: str | None) -> ChartFiles:
    if "metadata" not in texts:
        hint = (
            "give the directory of a chart, or its .tgz"
            if path.exists()
            else "no such file or directory"
        )
        raise InputError([Problem(str(path), 0, 0, "no Chart.yaml", hint)])
    return ChartFiles(
        metadata=texts["metadata"],
        values=texts.get("values"),
        schema=texts.get("schema"),
        notes=texts.get("notes"),
        folder=folder,
    )
