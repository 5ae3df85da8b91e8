"""index.yaml of a Helm repository: read, joined with what is new, written whole. No published version is ever lost or changed."""

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

from builder.errors import BuilderError, IntegrityError
from builder.tree import File, replace

NAME = "index.yaml"
LOCK = ".index.lock"
Entry = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """The versions of every chart, newest first, each as Helm writes it."""

    entries: Mapping[str, tuple[Entry, ...]]

    def newest(self, name: str) -> Entry | None:
        """Return the newest version of a chart that is no prerelease, if there is one."""
        return next((entry for entry in self.entries.get(name, ()) if not _version(entry).prerelease), None)

    def versions(self) -> Mapping[str, tuple[str, ...]]:
        """Return the versions of every chart, newest first."""
        return {name: tuple(str(entry["version"]) for entry in entries) for name, entries in self.entries.items()}


def read(directory: Path) -> Index:
    """Return the index of a directory; an empty one where there is none yet.

    Raises:
        BuilderError: the file is there and is no index: it is left alone.

    """
    path = directory / NAME
    if not path.exists():
        return Index(entries={})
    return parse(path.read_bytes(), str(path))


def parse(data: bytes, source: str) -> Index:
    """Return an index; `source` names it in an error.

    Raises:
        BuilderError: the data is no index of a Helm repository.

    """
    hint = "restore it from the last commit or from the server: versions that are published must stay"
    try:
        found = yaml.load(data, Loader=yaml.CSafeLoader)
        entries = found["entries"] or {}
        index = Index(entries={name: tuple(sorted(versions, key=_version, reverse=True)) for name, versions in entries.items()})
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise BuilderError(f"{source} is no index of a Helm repository: {str(error).splitlines()[0]}", hint=hint) from None
    return index


def joined(index: Index, new: Sequence[Entry]) -> Index:
    """Return the index with new versions.

    Raises:
        IntegrityError: a version is there already with other bytes.

    """
    entries = {name: list(versions) for name, versions in index.entries.items()}
    for entry in new:
        name, version = str(entry["name"]), str(entry["version"])
        there = next((old for old in entries.get(name, ()) if old["version"] == version), None)
        if there is None:
            entries.setdefault(name, []).append(entry)
        elif there.get("digest") != entry.get("digest"):
            raise IntegrityError(
                f"{name} {version} is published with digest {there.get('digest')}, and would change to {entry.get('digest')}",
                hint="a published version never changes: raise the version",
            )
    return Index(entries={name: tuple(sorted(entries[name], key=_version, reverse=True)) for name in sorted(entries)})


def entry(metadata: Mapping[str, object], digest: str, urls: Sequence[str], created: datetime) -> Entry:
    """Return the entry of one archive: its Chart.yaml, where it is, its SHA-256 and when it was published."""
    return {**metadata, "created": stamp(created), "digest": digest, "urls": list(urls)}


def dump(index: Index, generated: datetime) -> bytes:
    """Return index.yaml."""
    document = {"apiVersion": "v1", "entries": {name: [dict(one) for one in versions] for name, versions in index.entries.items()}}
    return yaml.dump({**document, "generated": stamp(generated)}, Dumper=yaml.CSafeDumper, sort_keys=True, allow_unicode=True, width=1000).encode()


def add(directory: Path, new: Sequence[Entry], generated: datetime) -> Index:
    """Join new versions with the index of a directory, and return it. Several processes may do so at once.

    Raises:
        IntegrityError: see `joined`.
        BuilderError: see `read` and `locked`.

    """
    with locked(directory):
        index = joined(read(directory), new)
        replace(directory / NAME, File(dump(index, generated)))
    return index


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
                raise BuilderError(f"another process has been writing {directory / NAME} for {patience:g} s", hint="wait for it, or end it")
            time.sleep(0.05)
        yield


def now() -> datetime:
    """Return the time that indexes bear: SOURCE_DATE_EPOCH where it is set, else the clock's."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(given), UTC) if given.isdecimal() else datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Return a moment as RFC 3339, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _version(entry: Entry) -> Version:
    return Version.parse(str(entry["version"]).removeprefix("v"), optional_minor_and_patch=True)
