"""Uses: what each state of a catalog leads to in a store, and when it was built or taken last.

A store may serve several catalogs, and several branches of one. Each build leaves a file that names
the refs of what it asked for, and its time is that of the last build of the same. So `prune` can
tell what nobody has used for long from what another branch will build again tomorrow. They are to
a store what leases are to containerd.

Whoever reads uses to decide on refs, and whoever notes one, does so in `settled`: what was noted is
not removed, and what was removed is not there when a plan looks.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from builder import confined, settle
from builder.digest import canonical, sha256
from builder.documents import DocumentError, from_json
from builder.oci.blob import disk
from builder.oci.shelf import PREFIX, short
from builder.oci.store import Store

DIRECTORY = "uses"
LOCK = "uses.lock"
HELD = "held"
"""Directory of files that whoever holds a use has locked, named after it."""
MOST = 64 << 20
"""Bytes of what one build leaves."""
IMAGES = "image/"
FORMAT, FORMER = 2, 1
DAY = 86_400.0
"""Seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """What somebody built, and when."""

    path: Path
    owner: str
    """Whose refs these are (see `builder.oci.shelf`); empty for the former format, which knew no
    owners."""
    catalog: str
    """Its name."""
    refs: frozenset[str]
    """Whole names."""
    last: float
    """Seconds since 1970."""


@contextlib.contextmanager
def settled(store: Store) -> Iterator[None]:
    """Keep every other process from noting uses, and from removing refs by them, meanwhile.

    Raises:
        BuilderError: the store cannot be written.

    """
    with disk(store.root), confined.lock(store.root, LOCK) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def note(
    store: Store, who: tuple[str, str], state: Collection[str], more: Iterable[str], *, exact: bool
) -> None:
    """Keep that a state of a catalog is in use now. `who` is its owner and its name; `state` are
    the refs that tell this state from others, and `more` are further ones that it leads to. What
    was noted of the same state before is kept beside them unless they are `exact`.

    Raises:
        BuilderError: the store cannot be written.

    """
    with settled(store):
        _write(store, who, state, more, exact=exact)


@contextlib.contextmanager
def held(store: Store, who: tuple[str, str], state: Collection[str]) -> Iterator[None]:
    """Note a use, and let it count as recent until the end, however long that takes. `who` and
    `state` are those of `note`.

    Raises:
        BuilderError: the store cannot be written.

    """
    with contextlib.ExitStack() as stack:
        with settled(store):
            path = _write(store, who, state, (), exact=False)
            with confined.directory(store.root, HELD, make=True):
                file = stack.enter_context(confined.lock(store.root, f"{HELD}/{path.stem}"))
            fcntl.flock(file, fcntl.LOCK_SH)
        yield


def is_held(use: Use) -> bool:
    """Tell whether a living process holds a use."""
    with contextlib.ExitStack() as stack:
        try:
            root = use.path.parent.parent
            file = stack.enter_context(confined.opened(root, f"{HELD}/{use.path.stem}"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False


def is_sound(store: Store, name: str) -> bool:
    """Tell whether a file of the directory of uses is what a build left there."""
    use = _read(store.root / DIRECTORY / name)
    if use is None:
        return False
    if not use.owner:
        return name == f"{sha256(canonical(sorted(use.refs)))}.json"
    state = [short(ref) for ref in use.refs if not short(ref).startswith(IMAGES)]
    return name == _name(use.owner, state)


def _name(owner: str, state: Collection[str]) -> str:
    return f"{sha256(canonical([owner, sorted(state)]))}.json"


def _write(
    store: Store, who: tuple[str, str], state: Collection[str], more: Iterable[str], *, exact: bool
) -> Path:
    """Write a use, and return its file."""
    owner, catalog = who
    path = store.root / DIRECTORY / _name(owner, state)
    refs = {f"{PREFIX}{owner}/{ref}" for ref in (*state, *more)}
    before = _read(path)
    if before is not None and not exact:
        refs |= before.refs
    document = {"format": FORMAT, "owner": owner, "catalog": catalog, "refs": sorted(refs)}
    with confined.directory(store.root, DIRECTORY, make=True, settled=True) as handle:
        if before is not None and before.refs == refs:
            os.utime(path.name, dir_fd=handle, follow_symlinks=False)
        else:
            settle.put(handle, path.name, f"{json.dumps(document, indent=0)}\n".encode(), 0o644)
    return path


def all_uses(store: Store) -> list[Use]:
    """Return every use, the latest last. A file that is no such list says nothing."""
    names = [name for name, _ in confined.files(store.root, DIRECTORY) if name.endswith(".json")]
    read = [_read(store.root / DIRECTORY / name) for name in names]
    return sorted((use for use in read if use is not None), key=lambda use: use.last)


def is_recent(use: Use, days: float) -> bool:
    """Tell whether something was used within the last days."""
    return use.last >= time.time() - days * DAY


def forget(uses: Iterable[Use]) -> None:
    """Forget these."""
    for use in uses:
        root = use.path.parent.parent
        confined.remove(root, f"{DIRECTORY}/{use.path.name}")
        confined.remove(root, f"{HELD}/{use.path.stem}")


def former_refs(store: Store, catalog: str) -> frozenset[str]:
    """Return the refs of the former format that a catalog of this name built."""
    refs: set[str] = set()
    for use in all_uses(store):
        if not use.owner and use.catalog == catalog:
            refs |= use.refs
    return frozenset(refs)


def _read(path: Path) -> Use | None:
    """Read what another run wrote; None where it is not such a file."""
    try:
        with confined.opened(path.parent.parent, f"{DIRECTORY}/{path.name}") as stream:
            last = os.fstat(stream.fileno()).st_mtime
            document = from_json(stream.read(MOST + 1), most=MOST)
    except (OSError, DocumentError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("refs"), list):
        return None
    if document.get("format") not in {FORMAT, FORMER}:
        return None
    owner = str(document.get("owner", "")) if document["format"] == FORMAT else ""
    refs = frozenset(ref for ref in document["refs"] if isinstance(ref, str))
    catalog = str(document.get("catalog", ""))
    return Use(path=path, owner=owner, catalog=catalog, refs=refs, last=last)
