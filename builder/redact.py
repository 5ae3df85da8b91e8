"""Secrets out of what people and files get to see. This is the one place that knows what a secret
looks like: it is asked where messages begin (`builder.errors`) and where they leave
(`builder.console`, the logs of programs).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

HIDDEN = "***"
SHORTEST = 6
"""Characters of a secret that is looked for by its value: shorter ones are in every other word."""
LONGEST = 300
"""Characters of what a server says that are worth showing."""
# The end of a URL in a sentence: what closes quotes, brackets and sentences is not its own.
_END = r"(?=['\"<>)\]},.:;]*(?:\s|$))"
# `user:password@` of a URL, also of one whose scheme is taken for granted.
_USER = re.compile(r"//[^\s/?#]*@")
# Its query, and what is behind that: a token, a signature, or nothing of interest.
_QUERY = re.compile(rf"([A-Za-z][A-Za-z0-9+.-]*://[^\s?#]*)[?#]\S+?{_END}")
# The same where only the path is told, as urllib3 does it.
_PATH_QUERY = re.compile(rf"((?:\burl:? |[\w/.%~-](?=\?[\w.~%-]+=))\S*?)\?\S+?{_END}")
# A header, and the lines of npm's configuration.
_HEADER = re.compile(
    r"(\bauthorization['\"]?\s*[:=]\s*['\"]?(?:basic|bearer)\s+)\S+", re.IGNORECASE
)
_NPMRC = re.compile(r"(:_(?:authToken|auth|password)\s*=\s*)\S+")
_known: tuple[str, ...] = ()


def redact(text: str) -> str:
    """Return a text without users, passwords and queries of URLs, and without the secrets that
    `hide` was told of.
    """
    if "//" in text:
        text = _USER.sub("//", text)
        text = _QUERY.sub(r"\1?…", text)
        text = _NPMRC.sub(rf"\1{HIDDEN}", text)
    if "?" in text:
        text = _PATH_QUERY.sub(r"\1?…", text)
    return masked(_HEADER.sub(rf"\1{HIDDEN}", text))


def masked(text: str) -> str:
    """Return a text without the secrets that `hide` was told of, and otherwise as it is: for
    results, whose URLs are the user's own.
    """
    for secret in _known:
        text = text.replace(secret, HIDDEN)
    return text


def told(said: object) -> str:
    """Return what a server or a program said as part of a sentence: in one line that is not too
    long, without secrets, and without characters that a terminal would obey.
    """
    text = "".join(letter if letter.isprintable() else " " for letter in str(said))
    line = redact(" ".join(text.split()))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def hide(secrets: Iterable[str]) -> None:
    """Take these values out of all texts from now on, also as a URL would write them.

    Plain words and short values stay, as they would take other words with them.
    """
    global _known  # noqa: PLW0603  what is secret is known to the whole process
    telling = set(_known)
    for secret in secrets:
        if len(secret) >= SHORTEST and not (secret.isalpha() and secret.islower()):
            telling |= {secret, quote(secret, safe=""), unquote(secret)}
    # The longest first: one may be a part of another.
    _known = tuple(sorted(telling, key=len, reverse=True))


def learn(environment: Mapping[str, str]) -> None:
    """Begin anew with the secrets in the URLs of an environment, such as those of proxies and
    indexes. Programs repeat them in forms that no longer look like a URL.
    """
    global _known  # noqa: PLW0603
    _known = ()
    for name, value in environment.items():
        for url in value.split(",") if "://" in value else [value]:
            hide(_inside(url, is_bare=name.lower().endswith("_proxy")))


def _inside(url: str, *, is_bare: bool) -> Iterable[str]:
    """Yield the password and the values of the query of a URL, if it is one; `is_bare` where it
    may lack its scheme.
    """
    _, scheme, rest = url.rpartition("://")
    if not (scheme or is_bare):
        return
    user, _, _ = rest.rpartition("@")
    yield from (user, user.partition(":")[2])
    for pair in rest.partition("?")[2].split("&"):
        yield pair.partition("=")[2]
