"""`catalog new language`: what there is to translate in the charts of a catalog."""

from __future__ import annotations

import argparse
from pathlib import Path

from builder.catalog.edit import EditError, with_item
from builder.catalog.language import is_language
from builder.catalog.load import Loaded, load
from builder.charts.sources import DIRECTORY, sources
from builder.charts.text_draft import with_gaps
from builder.charts.text_gaps import lacking
from builder.charts.texts import ENGLISH, TEXTS
from builder.console.text import Console
from builder.errors import InputError, Problem, counted
from builder.events import Plain
from builder.tree import File
from builder.tree import replace as write_file

CHARTS, LANGUAGES = "charts", "languages"
"""Keys of catalog.yaml that name the languages."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own arguments."""
    parser.add_argument(
        "name", metavar="LANGUAGE", help="the language's tag (BCP 47), such as fr or pt-BR"
    )
    parser.add_argument(
        "--first",
        action="store_true",
        help="prefer it: it is that of the form and of the values (default: the last one)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the file of texts with what it lacks, and name the language in catalog.yaml."""
    language: str = arguments.name
    _check(language)
    loaded = load(arguments.catalog)
    places = sources(loaded.levels, loaded.catalog.charts.languages)
    texts, problems = places.texts()
    if problems:
        raise InputError(problems)
    missing = lacking(places, texts, language)
    edited = _named(loaded, language, first=arguments.first)
    path = loaded.root / DIRECTORY / TEXTS / f"{language}.yaml"
    is_new = not path.exists()
    text = with_gaps("" if is_new else path.read_bytes().decode(), missing)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, File(text.encode()))
    if edited:
        mode = loaded.path.stat().st_mode & 0o777
        write_file(loaded.path, File(edited.encode(), mode))
    if arguments.json:
        console.json({"language": language, "file": str(path), "lacks": len(missing)})
        return 0
    console.text(f"{'created' if is_new else 'changed'} {path}")
    console.note(f"It lacks {counted(len(missing), 'text')}: their English stands behind each.")
    console(Plain(f"catalog chart texts {language}"))
    console(Plain("catalog chart generate"))
    return 0


def _check(language: str) -> None:
    """Raise InputError for what is no language that texts are translated to."""
    if not is_language(language):
        message = f"{language!r} is not a language tag (BCP 47)"
        raise InputError([Problem("LANGUAGE", 0, 0, message, "such as en, pt-BR or zh-Hans")])
    if language == ENGLISH:
        message = "options, services and templates are in English themselves"
        hint = f"to say one otherwise, write it in {DIRECTORY}/{TEXTS}/{ENGLISH}.yaml"
        raise InputError([Problem("LANGUAGE", 0, 0, message, hint)])


def _named(loaded: Loaded, language: str, *, first: bool) -> str:
    """Return catalog.yaml with a language among those of charts; empty if it is there.

    Raises:
        InputError: the file is written in a way that cannot be added to.

    """
    known = loaded.catalog.charts.languages
    if language in known:
        return ""
    wanted = [language, *known] if first else [*known, language]
    path: Path = loaded.path
    try:
        # Not read_text, which would change the line breaks of the file.
        return with_item(path.read_bytes().decode(), CHARTS, LANGUAGES, language, wanted)
    except EditError as error:
        hint = f"write `{CHARTS}: {{{LANGUAGES}: [{', '.join(wanted)}]}}` in it"
        raise InputError([Problem(path.as_posix(), 0, 0, str(error), hint)]) from None
