"""A chart's files, from its directory or its package."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from builder.charts.onyxia.model import METADATA, NOTES, SCHEMA, VALUES, ChartFiles
from builder.errors import InputError, Problem

_FILES = {"metadata": METADATA, "values": VALUES, "schema": SCHEMA, "notes": NOTES}


def read(path: Path) -> ChartFiles:
    """Read the files of a chart that the rules look at, from a directory or a `.tgz`.

    Raises:
        InputError: there is no chart at `path`: no Chart.yaml, or not a package.

    """
    return _package(path) if path.is_file() else _directory(path)


def _directory(path: Path) -> ChartFiles:
    try:
        texts = {
            field: (path / name).read_text()
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
            members = {
                parts: member
                for member in archive
                for parts in [PurePosixPath(member.name).parts]
                if member.isfile()
            }
            found = {field: _member(members, name) for field, name in _FILES.items()}
            files = {
                field: (parts[0], archive.extractfile(members[parts]))
                for field, parts in found.items()
                if parts
            }
            texts = {
                field: file.read().decode()
                for field, (_, file) in files.items()
                if file is not None
            }
    except (tarfile.TarError, OSError, UnicodeDecodeError) as error:
        raise InputError([Problem(str(path), 0, 0, f"not a chart's package: {error}")]) from None
    return _chart(path, texts, next((folder for folder, _ in files.values()), None))


def _member(members: Iterable[tuple[str, ...]], name: str) -> tuple[str, ...]:
    """Return the path of a file of the chart within its one folder, or nothing."""
    return next((parts for parts in members if "/".join(parts[1:]) == name), ())


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
