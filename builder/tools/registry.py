"""A registry through the OCI distribution API 1.1: look for blobs, mount and upload them, put
manifests.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

import docker.auth
import requests

from builder.errors import BuilderError
from builder.tools.credentials import Keyring

T = TypeVar("T")
ATTEMPTS = 4
BACKOFF = 0.5
"""Seconds before the second attempt; twice as long before each further one."""
TIMEOUT = (20, 300)
"""Seconds to connect, and until the registry answers: it may hash what it got first."""
TRANSIENT = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    *(status for status in HTTPStatus if status >= 500),
}
MANIFESTS = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"


class Body(Protocol):
    """Bytes that can be sent again: each iteration starts from the beginning."""

    def __len__(self) -> int:
        """Return the number of bytes."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes in pieces."""


class _TransientError(Exception):
    """The registry did not answer, or asked to try later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    """One request; `scope` is what its token must allow."""

    method: str
    url: str
    scope: str
    body: Body | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where images go: `registry.example.org:5000/team` is host `registry.example.org:5000`, path
    `team`.
    """

    host: str
    path: str = ""

    def repository(self, name: str) -> str:
        """Return the repository of an image."""
        return f"{self.path}/{name}" if self.path else name

    def __str__(self) -> str:
        """The address as it stands in front of an image's name."""
        return f"{self.host}/{self.path}" if self.path else self.host

    @property
    def loopback(self) -> bool:
        """Whether the registry is on this very machine."""
        name = urlsplit(f"//{self.host}").hostname or ""
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return name == "localhost" or name.endswith(".localhost")


def address(text: str) -> Address:
    """Read `host[:port][/path]`.

    Raises:
        ValueError: what comes first is no host.

    """
    host, _, path = text.strip("/").partition("/")
    if "://" in text or not host or not ("." in host or ":" in host or host == "localhost"):
        raise ValueError(
            f"{text!r} is no registry: write host[:port][/path], for example"
            " registry.example.org/team"
        )
    return Address(host=host, path=path)


class Registry:
    """A client of one registry. Safe for several threads, as far as its session is."""

    def __init__(
        self, address: Address, session: requests.Session, *, plain_http: bool = False
    ) -> None:
        """Find out how to talk to it: without TLS when asked to, or on loopback where nothing
        speaks TLS.
        """
        index = docker.auth.resolve_index_name(address.host)
        # The one registry whose API is not at the host that its images are named after.
        self.host = (
            f"registry-1.{docker.auth.INDEX_NAME}"
            if index == docker.auth.INDEX_NAME
            else address.host
        )
        self.index, self._session = index, session
        plain = plain_http or (address.loopback and not self._speaks_tls())
        self._base = f"{'http' if plain else 'https'}://{self.host}"
        self._keys = Keyring(session, index, secure=not (plain or address.loopback))

    def has_blob(self, repository: str, digest: str) -> bool:
        """Tell whether a repository has a blob."""
        request = _Request(
            method="HEAD", url=self._url(repository, "blobs", digest), scope=_scope(repository)
        )
        answer = self._persistently(lambda: self._ask(request))
        return self._found(answer, f"look for {digest} in {repository}")

    def mount(self, repository: str, digest: str, origin: str) -> bool:
        """Let a repository have a blob of another one; return whether it has it now. Nothing is
        sent.
        """
        url = self._url(repository, "blobs", f"uploads/?mount={digest}&from={origin}")
        request = _Request(
            method="POST", url=url, scope=f"{_scope(repository)} repository:{origin}:pull"
        )
        answer = self._persistently(lambda: self._ask(request))
        if answer.status_code == HTTPStatus.ACCEPTED:
            # An upload was begun instead: this one is given up, so that the registry need not wait
            # for it.
            self._ask(
                _Request(
                    method="DELETE",
                    url=urljoin(url, answer.headers.get("Location", "")),
                    scope=_scope(repository),
                )
            )
        return answer.status_code == HTTPStatus.CREATED

    def upload(self, repository: str, digest: str, body: Body) -> None:
        """Send a blob."""
        self._persistently(lambda: self._upload(repository, digest, body))

    def manifest(self, repository: str, reference: str) -> str:
        """Return the digest of the manifest that a tag or digest names; empty when there is
        none.
        """
        url = self._url(repository, "manifests", reference)
        request = _Request(
            method="HEAD", url=url, scope=_scope(repository), headers={"Accept": MANIFESTS}
        )
        answer = self._persistently(lambda: self._ask(request))
        exists = self._found(answer, f"look for {repository}:{reference}")
        return answer.headers.get("Docker-Content-Digest", "") if exists else ""

    def put_manifest(self, repository: str, reference: str, data: bytes, media_type: str) -> None:
        """Store a manifest under a tag or its digest."""
        url = self._url(repository, "manifests", reference)
        request = _Request(
            method="PUT",
            url=url,
            scope=_scope(repository),
            body=data,
            headers={"Content-Type": media_type},
        )
        answer = self._persistently(lambda: self._ask(request))
        self._check(answer, f"put the manifest {repository}:{reference}")

    def _upload(self, repository: str, digest: str, body: Body) -> None:
        what = f"send {digest} to {repository}"
        url = self._url(repository, "blobs", "uploads/")
        begun = self._check(
            self._ask(_Request(method="POST", url=url, scope=_scope(repository))), what
        )
        target = urljoin(url, begun.headers["Location"])
        target += ("&" if urlsplit(target).query else "?") + f"digest={digest}"
        headers = {"Content-Type": "application/octet-stream"}
        self._check(
            self._ask(
                _Request(
                    method="PUT", url=target, scope=_scope(repository), body=body, headers=headers
                )
            ),
            what,
        )

    def _url(self, repository: str, kind: str, rest: str) -> str:
        return f"{self._base}/v2/{repository}/{kind}/{rest}"

    def _ask(self, request: _Request) -> requests.Response:
        answer = self._once(request)
        challenge = answer.headers.get("WWW-Authenticate", "")
        if (
            answer.status_code == HTTPStatus.UNAUTHORIZED
            and challenge
            and self._keys.challenged(request.scope, challenge)
        ):
            answer = self._once(request)
        return answer

    def _once(self, request: _Request) -> requests.Response:
        def authorize(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
            # An upload may go to a storage host, which has its own keys in the URL.
            if (key := self._keys.header(request.scope)) and urlsplit(
                request.url
            ).netloc == self.host:
                prepared.headers["Authorization"] = key
            return prepared

        try:
            answer = self._session.request(
                request.method,
                request.url,
                data=request.body,
                headers=dict(request.headers),
                auth=authorize,
                timeout=TIMEOUT,
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            raise _TransientError(_reason(error)) from error
        if answer.status_code in TRANSIENT:
            raise _TransientError(f"HTTP {answer.status_code}")
        return answer

    def _persistently(self, action: Callable[[], T]) -> T:
        for attempt in range(ATTEMPTS):
            try:
                return action()
            except _TransientError as error:
                if attempt == ATTEMPTS - 1:
                    hint = (
                        "what arrived stays, so run it again; look at http_proxy, https_proxy,"
                        " CATALOG_CA_BUNDLE, and --plain-http without TLS"
                    )
                    raise BuilderError(
                        f"the registry {self.host} does not answer: {error}", hint=hint
                    ) from error
            time.sleep(BACKOFF * 2**attempt)
        raise AssertionError

    def _found(self, answer: requests.Response, what: str) -> bool:
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return False
        self._check(answer, what)
        return True

    def _check(self, answer: requests.Response, what: str) -> requests.Response:
        if answer.ok:
            return answer
        message = f"the registry {self.host} refuses to {what}: {_said(answer)}"
        denied = answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        raise BuilderError(
            message,
            hint=(
                f"run `docker login {self.index}` as someone who may write there" if denied else ""
            ),
        )

    def _speaks_tls(self) -> bool:
        try:
            self._session.get(
                f"https://{self.host}/v2/", timeout=TIMEOUT, auth=lambda request: request
            )
        except requests.exceptions.SSLError as error:
            # A certificate that is not trusted is TLS, too; an answer in plain HTTP is not.
            return "CERTIFICATE" in str(error).upper()
        except requests.RequestException:
            return False
        return True


def _scope(repository: str) -> str:
    return f"repository:{repository}:pull,push"


def _said(answer: requests.Response) -> str:
    """Return what the registry says is wrong: its errors as the specification writes them, else the
    status.
    """
    try:
        errors = [
            f"{error.get('code', '')} {error.get('message', '')}".strip()
            for error in answer.json()["errors"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        errors = []
    return "; ".join(errors) or f"HTTP {answer.status_code}"


def _reason(error: Exception) -> str:
    """Return the innermost cause, which is what a person can act on."""
    while isinstance(inner := error.__context__ or error.__cause__, Exception):
        error = inner
    return str(error) or type(error).__name__
