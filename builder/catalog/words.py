"""The words of the format: names, versions, conditions, and the base class of its models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

NAME = r"^[a-z0-9]+([._-][a-z0-9]+)*$"
IMAGE_NAME = r"^[a-z0-9{][a-z0-9._{}-]*$"
IDENTIFIER = r"^[a-z][a-z0-9_]*$"
VALUE = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
MODE = r"^0[0-7]{3,4}$"
OWNER = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$"
ACCOUNT = r"^[A-Za-z_][A-Za-z0-9_.-]*\$?$"
REGISTRY = (
    r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$"
)
ABSOLUTE = r"^/[^\x00-\x1f\x7f]*$"
DIRECTORY = r"^/[^\x00-\x1f\x7f:]*$"
LINE = r"^[^\x00-\x08\x0a-\x1f\x7f]*$"
LABEL = r"^[!-<>-~]+$"
ARGUMENT = r"^[^\x00]*$"
DPKG_PATH = r"^path-(exclude|include)=/\S*$"
# Neither holds a user, a password or a query: what is in a catalog is in its lock, its images and
# its charts, too.
URL = r"^(https?://[^\s/?#@\\]+(/[^\s?#]*)?|file:///[^\s?#]*)$"
PAGE = r"^https?://[^\s/?#@\\]+(/[^\s?#]*)?(#[^\s?]*)?$"
# An origin's name is part of a setting: pgdg -> CATALOG_MIRROR_PGDG.
ORIGIN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
SUITE = r"^[A-Za-z0-9_{][A-Za-z0-9_.{}-]*(/[A-Za-z0-9_{][A-Za-z0-9_.{}-]*)*$"
COMPONENT = r"^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*$"
FILE = r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*$"
RELEASE_NAME = r"^[a-z][a-z0-9-]*$"
# Debian policy 5.6.12.
DEBIAN_VERSION = r"^([0-9]+:)?[0-9][A-Za-z0-9.+~-]*$"
SHA256 = r"^[0-9a-f]{64}$"
MOST_BYTES = 1 << 50
"""No file has more."""
GO_VERSION = r"^(latest|v[0-9][0-9A-Za-z.+-]*)$"
ONE_LINE = r"^[^\n']*$"
DRIVER = r"^[0-9]+(\.[0-9]+)*$"
ARCHITECTURE = r"^(sm|compute)_[0-9]+$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
TAG_TEMPLATE = r"^[A-Za-z0-9_{][A-Za-z0-9._{}-]*$"
PACKAGE = r"^[a-z]+:[^\s:]+$"
REASON = r"^[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
# The names that databases of vulnerabilities give: CVE-2026-1234, GHSA-….
VULNERABILITY = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"
HELD_PACKAGE = r"^[^\s*?]{1,200}$"
IMAGE_GLOB = r"^[a-z0-9*?\[][A-Za-z0-9._:*?\[\]!-]{0,199}$"

Name = Annotated[str, StringConstraints(pattern=NAME, max_length=100)]
# A family's name holds `{parameters}` that `product` fills in.
ImageName = Annotated[str, StringConstraints(pattern=IMAGE_NAME, max_length=100)]
# Axes and parameters are variables in templates.
Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER, max_length=40)]
# A version on an axis: it is part of paths and, through the axis' label, of tags.
Value = Annotated[str, StringConstraints(pattern=VALUE, max_length=60)]
Variable = Annotated[str, StringConstraints(pattern=VARIABLE)]
Absolute = Annotated[str, StringConstraints(pattern=ABSOLUTE)]
# PATH parts its directories by ':'.
Directory = Annotated[str, StringConstraints(pattern=DIRECTORY)]
# No instruction of a Dockerfile can set a value that has a line break: ENV, LABEL, WORKDIR.
Line = Annotated[str, StringConstraints(pattern=LINE, max_length=32_768)]
Label = Annotated[str, StringConstraints(pattern=LABEL, max_length=256)]
Argument = Annotated[str, StringConstraints(pattern=ARGUMENT, max_length=32_768)]
DpkgPath = Annotated[str, StringConstraints(pattern=DPKG_PATH)]
Owner = Annotated[str, StringConstraints(pattern=OWNER)]
# useradd takes 32 characters.
Account = Annotated[str, StringConstraints(pattern=ACCOUNT, max_length=32)]
Page = Annotated[str, StringConstraints(pattern=PAGE)]
Registry = Annotated[str, StringConstraints(pattern=REGISTRY)]
Architecture = Annotated[str, StringConstraints(pattern=ARCHITECTURE)]
Port = Annotated[int, Field(ge=1, le=65535)]
Day = Annotated[str, StringConstraints(pattern=DAY)]
TagTemplate = Annotated[str, StringConstraints(pattern=TAG_TEMPLATE, max_length=128)]
# What a lock calls an artifact of a kind: deb:python3.13.
Package = Annotated[str, StringConstraints(pattern=PACKAGE, max_length=200)]
Reason = Annotated[str, StringConstraints(pattern=REASON, max_length=400)]

TEXT, TEXTS, CONDITIONAL = "(text)", "(texts)", "(conditional)"
"""Names of the branches where the format allows a text or something else."""


def text_or_list(value: object) -> str:
    """Tell which branch a value that may be a list is of."""
    return TEXTS if isinstance(value, list | tuple) else TEXT


def text_or_mapping(value: object) -> str:
    """Tell which branch a value that may be a mapping is of."""
    return CONDITIONAL if isinstance(value, dict | BaseModel) else TEXT


Values = Annotated[
    Annotated[str, Tag(TEXT)] | Annotated[tuple[str, ...], Field(min_length=1), Tag(TEXTS)],
    Discriminator(text_or_list),
]
# A condition on a matrix point: axis -> the value or values it may have there.
When = Mapping[str, Values]


class Model(BaseModel):
    """A frozen value that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
