"""Why Python requirements have no solution: messages that name layers, lines and images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from textwrap import shorten

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from builder.catalog.suggest import nearest
from builder.errors import Problem, listed
from builder.graph.request import Documents, Request
from builder.lock.bound import Reach
from builder.lock.model import Artifact
from builder.tools.uv import NOBODY

SHOWN = 3
MOST = 400
# uv draws a tree around its words.
DRAWING = re.compile("[\u00d7\u2570\u251c\u2502\u2500\u25b6]+")
ABSENT = re.compile(r"Because (\S+) was not found in the package registry")
USUAL = "PyPI"
"""How people call the index that packages come from where a layer names no other."""
CONCLUSION = re.compile(r",? we can conclude that (?:your|the) requirements are unsatisfiable\.?")


@dataclass(frozen=True, slots=True)
class Kept:
    """A package that is locked for a cell and is not resolved now."""

    cell: str
    artifact: Artifact

    @property
    def text(self) -> str:
        """The package with its version."""
        return f"{self.artifact.name} {self.artifact.version}"


Wish = Request | Kept


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """Requests that are incompatible; or a single one that has no solution."""

    wishes: tuple[Wish, ...]
    """In the order of the graph: the problem is reported at the last one."""
    said: str
    """The resolver's message."""
    python: str
    images: tuple[str, ...] = ()
    """Names of the images in which the layers meet."""

    @property
    def requests(self) -> tuple[Request, ...]:
        """The wishes of layers."""
        return tuple(wish for wish in self.wishes if isinstance(wish, Request))

    @property
    def kept(self) -> tuple[Kept, ...]:
        """The wishes of the lock."""
        return tuple(wish for wish in self.wishes if isinstance(wish, Kept))


@dataclass(slots=True)
class Conflicts:
    """All conflicts of a catalog. One that occurs at several points is reported once."""

    within: Reach = Reach.MAJOR
    """How far packages that move may do so: that may be what prevents a solution."""
    _told: dict[frozenset[tuple[str, str]], Conflict] = field(default_factory=dict)
    _images: dict[frozenset[tuple[str, str]], dict[str, None]] = field(default_factory=dict)

    def add(self, conflict: Conflict) -> None:
        """Add a conflict."""
        key = frozenset(_identity(wish) for wish in conflict.wishes)
        self._told.setdefault(key, conflict)
        self._images.setdefault(key, {}).update(dict.fromkeys(conflict.images))

    def problems(self, documents: Documents, known: Iterable[str]) -> list[Problem]:
        """Return them as problems; `known` are names to suggest for misspelt ones."""
        names = sorted(known)
        problems = [
            _problem(conflict, list(self._images[key]), documents, names)
            for key, conflict in self._told.items()
        ]
        if self.within is Reach.MAJOR:
            return problems
        bound = f"upgrade without --within {self.within}, if that is what prevents it"
        return [replace(one, hint=f"{one.hint}; or {bound}") for one in problems]


def named(text: str) -> str:
    """Return the distribution that a requirement names, as an index spells it."""
    try:
        return canonicalize_name(Requirement(text).name)
    except InvalidRequirement:
        return text


def words(said: str) -> set[str]:
    """Return the words of the resolver's message that may be names of packages."""
    return set(re.findall(r"[a-z0-9]+(?:[-._][a-z0-9]+)*", said.lower()))


def first_guess(wishes: Sequence[Wish], said: str) -> list[Wish]:
    """Return the wishes whose packages the resolver's message names."""
    told = words(said)
    return [wish for wish in wishes if _name(wish) in told]


def plain(said: str) -> str:
    """Return a resolver's message on one line, without its drawing and its conclusion."""
    lines = [DRAWING.sub("", line).strip() for line in said.splitlines()]
    whole = re.sub(r"\s+", " ", " ".join(lines)).strip()
    start = whole.find("Because ")
    text = whole[start:] if start >= 0 else whole
    text = CONCLUSION.sub("", text.partition(" hint: ")[0])
    text = text.replace(f"{NOBODY} depends on", "you require")
    return shorten(text.removeprefix("Because ").rstrip(" .,"), MOST, placeholder=" …")


def _problem(
    conflict: Conflict, images: Sequence[str], documents: Documents, names: Sequence[str]
) -> Problem:
    if len(conflict.wishes) == 1:
        return _unanswered(conflict, documents, names)
    last = conflict.requests[-1]
    others = [wish for wish in conflict.wishes if wish is not last]
    against = listed([_described(wish, documents) for wish in others], SHOWN, " and ")
    message = f"{last.text} is incompatible with {against}"
    if len({_name(wish) for wish in conflict.wishes}) > 1:
        message += f": {plain(conflict.said)}"
    if images and len({request.cell.name for request in conflict.requests}) > 1:
        message += f"; the layers meet in {listed(images, SHOWN)}"
    if conflict.kept:
        locked = sorted({kept.artifact.name for kept in conflict.kept})
        return documents.problem(last, message, f"run `catalog lock --upgrade {' '.join(locked)}`")
    hint = "ask for compatible versions, or leave one of the layers out of these images"
    if _apart(conflict):
        message = f"{last.text} comes from {last.index or USUAL}, unlike {against}"
        if images:
            message += f"; the layers meet in {listed(images, SHOWN)}"
        hint = "take it from one index, or leave one of the layers out of these images"
    return documents.problem(last, message, hint)


def _apart(conflict: Conflict) -> bool:
    """Tell whether one package is asked for from two indexes."""
    same = len({_name(wish) for wish in conflict.wishes}) == 1
    return same and len({request.index for request in conflict.requests}) > 1


def _unanswered(conflict: Conflict, documents: Documents, names: Sequence[str]) -> Problem:
    """Return the problem with a request that has no solution by itself."""
    (request,) = conflict.requests
    absent = ABSENT.search(re.sub(r"\s+", " ", DRAWING.sub("", conflict.said)))
    if absent and absent[1] == named(request.text):
        index = f"index {request.index}" if request.index else "Python index"
        message = f"the {index} has no package {absent[1]!r}"
        return documents.problem(request, message, nearest(absent[1], names, what="locked"))
    message = f"{request.text!r} has no solution on Python {conflict.python}"
    hint = "ask for another version of it"
    return documents.problem(request, f"{message}: {plain(conflict.said)}", hint)


def _described(wish: Wish, documents: Documents) -> str:
    if isinstance(wish, Kept):
        return f"{wish.text}, which is locked for {wish.cell}"
    place = documents.place(wish)
    if wish.index:
        place = f"{place}, from {wish.index}"
    return f"{wish.text} of {wish.cell.name} ({place})"


def _name(wish: Wish) -> str:
    return wish.artifact.name if isinstance(wish, Kept) else named(wish.text)


def _identity(wish: Wish) -> tuple[str, str]:
    if isinstance(wish, Kept):
        return "", wish.artifact.name
    return wish.cell.name, f"{wish.index}:{wish.text}"
