"""Where packages come from beside the registries that everybody uses: further Debian repositories
with their keys, and further Python indexes. catalog.yaml declares each once, layers use its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, StringConstraints

from builder.catalog.words import COMPONENT, FILE, ORIGIN, SUITE, URL, Model

OriginName = Annotated[str, StringConstraints(pattern=ORIGIN, max_length=60)]
Mirror = Annotated[str, StringConstraints(pattern=URL)]
Component = Annotated[str, StringConstraints(pattern=COMPONENT)]

RESERVED = frozenset(
    {"archive", "cran", "debian", "debian-security", "go", "julia", "maven", "npm", "pypi"}
)
"""Origins that the lock and the mirrors' settings call so without any catalog."""


class Repository(Model):
    """A Debian repository beside Debian's own archive."""

    url: str = Field(description="Where it is: the directory that holds dists/.", pattern=URL)
    suite: str = Field(
        description="Its suite; may hold {axis}, e.g. '{debian}-pgdg'.", pattern=SUITE
    )
    components: tuple[Component, ...] = Field(
        ("main",), description="Its components.", min_length=1
    )
    key: str = Field(
        description=(
            "File beside catalog.yaml, or below it, with the OpenPGP certificate that signs it."
        ),
        pattern=FILE,
    )


class PythonIndex(Model):
    """A Python package index beside the usual one."""

    url: str = Field(description="Its address (PEP 503).", pattern=URL)


class Origins(Model):
    """The origins that a catalog declares."""

    repositories: Mapping[OriginName, Repository] = Field(
        {}, description="Further Debian repositories: `apt: [package/name]` takes a package there."
    )
    indexes: Mapping[OriginName, PythonIndex] = Field(
        {},
        description=(
            "Further Python indexes: `python: [{index: name, packages: […]}]` takes packages there."
        ),
    )

    mirrors: Mapping[OriginName, Mirror] = Field(
        {},
        description=(
            "Origin -> where to fetch its files, unless a setting of the machine says otherwise:"
            " debian, debian-security, pypi, npm, maven, go, cran, julia, archive, or one declared"
            " here."
        ),
    )

    @property
    def sources(self) -> dict[str, str]:
        """Where files of origins are fetched, by name, without a slash at the end."""
        mirrors = {name: url.rstrip("/") for name, url in self.mirrors.items()}
        return self.addresses | mirrors

    @property
    def addresses(self) -> dict[str, str]:
        """Where each of them is, by name, without a slash at the end."""
        repositories = {name: one.url for name, one in self.repositories.items()}
        indexes = {name: one.url for name, one in self.indexes.items()}
        return {name: url.rstrip("/") for name, url in (repositories | indexes).items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class FurtherRepository:
    """A further Debian repository at a matrix point."""

    name: str
    url: str
    suite: str
    components: tuple[str, ...]
    certificate: bytes = field(repr=False)
    """The OpenPGP certificate that signs it."""

    @property
    def state(self) -> str:
        """The name of its state in a lock."""
        return f"{self.name}:{self.suite}"

    @property
    def decides(self) -> dict[str, object]:
        """What decides which packages it has, as JSON data."""
        return {"url": self.url, "suite": self.suite, "components": list(self.components)}


def parted(text: str) -> tuple[str, str]:
    """Return package and repository of `package/repository`; "" for Debian's own archive."""
    package, _, repository = text.partition("/")
    return package, repository
