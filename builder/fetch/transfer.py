"""One file from its address into the cache: streamed, verified, then put in place."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import requests
import urllib3

from builder import confined, settle
from builder.errors import FetchError, IntegrityError
from builder.fetch.trees import rewritten
from builder.lock.julia import FILES as JULIA_FILES
from builder.lock.julia import KIND as JULIA
from builder.lock.model import Artifact
from builder.lock.words import ARCHIVE
from builder.redact import redact
from builder.settings import MIRROR, variable
from builder.tools import web
from builder.tools.members import check_file

ATTEMPTS = 4
BACKOFF = 0.5
"""Seconds before the second attempt; twice as long before each further one."""
TIMEOUT = (20, 60)
"""Seconds to connect, and between two pieces."""
PIECE = 1 << 18
MOST = 8 << 30
"""Bytes of a file whose lock says no size."""
LOST = (
    requests.TooManyRedirects,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    urllib3.exceptions.LocationValueError,
    web.AnswerError,
    ValueError,
)
"""What a redirect that goes on, or leads nowhere, comes to: trying again changes nothing."""
UNPACKED = {"python", "shared", "wheel", "npm", "maven", "go", "r"}
"""Kinds whose archives are made for clients that unpack them. Debian's are dpkg's to judge, and
what a layer's own `run` unpacks is the layer's."""
OF_TREES = dict.fromkeys((JULIA, JULIA_FILES), rewritten)
"""Kinds that are locked by what is in their archives, however a server packs it -> what verifies an
archive and makes the one that is kept."""
MOST_DIGITS = 19
CHUNK = 1 << 20
MOVED = 300
"""From here on, an answer is not the file: those that say where it is were followed."""
GONE = {401, 403, 404, 410}
"""Answers that trying again does not change: 401 and 403 are how some mirrors say that a file is
not there."""


class GoneError(FetchError):
    """The address answers, and does not have the file. `where` says so in brackets."""

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(f"{what} is not there{where}")
        self.where = where


class UnreachableError(FetchError):
    """No connection to the address' host could be made, however often it was tried."""

    def __init__(self, message: str, hint: str, host: str, reason: str) -> None:
        super().__init__(message, hint=hint)
        self.host, self.reason = host, reason


def place(artifact: Artifact, cache: Path) -> Path:
    """Return where an artifact is kept: <cache>/artifacts/<algorithm>/<hex>.

    Raises:
        IntegrityError: its digest leads elsewhere.

    """
    algorithm, _, value = artifact.digest.partition(":")
    path = f"artifacts/{algorithm}/{value}"
    confined.steps(path)
    return cache / path


def sound(artifact: Artifact, path: Path) -> bool:
    """Tell whether a file is there and is what its digest says."""
    algorithm, _, value = artifact.digest.partition(":")
    digest = hashlib.new(algorithm)
    try:
        with _kept(path) as stream:
            while piece := stream.read(CHUNK):
                digest.update(piece)
    except (FileNotFoundError, confined.KindError):
        return False
    return digest.hexdigest() == value


def _kept(path: Path) -> IO[bytes]:
    """Open a file of the cache: <cache>/artifacts/<algorithm>/<hex>."""
    top = path.parents[2]
    return confined.opened(top, path.relative_to(top).as_posix())


def transfer(
    session: requests.Session,
    artifact: Artifact,
    urls: Sequence[str],
    target: Path,
    arrived: Callable[[int], None],
) -> None:
    """Fetch an artifact from the first address that has it; `arrived` hears of bytes as they come.

    Raises:
        GoneError: no address has it.
        IntegrityError: an address gave something else; nothing is kept of it.
        FetchError: an address did not answer, after several attempts.

    """
    gone: GoneError | None = None
    for url in urls:
        try:
            _persistently(session, artifact, url, target, arrived)
        except GoneError as error:
            gone = error
        else:
            return
    raise gone or GoneError(f"{artifact.name} {artifact.version}")


def _persistently(
    session: requests.Session,
    artifact: Artifact,
    url: str,
    target: Path,
    arrived: Callable[[int], None],
) -> None:
    for attempt in range(ATTEMPTS):
        try:
            _once(session, artifact, url, target, arrived)
        except IntegrityError:
            # Once more: what a proxy cut short may come whole the second time.
            if attempt:
                raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            # Whoever is busy was asked several times already.
            is_busy = isinstance(error, requests.HTTPError) and (
                error.response.status_code in web.BUSY
            )
            if attempt == ATTEMPTS - 1 or isinstance(error, LOST) or is_busy:
                raise _lost(artifact, url, error) from error
        except OSError as error:
            raise FetchError(
                f"{target} cannot be written: {error.strerror}",
                hint="free some space, or set CATALOG_CACHE",
            ) from error
        else:
            return
        time.sleep(BACKOFF * 2**attempt)


def _once(
    session: requests.Session,
    artifact: Artifact,
    url: str,
    target: Path,
    arrived: Callable[[int], None],
) -> None:
    what = f"{artifact.name} {artifact.version}"
    made = OF_TREES.get(artifact.kind)
    source = pieces(session, url, what, most=MOST if made else artifact.size or MOST)
    if made:
        source = made(source, artifact.locator.rpartition("/")[2], what)
    keep(artifact, source, target, redacted(url), arrived)


def keep(
    artifact: Artifact,
    source: Iterable[bytes],
    target: Path,
    whence: str,
    arrived: Callable[[int], None],
) -> None:
    """Write an artifact from pieces to its place in the cache; `whence` names their source.

    Raises:
        IntegrityError: they are something else than what is locked; nothing is kept.
        OSError: the cache cannot be written.

    """
    algorithm, _, wanted = artifact.digest.partition(":")
    digest = hashlib.new(algorithm)
    what = f"{artifact.name} {artifact.version}"
    top = target.parents[2]
    settle.directories(top)
    with (
        confined.directory(top, f"artifacts/{algorithm}", make=True, settled=True) as handle,
        settle.beside(handle, "part") as (part, new),
    ):
        count = 0
        for piece in source:
            digest.update(piece)
            part.write(piece)
            count += len(piece)
            arrived(len(piece))
        if digest.hexdigest() != wanted:
            raise IntegrityError(
                f"{what} from {whence} is not the locked"
                f" file: its {algorithm} is {digest.hexdigest()}, and should be {wanted}",
                hint=OTHER,
            )
        # A person wrote it; indexes are taken at their word for the hash alone.
        if artifact.kind == ARCHIVE and artifact.size not in {0, count}:
            message = f"{what} from {whence} has {count:,} bytes, not {artifact.size:,}"
            raise IntegrityError(message, hint=OTHER)
        part.flush()
        if artifact.kind in UNPACKED:
            check_file(target.with_name(new), artifact.locator.rpartition("/")[2])
        os.fchmod(part.fileno(), 0o444)
        settle.sync(part)
        os.rename(new, target.name, src_dir_fd=handle, dst_dir_fd=handle)
        os.fsync(handle)


OTHER = (
    "the mirror or a proxy changes files, or the release was replaced: compare,"
    " then run `catalog lock --upgrade`"
)


def pieces(session: requests.Session, url: str, what: str, *, most: int) -> Iterator[bytes]:
    """Yield the bytes at an address as they come; `what` names them in errors.

    Raises:
        GoneError: there is nothing at the address.
        IntegrityError: it has more than `most` bytes, or says so.
        OSError: the address does not answer, or not to the end (requests' and urllib3's
        exceptions).

    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        yield from _counted(_local(Path(unquote(parts.path)), what), url, what, most)
        return

    def ask() -> requests.Response:
        return session.get(url, stream=True, timeout=TIMEOUT)

    with web.patiently(ask, ATTEMPTS, BACKOFF) as response:
        if response.status_code in GONE:
            raise GoneError(what, f" (HTTP {response.status_code} at {redacted(url)})")
        if response.status_code >= MOVED:
            raise requests.HTTPError(f"HTTP {response.status_code}", response=response)
        # The raw bytes: a server that marks .tar.gz as `Content-Encoding: gzip` must not have them
        # unpacked.
        response.raw.decode_content = False
        stated = response.headers.get("Content-Length", "")
        if stated.isdecimal() and (len(stated) > MOST_DIGITS or int(stated) > most):
            raise _too_large(what, url, most, f"is said to have {stated[:MOST_DIGITS]} bytes")
        yield from _counted(_received(response), url, what, most)


def _received(response: requests.Response) -> Iterator[bytes]:
    try:
        while piece := response.raw.read(PIECE):
            yield piece
    except urllib3.exceptions.HTTPError as error:
        raise requests.ConnectionError(error) from error


def _counted(source: Iterator[bytes], url: str, what: str, most: int) -> Iterator[bytes]:
    """Yield pieces until they are more than they may be."""
    count = 0
    for piece in source:
        count += len(piece)
        if count > most:
            raise _too_large(what, url, most, "goes on")
        yield piece


def _too_large(what: str, url: str, most: int, how: str) -> IntegrityError:
    message = f"{what} from {redacted(url)} {how}, and should have {most:,} bytes at most"
    return IntegrityError(message, hint=OTHER)


def _local(path: Path, what: str) -> Iterator[bytes]:
    try:
        with confined.plain(path) as file:
            while piece := file.read(PIECE):
                yield piece
    except FileNotFoundError:
        raise GoneError(what, f" (no file {path})") from None


def redacted(url: str) -> str:
    """Return an address to be shown to people: without user, password and query."""
    return redact(url)


def _lost(artifact: Artifact, url: str, error: Exception) -> FetchError:
    if isinstance(error, requests.HTTPError):
        how = f"HTTP {error.response.status_code} at {redacted(url)}"
    elif isinstance(error, LOST):
        how = f"{redacted(url)} leads to no file: {web.reason(error)}"
    else:
        how = f"{web.host(url)} does not answer: {web.reason(error)}"
    message, hint = f"{artifact.name} {artifact.version}: {how}", _hint(artifact)
    if _is_unreachable(error):
        return UnreachableError(message, hint, web.host(url), web.reason(error))
    return FetchError(message, hint=hint)


def _is_unreachable(error: Exception) -> bool:
    """Tell whether there was no connection at all, to the host or to a proxy before it, or none
    that can be trusted.
    """
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, urllib3.exceptions.MaxRetryError) else None
    kinds = (
        urllib3.exceptions.ConnectTimeoutError,
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.SSLError,
    )
    return isinstance(error, requests.exceptions.ProxyError) or isinstance(reason, kinds)


def _hint(artifact: Artifact) -> str:
    mirror = "a mirror that answers"
    if artifact.kind == ARCHIVE:
        mirror = "a directory that has such files by their names (file:///srv/archives)"
    return (
        f"set {variable(MIRROR, artifact.origin)} to {mirror}, or http_proxy/https_proxy, or"
        " CATALOG_CA_BUNDLE"
    )
