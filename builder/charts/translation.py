"""Texts of several languages and catalogs: which of them a chart shows, put where they belong."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from builder.catalog.overlay import Node, at, document, entries, leaves, mapping, node
from builder.catalog.reader import Keys, Spot
from builder.catalog.source import YamlFile
from builder.charts.texts import ENGLISH, FIELDS, WITHIN

Documents = Mapping[str, YamlFile]
NOTHING = Node({}, Spot((0, 0)))


@dataclass(frozen=True, kw_only=True, slots=True)
class TextFile:
    """The texts of one catalog in one language, which are right."""

    language: str
    level: int
    """Number of the catalog among those that one extends, the first one's being 0."""
    is_own: bool
    """Whether it is beside services, and not with what several catalogs share."""
    document: YamlFile


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """One text, with its place."""

    language: str
    level: int
    value: Node


@dataclass(frozen=True, kw_only=True, slots=True)
class Translation:
    """All texts of a catalog and of those that it extends, those first."""

    files: tuple[TextFile, ...] = ()
    languages: tuple[str, ...] = (ENGLISH,)
    """The preferred one first."""
    level_of: Callable[[str], int] = lambda _: 0
    """Number of the catalog that has a file, as problems name it."""
    by_key: Mapping[Keys, Sequence[Text]] = field(default_factory=dict)
    """Every text by the keys that lead to it in its file."""

    def groups(self, documents: Documents) -> dict[str, YamlFile]:
        """Return groups of options with their texts in the preferred language."""
        after = dict(documents)
        for group, texts in self._below("options", 1).items():
            if group in after:
                after[group] = self._options(after[group], ("sections",), texts)
        return after

    def services(self, documents: Documents) -> dict[str, YamlFile]:
        """Return services with their texts in the preferred language, and with their descriptions
        in all.
        """
        texts = self._below("services", 1)
        after = dict(documents)
        for name, service in documents.items():
            parent = str(entries(node(service)).get("extends", NOTHING).data)
            if parent in texts and parent in documents:
                shared = _shared(service, documents[parent])
                inherited = {keys: one for keys, one in texts[parent].items() if shared(keys)}
                after[name] = self._service(after[name], inherited)
            if name in texts:
                after[name] = self._service(after[name], texts[name])
        return after

    def sentences(self) -> dict[str, dict[str, str]]:
        """Return the sentences of notes: language -> in English -> in that language."""
        said: dict[str, dict[str, str]] = {}
        for language in preferred(self.languages):
            for keys, texts in self._below("notes", 1).items():
                every = itertools.chain.from_iterable(texts.values())
                spoken = [one for one in every if one.language == language]
                if spoken:
                    said.setdefault(language, {})[keys] = str(spoken[-1].value.data)
        return said

    def _below(self, kind: str, depth: int) -> dict[str, dict[Keys, Sequence[Text]]]:
        """Return the texts of one kind by the name that follows, with the keys that follow that."""
        found: dict[str, dict[Keys, Sequence[Text]]] = defaultdict(dict)
        for keys, texts in self.by_key.items():
            if keys[0] == kind:
                found[str(keys[depth])][keys[depth + 1 :]] = texts
        return found

    def _options(
        self, written: YamlFile, below: Keys, texts: Mapping[Keys, Sequence[Text]]
    ) -> YamlFile:
        """Return a document with the texts of the options below some keys."""
        value = node(written)
        known = dict(option_paths(at(value, below) or NOTHING, below))
        for (dotted, name), given in texts.items():
            if str(dotted) in known:
                keys = (*known[str(dotted)], *FIELDS[str(name)])
                value = self._told(value, keys, given, written.file)
        return document(value, written.file)

    def _service(self, written: YamlFile, texts: Mapping[Keys, Sequence[Text]]) -> YamlFile:
        own = dict(option_paths(at(node(written), ("options",)) or NOTHING))
        of_options = {keys[1:]: given for keys, given in texts.items() if keys[0] == "options"}
        of_own = {keys: given for keys, given in of_options.items() if keys[0] in own}
        written = self._options(written, ("options",), of_own)
        value = node(written)
        for (dotted, name), given in of_options.items():
            if dotted not in own:
                keys = ("set", dotted, *FIELDS[str(name)])
                value = self._told(value, keys, given, written.file)
        value = self._told(value, ("title",), texts.get(("title",), ()), written.file)
        for text in texts.get(("description",), ()):
            value = self._described(value, text, written.file)
        return document(value, written.file)

    def _described(self, value: Node, text: Text, file: str) -> Node:
        keys = ("description", text.language)
        return (
            with_text(value, keys, text.value) if self._counts(text, value, keys, file) else value
        )

    def _told(self, value: Node, keys: Keys, texts: Sequence[Text], file: str) -> Node:
        """Return a value with the text of the preferred language at some keys, if it is there. Who
        says something else in place means all texts that there were of it.
        """
        fresh = [text for text in texts if self._counts(text, value, keys, file)]
        for language in preferred(self.languages):
            spoken = [text for text in fresh if text.language == language]
            if spoken:
                return with_text(value, keys, spoken[-1].value)
            if language == ENGLISH:
                break
        return value

    def _counts(self, text: Text, value: Node, keys: Keys, file: str) -> bool:
        """Tell whether a text is about what stands in place, and not about what stood there."""
        there = at(value, keys)
        return there is None or text.level >= self.level_of(there.spot.file or file)


def translation(
    files: Iterable[TextFile], languages: tuple[str, ...], level_of: Callable[[str], int]
) -> Translation:
    """Return the texts of some files, of which a later one is of the same catalog as an earlier
    one, or of one that extends it.
    """
    files, by_key = tuple(files), defaultdict[Keys, list[Text]](list)
    for file in files:
        for keys, leaf in leaves(node(file.document)):
            is_strange = keys[:1] == ("services",) and not file.is_own
            if isinstance(leaf.data, str) and leaf.data and not is_strange:
                place = Spot(leaf.spot.place, file=leaf.spot.file or file.document.file)
                value = Node(leaf.data, place)
                by_key[keys].append(Text(language=file.language, level=file.level, value=value))
    return Translation(files=files, languages=languages, level_of=level_of, by_key=by_key)


def preferred(languages: Iterable[str]) -> tuple[str, ...]:
    """Return languages in their order, each followed by what it is a variety of: `fr` for `fr-CA`,
    unless that is among them.
    """
    languages = tuple(languages)
    found: list[str] = []
    for language in languages:
        broad = language.partition("-")[0]
        found += [language] if broad in languages else [language, broad]
    return tuple(dict.fromkeys(found))


def option_paths(options: Node, keys: Keys = (), dotted: str = "") -> Iterator[tuple[str, Keys]]:
    """Yield the dotted path of every option below a mapping of options, as files of texts name it,
    with the keys that lead to it in the file.
    """
    for name, option in entries(options).items():
        path = f"{dotted}.{name}" if dotted else name
        yield from _paths_of(option, (*keys, name), path)


def _paths_of(option: Node, keys: Keys, path: str) -> Iterator[tuple[str, Keys]]:
    yield path, keys
    inside = entries(option)
    if "options" in inside:
        yield from option_paths(inside["options"], (*keys, "options"), path)
    for held in ("items", "map"):
        if held in inside:
            yield from _paths_of(inside[held], (*keys, held), f"{path}.{WITHIN}")


def with_text(value: Node, keys: Keys, text: Node) -> Node:
    """Return a value with a text at some keys, whether something is there or not."""
    if not keys:
        return text
    first, *rest = keys
    name, inside = str(first), entries(value)
    inner = with_text(inside.get(name, NOTHING), tuple(rest), text)
    if name not in inside and rest:
        spot = replace(inner.spot, place=text.spot.place, file=text.spot.file)
        inner = Node(inner.data, spot)
    place = text.spot.place if not rest or name not in inside else value.spot.keys[name]
    return mapping(inside | {name: inner}, {**value.spot.keys, name: place}, value.spot)


def _shared(service: YamlFile, parent: YamlFile) -> Callable[[Keys], bool]:
    """Return what tells whether a service has a part of the one that it extends as it is there."""

    def tell(keys: Keys) -> bool:
        key = str(keys[0])
        if key == "options":
            return True
        return service.site((key,)) == parent.site((key,))

    return tell
