"""HTTP as every client of this program speaks it: where a redirect may lead, how long a server may
make one wait, how much of an answer is read, and how a failure is told.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import urllib3

from builder import documents
from builder.redact import told

REDIRECTS = 10
"""As many as containerd, Go and curl follow, or fewer."""
LONGEST = 60.0
"""Seconds for which a server may make one wait; one that asks for more has failed."""
PIECE = 1 << 14
LARGEST = 4 << 20
"""Bytes of an answer that is kept in memory. Registries allow as much for a manifest."""
PATIENCE = 60.0
"""Seconds in which such an answer has to be complete."""
PORTS = {"http": 80, "https": 443}


TRANSIENT = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    *(status for status in HTTPStatus if status >= HTTPStatus.INTERNAL_SERVER_ERROR),
}
"""Answers that another attempt may change."""


BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class Body(Protocol):
    """Bytes that can be sent again: each iteration starts from the beginning."""

    def __len__(self) -> int:
        """Return the number of bytes."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes in pieces."""


class TransientError(Exception):
    """A server did not answer, or asked to try later: in `wait` seconds, where it said so."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait

    @classmethod
    def of(cls, answer: requests.Response, whose: str = "") -> TransientError:
        """Return the error for an answer; `whose` are the words in front of it."""
        wait = asked_to_wait(answer.headers)
        later = f", and asks to come back in {wait:,.0f} seconds" if wait else ""
        return cls(f"{whose} HTTP {answer.status_code}{later}".strip(), wait)


class AnswerError(requests.RequestException):
    """A server answered what no server should; its text says what."""


class Session(requests.Session):
    """requests' session that goes nowhere it should not.

    A redirect leads to http or https and to a host, never from https to http (as apt has it), at
    most ten times (as Go's client, and containerd with it). On the way to another host, scheme or
    port requests drops the Authorization, as go-containerregistry (transport/bearer.go,
    matchesHost) and curl do. Cookies are not kept: no client of registries keeps any.

    Whatever a server does, what is raised is a `requests.RequestException`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.max_redirects = REDIRECTS
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401  requests' own signature
        """Send a request, and follow where it is sent on to."""
        try:
            return super().request(*args, **kwargs)
        except requests.RequestException:
            raise
        except (ValueError, LookupError, urllib3.exceptions.HTTPError) as error:
            raise AnswerError(reason(error)) from error
        except http.client.HTTPException as error:
            raise AnswerError(reason(error)) from error

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return where an answer sends one on to; None where it does not.

        Raises:
            AnswerError: there, nobody should go.

        """
        location = resp.headers.get("Location") if resp.is_redirect else None
        try:
            return None if location is None else target(resp.url, location)
        except AnswerError:
            resp.close()
            raise


def target(url: str, location: str) -> str:
    """Return the address that a header `Location` of the answer at `url` means (RFC 9110, 10.2.2).

    Raises:
        AnswerError: it is not an address of the web, or leaves encryption.

    """
    try:
        text = location.encode("latin-1").decode()
        whole = urljoin(url, text)
        own, parts = urlsplit(text), urlsplit(whole)
        # Joining would give a scheme without a host the host of before.
        host, _ = parts.hostname if own.netloc or not own.scheme else None, parts.port
    except ValueError:
        raise AnswerError(f"it leads to {told(repr(location))}, which is not an address") from None
    # Readers of URLs do not agree on where a host ends that has a backslash behind it.
    if not text or not text.isprintable() or any(letter in text for letter in " \\"):
        raise AnswerError(f"it leads to {told(repr(text))}, which is not an address")
    if parts.scheme not in PORTS or not host:
        raise AnswerError(f"it leads to {told(repr(text))}, which is not an address of the web")
    if parts.scheme == "http" and urlsplit(url).scheme == "https":
        raise AnswerError(f"it leads from https to {told(whole)}, without encryption")
    return whole


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL: what keeps to itself what it is told (RFC 6454)."""
    parts: SplitResult = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)


def host(url: str) -> str:
    """Return the host of a URL, as it may be told."""
    try:
        return urlsplit(url).hostname or told(url)
    except ValueError:
        return told(url)


def asked_to_wait(headers: Mapping[str, str]) -> float:
    """Return for how many seconds an answer asks to wait (`Retry-After`, RFC 9110, 10.2.3): as a
    number or as a date; 0 where it does not, or says nothing that can be understood.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        # A number of thousands of digits is not read: it is too long in any case.
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, LookupError, ArithmeticError):
        return 0.0


def pause(attempt: int, backoff: float, asked: float = 0.0) -> None:
    """Wait before the next attempt: for as long as the server asks, and longer each time."""
    time.sleep(min(LONGEST, max(asked, backoff * 2**attempt)))


def patiently(
    ask: Callable[[], requests.Response], attempts: int, backoff: float
) -> requests.Response:
    """Return the answer to a question that is asked again while the server is busy: it says 429 or
    503, and nothing else than to come back in a time that can be waited.
    """
    for attempt in range(attempts - 1):
        answer = ask()
        wait = asked_to_wait(answer.headers)
        if answer.status_code not in BUSY or wait > LONGEST:
            return answer
        answer.close()
        pause(attempt, backoff, wait)
    return ask()


def body(answer: requests.Response) -> bytes:
    """Return all of an answer that was asked for as a stream.

    Raises:
        requests.RequestException: it is too large, too slow, incomplete, or broken.

    """
    data, deadline = b"", time.monotonic() + PATIENCE
    with answer:
        for piece in answer.iter_content(PIECE):
            data += piece
            if len(data) > LARGEST:
                raise AnswerError(f"an answer of more than {LARGEST >> 20} MiB")
            if time.monotonic() > deadline:
                raise AnswerError(f"an answer that is not complete after {PATIENCE:.0f} seconds")
    return data


def document(answer: requests.Response) -> dict[str, Any]:
    """Return the JSON object in an answer that was asked for as a stream.

    Raises:
        requests.RequestException: as `body`, or it is none.

    """
    data = body(answer)
    # What is in an answer may be a secret, and is not told.
    try:
        value = documents.from_json(data, most=LARGEST)
    except documents.DocumentError:
        raise AnswerError(f"{len(data)} bytes that are not JSON") from None
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else "a single value"
        raise AnswerError(f"{kind} where a JSON object is due")
    return value


def said(answer: requests.Response) -> str:
    """Return what a registry says is wrong: its errors as the specification writes them
    (distribution-spec 1.1, "Error Codes"), else the status.
    """
    try:
        errors = [
            f"{error.get('code', '')} {error.get('message', '')}".strip()
            for error in document(answer)["errors"]
        ]
    except (requests.RequestException, KeyError, TypeError, AttributeError):
        errors = []
    return told("; ".join(errors)) or f"HTTP {answer.status_code}"


def speaks_tls(session: requests.Session, host: str, timeout: tuple[float, float]) -> bool:
    """Tell whether a host answers by TLS; `timeout` is as requests has it."""
    try:
        session.get(
            f"https://{host}/v2/",
            timeout=timeout,
            auth=lambda request: request,
            allow_redirects=False,
            stream=True,
        ).close()
    except requests.exceptions.SSLError as error:
        # A certificate that is not trusted is TLS, too; an answer in plain HTTP is not.
        return "CERTIFICATE" in str(error).upper()
    except requests.RequestException:
        return False
    return True


def reason(error: BaseException) -> str:
    """Return the innermost cause of an error, which is what a person can act on, in a line."""
    while isinstance(inner := error.__cause__ or error.__context__, Exception):
        if isinstance(error, AnswerError):
            break
        error = inner
    return told(str(error) or type(error).__name__)
