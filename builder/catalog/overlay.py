"""One document on top of another: entries joined by name, and patches.

A patch is a JSON merge patch (RFC 7396): mappings are joined, null takes an entry away, everything
else replaces. Beyond that, a list is changed by `{add: […], remove: [globs]}`. Every value keeps
the place, and the file, that it was written at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from builder.catalog.reader import Key, Keys, Spot
from builder.catalog.source import Site, YamlFile
from builder.catalog.suggest import nearest
from builder.errors import Problem

ADD, REMOVE = "add", "remove"
PACKAGES = "packages"
_NAME = re.compile(r"[^\s\[<>=!~;(,]+")
"""The name at the start of a request for a package: numpy>=2, config (>= 0.3)."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place."""

    data: object
    spot: Spot

    def inside(self, key: Key) -> Node:
        """Return the value at a key of a mapping, or at an index of a list."""
        return Node(self.data[key], self.spot.inside[key])  # type: ignore[index]  # spots are like the data


@dataclass(slots=True)
class Misses:
    """Which words of a fork found something in its upstream, and what there was for those that
    found nothing.
    """

    _missed: dict[tuple[Site, str], tuple[str, set[str]]] = field(default_factory=dict)
    _met: set[tuple[Site, str]] = field(default_factory=set)

    def tell(
        self, site: Site, word: str, known: Iterable[str], *, found: bool, what: str = "entry"
    ) -> None:
        """Note whether a word found something among what is known there."""
        if found:
            self._met.add((site, word))
        else:
            self._missed.setdefault((site, word), (what, set()))[1].update(known)

    def problems(self) -> list[Problem]:
        """Return those that found nothing anywhere."""
        return [
            Problem(*site, f"upstream has no {what} {word!r} there", nearest(word, known))
            for (site, word), (what, known) in self._missed.items()
            if (site, word) not in self._met
        ]


def node(document: YamlFile) -> Node:
    """Return a document as a value with its place."""
    return Node(document.data, document.spot)


def mapping(pairs: Mapping[str, Node], keys: Mapping[str, tuple[int, int]], like: Spot) -> Node:
    """Return a mapping of these values; `keys` are the places of its keys."""
    inside: dict[Key, Spot] = {key: value.spot for key, value in pairs.items()}
    spot = Spot(like.place, like.text, {key: keys[key] for key in pairs}, inside, like.file)
    return Node({key: value.data for key, value in pairs.items()}, spot)


def sequence(items: Iterable[Node], like: Spot) -> Node:
    """Return a list of these values."""
    items = list(items)
    inside: dict[Key, Spot] = dict(enumerate(item.spot for item in items))
    return Node([item.data for item in items], Spot(like.place, "", {}, inside, like.file))


def entries(value: Node) -> dict[str, Node]:
    """Return the entries of a mapping; none of what is no mapping."""
    return {key: value.inside(key) for key in value.data} if isinstance(value.data, dict) else {}


def items(value: Node) -> list[Node]:
    """Return the entries of a list; none of what is no list."""
    count = len(value.data) if isinstance(value.data, list) else 0
    return [value.inside(index) for index in range(count)]


def joined(below: Node, above: Node) -> Node:
    """Return two mappings as one; an entry of the second replaces one of the first. What is no
    mapping is replaced as a whole.
    """
    if not isinstance(below.data, dict) or not isinstance(above.data, dict):
        return above
    keys = {**below.spot.keys, **above.spot.keys}
    return mapping(entries(below) | entries(above), keys, above.spot)


def followed(below: Node, above: Node) -> Node:
    """Return two lists as one, the second behind the first."""
    if not isinstance(below.data, list) or not isinstance(above.data, list):
        return above
    return sequence([*items(below), *items(above)], above.spot)


def picked(value: Node, keep: Callable[[str], bool]) -> Node:
    """Return a mapping without the entries that are not kept."""
    kept = {key: inner for key, inner in entries(value).items() if keep(key)}
    return mapping(kept, value.spot.keys, value.spot) if isinstance(value.data, dict) else value


def replaced(value: Node, key: str, inner: Node) -> Node:
    """Return a mapping with another value at a key."""
    place = value.spot.keys.get(key, inner.spot.place)
    return mapping(entries(value) | {key: inner}, {**value.spot.keys, key: place}, value.spot)


def patched(value: Node, change: Node, misses: Misses) -> Node:
    """Return a value with a patch applied; what the patch takes away and is not there, `misses`
    gets to know.
    """
    if isinstance(value.data, list) and is_list_change(change.data):
        return _changed(value, change, misses)
    if not isinstance(change.data, dict) or is_list_change(change.data):
        return change if not isinstance(change.data, dict) else _new(change, misses)
    if not isinstance(value.data, dict):
        return _new(change, misses)
    pairs, keys = entries(value), dict(value.spot.keys)
    for key, inner in entries(change).items():
        if inner.data is None:
            site = (inner.spot.file, *change.spot.keys[key])
            misses.tell(site, key, pairs, found=key in pairs)
            pairs.pop(key, None)
            continue
        pairs[key] = patched(pairs[key], inner, misses) if key in pairs else _new(inner, misses)
        keys[key] = change.spot.keys[key]
    return mapping(pairs, keys, value.spot)


def is_list_change(data: object) -> bool:
    """Tell whether a value of a patch says what to add to a list, and what to remove."""
    return isinstance(data, dict) and bool(data) and data.keys() <= {ADD, REMOVE}


def _new(change: Node, misses: Misses) -> Node:
    """Return a patch as a value of its own, where there was nothing to patch."""
    if is_list_change(change.data):
        return _changed(sequence([], change.spot), change, misses)
    if not isinstance(change.data, dict):
        return change
    return patched(mapping({}, {}, change.spot), change, misses)


def _changed(value: Node, change: Node, misses: Misses) -> Node:
    """Return a list without what is to be removed, and with what is to be added behind it."""
    changes, kept = entries(change), items(value)
    removed = items(changes[REMOVE]) if REMOVE in changes else []
    for pattern in removed:
        glob = str(pattern.data)
        rest = [left for item in kept if (left := _without(item, glob)) is not None]
        found = [*_all_words(rest)] != [*_all_words(kept)]
        site = (pattern.spot.file, *pattern.spot.place)
        misses.tell(site, glob, _all_words(kept), found=found)
        kept = rest
    for item in items(changes[ADD]) if ADD in changes else ():
        if all(item.data != there.data for there in kept):
            kept.append(item)
    return sequence(kept, value.spot)


def _without(item: Node, glob: str) -> Node | None:
    """Return an entry of a list without what a glob matches, or None if that is all of it."""
    inner = entries(item)
    if PACKAGES not in inner:
        return None if any(_is(word, glob) for word in _words(item.data)) else item
    packages = items(inner[PACKAGES])
    rest = [one for one in packages if not any(_is(word, glob) for word in _words(one.data))]
    if len(rest) == len(packages):
        return item
    inner[PACKAGES] = sequence(rest, inner[PACKAGES].spot)
    return mapping(inner, item.spot.keys, item.spot) if rest else None


def _words(data: object) -> list[str]:
    """Return the words by which an entry of a list may be removed."""
    if not isinstance(data, dict):
        return [str(data)]
    if isinstance(data.get(PACKAGES), list):
        return [str(one) for one in data[PACKAGES]]
    return [str(data[key]) for key in ("path", "name", "image", "layer") if key in data]


def _all_words(values: Iterable[Node]) -> Iterator[str]:
    for value in values:
        yield from _words(value.data)


def _is(word: str, glob: str) -> bool:
    name = _NAME.match(word)
    return fnmatchcase(word, glob) or (name is not None and fnmatchcase(name[0], glob))


def document(value: Node, file: str) -> YamlFile:
    """Return a value as a document; problems call it `file` where nothing else is known."""
    return YamlFile(file, value.data, value.spot)


def leaves(value: Node, path: Keys = ()) -> Iterator[tuple[Keys, Node]]:
    """Yield all that holds nothing more, with the path to it."""
    inside = value.spot.inside if isinstance(value.data, dict | list) else {}
    if not inside:
        yield path, value
    for key in inside:
        yield from leaves(value.inside(key), (*path, key))


def at(value: Node, path: Keys) -> Node | None:
    """Return the value at a path; None if there is none."""
    for key in path:
        if key not in value.spot.inside:
            return None
        value = value.inside(key)
    return value
