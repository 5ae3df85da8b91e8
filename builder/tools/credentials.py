"""Credentials for registries, as `docker login` and `podman login` store them, and the tokens that
registries issue for them.
"""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import parse_http_list, parse_keqv_list

import docker.auth
import docker.errors
import requests

from builder.errors import BuilderError

AUTH_FILE = "REGISTRY_AUTH_FILE"
CLIENT = "catalog"
TIMEOUT = (20, 60)


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
    except (docker.errors.DockerException, ValueError) as error:
        raise BuilderError(
            f"the credentials for {index} cannot be read: {error}",
            hint=f"run `docker login {index}`",
        ) from None
    values = {name.lower(): value or "" for name, value in stored.items()}
    return Login(
        values.get("username", ""), values.get("password", ""), values.get("identitytoken", "")
    )


class Keyring:
    """The Authorization for each scope of one registry; a token is requested when the registry
    demands one. Safe for several threads.
    """

    def __init__(self, session: requests.Session, index: str, *, secure: bool) -> None:
        self._session, self._index, self._secure = session, index, secure
        self._login: Login | None = None
        self._headers: dict[str, str] = {}
        self._lock = threading.Lock()

    def header(self, scope: str) -> str:
        """Return the Authorization for a scope; empty as long as none is known to be needed."""
        return self._headers.get(scope, "")

    def challenged(self, scope: str, challenge: str) -> bool:
        """Process an answer with status 401; return whether to try again.

        Raises:
            BuilderError: the registry asks for credentials over an unencrypted connection, or its
            token service fails.

        """
        with self._lock:
            if self._login is None:
                self._login = login(self._index)
            scheme, _, rest = challenge.partition(" ")
            known = self._headers.pop(scope, "")
            if scheme.lower() == "bearer":
                self._headers[scope] = (
                    f"Bearer {self._token(parse_keqv_list(parse_http_list(rest)), scope)}"
                )
            elif scheme.lower() == "basic" and self._login.basic and not known:
                self._headers[scope] = self._login.basic
            return scope in self._headers and self._headers[scope] != known

    def _token(self, asked: Mapping[str, str], scope: str) -> str:
        realm, who = asked.get("realm", ""), self._login or Login()
        if self._secure and urlsplit(realm).scheme != "https" and (who.basic or who.token):
            raise BuilderError(
                f"{self._index} wants the password sent to {realm}, without encryption",
                hint="nothing was sent; ask the registry's operator",
            )
        # One scope for each repository: a mount reads from one and writes to another.
        query: dict[str, str | list[str]] = {
            "service": asked.get("service", ""),
            "scope": scope.split(),
        }
        if who.token:
            form = {"grant_type": "refresh_token", "refresh_token": who.token, "client_id": CLIENT}
            answer = self._session.post(
                realm, data={**query, **form, "scope": scope}, timeout=TIMEOUT, auth=_plain
            )
        else:
            headers = {"Authorization": who.basic} if who.basic else {}
            answer = self._session.get(
                realm, params=query, headers=headers, timeout=TIMEOUT, auth=_plain
            )
        if not answer.ok:
            raise BuilderError(
                f"{self._index} refuses a token for {scope} (HTTP {answer.status_code})",
                hint=f"run `docker login {self._index}`",
            )
        values = answer.json()
        return str(values.get("token") or values.get("access_token") or "")


def _plain(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the request as it is: without an `auth`, requests would use netrc."""
    return request
