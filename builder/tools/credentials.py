"""Credentials for registries, as `docker login` and `podman login` store them, and the tokens that
registries issue for them.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import docker.auth
import docker.errors
import requests

from builder.errors import BuilderError
from builder.redact import hide, told
from builder.tools import web

AUTH_FILE = "REGISTRY_AUTH_FILE"
CLIENT = "catalog"
TIMEOUT = (20, 60)
BASIC, BEARER = "basic", "bearer"
# One part of a challenge (RFC 9110, 11.6.1): a scheme, or a parameter of the scheme before it.
CHALLENGE = re.compile(
    r"(?P<name>[\w-]+)\s*=\s*(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<bare>[^\s,\"]*))"
    r"|(?P<scheme>[A-Za-z][\w-]*)(?=[\s,]|$)"
)
# What a URL is written in (RFC 3986, 2), of which every reader reads the same host.
WRITTEN = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
TOKEN = re.compile(r"[\x21-\x7e]+")
# Below these, every second name is somebody else's: `co.uk`.
SHARED = frozenset({"ac", "co", "com", "edu", "gob", "gov", "ne", "net", "or", "org"})


@dataclass(frozen=True, slots=True)
class Login:
    """A user's name and password, or a token in place of both."""

    name: str = ""
    password: str = ""
    token: str = ""

    def __repr__(self) -> str:
        """Show no secret: values end up in logs and tracebacks."""
        return f"Login({self.name!r})"

    @property
    def basic(self) -> str:
        """The header of basic authentication; empty without a password."""
        pair = base64.b64encode(f"{self.name}:{self.password}".encode()).decode()
        return f"Basic {pair}" if self.password else ""


def login(index: str) -> Login:
    """Return this machine's credentials for a registry; an empty Login if there are none.

    Read from the file that REGISTRY_AUTH_FILE names, else from Docker's configuration, credential
    helpers included.

    Raises:
        BuilderError: the file that REGISTRY_AUTH_FILE names cannot be read, or a credential helper
        fails.

    """
    file = os.environ.get(AUTH_FILE) or None
    if file and not Path(file).is_file():
        raise BuilderError(
            f"{AUTH_FILE}: {file} is not a file",
            hint="name a file that `docker login` or `podman login` wrote",
        )
    try:
        stored = docker.auth.load_config(config_path=file).resolve_authconfig(index) or {}
    except (docker.errors.DockerException, ValueError, TypeError, AttributeError) as error:
        raise BuilderError(
            f"the credentials for {index} cannot be read: {told(error)}",
            hint=f"run `docker login {index}`",
        ) from None
    values = {str(name).lower(): str(value or "") for name, value in stored.items()}
    made = Login(
        values.get("username", ""), values.get("password", ""), values.get("identitytoken", "")
    )
    hide((made.password, made.token, made.basic.removeprefix("Basic ")))
    return made


@dataclass(slots=True)
class Challenge:
    """What a registry wants before it answers."""

    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)


def challenges(header: str) -> Iterator[Challenge]:
    """Yield the challenges of a header `WWW-Authenticate`; what cannot be read is passed over."""
    last: Challenge | None = None
    for part in CHALLENGE.finditer(header):
        if part["scheme"]:
            if last is not None:
                yield last
            last = Challenge(part["scheme"].lower())
        elif last is not None:
            quoted = re.sub(r"\\(.)", r"\1", part["quoted"] or "")
            last.parameters[part["name"].lower()] = quoted or part["bare"] or ""
    if last is not None:
        yield last


class Keyring:
    """The Authorization for each scope of one registry; a token is requested when the registry
    demands one. Safe for several threads.

    A registry names its token service itself (`realm`), so whoever answers for a registry chooses
    where the password goes. containerd (core/remotes/docker/auth, GenerateTokenOptions) sends it to
    any realm. go-containerregistry (pkg/v1/remote/transport/bearer.go, validateRealmURL) sends it
    only to a host of the registry's own domain, as docker.io has auth.docker.io; only by https, or
    by http where the registry itself has no TLS; and to no private address. That is the rule here,
    but a registry at a private address may have its token service at the same address. Without a
    password there is nothing to lose, and a token service elsewhere is asked, as containerd does.
    """

    def __init__(self, session: requests.Session, index: str, *, secure: bool) -> None:
        self._session, self._index, self._secure = session, index, secure
        self._login: Login | None = None
        self._headers: dict[str, str] = {}
        self._lock = threading.Lock()

    def header(self, scope: str) -> str:
        """Return the Authorization for a scope; empty as long as none is known to be needed."""
        return self._headers.get(scope, "")

    def challenged(self, scope: str, challenge: str, sent: str) -> bool:
        """Process an answer with status 401 to a request that had `sent` for its Authorization;
        return whether to try again.

        Of several challenges the first one counts that is known here, as go-containerregistry has
        it (transport/ping.go).

        Raises:
            BuilderError: the registry asks for credentials over an unencrypted connection or for
            another domain, or its token service fails.
            TransientError: the token service does not answer now.

        """
        asked = next((one for one in challenges(challenge) if one.scheme in {BASIC, BEARER}), None)
        with self._lock:
            if self._login is None:
                self._login = login(self._index)
            known = self._headers.pop(scope, "")
            if asked is None:
                return False
            if known != sent:
                # Another thread was challenged meanwhile, and has the answer.
                self._headers[scope] = known
            elif asked.scheme == BEARER:
                self._headers[scope] = f"Bearer {self._token(asked.parameters, scope)}"
            elif self._login.basic and not known:
                self._headers[scope] = self._login.basic
            return self._headers.get(scope, sent) != sent

    def _token(self, asked: Mapping[str, str], scope: str) -> str:
        who = self._login or Login()
        realm = asked.get("realm", "")
        self._check(realm, who)
        service = urlsplit(realm).netloc
        try:
            answer = self._ask(realm, asked.get("service", ""), scope, who)
            if answer.status_code in web.TRANSIENT:
                with answer:
                    raise web.TransientError.of(answer, f"its token service {service} answers")
            if answer.status_code != HTTPStatus.OK:
                with answer:
                    raise BuilderError(
                        f"{self._index} gives no token for {scope} (HTTP {answer.status_code})",
                        hint=f"run `docker login {self._index}`",
                    )
            values = web.document(answer)
        except (requests.ConnectionError, requests.Timeout) as error:
            raise web.TransientError(
                f"its token service {service} does not either: {web.reason(error)}"
            ) from error
        except requests.RequestException as error:
            raise self._useless(service, web.reason(error)) from error
        token = values.get("token") or values.get("access_token")
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            raise self._useless(service, "an object without a token")
        hide((token,))
        return token

    def _ask(self, realm: str, service: str, scope: str, who: Login) -> requests.Response:
        # One scope for each repository: a mount reads another one than it writes.
        query: dict[str, str | list[str]] = {"service": service, "scope": scope.split()}
        if who.token:
            form = {"grant_type": "refresh_token", "refresh_token": who.token, "client_id": CLIENT}
            # The token is in the body, which a redirect could take anywhere.
            return self._session.post(
                realm,
                data={**query, **form, "scope": scope},
                timeout=TIMEOUT,
                auth=_plain,
                allow_redirects=False,
                stream=True,
            )
        headers = {"Authorization": who.basic} if who.basic else {}
        return self._session.get(
            realm, params=query, headers=headers, timeout=TIMEOUT, auth=_plain, stream=True
        )

    def _check(self, realm: str, who: Login) -> None:
        """Raise BuilderError where nothing may be asked for a token, or not with a password."""
        registry = urlsplit(f"//{self._index}").hostname or ""
        try:
            scheme, host, _ = web.origin(realm)
        except ValueError:
            scheme, host = "", ""
        if not host or scheme not in web.PORTS or not WRITTEN.fullmatch(realm):
            said = f"names {told(repr(realm))}" if realm else "names none"
            raise BuilderError(
                f"{self._index} wants a token, and {said} where it is to be had (realm)",
                hint="nothing was sent; ask its operator",
            )
        has_password = bool(who.basic or who.token)
        what = "the password sent to" if has_password else "a token fetched from"
        if self._secure and scheme != "https":
            raise BuilderError(
                f"{self._index} wants {what} {told(realm)}, without encryption",
                hint="nothing was sent; ask its operator",
            )
        if domain(host) != domain(registry) and (has_password or not is_public(host)):
            raise BuilderError(
                f"{self._index} wants {what} {host}, which is of another domain",
                hint="nothing was sent; ask its operator",
            )

    def _useless(self, service: str, what: str) -> BuilderError:
        return BuilderError(
            f"the token service {service} of {self._index} gives {what}",
            hint="ask its operator; a proxy in between may answer in its place",
        )


def domain(host: str) -> str:
    """Return what hosts of one owner have in common: the last two names of a host, three where the
    last two are everybody's, all of an address.
    """
    host = host.rstrip(".").lower()
    if _address(host) is not None:
        return host
    names = host.split(".")
    is_shared = len(names) > 2 and len(names[-1]) == 2 and names[-2] in SHARED
    return ".".join(names[-3:] if is_shared else names[-2:])


def is_public(host: str) -> bool:
    """Tell whether a host is out in the world: neither a private address, such as that of a cloud's
    metadata, nor a name of this machine.
    """
    address = _address(host)
    if address is not None:
        return address.is_global
    return host != "localhost" and not host.endswith(".localhost")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _plain(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the request as it is: without an `auth`, requests would use netrc."""
    return request
