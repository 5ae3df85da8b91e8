"""The seal: the last, small layer of an image, with what depends on all its layers together.

It holds the files that many packages write into, merged; the links of alternatives; ld.so.cache;
and the image's environment. It is computed from the facts of the layers: nothing is executed.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Mapping, Sequence

from builder.cells.tree import merged
from builder.debian import alternatives, environment, ldcache, mergers
from builder.debian.merger import Disagreement
from builder.debian.model import Facts, SharedLibrary
from builder.errors import ConflictError
from builder.oci.model import DIRECTORY, EPOCH, FILE, SYMLINK, Entry, ImageConfig

Sealed = dict[str, tuple[Entry, bytes]]
"""Path -> entry and bytes, sorted."""


def seal(layers: Sequence[Facts], config: ImageConfig) -> Sealed:
    """Return what the seal of an image holds.

    Raises:
        ConflictError: two layers disagree on a file that a merger owns, or on a path.

    """
    return sealing(layers, merged(layers), config)


def tree(layers: Sequence[Facts], config: ImageConfig) -> dict[str, Entry]:
    """Return the whole filesystem of the image that these cells make, seal included. Raises as
    `seal` does.
    """
    below = merged(layers)
    return below | entries_of(sealing(layers, below, config))


def sealing(layers: Sequence[Facts], below: Mapping[str, Entry], config: ImageConfig) -> Sealed:
    """Return the seal on top of these layers, whose tree is `below`. Raises as `seal` does."""
    texts = mergers.files(layers)
    sealed: Sealed = {}
    for path, text in texts.items():
        merger = mergers.merger_of(path)
        if merger is not None and not merger.links:
            sealed[path] = _file(text.encode("utf-8", "surrogateescape"), merger.mode, merger.gid)
    for path, target in _links(texts, below):
        sealed[path] = (Entry(SYMLINK, 0o777, 0, 0, EPOCH, link=target), b"")
    sealed[ldcache.PATH] = _file(_ldcache(layers, {**below, **entries_of(sealed)}, texts, config))
    if mergers.STATUS in texts:
        sealed[environment.DEFERRED] = _file(b"")
    sealed[environment.PROFILE] = _file(environment.profile(config).encode())
    sealed[environment.ENVIRONMENT] = _file(environment.environment(config).encode())
    return dict(sorted(sealed.items()))


def entries_of(sealed: Sealed) -> dict[str, Entry]:
    """Return the entries of a seal, without their bytes."""
    return {path: entry for path, (entry, _) in sealed.items()}


def with_directories(files: Mapping[str, Entry], below: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the entries of the seal, sorted, with their parent directories as they are below."""
    entries = dict(files)
    for name in files:
        path = name
        while (path := posixpath.dirname(path)) and path not in entries:
            entries[path] = below.get(path, Entry(DIRECTORY, 0o755, 0, 0, EPOCH))
    return dict(sorted(entries.items()))


def _file(data: bytes, mode: int = 0o644, gid: int = 0) -> tuple[Entry, bytes]:
    return Entry(FILE, mode, 0, gid, EPOCH, len(data), hashlib.sha256(data).hexdigest()), data


def _ldcache(
    layers: Sequence[Facts],
    whole: Mapping[str, Entry],
    texts: Mapping[str, str],
    config: ImageConfig,
) -> bytes:
    libraries: list[SharedLibrary] = []
    configuration: dict[str, str] = {}
    for facts in layers:
        libraries += facts.libraries
        configuration.update(facts.texts)
    generator = _generator(texts)
    return ldcache.cache(whole, libraries, configuration, config.architecture, generator)


def _links(texts: Mapping[str, str], below: Mapping[str, Entry]) -> list[tuple[str, str]]:
    """Return the path and the target of each link that alternatives make."""

    def exists(file: str) -> bool:
        return ldcache.resolve(below, file) is not None

    links: list[tuple[str, str]] = []
    for path, text in texts.items():
        if not path.startswith(alternatives.DATABASE):
            continue
        name = path.removeprefix(alternatives.DATABASE)
        chosen = texts.get(alternatives.LINKS + name, "") if alternatives.is_manual(text) else ""
        try:
            links += alternatives.links(name, text, chosen, exists)
        except Disagreement as error:
            raise ConflictError(f"/{path}: {error.text}") from error
    return [(_real(below, path), target) for path, target in links]


def _real(below: Mapping[str, Entry], path: str) -> str:
    """Return a path with links to directories resolved: alternatives may be in /bin or /lib."""
    directory, name = posixpath.split(path)
    real = ldcache.resolve(below, directory)
    return posixpath.join(real, name) if real is not None else path


def _generator(texts: Mapping[str, str]) -> str:
    """Return how the C library's ldconfig names itself in the cache."""
    stanza = re.compile(r"^Package: libc6\n(?:.+\n)*?Version: (\S+)$", re.MULTILINE)
    match = stanza.search(texts.get(mergers.STATUS, ""))
    if match is None:
        return "ldconfig"
    version = match[1]
    release = version.partition("-")[0]
    return f"ldconfig (Debian GLIBC {version}) stable release version {release}"
