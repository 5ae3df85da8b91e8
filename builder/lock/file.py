"""catalog.lock on disk: JSON with one artifact per line and one block per cell, so that a
difference reads well.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from builder.errors import BuilderError, InputError, Problem
from builder.kinds import table
from builder.lock.model import FORMAT, Artifact, Lock, Slice

DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
HINT = "restore it from version control, or run `catalog lock` after removing it"
KEYS = ("format", "moment", "archives", "artifacts", "cells")
FIELDS = ("kind", "name", "version", "origin", "locator", "digest", "size", "extra")


def read(path: Path) -> Lock:
    """Read a lock.

    Raises:
        InputError: there is none, or it is truncated, tampered with or of another format; says
        where.

    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise InputError(
            [Problem(str(path), 0, 0, "there is no lock", "run `catalog lock`")]
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Problem(str(path), 0, 0, f"cannot be read: {error}", HINT)]) from None
    return decode(text, str(path))


def write(lock: Lock, path: Path) -> None:
    """Write a lock beside `path`, then put it there: nobody ever sees half of it.

    Raises:
        BuilderError: it cannot be written; what was there still is.

    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(encode(lock), "utf-8")
        beside.replace(path)
    except OSError as error:
        raise BuilderError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)


def encode(lock: Lock) -> str:
    """Return the text of a lock: the same lock gives the same bytes."""
    return "\n".join(_lines(lock)) + "\n"


def decode(text: str, file: str = "catalog.lock") -> Lock:
    """Return the lock that a text holds.

    Raises:
        InputError: the text is no lock of this format, or does not hold together.

    """
    return _Decoder(text, file).lock()


def complete(piece: Slice, artifacts: Mapping[str, Artifact]) -> Slice:
    """Add the files that follow from the artifacts and are therefore not written down, such as
    requirements.txt.
    """
    following = table.following(artifacts[name] for name in piece.artifacts)
    return replace(piece, files={**piece.files, **following})


def _lines(lock: Lock) -> Iterator[str]:
    yield "{"
    yield f'"format": {FORMAT},'
    yield f'"moment": {_json(lock.moment)},'
    yield '"archives": {'
    yield from _separated(
        f"{_json(name)}: {_json(dict(sorted(lock.archives[name].items())))}"
        for name in sorted(lock.archives)
    )
    yield "},"
    yield '"artifacts": {'
    yield from _separated(
        f"{_json(name)}: {_json(_artifact(lock.artifacts[name]))}"
        for name in sorted(lock.artifacts)
    )
    yield "},"
    yield '"cells": {'
    yield from _separated(
        f"{_json(name)}: {_cell(lock.cells[name], lock.artifacts)}" for name in sorted(lock.cells)
    )
    yield "}"
    yield "}"


def _separated(lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines with a comma after each but the last."""
    before: str | None = None
    for line in lines:
        if before is not None:
            yield before + ","
        before = line
    if before is not None:
        yield before


def _artifact(artifact: Artifact) -> dict[str, object]:
    fields = {name: getattr(artifact, name) for name in FIELDS[:-1]}
    return fields | ({"extra": dict(sorted(artifact.extra.items()))} if artifact.extra else {})


def _cell(piece: Slice, artifacts: Mapping[str, Artifact]) -> str:
    """Return one cell's block. What was asked for by name is written, as it is shorter than what
    came along.
    """
    auto = set(piece.auto)
    asked = sorted(
        {artifacts[name].name for name in piece.artifacts if artifacts[name].kind == "deb"} - auto
    )
    following = table.following(artifacts[name] for name in piece.artifacts)
    files = {
        path: text.split("\n")
        for path, text in sorted(piece.files.items())
        if path not in following
    }
    body = {"asks": piece.asks, "asked": asked, "artifacts": list(piece.artifacts), "files": files}
    return (
        "{\n"
        + ",\n".join(f" {_json(name)}: {_block(value)}" for name, value in body.items())
        + "\n}"
    )


def _block(value: object) -> str:
    match value:
        case list() if value:
            return "[\n" + ",\n".join(f"  {_json(item)}" for item in value) + "\n ]"
        case dict() if value:
            return (
                "{\n"
                + ",\n".join(f"  {_json(name)}: {_block(item)}" for name, item in value.items())
                + "\n }"
            )
        case _:
            return _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


class _Decoder:
    """Turns a text into a lock, and knows the place of what is wrong."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file

    def lock(self) -> Lock:
        try:
            document = json.loads(self.text, object_pairs_hook=self.pairs)
        except (json.JSONDecodeError, RecursionError) as error:
            line, column = (
                (error.lineno, error.colno) if isinstance(error, json.JSONDecodeError) else (1, 1)
            )
            raise InputError(
                [
                    Problem(
                        self.file, line, column, f"the lock is damaged or truncated: {error}", HINT
                    )
                ]
            ) from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            found = (
                document.get("format") if isinstance(document, dict) else type(document).__name__
            )
            self.fail(
                '"format"', f"the lock has format {found!r}, and this program reads format {FORMAT}"
            )
        for key in KEYS:
            if key not in document:
                self.fail("", f"the lock holds no {key!r}")
        artifacts = {
            name: self.artifact(name, value)
            for name, value in self.mapping(document["artifacts"], '"artifacts"').items()
        }
        cells = {
            name: self.cell(name, value, artifacts)
            for name, value in self.mapping(document["cells"], '"cells"').items()
        }
        archives = {
            name: self.strings(value, _json(name))
            for name, value in self.mapping(document["archives"], '"archives"').items()
        }
        return Lock(
            moment=self.moment(document["moment"]),
            artifacts=artifacts,
            cells=cells,
            archives=archives,
        )

    def moment(self, value: object) -> str:
        text = self.string(value, '"moment"')
        try:
            datetime.fromisoformat(text)
        except ValueError:
            self.fail(
                '"moment"', f"the moment is {text!r}, not a time such as 2026-01-31T12:00:00Z"
            )
        return text

    def artifact(self, name: str, value: object) -> Artifact:
        place = f"{_json(name)}: {{"
        fields = self.mapping(value, place)
        if set(fields) - set(FIELDS) or set(FIELDS[:-1]) - set(fields):
            self.fail(
                place,
                f"artifact {name} has the fields {sorted(fields)}, and should have"
                f" {sorted(FIELDS[:-1])}",
            )
        size = fields["size"]
        if not isinstance(size, int) or size < 0:
            self.fail(place, f"the size of {name} is {size!r}, not a number of bytes")
        texts = {field: self.string(fields[field], place) for field in FIELDS[:-2]}
        artifact = Artifact(
            id=name, size=size, extra=self.strings(fields.get("extra", {}), place), **texts
        )
        if not DIGEST.fullmatch(artifact.digest):
            self.fail(
                place,
                f"the digest of {name} is {artifact.digest!r}, not sha256 or sha512 in hexadecimal",
            )
        if not (name + ":").startswith(f"{artifact.kind}:{artifact.name}={artifact.version}:"):
            self.fail(
                place,
                f"artifact {name} says that it is"
                f" {artifact.kind}:{artifact.name}={artifact.version}",
            )
        return artifact

    def cell(self, name: str, value: object, artifacts: Mapping[str, Artifact]) -> Slice:
        place = f"{_json(name)}: {{"
        fields = self.mapping(value, place)
        if set(fields) != {"asks", "asked", "artifacts", "files"}:
            self.fail(
                place,
                f"cell {name} has the fields {sorted(fields)}, and should have artifacts, asked,"
                " asks, files",
            )
        ids, asked = (self.texts(fields[field], place) for field in ("artifacts", "asked"))
        for missing in sorted(set(ids) - artifacts.keys()):
            self.fail(place, f"cell {name} holds {missing}, which the lock does not describe")
        packages = {artifacts[item].name for item in ids if artifacts[item].kind == "deb"}
        files = {
            path: "\n".join(self.texts(lines, place))
            for path, lines in self.mapping(fields["files"], place).items()
        }
        piece = Slice(
            asks=self.string(fields["asks"], place),
            artifacts=tuple(sorted(ids)),
            auto=tuple(sorted(packages - set(asked))),
            files=files,
        )
        return complete(piece, artifacts)

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Refuse a name that stands twice in one object, as a careless merge leaves it."""
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            self.fail(f"{_json(twice)}: ", f"{twice} stands twice")
        return found

    def mapping(self, value: object, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.fail(place, f"found {type(value).__name__}, expected an object")
        return value

    def strings(self, value: object, place: str) -> dict[str, str]:
        return {name: self.string(item, place) for name, item in self.mapping(value, place).items()}

    def texts(self, value: object, place: str) -> list[str]:
        if not isinstance(value, list):
            self.fail(place, f"found {type(value).__name__}, expected a list")
        return [self.string(item, place) for item in value]

    def string(self, value: object, place: str) -> str:
        if not isinstance(value, str):
            self.fail(place, f"found {type(value).__name__}, expected text")
        return value

    def fail(self, place: str, message: str) -> NoReturn:
        """Report what is wrong at the line on which `place` stands."""
        offset = self.text.find(place) if place else -1
        line = self.text.count("\n", 0, offset) + 1 if offset >= 0 else 0
        raise InputError([Problem(self.file, line, 1 if line else 0, message, HINT)])
