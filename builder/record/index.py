"""index.yaml of a Helm repository: read, extended, and written as a whole. No published version is
ever lost or changed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml
from semver import Version

from builder import confined
from builder.documents import from_yaml
from builder.errors import BuilderError, IntegrityError
from builder.tree import File, replace

NAME = "index.yaml"
LOCK = ".index.lock"
MOST_DIGITS = 11
"""Of seconds since 1970: until the year 5138."""
PAUSE = 0.05
"""Seconds between two reads of an index that is being written."""
RESTORE = (
    "restore it from the last commit or from the server: versions that are published must stay"
)
ChartEntry = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartIndex:
    """The versions of every chart, newest first, each as Helm writes it."""

    entries: Mapping[str, tuple[ChartEntry, ...]]

    def newest(self, name: str) -> ChartEntry | None:
        """Return the newest version of a chart that is not a prerelease, if there is one."""
        entries = self.entries.get(name, ())
        return next((entry for entry in entries if not _version(entry).prerelease), None)

    def versions(self) -> Mapping[str, tuple[str, ...]]:
        """Return the versions of every chart, newest first."""
        versions: dict[str, tuple[str, ...]] = {}
        for name, entries in self.entries.items():
            versions[name] = tuple(str(entry["version"]) for entry in entries)
        return versions


def read(directory: Path, patience: float = 5.0) -> ChartIndex:
    """Return the index of a directory; an empty one if there is none yet. If the index is being
    written, wait for it.

    Raises:
        BuilderError: the file is not an index, or still not a complete one after `patience`
        seconds.

    """
    path = directory / NAME
    data = _settled(path, time.monotonic() + patience)
    return ChartIndex(entries={}) if data is None else _whole(data, path)


def parse(data: bytes, source: str) -> ChartIndex:
    """Return an index; `source` names it in an error.

    Raises:
        BuilderError: the data is not the index of a Helm repository.

    """
    try:
        document = from_yaml(data)
        index = ChartIndex(entries=_newest_first(document["entries"] or {}))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BuilderError(
            f"{source} is not the index of a Helm repository: {str(error).splitlines()[0]}",
            hint=RESTORE,
        ) from None
    return index


def joined(index: ChartIndex, new: Sequence[ChartEntry]) -> ChartIndex:
    """Return the index with new versions added.

    Raises:
        IntegrityError: a version exists already with different bytes.

    """
    entries = {name: list(versions) for name, versions in index.entries.items()}
    for entry in new:
        name, version = str(entry["name"]), str(entry["version"])
        there = next((old for old in entries.get(name, ()) if old["version"] == version), None)
        if there is None:
            entries.setdefault(name, []).append(entry)
        elif there.get("digest") != entry.get("digest"):
            raise IntegrityError(
                f"{name} {version} is published with digest {there.get('digest')}, and would change"
                f" to {entry.get('digest')}",
                hint="a published version never changes: publish it under a higher version",
            )
    return ChartIndex(entries=_newest_first({name: entries[name] for name in sorted(entries)}))


def _newest_first(
    entries: Mapping[str, Sequence[ChartEntry]],
) -> Mapping[str, tuple[ChartEntry, ...]]:
    return {
        name: tuple(sorted(versions, key=_version, reverse=True))
        for name, versions in entries.items()
    }


def entry(
    metadata: Mapping[str, object], digest: str, urls: Sequence[str], created: datetime
) -> ChartEntry:
    """Return the entry of one archive: its Chart.yaml, where it is, its SHA-256 and when it was
    published.
    """
    return {**metadata, "created": stamp(created), "digest": digest, "urls": list(urls)}


def dump(index: ChartIndex, generated: datetime) -> bytes:
    """Return index.yaml."""
    entries: dict[str, list[dict[str, object]]] = {}
    for name, versions in index.entries.items():
        entries[name] = [dict(one) for one in versions]
    return yaml.dump(
        {"apiVersion": "v1", "entries": entries, "generated": stamp(generated)},
        Dumper=yaml.CSafeDumper,
        sort_keys=True,
        allow_unicode=True,
        width=1000,
    ).encode()


def add(
    directory: Path, new: Sequence[ChartEntry], generated: datetime, patience: float = 5.0
) -> ChartIndex:
    """Add new versions to the index of a directory, and return it. Several processes may do so at
    once.

    Raises:
        IntegrityError: see `joined`.
        BuilderError: see `join` and `locked`.

    """
    with locked(directory):
        return join(directory, new, generated, patience)


def join(
    directory: Path, new: Sequence[ChartEntry], generated: datetime, patience: float = 5.0
) -> ChartIndex:
    """Do what `add` does, in the context of `locked`.

    A program that does not know about the lock, such as `helm repo index`, may write the index
    meanwhile: what it has written is kept, and a write in progress is waited for.

    Raises:
        IntegrityError: see `joined`.
        BuilderError: the file is not an index, or still not a complete one after `patience`
        seconds; it is left alone.

    """
    path, end = directory / NAME, time.monotonic() + patience
    while True:
        before = _settled(path, end)
        index = joined(ChartIndex(entries={}) if before is None else _whole(before, path), new)
        data = File(dump(index, generated))
        if _bytes(path) == before:
            replace(path, data)
            return index
        if time.monotonic() > end:
            raise BuilderError(
                f"another program keeps writing {path}", hint="wait for it, or end it"
            )


def _settled(path: Path, end: float) -> bytes | None:
    """Return the bytes of an index; None if there is none; after `end`, whatever is there."""
    data = _bytes(path)
    while data is not None and not _ended(data) and time.monotonic() < end:
        time.sleep(PAUSE)
        data = _bytes(path)
    return data


def _ended(data: bytes) -> bool:
    """Tell whether an index is complete. Programs write the time at its end, and an index that was
    cut off before that may still be valid YAML.
    """
    return data.startswith(b"{") or b"\ngenerated:" in data


def _whole(data: bytes, path: Path) -> ChartIndex:
    index = parse(data, str(path))
    if not _ended(data):
        raise BuilderError(
            f"{path} is cut off: it does not say when it was generated", hint=RESTORE
        )
    return index


def _bytes(path: Path) -> bytes | None:
    try:
        return confined.regular(path)
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def locked(directory: Path, patience: float = 60.0) -> Iterator[None]:
    """Keep other processes from writing the index; wait for them for at most `patience` seconds.

    Raises:
        BuilderError: another process still writes it.

    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK).open("w") as file:
        end = time.monotonic() + patience
        while not _lock(file.fileno()):
            if time.monotonic() > end:
                raise BuilderError(
                    f"another process has been writing {directory / NAME} for {patience:g} s",
                    hint="wait for it, or end it",
                )
            time.sleep(0.05)
        yield


def now() -> datetime:
    """Return the time to write into an index: SOURCE_DATE_EPOCH if it is set, else the clock's."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    is_a_time = given.isdecimal() and len(given) <= MOST_DIGITS
    return datetime.fromtimestamp(int(given), UTC) if is_a_time else datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Return a moment as RFC 3339, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _version(entry: ChartEntry) -> Version:
    return Version.parse(str(entry["version"]).removeprefix("v"), optional_minor_and_patch=True)
