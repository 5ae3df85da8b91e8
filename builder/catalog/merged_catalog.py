"""catalog.yaml with what it takes from those that it extends."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from builder.catalog import naming
from builder.catalog.fork_rules import changed, globs, left, said
from builder.catalog.levels import Level, Levels, document_of
from builder.catalog.overlay import (
    Misses,
    Node,
    entries,
    followed,
    items,
    joined,
    mapping,
    node,
    picked,
    replaced,
    sequence,
)
from builder.catalog.reader import Key, Spot
from builder.catalog.source import Site, YamlFile

OWN = ("format", "name", "url", "registry", "layers", "workflows", "signed_by")
"""Keys of catalog.yaml that a fork does not take from upstream."""
BY_NAME = ("axes", "charts", "images", "indexes", "mirrors", "repositories")
"""Keys whose entries join those of upstream; an entry of the same name replaces upstream's."""
BEHIND = ("exclude", "require")
"""Lists that join upstream's."""
LIBRARY = "library"
"""The key of `charts` that each level has for itself."""


def catalog(levels: Levels, misses: Misses) -> YamlFile:
    """Return catalog.yaml with what it takes from upstream."""
    first, *rest = levels.levels
    value = node(document_of(first.document, fork=False)) if rest else node(first.document)
    for level in rest:
        value = _on_top(value, level, misses)
    own = levels.own.document
    is_cut = any(level.document.is_cut for level in levels.levels)
    return YamlFile(own.file, value.data, value.spot, is_cut)


def _on_top(below: Node, level: Level, misses: Misses) -> Node:
    upstream = picked(below, lambda key: key not in OWN)
    upstream = _less_rules(upstream, level, misses)
    upstream = _less_images(upstream, level, misses)
    upstream = _less_values(upstream, level, misses)
    for kind in ("axes", "images"):
        if isinstance(upstream.data, dict) and kind in upstream.data:
            parts = changed(entries(upstream.inside(kind)), kind, level, misses)
            upstream = replaced(upstream, kind, _renewed(upstream.inside(kind), parts))
    own = node(document_of(level.document, fork=False))
    if "charts" in entries(upstream):
        shared = picked(upstream.inside("charts"), lambda key: key != LIBRARY)
        upstream = replaced(upstream, "charts", shared)
    above, given = entries(own), entries(upstream)
    for key in (*BY_NAME, *BEHIND):
        if key in above and key in given:
            join = followed if key in BEHIND else joined
            own = replaced(own, key, join(given[key], above[key]))
    return joined(upstream, own)


def _renewed(value: Node, parts: Mapping[str, Node]) -> Node:
    """Return a mapping with other entries, none of them new."""
    return mapping(parts, value.spot.keys, value.spot)


def _less_rules(value: Node, level: Level, misses: Misses) -> Node:
    """Leave out the rules that a level drops, by the reasons that they give."""
    for kind in BEHIND:
        rules = items(entries(value).get(kind, sequence([], value.spot)))
        reasons = [str(entries(rule).get("because", rule).data) for rule in rules]
        for glob, site in globs(level, "drop", kind):
            found = [one for one in reasons if one == glob or fnmatchcase(one, glob)]
            misses.tell(site, glob, reasons, found=bool(found), what=f"rule of {kind}")
            kept = [n for n, one in enumerate(reasons) if one not in found]
            rules, reasons = [rules[n] for n in kept], [reasons[n] for n in kept]
        if kind in entries(value):
            value = replaced(value, kind, sequence(rules, entries(value)[kind].spot))
    return value


def _less_values(value: Node, level: Level, misses: Misses) -> Node:
    """Exclude the points at values of axes that a level drops."""
    known = entries(entries(value).get("axes", value))
    rules: list[Node] = []
    for axis, dropped in entries(said(level, "drop", "axes")).items():
        site = level.document.site(("drop", "axes", axis), key=True)
        misses.tell(site, axis, known, found=axis in known, what="axis")
        if axis not in known:
            continue
        values = entries(entries(known[axis]).get("values", known[axis]))
        for item in items(dropped):
            word = str(item.data)
            at = (item.spot.file, *item.spot.place)
            misses.tell(at, word, values, found=word in values, what=f"value of {axis}")
            rules += [_rule({"when": {axis: word}}, item.spot)] if word in values else []
    return _with_rules(value, rules)


def _less_images(value: Node, level: Level, misses: Misses) -> Node:
    """Leave out the images that a level drops: whole entries, choices of families, and the rest by
    rules.
    """
    images = entries(entries(value).get("images", value))
    members = {entry: dict(_members(entry, image)) for entry, image in images.items()}
    names: list[str] = []
    for named in members.values():
        names += named
    _, gone = left(names, "images", level, misses)
    if not gone:
        return value
    kept: dict[str, Node] = {}
    rules: list[Node] = []
    for entry, named in members.items():
        rest = {name: choices for name, choices in named.items() if name not in gone}
        if rest:
            kept[entry] = _less_choices(images[entry], rest.values())
            still = [name for name, _ in _members(entry, kept[entry]) if name in gone]
            rules += [_rule({"image": name}, _spot(gone[name])) for name in still]
    value = replaced(value, "images", _renewed(value.inside("images"), kept))
    return _with_rules(value, rules)


def _members(entry: str, image: Node) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the images of an entry with their choices; what is wrong with it is told elsewhere."""
    product = entries(entries(image).get("product", image)) if "product" in entries(image) else {}
    for choice in itertools.product(*(entries(one) for one in product.values())):
        choices = dict(zip(product, choice, strict=True))
        try:
            yield naming.fill(entry, choices), choices
        except (ValueError, KeyError):
            yield entry, {}


def _less_choices(image: Node, rest: Collection[Mapping[str, str]]) -> Node:
    """Return an entry without the choices that none of the images has that are left."""
    if "product" not in entries(image):
        return image
    product = image.inside("product")
    left_in = {
        parameter: picked(choices, {one[parameter] for one in rest if one}.__contains__)
        for parameter, choices in entries(product).items()
    }
    return replaced(image, "product", _renewed(product, left_in))


def _rule(says: Mapping[str, object], spot: Spot) -> Node:
    """Return a rule of `exclude` that says what a `drop` says, at its place."""
    because = f"{spot.file}:{spot.place[0]} drops it"
    pairs = {**says, "because": because}
    return _plain(pairs, spot)


def _plain(data: object, spot: Spot) -> Node:
    """Return data as a value all of which is at one place."""
    inside: dict[Key, Spot] = {}
    keys: dict[str, tuple[int, int]] = {}
    if isinstance(data, dict):
        inside = {key: _plain(value, spot).spot for key, value in data.items()}
        keys = dict.fromkeys(data, spot.place)
    return Node(data, Spot(spot.place, "", keys, inside, spot.file))


def _spot(site: Site) -> Spot:
    file, line, column = site
    return Spot((line, column), file=file)


def _with_rules(value: Node, rules: Sequence[Node]) -> Node:
    if not rules:
        return value
    before = entries(value).get("exclude")
    every = [*(items(before) if before else ()), *rules]
    return replaced(value, "exclude", sequence(every, before.spot if before else rules[0].spot))
