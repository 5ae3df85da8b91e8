"""What `lock` reads at a repository of plain files: small ones whole, others for their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import requests

from builder.errors import FetchError, IntegrityError
from builder.fetch.transfer import MOST, GoneError, pieces, redacted
from builder.settings import MIRROR, variable
from builder.tools.web import reason

Bytes = bytes
"""The type, which a method below is called like."""
MOST_TEXT = 16 << 20
"""Bytes of a file that is read whole; the largest known ones have a tenth of that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remote:
    """A repository: an origin at its address."""

    origin: str
    base: str
    http: requests.Session

    def bytes(self, path: str, most: int = MOST_TEXT) -> bytes | None:
        """Return a small file; None where there is none.

        Raises:
            FetchError: the repository does not answer, or the file is too large.

        """
        url = f"{self.base}/{path}"
        try:
            return b"".join(pieces(self.http, url, path, most=most))
        except GoneError:
            return None
        except IntegrityError as error:
            raise FetchError(error.message) from None
        except OSError as error:
            raise self._lost(url, error) from error

    def pieces(self, path: str, most: int = MOST) -> Iterator[Bytes]:
        """Yield a file as it comes.

        Raises:
            GoneError: there is none.
            FetchError: the repository does not answer.
            IntegrityError: it has more than `most` bytes.

        """
        url = f"{self.base}/{path}"
        try:
            yield from pieces(self.http, url, path, most=most)
        except OSError as error:
            raise self._lost(url, error) from error

    def hashed(self, path: str, algorithms: Sequence[str]) -> tuple[dict[str, str], int]:
        """Download a file; return its hashes in hexadecimal by algorithm, and its size.

        Raises:
            GoneError: there is none.
            FetchError: the repository does not answer.
            IntegrityError: it is too large.

        """
        digests = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
        url, size = f"{self.base}/{path}", 0
        try:
            for piece in pieces(self.http, url, path, most=MOST):
                size += len(piece)
                for digest in digests.values():
                    digest.update(piece)
        except GoneError:
            raise
        except OSError as error:
            raise self._lost(url, error) from error
        return {name: digest.hexdigest() for name, digest in digests.items()}, size

    def _lost(self, url: str, error: Exception) -> FetchError:
        hint = f"set {variable(MIRROR, self.origin)} to a repository that answers, or"
        return FetchError(
            f"{redacted(url)}: {reason(error)}",
            hint=f"{hint} http_proxy/https_proxy, or CATALOG_CA_BUNDLE",
        )
