"""`catalog explain`: what a catalog says of something, and where each part of that is written."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from builder.catalog.load import UPSTREAM, YOURS, Loaded, load
from builder.catalog.model import Catalog
from builder.catalog.overlay import Node, at, leaves, node
from builder.catalog.reader import Keys
from builder.catalog.source import Site, YamlFile
from builder.catalog.suggest import nearest
from builder.charts.compose import Composition
from builder.charts.generate import composed_from
from builder.charts.images import image_refs
from builder.charts.model import Option, walk
from builder.charts.option_rules import option_keys
from builder.charts.settings import option_at
from builder.charts.sources import ChartSources, sources
from builder.console.text import Console
from builder.errors import InputError, Problem
from builder.graph.build import graph

SHOWN = 70
"""Characters of a value that are shown; `--json` has all of it."""
NOWHERE: Site = ("", 0, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A part of what is explained."""

    key: str
    value: object
    site: Site
    """Where it is written; no file for what the program fills in."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "name",
        metavar="KEY|IMAGE|LAYER|SERVICE",
        help="a key of catalog.yaml, such as axes.python; an image; a layer; or a service",
    )
    parser.add_argument(
        "option", metavar="OPTION", nargs="?", help="an option of the service, such as git.name"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print each part with its value, the file and line that say it, and whose that file is."""
    loaded = load(arguments.catalog)
    found = (
        {f"option {arguments.option} of {arguments.name}": _option(loaded, arguments)}
        if arguments.option
        else dict(_meanings(loaded, arguments.name))
    )
    if not found:
        raise InputError([_unknown(loaded, arguments.name)])
    if arguments.json:
        console.json(
            {what: [_row(loaded, part) for part in parts] for what, parts in found.items()}
        )
        return 0
    for number, (what, parts) in enumerate(found.items()):
        console.text(("\n" if number else "") + what)
        console.table(["key", "value", "from", ""], [_line(loaded, part) for part in parts])
    return 0


def _meanings(loaded: Loaded, name: str) -> Iterator[tuple[str, list[Part]]]:
    """Yield all that has a name: a service and its image often have the same."""
    for entry in sorted({one.member.entry for one in loaded.matrices if one.name == name}):
        yield f"image {name}", _parts(loaded.source, ("images", entry))
    if name in loaded.layer_sources:
        yield f"layer {name}", _parts(loaded.layer_sources[name], ())
    places = _places(loaded)
    services = places.services(places.texts()[0])
    if name in services.documents and name not in services.hidden:
        yield f"service {name}", _parts(services.documents[name], ())
    path = _path(loaded.source, name)
    if path is not None:
        yield f"key {name}", _parts(loaded.source, path)
    elif name in Catalog.model_fields:
        value = loaded.catalog.model_dump(mode="json", include={name})[name]
        yield f"key {name}", [Part(key=name, value=value, site=NOWHERE)]


def _places(loaded: Loaded) -> ChartSources:
    return sources(loaded.levels, loaded.catalog.charts.languages)


def _path(document: YamlFile, name: str) -> Keys | None:
    """Return the keys that a dotted name means; keys may have dots themselves."""
    value, path, rest = node(document), list[str](), name
    while rest:
        inside = [key for key in value.spot.inside if isinstance(key, str)]
        fits = [key for key in inside if rest == key or rest.startswith(f"{key}.")]
        if not fits:
            return None
        key = max(fits, key=len)
        value, rest = value.inside(key), rest[len(key) + 1 :]
        path.append(key)
    return tuple(path)


def _parts(document: YamlFile, path: Keys) -> list[Part]:
    value = at(node(document), path)
    found = leaves(value) if value else ()
    return [
        Part(key=_dotted(keys) or _dotted(path[-1:]), value=leaf.data, site=_site(leaf, document))
        for keys, leaf in found
    ]


def _site(leaf: Node, document: YamlFile) -> Site:
    return leaf.spot.file or document.file, *leaf.spot.place


def _dotted(keys: Keys) -> str:
    return ".".join(str(key) for key in keys)


def _option(loaded: Loaded, arguments: argparse.Namespace) -> list[Part]:
    """Return the fields of an option of a service.

    Raises:
        InputError: there is no such service, or no such option.

    """
    places = _places(loaded)
    refs = image_refs(loaded.catalog.registry, graph(loaded))
    composed, problems = composed_from(places, refs)
    if problems:
        raise InputError(problems)
    service, dotted = arguments.name, arguments.option
    if service not in composed:
        hint = nearest(service, list(composed))
        raise InputError([Problem("SERVICE", 0, 0, f"there is no service {service!r}", hint)])
    composition = composed[service]
    known = {".".join(path): path for path, _ in walk(composition.options)}
    if dotted not in known:
        message = f"the service {service} has no option {dotted!r}"
        raise InputError([Problem("OPTION", 0, 0, message, nearest(dotted, list(known)))])
    sites = _fields(places, composition, known[dotted], dotted)
    option = option_at(composition.options, known[dotted])
    return [
        Part(key=field, value=value, site=sites.get(field, NOWHERE))
        for field, value in _said(option).items()
    ]


def _said(option: Option) -> Mapping[str, JsonValue]:
    fields: Mapping[str, JsonValue] = option.model_dump(mode="json", exclude_unset=True)
    return {field: value for field, value in fields.items() if field != "options"}


def _fields(
    places: ChartSources, composition: Composition, path: tuple[str, ...], dotted: str
) -> dict[str, Site]:
    """Return where each field of an option was said last: in groups, in the service, in patches."""
    texts, _ = places.texts()
    documents = places.groups(texts).documents
    service = places.services(texts).documents[composition.name]
    keys = option_keys(path)
    holders: list[tuple[YamlFile, Keys]] = [
        (documents[group], ("sections", *keys)) for group in composition.groups
    ]
    holders += [(service, ("options", *keys)), (service, ("set", dotted))]
    sites: dict[str, Site] = {}
    for document, place in holders:
        value = at(node(document), place)
        for field in value.spot.inside if value else ():
            sites[str(field)] = document.site((*place, field), key=True)
    return sites


def _row(loaded: Loaded, part: Part) -> dict[str, object]:
    file, line, column = part.site
    return {
        "key": part.key,
        "value": part.value,
        "file": file or None,
        "line": line,
        "column": column,
        "whose": _whose(loaded, file),
    }


def _line(loaded: Loaded, part: Part) -> tuple[str, str, str, str]:
    file, line, _ = part.site
    text = part.value if isinstance(part.value, str) else json.dumps(part.value, ensure_ascii=False)
    first = text.strip().partition("\n")[0]
    short = first if first == text.strip() and len(first) <= SHOWN else f"{first[:SHOWN]}…"
    where = f"{file}:{line}" if file else "filled in by the program"
    return part.key, short, where, _whose(loaded, file)


def _whose(loaded: Loaded, file: str) -> str:
    """Return whose a file is, of several upstreams by the catalog's name."""
    levels = loaded.levels.levels
    if not file or len(levels) == 1:
        return ""
    level = _places(loaded).holder(file) or loaded.levels.of_file(file)
    if level is loaded.levels.own:
        return YOURS
    data = level.document.data
    name = data.get("name") if isinstance(data, dict) else None
    return f"{UPSTREAM} ({name})" if len(levels) > 2 and name else UPSTREAM


def _unknown(loaded: Loaded, name: str) -> Problem:
    known = [*Catalog.model_fields, *loaded.layers, *(one.name for one in loaded.matrices)]
    known += sources(loaded.levels).services().documents
    message = f"there is no key of catalog.yaml, image, layer or service {name!r}"
    return Problem("NAME", 0, 0, message, nearest(name, known))
