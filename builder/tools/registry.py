"""A registry through the OCI distribution API 1.1: look for blobs, mount and upload them, put
manifests, and get what is small.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

import docker.auth
import requests

from builder.digest import sha256
from builder.errors import BuilderError
from builder.redact import told
from builder.tools import web
from builder.tools.address import Address, address
from builder.tools.credentials import Keyring

__all__ = ["Address", "Registry", "SilentError", "address"]

T = TypeVar("T")
ATTEMPTS = 4
BACKOFF = 0.5
"""Seconds before the second attempt; twice as long before each further one."""
TIMEOUT = (20, 300)
"""Seconds to connect, and until the registry answers: it may hash what it got first."""
DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}")
MANIFESTS = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"


class SilentError(BuilderError):
    """The registry does not answer, however often it is asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    """One request; `scope` is what its token must allow."""

    method: str
    url: str
    scope: str
    body: web.Body | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reads: bool = False
    """Whether what follows the headers of a good answer is wanted."""


class Registry:
    """A client of one registry. Safe for several threads, as far as its session is.

    Which answers count is go-containerregistry's rule (pkg/v1/remote: write.go, descriptor.go).
    Whatever else a registry says is told in a sentence. A redirect, and the place of an upload, may
    be on another host, which then gets no Authorization, as with containerd (remotes/docker:
    pusher.go "upload changed destination, authorizer removed") and go-containerregistry
    (transport/bearer.go, matchesHost).
    """

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
        plain = plain_http or (address.loopback and not web.speaks_tls(session, self.host, TIMEOUT))
        self._base = f"{'http' if plain else 'https'}://{self.host}"
        self._keys = Keyring(session, index, secure=not plain)

    def has_blob(self, repository: str, digest: str) -> bool:
        """Tell whether a repository has a blob."""
        request = _Request(
            method="HEAD", url=self._url(repository, "blobs", digest), scope=_scope(repository)
        )
        what = f"look for {digest} in {repository}"
        answer = self._persistently(request, what)
        if not self._is_there(answer, what):
            return False
        self._compare(answer, digest, what)
        return True

    def mount(self, repository: str, digest: str, origin: str) -> bool:
        """Let a repository have a blob of another one; return whether it has it now. Nothing is
        sent.
        """
        url = self._url(repository, "blobs", f"uploads/?mount={digest}&from={origin}")
        request = _Request(
            method="POST", url=url, scope=f"{_scope(repository)} repository:{origin}:pull"
        )
        what = f"share {digest} of {origin} with {repository}"
        answer = self._persistently(request, what)
        if answer.status_code == HTTPStatus.CREATED:
            self._compare(answer, digest, what)
            return True
        if answer.status_code == HTTPStatus.ACCEPTED:
            # An upload was begun instead: this one is given up, so that the registry need not wait
            # for it. It is a courtesy, and nothing depends on it.
            with contextlib.suppress(BuilderError, web.TransientError):
                place = self._location(answer, what)
                self._ask(
                    _Request(method="DELETE", url=place, scope=_scope(repository)), what
                ).close()
        answer.close()
        return False

    def upload(self, repository: str, digest: str, body: web.Body | bytes) -> None:
        """Send a blob."""
        what = f"send {digest} to {repository}"
        begin = _Request(
            method="POST",
            url=self._url(repository, "blobs", "uploads/"),
            scope=_scope(repository),
        )

        def send() -> None:
            begun = self._ask(begin, what)
            self._expect(begun, what, HTTPStatus.ACCEPTED)
            target = self._location(begun, what)
            target += ("&" if urlsplit(target).query else "?") + f"digest={digest}"
            headers = {"Content-Type": "application/octet-stream"}
            request = _Request(
                method="PUT", url=target, scope=_scope(repository), body=body, headers=headers
            )
            answer = self._ask(request, what)
            self._expect(answer, what, HTTPStatus.CREATED)
            self._compare(answer, digest, what)

        self._again(send)

    def manifest(self, repository: str, reference: str) -> str:
        """Return the digest of the manifest that a tag or digest names; empty when there is
        none.
        """
        url = self._url(repository, "manifests", reference)
        request = _Request(
            method="HEAD", url=url, scope=_scope(repository), headers={"Accept": MANIFESTS}
        )
        what = f"look for {repository}:{reference}"
        answer = self._persistently(request, what)
        if not self._is_there(answer, what):
            return ""
        digest = answer.headers.get("Docker-Content-Digest", "")
        if digest and not DIGEST.fullmatch(digest):
            raise self._useless(what, f"gives the digest {told(repr(digest))}")
        return digest

    def get(
        self,
        repository: str,
        kind: str,
        rest: str,
        what: str,
        headers: Mapping[str, str],
        *,
        take: Callable[[requests.Response], bytes] = web.body,
    ) -> bytes | None:
        """Return what a registry has at `<repository>/<kind>/<rest>`, as `take` reads it (some
        megabytes at most by default; anew after a failure); None when there is none. `what` is
        said of it where it cannot be read.
        """
        request = _Request(
            method="GET",
            url=self._url(repository, kind, rest),
            scope=_scope(repository, "pull"),
            headers=headers,
            reads=True,
        )

        def read() -> bytes | None:
            answer = self._ask(request, what)
            if not self._is_there(answer, what):
                return None
            try:
                return take(answer)
            except web.AnswerError as error:
                raise self._useless(what, f"answers so that {web.reason(error)}") from error
            except requests.RequestException as error:
                raise web.TransientError(web.reason(error)) from error

        return self._again(read)

    def put_manifest(self, repository: str, reference: str, data: bytes, media_type: str) -> None:
        """Store a manifest under a tag or its digest."""
        request = _Request(
            method="PUT",
            url=self._url(repository, "manifests", reference),
            scope=_scope(repository),
            body=data,
            headers={"Content-Type": media_type},
        )
        what = f"put the manifest {repository}:{reference}"
        answer = self._persistently(request, what)
        self._expect(answer, what, HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED)
        self._compare(answer, f"sha256:{sha256(data)}", what)

    def delete(self, repository: str, digest: str) -> None:
        """Remove a manifest, with all tags that name it; what it refers to stays until the registry
        collects its garbage.

        Raises:
            BuilderError: the registry does not answer, or lets nothing be removed.

        """
        request = _Request(
            method="DELETE",
            url=self._url(repository, "manifests", digest),
            scope=_scope(repository, "pull,push,delete"),
        )
        what = f"remove {repository}@{digest}"
        answer = self._persistently(request, what)
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.close()
            message = f"the registry {self.host} lets nothing be removed"
            hint = "its operator can allow that (`storage.delete.enabled` of distribution)"
            raise BuilderError(message, hint=hint)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            answer.close()
            return
        self._expect(answer, what, HTTPStatus.ACCEPTED, HTTPStatus.OK, HTTPStatus.NO_CONTENT)

    def _url(self, repository: str, kind: str, rest: str) -> str:
        return f"{self._base}/v2/{repository}/{kind}/{rest}"

    def _ask(self, request: _Request, what: str) -> requests.Response:
        key = self._keys.header(request.scope)
        answer = self._once(request, what, key)
        challenge = answer.headers.get("WWW-Authenticate", "")
        if answer.status_code != HTTPStatus.UNAUTHORIZED or not challenge:
            return answer
        with contextlib.ExitStack() as stack:
            stack.enter_context(answer)
            if self._keys.challenged(request.scope, challenge, key):
                return self._once(request, what, self._keys.header(request.scope))
            # What it says is still to be read.
            stack.pop_all()
            return answer

    def _once(self, request: _Request, what: str, key: str) -> requests.Response:
        def authorize(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
            # An upload may go to a storage host, which has its own keys in the URL.
            if key and web.origin(request.url) == web.origin(self._base):
                prepared.headers["Authorization"] = key
            return prepared

        try:
            answer = self._session.request(
                request.method,
                request.url,
                data=request.body,
                headers={"Accept-Encoding": "identity", **request.headers},
                auth=authorize,
                timeout=TIMEOUT,
                stream=True,
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            raise web.TransientError(web.reason(error)) from error
        except requests.RequestException as error:
            raise self._useless(what, f"answers so that {web.reason(error)}") from error
        if answer.status_code in web.TRANSIENT:
            with answer:
                raise web.TransientError.of(answer)
        if answer.status_code < HTTPStatus.BAD_REQUEST and not request.reads:
            # What follows the headers of a good answer is of no interest. Read, it leaves the
            # connection to the next request.
            with contextlib.suppress(requests.RequestException):
                web.body(answer)
        return answer

    def _persistently(self, request: _Request, what: str) -> requests.Response:
        return self._again(lambda: self._ask(request, what))

    def _again(self, action: Callable[[], T]) -> T:
        for attempt in range(ATTEMPTS):
            try:
                return action()
            except web.TransientError as error:
                if attempt == ATTEMPTS - 1 or error.wait > web.LONGEST:
                    hint = (
                        "what arrived stays, so run it again; look at http_proxy, https_proxy,"
                        " CATALOG_CA_BUNDLE, and --plain-http without TLS"
                    )
                    message = f"the registry {self.host} does not answer: {error}"
                    raise SilentError(message, hint=hint) from error
                web.pause(attempt, BACKOFF, error.wait)
        raise AssertionError

    def _is_there(self, answer: requests.Response, what: str) -> bool:
        if answer.status_code == HTTPStatus.NOT_FOUND:
            answer.close()
            return False
        self._expect(answer, what, HTTPStatus.OK)
        return True

    def _expect(self, answer: requests.Response, what: str, *good: HTTPStatus) -> None:
        """Raise BuilderError where an answer is none of those that are due."""
        status = answer.status_code
        if status in good:
            return
        if status < HTTPStatus.BAD_REQUEST:
            due = " or ".join(str(int(one)) for one in good)
            raise self._useless(what, f"answers {status}, where {due} is due")
        message = f"the registry {self.host} refuses to {what}: {web.said(answer)}"
        denied = status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        raise BuilderError(
            message,
            hint=(
                f"run `docker login {self.index}` as someone who may write there" if denied else ""
            ),
        )

    def _compare(self, answer: requests.Response, digest: str, what: str) -> None:
        """Raise BuilderError where the registry speaks of something else than it was asked."""
        said = answer.headers.get("Docker-Content-Digest", digest)
        if said != digest:
            raise self._useless(what, f"gives the digest {told(repr(said))} in place of {digest}")

    def _location(self, answer: requests.Response, what: str) -> str:
        """Return where an upload goes on."""
        try:
            location = answer.headers["Location"]
            return web.target(answer.url, location)
        except KeyError:
            status = answer.status_code
            raise self._useless(what, f"answers {status} without saying where (Location)") from None
        except web.AnswerError as error:
            raise self._useless(what, f"answers so that {error}") from error

    def _useless(self, what: str, said: str) -> BuilderError:
        message = f"the registry {self.host} was asked to {what}, and {said}"
        return BuilderError(message, hint="ask its operator; a proxy may answer in its place")


def _scope(repository: str, may: str = "pull,push") -> str:
    return f"repository:{repository}:{may}"
