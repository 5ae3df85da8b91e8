"""One file from its address into the cache: streamed, verified, then put in place."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
import urllib3

from builder.digest import sha256_file
from builder.errors import FetchError, IntegrityError
from builder.lock.model import Artifact
from builder.settings import MIRROR, variable

ATTEMPTS = 4
BACKOFF = 0.5
"""Seconds before the second attempt; twice as long before each further one."""
TIMEOUT = (20, 60)
"""Seconds to connect, and between two pieces."""
PIECE = 1 << 18
GONE = {401, 403, 404, 410}
"""Answers that trying again does not change: 401 and 403 are how some mirrors say that a file is
not there."""


class GoneError(FetchError):
    """The address answers, and does not have the file. `where` says so in brackets."""

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(f"{what} is not there{where}")
        self.where = where


def place(artifact: Artifact, cache: Path) -> Path:
    """Return where an artifact is kept: <cache>/artifacts/<algorithm>/<hex>."""
    algorithm, _, value = artifact.digest.partition(":")
    return cache / "artifacts" / algorithm / value


def sound(artifact: Artifact, path: Path) -> bool:
    """Tell whether a file is there and is what its digest says."""
    algorithm, _, value = artifact.digest.partition(":")
    try:
        return sha256_file(path, algorithm) == value
    except FileNotFoundError:
        return False


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
        except (requests.ConnectionError, requests.Timeout) as error:
            if attempt == ATTEMPTS - 1:
                raise _lost(artifact, url, error) from error
        except requests.HTTPError as error:
            if attempt == ATTEMPTS - 1:
                raise FetchError(
                    f"{artifact.name} {artifact.version}: HTTP {error.response.status_code} at"
                    f" {redacted(url)}",
                    hint=_hint(artifact),
                ) from error
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
    algorithm, _, wanted = artifact.digest.partition(":")
    digest = hashlib.new(algorithm)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        dir=target.parent, prefix=".", suffix=".part", delete=False
    ) as part:
        path = Path(part.name)
        try:
            for piece in pieces(session, url, f"{artifact.name} {artifact.version}"):
                digest.update(piece)
                part.write(piece)
                arrived(len(piece))
            part.close()
            if digest.hexdigest() != wanted:
                raise IntegrityError(
                    f"{artifact.name} {artifact.version} from {redacted(url)} is not the locked"
                    f" file: its {algorithm} is {digest.hexdigest()}, and should be {wanted}",
                    hint=(
                        "the mirror or a proxy changes files, or the release was replaced: compare,"
                        " then run `catalog lock --upgrade`"
                    ),
                )
            path.chmod(0o444)
            path.replace(target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


def pieces(session: requests.Session, url: str, what: str) -> Iterator[bytes]:
    """Yield the bytes at an address as they come; `what` names them in errors.

    Raises:
        GoneError: there is nothing at the address.
        OSError: the address does not answer, or not to the end (requests' and urllib3's
        exceptions).

    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        yield from _local(Path(unquote(parts.path)), what)
        return
    with session.get(url, stream=True, timeout=TIMEOUT) as response:
        if response.status_code in GONE:
            raise GoneError(what, f" (HTTP {response.status_code} at {redacted(url)})")
        response.raise_for_status()
        # The raw bytes: a server that marks .tar.gz as `Content-Encoding: gzip` must not have them
        # unpacked.
        response.raw.decode_content = False
        try:
            while piece := response.raw.read(PIECE):
                yield piece
        except urllib3.exceptions.HTTPError as error:
            raise requests.ConnectionError(error) from error


def _local(path: Path, what: str) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
    except FileNotFoundError:
        raise GoneError(what, f" (no file {path})") from None


def redacted(url: str) -> str:
    """Return an address to be shown to people: without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _lost(artifact: Artifact, url: str, error: Exception) -> FetchError:
    return FetchError(
        f"{artifact.name} {artifact.version}: {urlsplit(url).hostname} does not answer: {error}",
        hint=_hint(artifact),
    )


def _hint(artifact: Artifact) -> str:
    return (
        f"set {variable(MIRROR, artifact.origin)} to a mirror that answers, or"
        " http_proxy/https_proxy, or CATALOG_CA_BUNDLE"
    )
