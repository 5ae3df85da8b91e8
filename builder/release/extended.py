"""A release that a catalog extends: its files are brought from the registry, once it is signed by
whom the catalog names.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from builder import settle
from builder.attest import statement
from builder.catalog.fork import RELEASES, OciUpstream
from builder.catalog.levels import Level, location
from builder.catalog.signer_rules import OF_UPSTREAM, key_files
from builder.errors import BuilderError, InputError, IntegrityError
from builder.fetch.session import session
from builder.fetch.standing import standing
from builder.oci.blob import DIGEST, disk
from builder.release import shelf, source, trust
from builder.release.shelf import Place, Released
from builder.settings import Settings
from builder.tools import contents
from builder.tools.address import address, read_address
from builder.tools.registry import Registry
from builder.tree import File, replace

FROM_THERE = {
    trust.NOBODY.hint: (
        "ask whoever publishes it to sign (CATALOG_SIGN_KEY); without `signed_by` its digest alone"
        " is trusted"
    ),
    trust.STAGE: "do not use it, and ask whoever publishes it",
}
"""What to do about a signature of upstream's, in place of what its publisher can do."""
GONE = (
    "its operator may have removed it: `catalog upgrade` moves to the one that is public, and"
    " `catalog releases` lists those that are there"
)
UNREAD = "publish it with a newer catalog builder, or extend its git repository"
UNKNOWN = "a newer catalog builder may have made it, and reads it"


def refers(text: str) -> tuple[str, str] | None:
    """Return the registry and the tag or the digest of a release that a person names: `host/path`,
    with `/releases` or without, and `:tag` or `@sha256:…` or neither; None where it is none.
    """
    name, _, digest = text.partition("@")
    before, _, last = name.rpartition("/")
    # Without a path, what follows the colon is a port.
    last, _, tag = last.partition(":") if before else (last, "", "")
    name = f"{before}/{last}" if before else last
    if (digest and not DIGEST.fullmatch(digest)) or (tag and not contents.TAG.fullmatch(tag)):
        return None
    try:
        where = address(name.removesuffix(f"/{RELEASES}"))
    except ValueError:
        return None
    return str(where), digest or tag


def place_of(registry: str, at: str, settings: Settings) -> Place:
    """Return the registry, and the path in it, that a text names; `at` says where that is written.

    Raises:
        InputError: it is no address.

    """
    where = read_address(registry, at)
    return Place(registry=Registry(where, session(settings)), address=where, jobs=settings.jobs)


def bring(home: Path, level: Level, upstream: OciUpstream, settings: Settings) -> None:
    """Bring the files of a release that a level extends to their place, which is not there yet:
    beside it first, then all at once. `home` is the directory of the catalog itself.

    Raises:
        InputError: it is not signed by whom the level names, or a key is none.
        BuilderError: the registry does not answer, or has no such release.
        IntegrityError: it is no release, has no files, or holds what leads out of it.

    """
    place = _place(level, upstream, settings)
    with _told(level):
        check(home, level, upstream, settings, place=place)
        released = _released(place, upstream)
        name = f"the catalog of {upstream}"
        if released.source is None:
            message = f"{upstream} does not have the files of its catalog"
            raise IntegrityError(message, hint=UNREAD)
        if released.source.size > source.MOST:
            message = f"{name} has more than {source.MOST >> 20} MiB"
            raise IntegrityError(message)
        target = location(home, upstream)
        settle.directories(target.parent)
        with (
            disk(target.parent),
            tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetching.") as beside,
        ):
            archive, files = Path(beside, "archive"), Path(beside, "files")
            contents.pour(place.registry, place.releases, released.source, archive)
            source.unpack(archive, name, files)
            settle.sync_tree(files)
            if not target.exists():
                files.rename(target)
                settle.sync_names([target.parent])


def check(
    home: Path,
    level: Level,
    upstream: OciUpstream,
    settings: Settings,
    *,
    place: Place | None = None,
) -> None:
    """Look whether a release is signed by whom the level names that extends it, and keep that it
    is.

    Raises:
        InputError: it is not, or a key is none.
        BuilderError: the registry does not answer; or cosign is needed, and missing.

    """
    signers = upstream.signed_by
    if signers is None:
        return
    policy = trust.policy(signers, key_files(signers, level.root), level.root, settings)
    place = place or _place(level, upstream, settings)
    found = trust.find(place, policy, place.releases, upstream.id, statement.SIGNED)
    if found.bundle is None:
        message = f"{upstream} is not signed by {policy.names}: {found.why}"
        hint = FROM_THERE.get(found.hint, found.hint)
        raise InputError([level.document.problem(OF_UPSTREAM, message, hint, key=True)])
    kept = standing(home, level, upstream)
    replace(kept.path, File(kept.says.encode()))


def _place(level: Level, upstream: OciUpstream, settings: Settings) -> Place:
    file, line, column = level.document.site(("extends", "oci"))
    return place_of(upstream.registry, f"{file}:{line}:{column}", settings)


def _released(place: Place, upstream: OciUpstream) -> Released:
    released = shelf.get(place, upstream.id)
    if released is None:
        message = f"{place.address} has no release {upstream.id[:19]}… any more"
        raise BuilderError(message, hint=GONE)
    return released


@contextmanager
def _told(level: Level) -> Iterator[None]:
    """Say where something is extended that cannot be read."""
    try:
        yield
    except InputError:
        raise
    except BuilderError as error:
        file, line, column = level.document.site(("extends", "oci"))
        message, hint = f"{file}:{line}:{column}: {error.message}", error.hint
        if isinstance(error, IntegrityError):
            raise IntegrityError(message, hint=hint or UNKNOWN) from error
        raise BuilderError(message, hint=hint) from error
