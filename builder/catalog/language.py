"""Names of languages, in which people describe things."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import StringConstraints

LANGUAGE = (
    r"^([Xx](-[A-Za-z0-9]{1,8})+"
    r"|([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})"  # language, and its extensions
    r"(-[A-Za-z]{4})?"  # script
    r"(-([A-Za-z]{2}|[0-9]{3}))?"  # region
    r"(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"  # variants
    r"(-[0-9A-WYZa-wyz](-[A-Za-z0-9]{2,8})+)*"  # extensions
    r"(-[Xx](-[A-Za-z0-9]{1,8})+)?)$"
)
"""A language tag: BCP 47, RFC 5646 section 2.1, without the irregular ones."""

LanguageTag = Annotated[str, StringConstraints(pattern=LANGUAGE)]


def is_language(text: str) -> bool:
    """Tell whether a text is a language tag."""
    return re.fullmatch(LANGUAGE, text) is not None
