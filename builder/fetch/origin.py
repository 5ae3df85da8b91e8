"""Where an origin's files are: the mirror that is set, else what this machine's own clients use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from builder import deb822
from builder.errors import FetchError
from builder.settings import MIRROR, Settings, variable

DEBIAN, SECURITY = "debian", "debian-security"
ONE_LINE = re.compile(
    r"^deb\s+(?:\[[^\]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>[^#]*)"
)

# How apt, uv and npm say that they did not get through.
UNREACHABLE = re.compile(
    r"dns error|lookup address|could not resolve|temporary failure|connection"
    r" (?:refused|reset|timed out|failed)|unable to connect|could not connect|"
    r"timed? ?out|error sending request|tcp connect|failed to fetch|certificate|network is"
    r" unreachable|"
    r"ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN",
    re.IGNORECASE,
)
HOST = re.compile(r"https?://(?:[^/\s@]*@)?([^/\s'`\"()]+)")


class AwayError(FetchError):
    """An origin cannot be reached; says why in a few words."""

    def __init__(self, message: str, reason: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Configured:
    """One source that a machine's apt uses."""

    uri: str
    suite: str
    components: tuple[str, ...]


def debian_mirror(origin: str, settings: Settings, root: Path = Path("/")) -> str:
    """Return the base URL of a Debian archive, without a slash at its end.

    Without a setting, it is the URL from which this machine's apt takes its own release; `root` is
    the machine's root. That of a further repository is among the settings.

    Raises:
        FetchError: nothing is set, and this machine does not run Debian or has no such source; or
        no catalog declares the origin.

    """
    if mirror := settings.mirror(origin):
        return mirror
    if origin not in {DEBIAN, SECURITY}:
        raise undeclared(origin)
    codename = _codename(root)
    suites = {DEBIAN: {codename, "stable"}, SECURITY: {f"{codename}-security", "stable-security"}}[
        origin
    ]
    for source in configured(root):
        if (
            codename
            and source.suite in suites
            and "main" in source.components
            and source.uri.startswith(("http://", "https://", "file:"))
        ):
            return source.uri.rstrip("/")
    name = variable(MIRROR, origin)
    raise FetchError(
        f"where to find {origin} is not known on this machine",
        hint=f"set {name} to the URL of a mirror of it",
    )


def undeclared(origin: str) -> FetchError:
    """Return the error for an origin of the lock that nothing tells the address of."""
    return FetchError(
        f"where to find {origin} is not known: catalog.yaml does not declare it",
        hint=f"run `catalog lock`, or set {variable(MIRROR, origin)}",
    )


def configured(root: Path = Path("/")) -> Iterator[Configured]:
    """Yield the binary package sources under `root`/etc/apt, in apt's order; what cannot be read as
    one is passed over.
    """
    directory = root / "etc" / "apt"
    for path in [directory / "sources.list", *sorted((directory / "sources.list.d").glob("*"))]:
        if path.suffix == ".list" and path.is_file():
            yield from _one_line(path.read_text(errors="replace"))
        elif path.suffix == ".sources" and path.is_file():
            yield from _deb822(path.read_text(errors="replace"))


def _one_line(text: str) -> Iterator[Configured]:
    for line in text.splitlines():
        if match := ONE_LINE.match(line):
            yield Configured(match["uri"], match["suite"], tuple(match["components"].split()))


def _deb822(text: str) -> Iterator[Configured]:
    for stanza in deb822.stanzas(text):
        fields = {name.lower(): value.split() for name, value in deb822.fields(stanza).items()}
        if "deb" not in fields.get("types", []) or fields.get("enabled", ["yes"])[0].lower() in {
            "no",
            "false",
            "0",
        }:
            continue
        for uri in fields.get("uris", []):
            for suite in fields.get("suites", []):
                yield Configured(uri, suite, tuple(fields.get("components", [])))


def _codename(root: Path) -> str:
    """Return the machine's Debian codename; empty where it runs no Debian."""
    try:
        text = (root / "etc" / "os-release").read_text()
    except OSError:
        return ""
    fields = {
        name: value.strip("\"'")
        for name, _, value in (line.partition("=") for line in text.splitlines())
    }
    return fields.get("VERSION_CODENAME", "") if fields.get("ID") == "debian" else ""


def unreachable(text: str, origin: str) -> AwayError | None:
    """Return the error to raise when a client's output says that a host did not answer; None when
    it speaks of something else.
    """
    if not UNREACHABLE.search(text):
        return None
    hosts = sorted({host.rstrip(":,.") for host in HOST.findall(text)})
    name = variable(MIRROR, origin)
    where = f" at {', '.join(hosts)}" if hosts else ""
    return AwayError(
        f"{origin} cannot be reached{where}: {_reason(text)}",
        _reason(text),
        hint=(
            f"set {name} to a mirror that answers, or http_proxy/https_proxy, or CATALOG_CA_BUNDLE"
            " where a certificate is not trusted"
        ),
    )


def _reason(text: str) -> str:
    reasons = [line.strip() for line in text.splitlines() if UNREACHABLE.search(line)]
    return reasons[-1]
