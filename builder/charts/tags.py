"""Image references: what it means to a user when one replaces another."""

from __future__ import annotations

import re
from dataclasses import dataclass

from builder.charts.levels import Level

_REFERENCE = re.compile(
    r"(?P<repository>[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+|[a-z0-9._-]+)"
    r"(:(?P<tag>\w[\w.-]{0,127}))?"
    r"(@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_FIRST_YEAR = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageReference:
    """`<repository>:<tag>@<digest>`; the tag or the digest may be empty."""

    repository: str
    tag: str
    digest: str

    @property
    def image(self) -> str:
        """The last part of the repository: what runs, wherever it is pulled from."""
        return self.repository.rpartition("/")[2]


def reference(text: object) -> ImageReference | None:
    """Return the image that a text names, None if it names none.

    Names without a registry or a tag look like any other word: they are taken for an image only by
    `container_reference`.
    """
    parsed = container_reference(text)
    if parsed is None or "/" not in parsed.repository or not parsed.tag:
        return None
    return parsed


def container_reference(text: object) -> ImageReference | None:
    """Return what the `image` of a container names, None if it is not a reference at all."""
    match = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    return ImageReference(
        repository=match["repository"], tag=match["tag"] or "", digest=match["digest"] or ""
    )


def moved(old: ImageReference, new: ImageReference) -> Level:
    """Return what it means for a user of `old` when `new` runs instead.

    Another image, another variant of it, another major version, or any older version is major:
    saved data and installed packages may not fit. A newer minor version, or another registry, is
    minor. A newer patch release, a later build, or other bytes under the same tag is a patch.
    """
    if old.image != new.image:
        return Level.MAJOR
    of_tags = _moved_tag(old.tag, new.tag)
    of_registries = Level.PATCH if old.repository == new.repository else Level.MINOR
    return max(of_tags, of_registries)


def _moved_tag(old: str, new: str) -> Level:
    # `py3.13-cuda12.8` and `py3.14-cuda12.8` differ by numbers alone; `py3.13` and `r4.5` do not.
    if _NUMBER.sub("#", old) != _NUMBER.sub("#", new):
        return Level.MAJOR
    level = Level.PATCH
    for before, after in zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=True):
        level = max(level, _moved_version(_numbers(before), _numbers(after)))
    return level


def _moved_version(old: tuple[int, ...], new: tuple[int, ...]) -> Level:
    """Compare versions from the left; in `17`, the minor number is unknown."""
    if old == new:
        return Level.PATCH
    if new < old:
        return Level.MAJOR
    if old[0] >= _FIRST_YEAR:
        return Level.PATCH  # a date: the same software, built later
    if old[0] != new[0]:
        return Level.MAJOR
    return Level.MINOR if old[1:2] != new[1:2] else Level.PATCH


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
