"""A repository of R packages in a few lines, made as CRAN is: sources, an index, an archive."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.integration.registries import tgz
from tests.integration.site import Site

DESCRIPTION = """\
Package: {name}
Version: {version}
Title: A Package of a Test
Description: It is made by hand.
Author: A
Maintainer: A <a@example.invalid>
License: MIT
Packaged: 2026-01-01 10:00:00 UTC; a
"""


def source(name: str, version: str, files: Mapping[str, str] | None = None, **fields: str) -> bytes:
    """Return the source of a package, as `R CMD build` makes it; without files, it has one
    function."""
    described = DESCRIPTION.format(name=name, version=version)
    described += "".join(f"{field}: {value}\n" for field, value in fields.items())
    own = files or {"NAMESPACE": "export(hello)\n", "R/hello.R": f"hello <- function() '{name}'\n"}
    every = {"DESCRIPTION": described, **own}
    return tgz({f"{name}/{path}": text.encode() for path, text in every.items()})


@dataclass
class Cran:
    """A repository below /cran of a site."""

    site: Site
    stanzas: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{self.site.url}/cran"

    def publish(
        self,
        name: str,
        version: str,
        files: Mapping[str, str] | None = None,
        *,
        index: str = "",
        **fields: str,
    ) -> str:
        """Publish a release, and move the one before it into the archive; return its path. `index`
        are further lines of the index."""
        data = source(name, version, files, **fields)
        if former := self.versions.get(name):
            file = f"{name}_{former}.tar.gz"
            old = self.site.files.pop(f"/cran/src/contrib/{file}")
            self.site.files[f"/cran/src/contrib/Archive/{name}/{file}"] = old
        self.versions[name] = version
        path = f"/cran/src/contrib/{name}_{version}.tar.gz"
        self.site.files[path] = data
        sums = f"MD5sum: {hashlib.md5(data, usedforsecurity=False).hexdigest()}\n"
        listed = "".join(f"{field}: {value}\n" for field, value in fields.items())
        self.stanzas[name] = f"Package: {name}\nVersion: {version}\n{listed}{index or sums}"
        self.write("\n".join(self.stanzas.values()))
        return path

    def write(self, text: str) -> None:
        """Publish an index as it is."""
        self.site.files["/cran/src/contrib/PACKAGES.gz"] = gzip.compress(text.encode())
