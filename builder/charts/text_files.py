"""The files of texts below a directory of charts."""

from __future__ import annotations

from pathlib import Path

from builder.catalog import source
from builder.catalog.language import is_language
from builder.charts.load import Documents, validated
from builder.charts.texts import TEXTS, Texts
from builder.errors import InputError, Problem


def text_files(directory: Path, file: str) -> tuple[Documents, list[Problem]]:
    """Return the files of texts below one directory that are right, by language; `file` is the
    directory's name in problems.
    """
    documents, problems = dict[str, source.YamlFile](), list[Problem]()
    for path in sorted((directory / TEXTS).glob("*.yaml")):
        name = f"{file}/{TEXTS}/{path.name}"
        if not is_language(path.stem):
            message = f"{path.stem!r} is not a language tag (BCP 47), such as en, pt-BR or zh-Hans"
            problems.append(Problem(name, 0, 0, message, "rename the file"))
            continue
        try:
            document = source.read(path, name)
            validated(document, Texts)
        except InputError as error:
            problems += error.problems
        else:
            documents[path.stem] = document
    return documents, problems
