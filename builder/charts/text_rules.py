"""Rules over a catalog's own files of texts: each text is of something that is there. Those of an
upstream, or of a library that several catalogs share, are looked at where they are written: others
may not have what they are about.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from builder.catalog.overlay import Node, at, entries, node
from builder.catalog.suggest import nearest
from builder.charts.compose import Composition
from builder.charts.library import ChartLibrary
from builder.charts.load import Groups
from builder.charts.model import walk
from builder.charts.sources import ChartSources
from builder.charts.translation import NOTHING, TextFile, Translation, option_paths
from builder.errors import Problem

_VERB = re.compile(r"%(?:\[\d+\])?([a-zA-Z%])")
"""A verb of Go's `printf`, which may name the value that it is for."""
_SENTENCE = re.compile(r'"en" "((?:[^"\\]|\\.)*)"')
"""A sentence that a template says, in English."""


def text_problems(
    texts: Translation,
    sources: ChartSources,
    groups: Groups,
    library: ChartLibrary,
    composed: Mapping[str, Composition],
) -> Iterator[Problem]:
    """Yield the texts that are of nothing in the catalog."""
    services = sources.services().documents
    said = sentences([*library.partials.values(), *sources.own_templates()])
    for file in texts.files:
        if file.is_own and file.level == len(sources.places) - 1:
            yield from _options(file, groups)
            yield from _services(file, services, composed)
            yield from _notes(file, said)


def sentences(templates: Iterable[str]) -> list[str]:
    """Return the sentences that templates say, in English, each once."""
    found: dict[str, None] = {}
    for text in templates:
        for match in _SENTENCE.finditer(text):
            found[match[1].replace('\\"', '"').replace("\\\\", "\\")] = None
    return list(found)


def _options(file: TextFile, groups: Groups) -> Iterator[Problem]:
    """Yield the texts of options that no group has."""
    for group, given in _given(file, "options").items():
        if group not in groups.groups:
            message = f"no group of options is named {group!r}"
            hint = nearest(group, list(groups.groups))
            yield file.document.problem(("options", group), message, hint, key=True)
            continue
        written = node(groups.documents[group])
        known = dict(option_paths(at(written, ("sections",)) or NOTHING, ("sections",)))
        sliders = {path for path, keys in known.items() if at(written, (*keys, "slider"))}
        for dotted in entries(given):
            where = ("options", group, dotted)
            yield from _option(file, where, f"{group} has", known, sliders)


def _services(
    file: TextFile, known: Collection[str], composed: Mapping[str, Composition]
) -> Iterator[Problem]:
    """Yield the texts of services that are not there, and of options that a service lacks."""
    for name, given in _given(file, "services").items():
        if name not in known:
            message = f"there is no service {name!r}"
            yield file.document.problem(
                ("services", name), message, nearest(name, list(known)), key=True
            )
        if name not in composed or "options" not in entries(given):
            continue
        options = {".".join(path): one for path, one in walk(composed[name].options)}
        sliders = {path for path, one in options.items() if one.slider}
        for dotted in entries(given.inside("options")):
            where = ("services", name, "options", dotted)
            yield from _option(file, where, f"{name} has", options, sliders)


def _option(
    file: TextFile,
    where: tuple[str, ...],
    who: str,
    known: Collection[str],
    sliders: Collection[str],
) -> Iterator[Problem]:
    dotted = where[-1]
    if dotted not in known:
        message = f"{who} no option {dotted!r}"
        yield file.document.problem(where, message, nearest(dotted, list(known)), key=True)
    elif "semantic" in entries(at(node(file.document), where) or NOTHING) and dotted not in sliders:
        message = f"{dotted!r} is no slider, whose ends mean something"
        yield file.document.problem((*where, "semantic"), message, "remove it", key=True)


def _notes(file: TextFile, said: Collection[str]) -> Iterator[Problem]:
    """Yield the sentences that no template says, and those that are for other values."""
    for sentence, given in _given(file, "notes").items():
        where = ("notes", sentence)
        if sentence not in said:
            message = f"no template says {_short(sentence)!r}"
            near = nearest(sentence, list(said))
            hint = near if near.startswith("did you mean") else ""
            yield file.document.problem(where, message, hint, key=True)
        elif given.data and verbs(sentence) != verbs(str(given.data)):
            wanted = ", ".join(f"%{verb}" for verb in verbs(sentence)) or "nothing"
            message = f"the sentence has other values than the English one, which has {wanted}"
            hint = "write the same, or %[1]s, %[2]s, … in another order"
            yield file.document.problem(where, message, hint)


def verbs(sentence: str) -> list[str]:
    """Return what a sentence has in place of values, in any order."""
    return sorted(_VERB.findall(sentence))


def _given(file: TextFile, kind: str) -> dict[str, Node]:
    return entries(at(node(file.document), (kind,)) or NOTHING)


def _short(sentence: str, most: int = 60) -> str:
    return sentence if len(sentence) <= most else f"{sentence[:most]}…"
