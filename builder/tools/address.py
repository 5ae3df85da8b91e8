"""Addresses of registries, as `--to` and catalog.yaml give them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from builder.errors import InputError, Problem
from builder.redact import told

HOST = re.compile(
    r"(?:(?P<name>[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)|\[(?P<six>[0-9A-Fa-f:.]+)\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
)
PATH = re.compile(
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
)
PORTS, LONGEST_PATH = 65535, 200


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
    """Read `host[:port][/path]`, as Docker's references have it (distribution/reference), with a
    host that cannot be taken for the first part of a path.

    Raises:
        ValueError: it is something else; says what.

    """
    host, _, path = text.removesuffix("/").partition("/")
    if why := _not_a_host(host) or _not_a_path(path):
        # In front of an @ there may be a password.
        shown = told(text.rpartition("@")[2].partition("?")[0])
        raise ValueError(
            f"{shown!r} is not a registry: {why}; write host[:port][/path], for example"
            " registry.example.org/team"
        )
    return Address(host=host, path=path)


def read_address(text: str, place: str) -> Address:
    """Return the registry that a text names; `place` says where the text is from.

    Raises:
        InputError: it is no address.

    """
    try:
        return address(text)
    except ValueError as error:
        raise InputError([Problem(place, 0, 0, str(error))]) from None


def _not_a_host(host: str) -> str:
    """Return why a text is not a host with a port; empty where it is one."""
    match = HOST.fullmatch(host)
    if match is None:
        if "@" in host:
            return "it holds a user, whom `docker login` should know instead"
        return "it does not begin with a host" if host else "it names no host"
    if match["port"] is not None and not 1 <= int(match["port"]) <= PORTS:
        return f"its port is not one of 1 to {PORTS}"
    if match["six"] and not _is_ipv6(match["six"]):
        return "its address is none of IPv6"
    if not any(letter in host for letter in ".:") and host != "localhost":
        return f"{host!r} would be the first part of a path: it needs a dot or a port"
    return ""


def _not_a_path(path: str) -> str:
    """Return why a text is not a path of repositories; empty where it is one."""
    if not path or PATH.fullmatch(path):
        return f"its path is longer than {LONGEST_PATH} characters" * (len(path) > LONGEST_PATH)
    if "@" in path:
        return "it holds a digest or a user"
    if ":" in path:
        return "it holds a tag, and images have their own"
    if path != path.lower() and PATH.fullmatch(path.lower()):
        return f"its path has capital letters; try {path.lower()!r}"
    return f"{told(path)!r} is not a path of lower-case letters, digits, and . _ - / between them"


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.IPv6Address(text).scope_id is None
    except ValueError:
        return False
