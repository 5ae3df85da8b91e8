"""`catalog chart texts`: what the languages of a catalog's charts lack."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence

from builder.catalog.load import load
from builder.catalog.suggest import closest
from builder.charts.sources import sources
from builder.charts.text_gaps import Written, lacking, written
from builder.charts.texts import ENGLISH
from builder.console.text import Console
from builder.errors import InputError, Problem, counted

SHOWN = 80
"""Characters of a text that are shown; `--json` has all of it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "languages",
        nargs="*",
        metavar="LANGUAGE",
        help="name every text that it lacks (default: count those of all languages)",
    )
    parser.add_argument("--check", action="store_true", help="exit 1 where a text is lacking")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print how many texts each language lacks, or which."""
    loaded = load(arguments.catalog)
    places = sources(loaded.levels, loaded.catalog.charts.languages)
    texts, problems = places.texts()
    if problems:
        raise InputError(problems)
    known = dict.fromkeys(
        (*loaded.catalog.charts.languages, *(file.language for file in texts.files))
    )
    unknown = [one for one in arguments.languages if one not in known]
    if unknown:
        raise InputError([_unknown(language, list(known)) for language in unknown])
    chosen = arguments.languages or [one for one in known if one != ENGLISH]
    lacks = {language: lacking(places, texts, language) for language in chosen}
    if arguments.json:
        console.json({one: [_row(text) for text in missing] for one, missing in lacks.items()})
    elif arguments.languages:
        _name(lacks, console)
    else:
        _count(lacks, len(list(written(places))), console)
    return 1 if arguments.check and any(lacks.values()) else 0


def _name(lacks: Mapping[str, Sequence[Written]], console: Console) -> None:
    rows: list[tuple[str, ...]] = []
    for language, missing in lacks.items():
        rows += [(language, *_words(one)) for one in missing]
    if rows:
        console.table(["", "of", "text", "in English"], rows)
    for language, missing in lacks.items():
        console.text(f"{language} lacks {counted(len(missing), 'text')}")


def _words(one: Written) -> tuple[str, str, str]:
    kind, name, *keys = (str(key) for key in one.keys)
    text = one.text if len(one.text) <= SHOWN else f"{one.text[:SHOWN]}…"
    text = json.dumps(text, ensure_ascii=False)[1:-1]
    return (kind, "", text) if kind == "notes" else (f"{kind} {name}", ".".join(keys), text)


def _count(lacks: Mapping[str, Sequence[Written]], total: int, console: Console) -> None:
    rows = [(one, str(total), str(len(missing))) for one, missing in lacks.items()]
    if not rows:
        console.text("there is no language but English: `catalog new language` starts one")
        return
    console.table(["language", ">texts", ">lacks"], rows)


def _row(one: Written) -> dict[str, object]:
    file, line, column = one.site
    place = {"file": file or None, "line": line, "column": column}
    return {"keys": list(one.keys), "text": one.text, **place}


def _unknown(language: str, known: list[str]) -> Problem:
    message = f"no file has texts in {language!r}, and catalog.yaml does not name it"
    near = closest(language, known)
    hint = f"did you mean {near!r}?" if near else f"run `catalog new language {language}`"
    return Problem("LANGUAGE", 0, 0, message, hint)
