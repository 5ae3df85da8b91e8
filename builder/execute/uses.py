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

from builder.digest import canonical, sha256
from builder.oci.blob import disk
from builder.oci.shelf import PREFIX
from builder.oci.store import Store
from builder.tree import File, replace

DIRECTORY = "uses"
LOCK = "uses.lock"
HELD = ".held"
"""Suffix of the file beside a use that whoever holds it has locked."""
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
    with disk(store.root), (store.root / LOCK).open("w") as lock:
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
            file = stack.enter_context(path.with_suffix(HELD).open("w"))
            fcntl.flock(file, fcntl.LOCK_SH)
        yield


def is_held(use: Use) -> bool:
    """Tell whether a living process holds a use."""
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(use.path.with_suffix(HELD).open("r"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False


def _write(
    store: Store, who: tuple[str, str], state: Collection[str], more: Iterable[str], *, exact: bool
) -> Path:
    """Write a use, and return its file."""
    owner, catalog = who
    name = sha256(canonical([owner, sorted(state)]))
    path = store.root / DIRECTORY / f"{name}.json"
    refs = {f"{PREFIX}{owner}/{ref}" for ref in (*state, *more)}
    before = _read(path)
    if before is not None and not exact:
        refs |= before.refs
    if before is not None and before.refs == refs:
        os.utime(path)
        return path
    document = {"format": FORMAT, "owner": owner, "catalog": catalog, "refs": sorted(refs)}
    path.parent.mkdir(exist_ok=True)
    replace(path, File((json.dumps(document, indent=0) + "\n").encode()))
    return path


def all_uses(store: Store) -> list[Use]:
    """Return every use, the latest last. A file that is no such list says nothing."""
    read = [_read(path) for path in sorted((store.root / DIRECTORY).glob("*.json"))]
    return sorted((use for use in read if use is not None), key=lambda use: use.last)


def is_recent(use: Use, days: float) -> bool:
    """Tell whether something was used within the last days."""
    return use.last >= time.time() - days * DAY


def forget(uses: Iterable[Use]) -> None:
    """Forget these."""
    for use in uses:
        use.path.unlink(missing_ok=True)
        use.path.with_suffix(HELD).unlink(missing_ok=True)


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
        last = path.stat().st_mtime
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("refs"), list):
        return None
    if document.get("format") not in {FORMAT, FORMER}:
        return None
    owner = str(document.get("owner", "")) if document["format"] == FORMAT else ""
    refs = frozenset(ref for ref in document["refs"] if isinstance(ref, str))
    catalog = str(document.get("catalog", ""))
    return Use(path=path, owner=owner, catalog=catalog, refs=refs, last=last)
