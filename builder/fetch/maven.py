"""The Maven repository: the one that is set, else the one that this machine's Maven takes."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.errors import FetchError, ToolError
from builder.lock.pom import PomError, document
from builder.settings import MIRROR, Settings, variable
from builder.tools.apt import download
from builder.tools.archive import content
from builder.tree import File, replace

ORIGIN = "maven"
CENTRAL = "central"
"""The id of the repository that every Maven knows."""
# What every project inherits from, inside the library that reads projects.
SUPER_POM = "org/apache/maven/model/pom-4.0.0.xml"
LIBRARY = "*model-builder*.jar"
PACKAGE = "libmaven3-core-java"
"""Debian's package of that library."""


def repository(settings: Settings) -> str:
    """Return the repository's base URL, without a slash at its end.

    Without a setting, it is that of Maven: of a mirror in its settings, else the one in the project
    from which all inherit. Where there is no Maven, apt gives the Debian package which holds that.

    Raises:
        FetchError: nothing is set, and this machine has neither.

    """
    if mirror := settings.mirror(ORIGIN):
        return mirror
    home = Path(os.environ.get("HOME") or "/nonexistent")
    url = configured(home, Path("/")) or _in_package(settings)
    if url is None:
        raise FetchError(
            "where to find Maven artifacts is not known on this machine",
            hint=f"set {variable(MIRROR, ORIGIN)} to the URL of a repository, or install Maven",
        )
    return url.rstrip("/")


def configured(home: Path, root: Path) -> str | None:
    """Return what this machine's Maven is configured with; None where it has none.

    `home` is the user's directory, `root` the machine's root.
    """
    for path in (home / ".m2/settings.xml", root / "etc/maven/settings.xml"):
        if path.is_file() and (url := _mirror(path.read_text(errors="replace"))):
            return url
    for folder in ("usr/share/maven/lib", "usr/share/java"):
        for library in sorted((root / folder).glob(LIBRARY)):
            if url := _central(library.read_bytes()):
                return url
    return None


def _mirror(text: str) -> str | None:
    """Return the mirror that Maven's settings name for the central repository."""
    try:
        settings = document(text)
    except PomError:
        return None
    for mirror in settings.iterfind("mirrors/mirror"):
        of = {word.strip() for word in (mirror.findtext("mirrorOf") or "").split(",")}
        if f"!{CENTRAL}" not in of and of & {"*", "external:*", CENTRAL}:
            return (mirror.findtext("url") or "").strip() or None
    return None


def _central(library: bytes) -> str | None:
    """Return the address of the central repository, as the library knows it."""
    try:
        with zipfile.ZipFile(BytesIO(library)) as archive:
            project = document(archive.read(SUPER_POM).decode())
    except (zipfile.BadZipFile, KeyError, PomError, UnicodeDecodeError):
        return None
    for entry in project.iterfind("repositories/repository"):
        if (entry.findtext("id") or "").strip() == CENTRAL:
            return (entry.findtext("url") or "").strip() or None
    return None


def _in_package(settings: Settings) -> str | None:
    """Return the same out of Debian's package, which apt verifies; asked for once."""
    kept = settings.cache / "maven" / "repository"
    if kept.is_file():
        return kept.read_text().strip()
    with TemporaryDirectory() as name:
        try:
            package = download(PACKAGE, Path(name))
        except ToolError:
            return None
        url = next(_libraries(package), None)
    if url is not None:
        replace(kept, File(url.encode()))
    return url


def _libraries(package: Path) -> Iterator[str]:
    for library in content(package, LIBRARY):
        if url := _central(library):
            yield url
