"""Images that no catalog lists, by the names of their layers: `lab+r@python=3.13`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from builder.catalog import naming
from builder.catalog.draft import depends_on
from builder.catalog.expand import Expansion, Matrix, axis_constraints
from builder.catalog.family import FamilyMember
from builder.catalog.load import Loaded
from builder.catalog.matrix import Point, TooManyPointsError, remembered
from builder.catalog.mixes import Mixes
from builder.catalog.model import Image
from builder.catalog.stack import Stack, running
from builder.catalog.suggest import nearest
from builder.errors import InputError, Problem, listed

ARGUMENT = "PATTERN"
PREFIX = "mix/"
"""Begins the name of every such image: none of the catalog's own has a slash."""
BETWEEN = "."
"""Parts the layers in an image's name. In what a person writes, `+` does."""
LATEST = "latest"
SHOWN = 5
"""Reasons that a message gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The layers of an image, and the values that some axes are to have."""

    text: str
    """As it was written, for problems."""
    layers: tuple[str, ...]
    versions: Mapping[str, str]
    tag: str = ""
    """Labels of some axes, joined by '-', or latest: says the same as `versions`."""

    @property
    def name(self) -> str:
        """The image's name: `mix/lab.r`."""
        return PREFIX + BETWEEN.join(self.layers)


def is_mix(word: str) -> bool:
    """Tell whether a word asks for an image by its layers; no name, and no glob over names, looks
    like it.
    """
    return "+" in word or "=" in word or word.startswith(PREFIX)


def parse(word: str) -> Wish:
    """Return what `lab+r@python=3.13,debian=trixie` asks for, or `mix/lab.r:py3.13`, which says the
    same as a reference of a registry.

    Raises:
        InputError: it says neither.

    """
    if word.startswith(PREFIX):
        name, _, tag = word.removeprefix(PREFIX).partition(":")
        return Wish(text=word, layers=tuple(name.split(BETWEEN)), versions={}, tag=tag or LATEST)
    names, at, rest = word.partition("@")
    versions: dict[str, str] = {}
    for entry in rest.split(",") if at else ():
        axis, equals, value = (part.strip() for part in entry.partition("="))
        if not equals or not axis or not value:
            hint = "for example: lab+r@python=3.13"
            raise InputError([Problem(ARGUMENT, 0, 0, f"{entry!r} is not axis=value", hint)])
        if versions.setdefault(axis, value) != value:
            message = f"{axis!r} is given twice in {word!r}"
            raise InputError([Problem(ARGUMENT, 0, 0, message, "name one value for each axis")])
    return Wish(text=word, layers=tuple(names.split("+")), versions=versions)


def matrix(loaded: Loaded, wish: Wish) -> Matrix:
    """Return the image that is wished for, with its one point: the first that has the versions.

    Raises:
        InputError: the catalog does not allow it, or it has no such point; with every reason.

    """
    problems = list(_refused(loaded, wish))
    if problems:
        raise InputError(problems)
    expansion = Expansion(
        catalog=loaded.catalog,
        layers=loaded.layers,
        arranged=loaded.arranged,
        axes=axis_constraints(loaded.catalog),
        cache=remembered(),
    )
    asked = FamilyMember(
        name=wish.name, entry=wish.name, image=Image(), choices={}, asked=wish.layers
    )
    stacked = expansion.stack(asked)
    problems = [*_two_roots(loaded, wish, stacked), *_unknown_versions(loaded, wish, stacked)]
    if problems:
        raise InputError(problems)
    member = replace(asked, image=_image(loaded, wish, stacked))
    return _at_one_point(loaded, wish, expansion, member)


def _refused(loaded: Loaded, wish: Wish) -> Iterator[Problem]:
    """Yield why the catalog does not allow these layers in an image that it does not list."""
    allowed = loaded.catalog.mixes
    if allowed is None:
        message = f"{wish.text!r} asks for an image by its layers, and catalog.yaml allows none"
        yield _problem(message, 'say there which layers may be named: `mixes: {layers: ["*"]}`')
        return
    if len(wish.layers) > allowed.most:
        message = f"{wish.text!r} names {len(wish.layers)} layers; the catalog allows"
        yield _problem(f"{message} {allowed.most}", "see `mixes` in catalog.yaml")
        return
    offered = [name for name in loaded.layers if _may_be_named(name, allowed)]
    for name, group in itertools.groupby(sorted(wish.layers)):
        if not name:
            yield _problem(f"a layer's name is missing in {wish.text!r}", "for example: lab+r")
        elif len(list(group)) > 1:
            yield _problem(f"the layer {name!r} is named twice in {wish.text!r}", "name it once")
        elif name not in loaded.layers:
            yield _problem(f"there is no layer {name!r}", nearest(name, offered, what="layers"))
        elif name not in offered:
            globs = listed(list(allowed.layers), SHOWN)
            message = f"the layer {name!r} may not be named"
            yield _problem(message, f"the catalog's `mixes` allow: {globs}")


def _may_be_named(layer: str, mixes: Mixes) -> bool:
    # A dot would end the layer's name in the name of the image.
    return BETWEEN not in layer and mixes.allow(layer)


def _two_roots(loaded: Loaded, wish: Wish, stacked: Stack) -> Iterator[Problem]:
    bottoms = [name for name in stacked.layers if loaded.layers[name].bootstrap]
    if len(bottoms) > 1:
        message = f"{wish.text!r} stands on {' and on '.join(bottoms)}, each made by bootstrap"
        yield _problem(message, "name layers that stand on one of them")


def _unknown_versions(loaded: Loaded, wish: Wish, stacked: Stack) -> Iterator[Problem]:
    for axis, value in wish.versions.items():
        if axis not in stacked.axes:
            message = f"{wish.text!r} does not depend on an axis {axis!r}"
            yield _problem(message, nearest(axis, stacked.axes) or depends_on(stacked.axes))
        elif value not in loaded.catalog.axes[axis].values:
            known = loaded.catalog.axes[axis].values
            message = f"the axis {axis!r} has no value {value!r}"
            yield _problem(message, nearest(value, known, what="values"))


def _image(loaded: Loaded, wish: Wish, stacked: Stack) -> Image:
    """Return the image as catalog.yaml would list it. Where several layers could be what it runs,
    the first that is named is.
    """
    services = running(loaded.arranged, stacked.layers)
    named = [layer for layer in wish.layers if layer in services]
    is_tagged = any(loaded.catalog.axes[axis].tag for axis in stacked.axes)
    return Image(
        description=_sentence(wish.layers),
        layers=wish.layers,
        tag=None if is_tagged else f"{{{stacked.axes[0]}}}",
        when=wish.versions,
        service=named[0] if len(services) > 1 and named else None,
    )


def _sentence(words: Sequence[str]) -> str:
    """Return words as a sentence lists them: a, b and c."""
    before, last = ", ".join(words[:-1]), words[-1]
    return f"{before} and {last}" if before else last


def _at_one_point(loaded: Loaded, wish: Wish, expansion: Expansion, member: FamilyMember) -> Matrix:
    try:
        found = expansion.matrix(member)
    except TooManyPointsError:
        message = f"{wish.text!r} has too many points to choose from"
        raise InputError([_problem(message, "say more versions: @axis=value")]) from None
    fitting = [point for point in found.points if _is_tagged(loaded, point, wish.tag)]
    if fitting:
        return replace(found, points=tuple(fitting[:1]), holes=())
    if found.points:
        tags = [naming.default_tag(loaded.catalog, loaded.labels, one) for one in found.points]
        message = f"{wish.name} has no tag {wish.tag!r}"
        raise InputError([_problem(message, nearest(wish.tag, tags, what="tags"))])
    reasons = dict.fromkeys(hole.because for hole in found.holes)
    why = "; ".join(list(reasons)[:SHOWN])
    raise InputError([_problem(f"{wish.text!r} can be had at no point: {why}", "")])


def _is_tagged(loaded: Loaded, point: Point, tag: str) -> bool:
    """Tell whether a tag holds for a point: labels of some of its axes, joined by '-'."""
    if tag in {"", LATEST}:
        return True
    return _is_joined(tag, [loaded.labels[axis][value] for axis, value in point.items()])


def _is_joined(tag: str, labels: Sequence[str]) -> bool:
    """Tell whether a tag is some of these labels, in their order, joined by '-'."""
    for index, label in enumerate(labels):
        rest = tag.removeprefix(f"{label}-")
        if tag == label or (rest != tag and _is_joined(rest, labels[index + 1 :])):
            return True
    return False


def _problem(message: str, hint: str) -> Problem:
    return Problem(ARGUMENT, 0, 0, message, hint)
