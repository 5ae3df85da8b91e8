"""Copyright files of Debian packages, where a machine can read them (DEP-5, "Machine-readable
debian/copyright file", version 1.0).
"""

from __future__ import annotations

import re

from builder import deb822

PATH = re.compile(r"usr/share/doc/(?P<package>[^/]+)/copyright")
DIRECTORY = re.compile(r"usr/share/doc/(?P<package>[^/]+)")
LINKED = re.compile(r"(?:\.\./|/usr/share/doc/)?(?P<package>[^/.][^/]*)(?:/copyright)?")
"""Where a package has a link to the file of another one built from the same source."""
FORMAT = re.compile(r"https?://[^\s]*(?:copyright-format|dep5)[^\s]*", re.IGNORECASE)


def licences(text: str) -> tuple[str, ...]:
    """Return the licences of a package's files, each once, as the file writes them (`GPL-2+ or
    Artistic`); none where it is for people alone.
    """
    head, *paragraphs = deb822.stanzas(text) or [""]
    if not FORMAT.search(deb822.field(head, "Format") or ""):
        return ()
    stated: dict[str, None] = {}
    for paragraph in paragraphs:
        licence = deb822.field(paragraph, "License")
        if licence and deb822.field(paragraph, "Files") is not None:
            stated[" ".join(licence.split())] = None
    return tuple(stated)


def borrowed(path: str, target: str) -> tuple[str, str] | None:
    """Return a package and the one whose copyright file it shares, if that is what a link says."""
    place = PATH.fullmatch(path) or DIRECTORY.fullmatch(path)
    other = LINKED.fullmatch(target)
    if place is None or other is None or other["package"] == place["package"]:
        return None
    return place["package"], other["package"]
