"""What packages say of their licences, as SPDX expressions (SPDX 2.3, annex D). Nothing is guessed:
a statement that may mean several licences has no expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from builder.digest import sha256

REFERENCE = "LicenseRef-"
SHORT = 8
"""Hex digits that tell references apart."""
CHOICE = re.compile(r"\s+\|\s+")
"""Between licences of which one is taken, in R and in what is recorded of POMs."""
NAMES = {
    "0bsd": "0BSD",
    "2-clause bsd": "BSD-2-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache software 2.0": "Apache-2.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "cc0": "CC0-1.0",
    "eclipse public 1.0": "EPL-1.0",
    "eclipse public 2.0": "EPL-2.0",
    "edl 1.0": "BSD-3-Clause",
    "epl 2.0": "EPL-2.0",
    "expat": "MIT",
    "gpl2 w/ cpe": "GPL-2.0-only WITH Classpath-exception-2.0",
    "isc": "ISC",
    "mit": "MIT",
    "mozilla public 2.0": "MPL-2.0",
    "mpl 1.1": "MPL-1.1",
    "mpl 2.0": "MPL-2.0",
    "zpl 2.1": "ZPL-2.1",
}
"""Names as people write them, without the words that say nothing (see `_plain`)."""
CLASSIFIERS = {
    "ISC License (ISCL)": "ISC",
    "MIT": "MIT",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "The Unlicense (Unlicense)": "Unlicense",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "zlib/libpng License": "Zlib",
}
"""Python's classifiers that mean one licence. Of others, as "Apache Software License", there are
several versions (PEP 639)."""
URLS = {
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "eclipse.org/legal/epl-2.0": "EPL-2.0",
    "eclipse.org/legal/epl-v10": "EPL-1.0",
    "eclipse.org/legal/epl-v20": "EPL-2.0",
    "eclipse.org/org/documents/edl-v10": "BSD-3-Clause",
    "mozilla.org/en-us/mpl/1.1": "MPL-1.1",
    "mozilla.org/en-us/mpl/2.0": "MPL-2.0",
}
LISTS = re.compile(r"(?:opensource\.org/licenses?|spdx\.org/licenses)/(?P<id>[^/]+)")
"""Addresses that end with the identifier of a licence."""
DEBIAN = {
    "apache-2": "Apache-2.0",
    "cc0": "CC0-1.0",
    "expat": "MIT",
    "perl": "GPL-1.0-or-later OR Artistic-1.0-Perl",
}
"""Short names of Debian's copyright files that are not SPDX's, beside those of GNU's licences."""
OF_PERL = re.compile(
    r"(?:GPL-1\+ or Artistic|Artistic or GPL-1\+)(?=$|[\s,])(?! or )", re.IGNORECASE
)
EXCEPTIONS = {
    "classpath": "Classpath-exception-2.0",
    "font": "Font-exception-2.0",
    "libtool": "Libtool-exception",
    "llvm": "LLVM-exception",
}
WITH = re.compile(r"(?P<name>\S+) with (?:the )?(?P<what>\S+?)[ -]exception", re.IGNORECASE)
GNU = re.compile(
    r"(?P<name>AGPL|LGPL|GPL|GFDL|GFDL-NIV)-?v?(?P<version>\d(?:\.\d)?)(?P<later>\+?)",
    re.IGNORECASE,
)
OF_R = re.compile(r"(?P<name>AGPL|LGPL|GPL)(?:-| \((?P<later>>=) )(?P<version>\d(?:\.\d)?)\)?")
FILLED_IN = re.compile(r"(?P<name>MIT|BSD_[23]_clause) \+ file LICEN[CS]E")
"""Licences of R packages that are templates, which the file fills in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """The licence of a package."""

    expression: str = ""
    """SPDX; empty if it is not known."""
    references: Mapping[str, str] = field(default_factory=dict)
    """`LicenseRef-…` of the expression -> the name by which the package means it."""


def of(statements: Sequence[str]) -> str:
    """Return the SPDX expression of the first of a package's statements that has one; else an empty
    text.
    """
    return next((known for one in statements if (known := _expression(one))), "")


def of_debian(source: str, stated: Iterable[str]) -> Licence:
    """Return the licence of a Debian package from its copyright file: all that hold for any of its
    files. A licence that SPDX does not list is named after the source package, as another one may
    mean something else by the same name.
    """
    references: dict[str, str] = {}

    def named(name: str) -> str:
        known = _of_debian(name)
        if not known:
            known = _reference(f"{source}-{name}")
            references[known] = name
        return known

    parts = dict.fromkeys(_joined(OF_PERL.sub("Perl", one), named) for one in stated)
    whole = " AND ".join(_within(part) for part in parts) if len(parts) > 1 else "".join(parts)
    expression = _canonical(whole)
    return Licence(expression=expression, references=references if expression else {})


def _reference(text: str) -> str:
    """Return a reference for a text, and another one for every other text: `+` cannot stand in
    it.
    """
    word = re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip("-")
    return REFERENCE + (word if word == text else f"{word}-{sha256(text.encode())[:SHORT]}")


@cache
def _expression(statement: str) -> str:
    choices = CHOICE.split(statement.strip())
    known = [_one(choice) for choice in choices]
    if not all(known):
        return ""
    if len(known) == 1:
        return known[0]
    return _canonical(" OR ".join(_within(one) for one in dict.fromkeys(known)))


def _one(text: str) -> str:
    return (
        _listed(text)
        or NAMES.get(_plain(text), "")
        or _of_classifier(text)
        or _of_url(text)
        or _of_r(text)
    )


def _listed(text: str) -> str:
    """Return an expression of licences that SPDX lists. Nobody says here what others mean."""
    return "" if REFERENCE.lower() in text.lower() else _canonical(text)


@cache
def _canonical(text: str) -> str:
    """Return an expression in SPDX's own spelling; empty if it is none."""
    try:
        return str(canonicalize_license_expression(text))
    except (InvalidLicenseExpression, RecursionError, MemoryError):
        return ""


def _plain(name: str) -> str:
    """Return a name without the words in which its spellings differ."""
    words = re.sub(r"[,()\"]", " ", name.lower())
    words = re.sub(r"\b(?:the|licen[cs]e|version|v\.?(?=\s*\d))", " ", words)
    return " ".join(re.sub(r"\s-\s", " ", words).split())


def _of_classifier(text: str) -> str:
    is_one = text.startswith("License :: ") and ";" not in text
    return CLASSIFIERS.get(text.rpartition(" :: ")[2], "") if is_one else ""


def _of_url(text: str) -> str:
    address = re.fullmatch(r"https?://(?:www\.)?(?P<rest>\S+)", text.lower())
    if address is None:
        return ""
    rest = re.sub(r"(?:\.txt|\.html|\.php|/)+$", "", address["rest"])
    listed = LISTS.fullmatch(rest)
    return _canonical(listed["id"]) if listed else URLS.get(rest, "")


def _of_r(text: str) -> str:
    if filled := FILLED_IN.fullmatch(text):
        return _canonical(filled["name"].replace("_", "-"))
    if text in {"Apache License (== 2.0)", "Apache License 2.0"}:
        return "Apache-2.0"
    name = OF_R.fullmatch(text)
    return _gnu(name["name"], name["version"], later=bool(name["later"])) if name else ""


@cache
def _of_debian(name: str) -> str:
    # Before SPDX's own names: without `+`, Debian means this version alone.
    if gnu := GNU.fullmatch(name):
        return _gnu(gnu["name"], gnu["version"], later=bool(gnu["later"]))
    if known := DEBIAN.get(name.lower()) or _listed(name):
        return known
    exception = WITH.fullmatch(name)
    if exception and (what := EXCEPTIONS.get(exception["what"].lower())):
        below = _of_debian(exception["name"])
        return _canonical(f"{below} WITH {what}") if below else ""
    return ""


def _gnu(name: str, version: str, *, later: bool) -> str:
    """Return one of GNU's licences, which SPDX lists with and without later versions."""
    name, _, invariants = name.upper().partition("-")
    full = version if "." in version else f"{version}.0"
    without = "-no-invariants" if invariants else ""
    return _canonical(f"{name}-{full}{without}-{'or-later' if later else 'only'}")


def _joined(text: str, named: Callable[[str], str]) -> str:
    """Return the expression of a statement: `and` binds more than `or`, and a comma less than both
    (DEP-5, 7.2).
    """
    for between, word in (
        (r",\s+or\s+", "OR"),
        (r",\s+and\s+", "AND"),
        (r"\s+or\s+", "OR"),
        (r"\s+and\s+", "AND"),
    ):
        parts = re.split(between, text, flags=re.IGNORECASE)
        if len(parts) > 1:
            known = dict.fromkeys(_within(_joined(part, named)) for part in parts)
            return f" {word} ".join(known)
    return named(text.strip())


def _within(expression: str) -> str:
    """Return an expression as a part of another one."""
    return f"({expression})" if " OR " in expression or " AND " in expression else expression
