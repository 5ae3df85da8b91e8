"""What there is to translate in the charts of a catalog, and what a language lacks of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from builder.catalog.overlay import Node, at, entries, node
from builder.catalog.reader import Keys
from builder.catalog.source import Site, YamlFile
from builder.charts.sources import ChartSources
from builder.charts.text_rules import sentences
from builder.charts.texts import ENGLISH, FIELDS
from builder.charts.translation import NOTHING, Translation, option_paths, preferred

Documents = Mapping[str, YamlFile]


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A text as it stands in a service, an option or a template."""

    keys: Keys
    """Those that lead to its translation in a file of texts."""
    text: str
    site: Site = ("", 0, 0)
    """Where it stands; no file for a sentence."""


def written(sources: ChartSources) -> Iterator[Written]:
    """Yield all texts of a catalog's charts, in the order of a file of texts.

    Raises:
        InputError: options or the library are wrong.

    """
    services = _shown(sources)
    for name, document in services.items():
        parent = services.get(str(entries(node(document)).get("extends", NOTHING).data))
        inherited = {(one.keys, one.site) for one in _of_service(parent)} if parent else set()
        for one in _of_service(document):
            if (one.keys, one.site) not in inherited:
                yield Written(keys=("services", name, *one.keys), text=one.text, site=one.site)
    for group, document in sources.groups().documents.items():
        sections = at(node(document), ("sections",)) or NOTHING
        yield from _of_options(sections, ("options", group), document)
    for sentence in sentences([*sources.library().partials.values(), *sources.own_templates()]):
        yield Written(keys=("notes", sentence), text=sentence)


def lacking(sources: ChartSources, texts: Translation, language: str) -> list[Written]:
    """Return the texts that neither a language has nor what it is a variety of.

    Raises:
        InputError: options or the library are wrong.

    """
    spoken, services = preferred((language,)), _shown(sources)
    if ENGLISH in spoken:
        return []
    return [
        one
        for one in written(sources)
        if not (_is_translated(one, spoken, sources, texts) or _is_described(one, spoken, services))
    ]


def _is_translated(
    one: Written, spoken: tuple[str, ...], sources: ChartSources, texts: Translation
) -> bool:
    level = sources.level_of(one.site[0])
    given = texts.by_key.get(one.keys, ())
    return any(text.language in spoken and text.level >= level for text in given)


def _is_described(one: Written, spoken: tuple[str, ...], services: Documents) -> bool:
    """Tell whether a text is the description of a service that has one in the language itself."""
    kind, name, *keys = one.keys
    if kind != "services" or keys != ["description"]:
        return False
    described = entries(at(node(services[str(name)]), ("description",)) or NOTHING)
    return any(language in described for language in spoken)


def _shown(sources: ChartSources) -> Documents:
    services = sources.services()
    return {
        name: document
        for name, document in services.documents.items()
        if name not in services.hidden
    }


def _of_service(document: YamlFile) -> Iterator[Written]:
    """Yield the texts of a service, by their keys below it."""
    value = node(document)
    parts = entries(value)
    if "title" in parts:
        yield _text(("title",), parts["title"], document)
    described = entries(parts.get("description", NOTHING))
    if described:
        first = described.get(ENGLISH) or next(iter(described.values()))
        yield _text(("description",), first, document)
    yield from _of_options(parts.get("options", NOTHING), ("options",), document)
    for dotted, fields in entries(parts.get("set", NOTHING)).items():
        yield from _of_option(fields, ("options", dotted), document)


def _of_options(options: Node, keys: Keys, document: YamlFile) -> Iterator[Written]:
    for dotted, path in option_paths(options):
        yield from _of_option(at(options, path) or NOTHING, (*keys, dotted), document)


def _of_option(option: Node, keys: Keys, document: YamlFile) -> Iterator[Written]:
    for name, path in FIELDS.items():
        text = at(option, path)
        if text is not None and isinstance(text.data, str) and text.data:
            yield _text((*keys, name), text, document)


def _text(keys: Keys, leaf: Node, document: YamlFile) -> Written:
    site = (leaf.spot.file or document.file, *leaf.spot.place)
    return Written(keys=keys, text=str(leaf.data), site=site)
