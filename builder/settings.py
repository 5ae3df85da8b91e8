"""Settings of the machine that runs the builder, not of the catalog.

They are read from environment variables, each with its default:

    CATALOG_CACHE                   where fetched files are kept
                                    default: $XDG_CACHE_HOME/catalog, else ~/.cache/catalog
    CATALOG_STORE                   where built cells and images are
                                    default: .catalog/store beside catalog.yaml
    CATALOG_REGISTRY_STORE          registry (host[:port][/path]) from which cells are taken
                                    default: none; everything is built here
    CATALOG_REGISTRY_TRUST          whose cells are taken from there: `recorded`, those that
                                    catalog.digests.json vouches for, or `all`
                                    default: recorded
    CATALOG_JOBS                    transfers and builds at once
                                    default: the processors of this machine
    CATALOG_CA_BUNDLE               PEM file of further authorities
                                    default: SSL_CERT_FILE, then REQUESTS_CA_BUNDLE
    CATALOG_MIRROR_DEBIAN           archive with dists/ and pool/
                                    default: what this machine's apt uses for its own release
    CATALOG_MIRROR_DEBIAN_SECURITY  the same for security updates
                                    default: likewise
    CATALOG_MIRROR_PYPI             Python package index (PEP 503)
                                    default: what pip is configured with, else uv's own
    CATALOG_MIRROR_NPM              npm registry
                                    default: what npm is configured with
    CATALOG_MIRROR_MAVEN            Maven repository
                                    default: what Maven is configured with, here or in Debian
    CATALOG_MIRROR_GO               Go module proxy
                                    default: what Go is configured with
    CATALOG_MIRROR_CRAN             repository of R packages (src/contrib), perhaps as of a day
                                    default: what R is configured with, here or in Debian
    CATALOG_MIRROR_JULIA            package server of Julia
                                    default: JULIA_PKG_SERVER, else what the Julia here asks
    CATALOG_MIRROR_ARCHIVE          directory that holds all files of `archives`
                                    default: none
    CATALOG_MIRROR_<NAME>           a repository or an index that catalog.yaml declares: pgdg, for
                                    example, is CATALOG_MIRROR_PGDG
                                    default: its `url`
    CATALOG_SNAPSHOT_DEBIAN         archive of former states of both
                                    default: none
    CATALOG_CLUSTER                 kind cluster for charts' tests
                                    default: catalog
    CATALOG_NODE_IMAGE              node image to make it from
                                    default: the newest kindest/node in the Docker engine
    CATALOG_OSV                     directory with advisories of OSV, by which `catalog
                                    vulnerabilities` and `notes` tell vulnerabilities
                                    default: none
    CATALOG_TODAY                   the day (2026-11-27) by which ends of life are told
                                    default: what this machine's clock says, in UTC
    CATALOG_SIGN_KEY                key by which `catalog publish` signs, as cosign takes it: a file
                                    (its password is COSIGN_PASSWORD), env://NAME, the URI of a key
                                    management service; or `keyless`, to sign as an identity
                                    default: nothing is signed
    CATALOG_DEBIAN_KEYRING          keys that sign Debian's archives
                                    default: /usr/share/keyrings/debian-archive-keyring.gpg

Proxies are taken from the variables that every client knows: `http_proxy`, `https_proxy`,
`no_proxy`. None of these is written into a lock, an image or a key.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from builder.errors import InputError, Problem
from builder.redact import redact

PREFIX = "CATALOG_"
MIRROR, SNAPSHOT = PREFIX + "MIRROR_", PREFIX + "SNAPSHOT_"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
KEYLESS = "keyless"
REGISTRY_STORE = PREFIX + "REGISTRY_STORE"
RECORDED, ALL = "recorded", "all"
TRUST = (RECORDED, ALL)
MOST_DIGITS, SHOWN = 4, 40
SCHEMES = ("http://", "https://", "file:///")


def variable(prefix: str, origin: str) -> str:
    """Return the name of an origin's setting: ("CATALOG_MIRROR_", "debian-security") ->
    CATALOG_MIRROR_DEBIAN_SECURITY.
    """
    return prefix + origin.upper().replace("-", "_")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Where things are fetched from and kept on this machine."""

    cache: Path
    store: Path
    jobs: int
    registry_store: str = ""
    """Where cells are taken from, as `host[:port][/path]`; empty for nowhere."""
    registry_trust: str = RECORDED
    """One of `TRUST`."""
    ca_bundle: Path | None = None
    cluster: str = "catalog"
    node_image: str | None = None
    keyring: Path = KEYRING
    osv: Path | None = None
    """Directory of a database of vulnerabilities; whoever uses it looks whether it is one."""
    sign_key: str = ""
    """As cosign takes it; KEYLESS for an identity; empty where nothing is signed."""
    mirrors: Mapping[str, str] = field(default_factory=dict)
    """Origin in upper case with underscores (DEBIAN_SECURITY) -> base URL without a slash at its
    end."""
    snapshots: Mapping[str, str] = field(default_factory=dict)

    def mirror(self, origin: str) -> str | None:
        """Return the base URL set for an origin, or None."""
        return self.mirrors.get(variable("", origin))

    def knowing(self, addresses: Mapping[str, str]) -> Settings:
        """Return these settings with the addresses of origins that a catalog declares, by name;
        mirrors that are set replace them.
        """
        declared = {variable("", name): url for name, url in addresses.items()}
        return replace(self, mirrors={**declared, **self.mirrors})

    def snapshot(self, origin: str) -> str | None:
        """Return the base URL of an origin's former states, or None."""
        return self.snapshots.get(variable("", origin))


def read(directory: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; `directory` is that of catalog.yaml.

    Raises:
        InputError: a variable's value is not what it should be; all of them at once.

    """
    env = os.environ if environment is None else environment
    problems: list[Problem] = []
    settings = Settings(
        cache=_cache(env, problems).absolute(),
        store=Path(env.get(PREFIX + "STORE") or directory / ".catalog" / "store").absolute(),
        jobs=_count(env, PREFIX + "JOBS", problems) or os.cpu_count() or 1,
        registry_store=env.get(REGISTRY_STORE, ""),
        registry_trust=_word(env, PREFIX + "REGISTRY_TRUST", TRUST, problems),
        ca_bundle=_ca_bundle(env, problems),
        cluster=env.get(PREFIX + "CLUSTER") or "catalog",
        node_image=env.get(PREFIX + "NODE_IMAGE") or None,
        keyring=Path(env.get(PREFIX + "DEBIAN_KEYRING") or KEYRING),
        osv=Path(env[PREFIX + "OSV"]).absolute() if env.get(PREFIX + "OSV") else None,
        sign_key=_sign_key(env, problems),
        mirrors=_urls(env, MIRROR, problems),
        snapshots=_urls(env, SNAPSHOT, problems),
    )
    if problems:
        raise InputError(problems)
    return settings


def today(environment: Mapping[str, str] | None = None) -> date:
    """Return the day by which commands tell whether an end of life is past: what is computed from a
    catalog gets it from them, and looks at no clock.

    Raises:
        InputError: the variable is no day.

    """
    env = os.environ if environment is None else environment
    name = PREFIX + "TODAY"
    value = env.get(name)
    if not value:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(value)
    except ValueError:
        message = f"{value[:SHOWN]!r} is not a day, such as 2026-11-27"
        raise InputError([Problem(name, 0, 0, message)]) from None


def _cache(env: Mapping[str, str], problems: list[Problem]) -> Path:
    if own := env.get(PREFIX + "CACHE"):
        return Path(own)
    if caches := env.get("XDG_CACHE_HOME"):
        return Path(caches) / "catalog"
    home = env.get("HOME")
    if home == "":
        problems.append(Problem("HOME", 0, 0, "is empty", "set it, or CATALOG_CACHE"))
    return Path(home or "~").expanduser() / ".cache" / "catalog"


def _count(env: Mapping[str, str], name: str, problems: list[Problem]) -> int:
    value = env.get(name, "")
    if value and not (value.isdecimal() and len(value) <= MOST_DIGITS and int(value) > 0):
        problems.append(Problem(name, 0, 0, f"{value[:SHOWN]!r} is not a number above 0"))
        return 0
    return int(value or 0)


def _sign_key(env: Mapping[str, str], problems: list[Problem]) -> str:
    name = PREFIX + "SIGN_KEY"
    value = env.get(name, "")
    if value in {"", KEYLESS} or "://" in value:
        return value
    path = Path(value).absolute()
    # Not Path.is_file, which raises for a name that no file system takes.
    if not os.path.isfile(path):  # noqa: PTH113
        hint = "name a file that `cosign generate-key-pair` wrote, or say `keyless`"
        problems.append(Problem(name, 0, 0, f"{path} is not a file", hint))
    return str(path)


def _word(
    env: Mapping[str, str], name: str, words: tuple[str, ...], problems: list[Problem]
) -> str:
    """Return the value of a variable that is one of some words: the first of them by default."""
    value = env.get(name) or words[0]
    if value not in words:
        message = f"{value[:SHOWN]!r} is not one of {', '.join(words)}"
        problems.append(Problem(name, 0, 0, message))
    return value


def _ca_bundle(env: Mapping[str, str], problems: list[Problem]) -> Path | None:
    for name in (PREFIX + "CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        if not env.get(name):
            continue
        path = Path(env[name]).absolute()
        # Not Path.is_file, which raises for a name that no file system takes.
        if os.path.isfile(path):  # noqa: PTH113
            return path
        if name.startswith(PREFIX):
            problems.append(
                Problem(
                    name,
                    0,
                    0,
                    f"{path} is not a file",
                    "name a PEM file with one or more certificates",
                )
            )
    return None


def _urls(env: Mapping[str, str], prefix: str, problems: list[Problem]) -> dict[str, str]:
    urls = {
        name.removeprefix(prefix): value.rstrip("/")
        for name, value in sorted(env.items())
        if name.startswith(prefix) and value
    }
    for name, value in urls.items():
        message, hint = _wrong_url(value)
        if message:
            problems.append(Problem(prefix + name, 0, 0, message, hint))
    return urls


def _wrong_url(value: str) -> tuple[str, str]:
    """Return what is wrong with the base URL of a mirror and what to do about it; nothing where it
    is right.
    """
    shown = redact(value)
    if not value.startswith(SCHEMES):
        # Without its scheme it is not known for a URL, and may hold a password all the same.
        shown = shown.rpartition("@")[2]
        return f"{shown!r} is not a URL", f"start it with one of {', '.join(SCHEMES)}"
    try:
        parts = urlsplit(value)
        is_url = bool(parts.hostname) or parts.scheme == "file"
        _ = parts.port
    except ValueError:
        parts, is_url = urlsplit(""), False
    if not is_url or not value.isprintable() or any(letter in value for letter in ' \\"<>'):
        return f"{shown!r} is not a URL", "for example https://mirror.example.org/path"
    if parts.query or parts.fragment:
        hint = "leave out what follows ? or #; a password belongs into ~/.netrc"
        return f"{shown!r} has a query, and the paths of files are put behind it", hint
    return "", ""
