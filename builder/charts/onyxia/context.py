"""The context that expressions read: the type of each path, and whether every platform and user has
it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from builder.charts.onyxia.source import parse_yaml

VERSION: Final = "5.5"
"""Version of the web application that has this context."""

_CONTEXTS: Final = Path(__file__).with_name("contexts.yaml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Type:
    """The type of a value of the context."""

    kind: str
    """One of string, number, boolean, array, object, any."""
    fields: Mapping[str, Type] | None = None
    """Of an object; None when any key may be there."""
    items: Type | None = None
    """Of an array, or of an object whose keys are not known."""
    optional: bool = False
    """Undefined on some platforms, or for some users."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A path that the context lacks."""

    path: str
    nearest: str = ""
    """The most similar path that exists."""
    why: str = ""
    """What happened to a path that charts still use."""


def _optional(kind: Type) -> Type:
    return Type(kind=kind.kind, fields=kind.fields, items=kind.items, optional=True)


def _record(**fields: Type) -> Type:
    return Type(kind="object", fields=fields)


_TEXT, _NUMBER, _BOOLEAN, _ANY = (
    Type(kind=kind) for kind in ("string", "number", "boolean", "any")
)
_MAYBE, _PERHAPS = _optional(_TEXT), _optional(_BOOLEAN)
_FREE = Type(kind="object", items=_ANY)
_LIST = Type(kind="array", items=_ANY)
_SLIDER = _record(sliderMin=_NUMBER, sliderMax=_NUMBER, sliderStep=_NUMBER, sliderUnit=_TEXT)
_PROFILE = _record(
    profileName=_MAYBE,
    AWS_ACCESS_KEY_ID=_MAYBE,
    AWS_SECRET_ACCESS_KEY=_MAYBE,
    AWS_SESSION_TOKEN=_MAYBE,
    AWS_DEFAULT_REGION=_TEXT,
    AWS_S3_ENDPOINT=_TEXT,
    port=_NUMBER,
    pathStyleAccess=_BOOLEAN,
    isAnonymous=_BOOLEAN,
)

CONTEXT: Final = _record(
    user=_record(
        idep=_TEXT,
        name=_TEXT,
        email=_TEXT,
        password=_TEXT,
        ip=_TEXT,
        darkMode=_BOOLEAN,
        lang=_TEXT,
        decodedIdToken=_FREE,
        accessToken=_TEXT,
        refreshToken=_TEXT,
        profile=_optional(_FREE),
    ),
    service=_record(oneTimePassword=_TEXT),
    project=_record(id=_TEXT, password=_TEXT, basic=_TEXT),
    git=_record(name=_TEXT, email=_TEXT, credentials_cache_duration=_NUMBER, token=_MAYBE),
    vault=_optional(
        _record(VAULT_ADDR=_TEXT, VAULT_TOKEN=_MAYBE, VAULT_MOUNT=_TEXT, VAULT_TOP_DIR=_TEXT)
    ),
    s3=_optional(_PROFILE),
    s3_array=_optional(Type(kind="array", items=_PROFILE)),
    region=_record(
        defaultIpProtection=_PERHAPS,
        defaultNetworkPolicy=_PERHAPS,
        allowedURIPattern=_TEXT,
        customValues=_optional(_FREE),
        kafka=_optional(_record(url=_TEXT, topicName=_TEXT)),
        tolerations=_optional(_LIST),
        nodeSelector=_optional(_FREE),
        startupProbe=_optional(_FREE),
        sliders=Type(kind="object", items=_SLIDER),
        resources=_optional(
            _record(
                cpuRequest=_MAYBE,
                cpuLimit=_MAYBE,
                memoryRequest=_MAYBE,
                memoryLimit=_MAYBE,
                disk=_MAYBE,
                gpu=_MAYBE,
            ),
        ),
        openshiftSCC=_optional(_record(scc=_TEXT, enabled=_BOOLEAN)),
        **{"from": _optional(_LIST)},
    ),
    k8s=_record(
        domain=_TEXT,
        ingressClassName=_MAYBE,
        ingress=_PERHAPS,
        route=_PERHAPS,
        istio=_optional(_record(enabled=_BOOLEAN, gateways=Type(kind="array", items=_TEXT))),
        randomSubdomain=_TEXT,
        initScriptUrl=_TEXT,
        useCertManager=_PERHAPS,
        certManagerClusterIssuer=_MAYBE,
    ),
    proxyInjection=_optional(
        _record(enabled=_PERHAPS, httpProxyUrl=_MAYBE, httpsProxyUrl=_MAYBE, noProxy=_MAYBE)
    ),
    packageRepositoryInjection=_optional(
        _record(
            cranProxyUrl=_MAYBE, condaProxyUrl=_MAYBE, packageManagerUrl=_MAYBE, pypiProxyUrl=_MAYBE
        )
    ),
    certificateAuthorityInjection=_optional(_record(cacerts=_MAYBE, pathToCaBundle=_MAYBE)),
)

_ABSENT: Final[Mapping[str, str]] = {
    "ai": "charts use it before the application has it",
    "git.project": "it was never in the context",
    "k8s.initScriptCheckSum": "it was never in the context",
    "kaggleApiToken": "it was removed",
    "s3.AWS_BUCKET_NAME": "it was removed with the working directory of a bucket",
    "s3.isEnabled": "it was removed",
    "s3.objectNamePrefix": "it was removed with the working directory of a bucket",
    "s3.workingDirectoryPath": "it was removed with the working directory of a bucket",
}
"""Paths that published charts use and the context does not have, and why."""


AHEAD: Final = "Only later versions of Onyxia know what is injected here."
"""A node's `$comment` that says that a path of `LATER` is meant."""
LATER: Final = ("ai", "k8s.initScriptCheckSum")
"""Paths that later versions of the application offer, or some platforms by their own means."""


def is_later(path: Sequence[str]) -> bool:
    """Tell whether a path is one of `LATER`, or below one."""
    text = ".".join(path)
    return any(text == known or text.startswith(f"{known}.") for known in LATER)


def look_up(path: Sequence[str], item: Type | None = None) -> Type | Unknown:
    """Return the type of the value at a path; optional if any step of the path may be undefined.

    `item` is the type of the element whose properties are in scope too, inside the items of an
    array.
    """
    if item is not None and (
        item.kind == "any" or (item.fields is not None and path[0] in item.fields)
    ):
        return _descend(item, path)
    return _descend(CONTEXT, path)


def _descend(start: Type, path: Sequence[str]) -> Type | Unknown:
    here, optional = start, False
    for key in path:
        if here.kind == "any":
            return Type(kind="any", optional=True)
        below = _step(here, key)
        if below is None:
            return _unknown(path)
        optional |= below.optional or (here.fields is None and here.kind != "any")
        here = below
    return _optional(here) if optional else here


def _step(here: Type, key: str) -> Type | None:
    if here.fields is not None:
        return here.fields.get(key)
    if here.kind == "array" and not key.isdecimal():
        return None
    return here.items


def _unknown(path: Sequence[str]) -> Unknown:
    text = ".".join(path)
    why = next(
        (
            words
            for known, words in _ABSENT.items()
            if text == known or text.startswith(known + ".")
        ),
        "",
    )
    if why:
        return Unknown(text, why=why)
    words = {known.lower(): known for known in known_paths()}
    asked = ".".join(key.strip() for key in path).lower()
    near = difflib.get_close_matches(asked, words, 1, 0.6)
    if not near:
        last = [known for known in words if known.rsplit(".", 1)[-1] == asked.rsplit(".", 1)[-1]]
        near = difflib.get_close_matches(asked, last, 1, 0.0)
    return Unknown(text, words[near[0]] if near else "")


@cache
def known_paths() -> tuple[str, ...]:
    """Return every path of the context, with dots."""
    return tuple(_paths(CONTEXT, ""))


def _paths(here: Type, prefix: str) -> Iterator[str]:
    for key, below in (here.fields or {}).items():
        yield prefix + key
        yield from _paths(below, prefix + key + ".")


@cache
def contexts() -> Mapping[str, Mapping[str, object]]:
    """Return the four contexts in which charts are computed, by name: they differ in what is
    missing.
    """
    document, problem, _ = parse_yaml(_CONTEXTS.read_text())
    assert isinstance(document, dict), problem  # noqa: S101  our own file
    return document
