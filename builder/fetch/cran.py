"""The repository of R packages: the one that is set, else the one that this machine's R takes."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from builder.errors import FetchError, ToolError
from builder.lock.description import archived
from builder.lock.model import Artifact
from builder.settings import MIRROR, Settings, variable
from builder.tools.apt import download
from builder.tools.archive import content
from builder.tree import File, replace

ORIGIN = "cran"
PROFILES = (
    "etc/R/Rprofile.site",
    "usr/lib/R/etc/Rprofile.site",
    "usr/local/lib/R/etc/Rprofile.site",
)
"""R's own start-up files, where Debian and administrators name a repository."""
HOMES = ("usr/share/R/doc", "usr/lib/R/doc", "usr/local/lib/R/doc")
MIRRORS = "CRAN_mirrors.csv"
"""R's list of mirrors. The first one redirects to one near by."""
PACKAGE = "r-base-core"
"""Debian's package that has both."""
# r["CRAN"] <- "https://…", or repos = c(CRAN = "https://…")
NAMED = re.compile(r"""\bCRAN["']?\s*\]?\s*(?:<-|=)\s*["'](?P<url>https?://[^"'\s]+)["']""")


def repository(settings: Settings) -> str:
    """Return the repository's base URL, without a slash at its end.

    Without a setting, it is that of R: of the start-up file of the user or of this machine, else
    the first in R's list of mirrors. Where there is no R, apt gives Debian's package of it.

    Raises:
        FetchError: nothing is set, and this machine has neither.

    """
    if mirror := settings.mirror(ORIGIN):
        return mirror
    home = Path(os.environ.get("HOME") or "/nonexistent")
    url = configured(home, Path("/")) or _in_package(settings)
    if url is None:
        raise FetchError(
            "where to find R packages is not known on this machine",
            hint=f"set {variable(MIRROR, ORIGIN)} to the URL of a repository, or install R",
        )
    return url.rstrip("/")


def locate(
    artifacts: Sequence[Artifact], moment: str, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """Return the URLs at the repository: where the newest release is, and where it is later."""
    del moment
    base = repository(settings)
    return {item.id: tuple(f"{base}/{path}" for path in paths(item)) for item in artifacts}


def paths(artifact: Artifact) -> tuple[str, str]:
    """Return the paths at which a repository may have a source."""
    file = artifact.locator.rpartition("/")[2]
    return quote(artifact.locator), quote(archived(artifact.name, file))


def configured(home: Path, root: Path) -> str | None:
    """Return the repository of this machine's R; None where it has none.

    `home` is the user's directory, `root` the machine's root.
    """
    for path in (home / ".Rprofile", *(root / profile for profile in PROFILES)):
        if path.is_file() and (url := _in_profile(path.read_text(errors="replace"))):
            return url
    for folder in HOMES:
        path = root / folder / MIRRORS
        if path.is_file() and (url := _first_mirror(path.read_text(errors="replace"))):
            return url
    return None


def _in_profile(text: str) -> str | None:
    """Return the repository that a start-up file of R names; the last one, as R reads it."""
    url = None
    for line in text.splitlines():
        for match in NAMED.finditer(line.partition("#")[0]):
            url = match["url"]
    return url


def _first_mirror(text: str) -> str | None:
    first = next(csv.DictReader(text.splitlines()), {})
    url = first.get("URL") or ""
    return url if url.startswith(("http://", "https://")) else None


def _in_package(settings: Settings) -> str | None:
    """Return the same out of Debian's package, which apt verifies; asked for once."""
    kept = settings.cache / "cran" / "repository"
    if kept.is_file():
        return kept.read_text().strip()
    with TemporaryDirectory() as name:
        try:
            package = download(PACKAGE, Path(name))
        except ToolError:
            return None
        listed = next(content(package, MIRRORS), b"").decode(errors="replace")
    url = _first_mirror(listed)
    if url is not None:
        replace(kept, File(url.encode()))
    return url
