"""What moved between two states of a catalog, as Markdown and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from builder.graph.moved import DOWN, Fate, ImageNote, LayerNote, Notes, PackageNote
from builder.lock.bound import Reach
from builder.render.jinja import environment

LONG = 12
"""How many rows a table has that is not folded."""
SHOWN = 4
"""How many vulnerabilities, or layers, are named in one row."""
ESCAPED_BAR = r"\|"
SMALL = 500_000
"""Bytes of which people speak in kilobytes."""
CHANGES = {"added": "new", "removed": "gone", "replaced": "rebuilt", DOWN: "older"}
"""What people call a change."""
STEPS = (*(str(reach) for reach in Reach), DOWN)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Section:
    """A layer with its table."""

    title: str
    about: str
    rows: tuple[tuple[str, ...], ...]

    @property
    def is_long(self) -> bool:
        return len(self.rows) > LONG


def markdown(notes: Notes) -> str:
    """Return notes for a release's page, or for a comment: GitHub's Markdown."""
    images = notes.images or ()
    return environment.get_template("notes.md.j2").render(
        old=code(notes.old),
        new=code(notes.new),
        moments=_moments(notes),
        sentences=list(_summary(notes)),
        security=[_security(*each) for each in _closing(notes)],
        changed=[_image(image) for image in images if image.change != "same"],
        long=LONG,
        same=_same(images),
        same_count=sum(image.change == "same" for image in images),
        sections=[_section(layer) for layer in notes.layers],
    )


def document(notes: Notes) -> dict[str, object]:
    """Return notes as a JSON object; docs/lock.md describes its form."""
    images = notes.images
    return {
        "old": {"name": notes.old, "moment": notes.old_moment},
        "new": {"name": notes.new, "moment": notes.new_moment},
        "vulnerabilities": notes.checked,
        "layers": [
            {
                "layer": layer.name,
                "cells": [asdict(cell) for cell in layer.cells],
                "packages": [_package_document(package) for package in layer.packages],
            }
            for layer in notes.layers
        ],
        "images": None if images is None else [asdict(image) for image in images],
    }


def code(text: str) -> str:
    """Return a text as code in a cell of a table: nothing in it is a link, a name or markup."""
    plain = " ".join(text.replace("`", "'").replace("\\", "/").split())
    return f"`{plain.replace('|', ESCAPED_BAR)}`" if plain else ""


def size_of(size: int | None) -> str:
    """Return a size for people; empty where it is not known."""
    if size is None:
        return ""
    if size < SMALL:
        return f"{size / 1000:.0f} kB"
    megabytes = size / 1_000_000
    return f"{megabytes:.1f} MB" if megabytes < 10 else f"{megabytes:,.0f} MB"


def _package_document(package: PackageNote) -> dict[str, object]:
    return {
        "change": package.change,
        "kind": package.kind,
        "package": package.name,
        "old": package.old,
        "new": package.new,
        "cells": list(package.cells),
        "direct": package.direct,
        "step": package.step or None,
        "size": {"old": package.old_size, "new": package.new_size},
        "security": {
            "archive": package.archive,
            "only": package.only,
            "closes": list(package.closes),
            "opens": list(package.opens),
        },
    }


def _moments(notes: Notes) -> str:
    """Return of which time the archives are."""
    if notes.old_moment == notes.new_moment:
        return f"Debian's archives are as of {notes.new_moment} in both."
    return f"Debian's archives were as of {notes.old_moment}, and are as of {notes.new_moment}."


def _summary(notes: Notes) -> Iterator[str]:
    """Yield what a reader wants to know first."""
    distinct = {(one.kind, one.name, one.old, one.new): one for one in notes.packages}
    fates = Counter(one.change for one in distinct.values())
    steps = Counter(one.step for one in distinct.values() if one.step)
    far = ", ".join(f"{steps[step]} {CHANGES.get(step, step)}" for step in STEPS if steps[step])
    said = {"moved": f"moved ({far})", **CHANGES}
    changes = [change for change in ("moved", "added", "removed", "replaced") if fates[change]]
    counts = [f"{fates[change]:,} {said[change]}" for change in changes]
    yield f"**Packages: {', '.join(counts) or 'the same'}.**"
    if closing := sum(one.is_security for one in distinct.values()):
        yield f"**{closing} of them close{'s' * (closing == 1)} vulnerabilities.**"
    if opening := sum(bool(one.opens) for one in distinct.values()):
        yield f"**{opening} of them bring{'s' * (opening == 1)} known vulnerabilities.**"
    if notes.images is not None:
        yield _of_images(notes.images)


def _of_images(images: Sequence[ImageNote]) -> str:
    fates = Counter(image.change for image in images)
    said: dict[Fate, str] = {"changed": "changed", "added": "new", "removed": "gone"}
    said["same"] = "as before"
    there = [fate for fate in said if fates[fate]]
    counts = ", ".join(f"{fates[fate]:,} {said[fate]}" for fate in there)
    text = f"**Images: {counts or 'none'}**"
    pulls = [image.pull for image in images if image.change == "changed" and image.pull is not None]
    if pulls:
        least, most = size_of(min(pulls)), size_of(max(pulls))
        between = most if least == most else f"{least} to {most}"
        text += f"; a node that has the old one pulls {between} for an image that changed"
    return f"{text}."


def _same(images: Sequence[ImageNote]) -> list[str]:
    """Return the images that stay: each name once, with its tags."""
    tags: dict[str, list[str]] = {}
    for image in images:
        if image.change == "same":
            name, _, tag = image.image.partition(":")
            tags.setdefault(name, []).append(tag)
    return [f"{code(name)} ({', '.join(map(code, those))})" for name, those in tags.items()]


def _closing(notes: Notes) -> list[tuple[PackageNote, list[str]]]:
    """Return what closes vulnerabilities, each upgrade once, with its layers."""
    upgrades: dict[tuple[str, str, str, str], tuple[PackageNote, list[str]]] = {}
    for layer in notes.layers:
        for one in layer.packages:
            if one.is_security:
                key = one.kind, one.name, one.old, one.new
                upgrades.setdefault(key, (one, []))[1].append(layer.name)
    return list(upgrades.values())


def _security(package: PackageNote, layers: Sequence[str]) -> tuple[str, ...]:
    return (
        _named(package),
        code(package.old),
        code(package.new),
        CHANGES.get(package.step, package.step),
        _few([code(layer) for layer in layers]),
        _why(package),
    )


def _why(package: PackageNote) -> str:
    """Return what is known of vulnerabilities that an upgrade closes or opens."""
    archive = "Debian's security archive" + (", nothing else" if package.only else "")
    reasons = [archive] if package.archive else []
    reasons += [f"closes {_few(package.closes)}"] if package.closes else []
    reasons += [f"**opens {_few(package.opens)}**"] if package.opens else []
    return "; ".join(reasons)


def _image(image: ImageNote) -> tuple[str, ...]:
    layers = _few([code(layer) for layer in image.layers])
    what = {"added": "a new image", "removed": "gone"}.get(image.change, layers)
    return (
        code(image.image),
        what or "what it says of itself",
        size_of(image.pull),
        size_of(image.size),
    )


def _section(layer: LayerNote) -> _Section:
    about = []
    if not layer.packages:
        about.append("The same packages, built anew.")
    pulls = [
        cell.pull for cell in layer.cells if cell.pull is not None and cell.change != "removed"
    ]
    if pulls:
        about.append(f"At most {size_of(max(pulls))} to pull.")
    rows = tuple(_row(package, layer.count) for package in layer.packages)
    return _Section(title=code(layer.name), about=" ".join(about), rows=rows)


def _row(package: PackageNote, cells: int) -> tuple[str, ...]:
    asked = {True: "asked for", False: "comes along", None: ""}[package.direct]
    remarks = [_why(package)]
    if len(package.cells) < cells:
        points = [cell.partition("@")[2] for cell in package.cells]
        remarks.append(f"in {_few([code(point) for point in points])}")
    step = package.step or package.change
    return (
        _named(package),
        code(package.old),
        code(package.new),
        CHANGES.get(step, step),
        asked,
        _sizes(package),
        "; ".join(remark for remark in remarks if remark),
    )


def _named(package: PackageNote) -> str:
    return f"{code(package.name)} ({package.kind})"


def _sizes(package: PackageNote) -> str:
    if package.old_size and package.new_size:
        return f"{size_of(package.old_size)} → {size_of(package.new_size)}"
    return size_of(package.new_size or package.old_size)


def _few(words: Sequence[str]) -> str:
    """Return the first words, and how many there are more."""
    more = len(words) - SHOWN
    said = ", ".join(words[:SHOWN])
    return f"{said} and {more} more" if more > 0 else said
