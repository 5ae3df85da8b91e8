"""Where the charts of a catalog are written, and those of the catalogs that it extends, as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from builder.catalog.folder import Folder
from builder.catalog.fork_rules import changed, left
from builder.catalog.levels import Level, Levels
from builder.catalog.overlay import Misses, document, node
from builder.catalog.source import YamlFile
from builder.charts.library import ChartLibrary, absent, joined_library, load_library
from builder.charts.load import (
    OPTIONS,
    SERVICE,
    SOURCE,
    Documents,
    Groups,
    group_documents,
    groups_of,
    joined_groups,
    service_documents,
)
from builder.charts.text_files import text_files
from builder.charts.texts import TEXTS
from builder.charts.translation import TextFile, Translation, translation
from builder.errors import InputError, Problem

DIRECTORY = "charts"
"""Directory of services and their charts, beside catalog.yaml."""
WRITTEN = Translation()
"""No texts but those that stand in options and services themselves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartPlace:
    """The charts of one catalog."""

    directory: Path
    """That of its services."""
    file: str
    """What problems call it."""
    shared: Path
    """The directory that holds options/, library/ and stubs/."""
    shared_file: str
    level: Level | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenServices:
    """The services of all levels, as they are written."""

    documents: Documents
    """Each service.yaml with what it takes from others, unchecked."""
    hidden: frozenset[str]
    """Services that are left out: others may contain them."""
    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartSources:
    """The charts of a catalog, and of those that it extends, those first."""

    places: tuple[ChartPlace, ...]
    languages: tuple[str, ...] = ("en",)
    """Languages of texts, the preferred one first."""
    misses: Misses = field(default_factory=Misses)
    """What the forks among them say of their upstream."""

    @property
    def folder(self) -> Folder:
        """Where icons and services' own templates are."""
        return Folder(tuple((place.directory, ()) for place in self.places))

    @property
    def forks(self) -> frozenset[str]:
        """What problems call the catalog.yaml of each fork."""
        return frozenset(place.level.document.file for place in self.places[1:] if place.level)

    @property
    def written(self) -> Mapping[str, Path]:
        """The path of each service.yaml, by its name in problems."""
        written: dict[str, Path] = {}
        for place in self.places:
            for path in place.directory.glob(f"*/{SERVICE}"):
                written[f"{place.file}/{path.parent.name}/{SERVICE}"] = path
        return written

    def texts(self) -> tuple[Translation, list[Problem]]:
        """Return the texts of all levels, and what is wrong with their files."""
        files: list[TextFile] = []
        problems: list[Problem] = []
        for number, place in enumerate(self.places):
            for path, file in _once(place):
                read, wrong = text_files(path, file)
                files += (
                    TextFile(
                        language=language,
                        level=number,
                        is_own=path == place.directory,
                        document=document,
                    )
                    for language, document in read.items()
                )
                problems += wrong
        return translation(files, self.languages, self.level_of), problems

    def level_of(self, file: str) -> int:
        """Return the number of the level that has a file, as problems name it."""
        for number, place in reversed([*enumerate(self.places)]):
            own = place.level.document.file if place.level else ""
            if file == own or file.startswith((f"{place.file}/", f"{place.shared_file}/")):
                return number
        return 0

    def is_text(self, file: str) -> bool:
        """Tell whether a file, as problems name it, is one of texts."""
        shared = [f"{one.file}/{TEXTS}/" for one in self.places]
        return file.startswith((*shared, *(f"{one.shared_file}/{TEXTS}/" for one in self.places)))

    def own_templates(self) -> Iterator[str]:
        """Yield the texts of the templates that services have for themselves."""
        for place in self.places:
            for path in sorted(place.directory.glob(f"*/{SOURCE}/**/*")):
                if path.is_file():
                    yield path.read_text(errors="replace")

    def holder(self, file: str) -> Level | None:
        """Return the level that has a file of charts, as problems name it; None for other files."""
        for place in reversed(self.places):
            if file.startswith((f"{place.file}/", f"{place.shared_file}/")):
                return place.level
        return None

    def groups(self, texts: Translation = WRITTEN) -> Groups:
        """Return the groups of options of all levels, as they are written unless texts are given.

        Raises:
            InputError: there are none, or one is wrong.

        """
        documents: dict[str, YamlFile] = {}
        problems: list[Problem] = []
        first = self.places[0]
        if not any((one / OPTIONS).is_dir() for one in (first.shared, first.directory)):
            raise InputError([absent(f"{first.shared_file}/{OPTIONS}")])
        for number, place in enumerate(self.places):
            if number and place.level:
                documents = _patched(documents, OPTIONS, place.level, self.misses)
            for path, file in _once(place):
                read, wrong = group_documents(path, file)
                documents = joined_groups(documents, read)
                problems += wrong
        return groups_of(texts.groups(documents), problems)

    def library(self) -> ChartLibrary:
        """Return the templates and the stubs of all levels; one of a later level replaces one of
        the same name.

        Raises:
            InputError: there is none, or a file is not text.

        """
        first, *rest = self.places
        library = load_library(first.shared, first.shared_file)
        for place in rest:
            library = joined_library(library, place.shared, place.shared_file)
        return library

    def services(self, texts: Translation = WRITTEN) -> WrittenServices:
        """Return the services of all levels, as they are written unless texts are given."""
        documents: dict[str, YamlFile] = {}
        problems: list[Problem] = []
        hidden: set[str] = set()
        for number, place in enumerate(self.places):
            if number and place.level:
                shown = [name for name in sorted(documents) if name not in hidden]
                kept, gone = left(shown, "services", place.level, self.misses)
                hidden |= gone.keys()
                patched = _patched(
                    {name: documents[name] for name in kept}, "services", place.level, self.misses
                )
                documents |= patched
            upstream = documents if number else None
            read, wrong = service_documents(place.directory, place.file, upstream)
            problems += wrong
            hidden -= read.keys()
            documents |= read
        return WrittenServices(
            documents=dict(sorted(texts.services(documents).items())),
            hidden=frozenset(hidden),
            problems=tuple(problems),
        )


def sources(levels: Levels, languages: tuple[str, ...] = ("en",)) -> ChartSources:
    """Return where the charts of a catalog are; `languages` are those that it prefers."""
    places = tuple(_place(level, levels.own) for level in levels.levels)
    return ChartSources(places=places, languages=languages)


def of_one(directory: Path, shared: Path | None, file: str) -> ChartSources:
    """Return the charts of a catalog that extends none, by the directory of its services and that
    of what they share (the same one by default), with its name in problems.
    """
    place = ChartPlace(
        directory=directory,
        file=directory.name,
        shared=shared or directory,
        shared_file=file or directory.name,
    )
    return ChartSources(places=(place,))


def service_names(levels: Levels) -> list[str]:
    """Return the names of the services that a catalog describes, as far as they can be read."""
    written = sources(levels).services()
    return [name for name in written.documents if name not in written.hidden]


def _place(level: Level, own: Level) -> ChartPlace:
    shared = _library_of(level)
    prefix = "" if level is own else f"{level.root.as_posix()}/"
    return ChartPlace(
        directory=level.root / DIRECTORY,
        file=f"{prefix}{DIRECTORY}",
        shared=level.root / shared,
        shared_file=f"{prefix}{shared}",
        level=level,
    )


def _library_of(level: Level) -> str:
    """Return the directory of what charts share, from a catalog.yaml that may be wrong."""
    data = level.document.data
    charts = data.get("charts") if isinstance(data, dict) else None
    named = charts.get("library") if isinstance(charts, dict) else None
    return named if isinstance(named, str) else DIRECTORY


def _once(place: ChartPlace) -> Sequence[tuple[Path, str]]:
    both = {place.shared: place.shared_file, place.directory: place.file}
    return list(both.items())


def _patched(documents: Documents, kind: str, level: Level, misses: Misses) -> dict[str, YamlFile]:
    parts = {name: node(one) for name, one in documents.items()}
    after = changed(parts, kind, level, misses)
    return {name: document(value, documents[name].file) for name, value in after.items()}
