"""The charts of a catalog: where they are, and its services with the catalog's images filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from builder import confined
from builder.catalog.folder import Folder
from builder.catalog.levels import read
from builder.catalog.load import PATCHED, UPSTREAM, YOURS, Loaded
from builder.catalog.overlay import leaves, node
from builder.catalog.suggest import nearest
from builder.charts.chart import Origin, chart, source
from builder.charts.compose import Composition
from builder.charts.generate import composed_from, joined
from builder.charts.images import ImageRefs, image_refs
from builder.charts.library import STUBS
from builder.charts.sources import ChartSources, sources
from builder.documents import DocumentError, from_json
from builder.errors import InputError, Problem
from builder.graph.build import graph
from builder.tree import Tree


@dataclass(frozen=True, kw_only=True, slots=True)
class Charts:
    """The services of a catalog with all their options; files are made on demand."""

    directory: Path
    """The catalog's own charts/."""
    folder: Folder
    """Where charts take files from: charts/ of all levels."""
    is_fork: bool
    """Whether the catalog extends another one."""
    origin: Origin
    compositions: Mapping[str, Composition]
    places: ChartSources
    """Where all of it is written."""

    def whose(self, name: str) -> str:
        """Tell whether a service is the catalog's own, or upstream's, with changes of the catalog's
        own in it or in what its chart is made from, or not.
        """
        last, level_of = len(self.places.places) - 1, self.places.level_of
        service, groups = self.places.services().documents[name], self.places.groups().documents
        if level_of(service.file) == last:
            return YOURS
        parts = [service, *(groups[group] for group in self.compositions[name].groups)]
        files: list[str] = []
        for one in parts:
            files += [leaf.spot.file or one.file for _, leaf in leaves(node(one))]
        library = self.compositions[name].library
        used = {Path(path).name for path in self.tree(name)}
        files += [
            f"{directory}/"
            for path, directory in library.files.items()
            if path.startswith(STUBS) or Path(path).name in used
        ]
        return PATCHED if last in map(level_of, files) else UPSTREAM

    def tree(self, name: str) -> Tree:
        """Return the files of a self-contained chart.

        Raises:
            InputError: see `builder.charts.chart.chart`.

        """
        return chart(self.compositions[name], self.folder, self.origin)

    def trees(self) -> Iterator[tuple[str, Tree]]:
        """Yield the name and the files of every chart, each as soon as it is made."""
        for name in self.compositions:
            yield name, self.tree(name)

    def sources(self) -> Tree:
        """Return charts/ as git has it: every chart with its stubs. The charts of a fork are
        self-contained, as what they share is in several places.

        Raises:
            InputError: see `builder.charts.chart.chart`.

        """
        if self.is_fork:
            return joined(self.trees())
        trees = [
            (name, source(composition, self.directory, self.origin))
            for name, composition in self.compositions.items()
        ]
        return joined(trees)

    def named(self, names: Sequence[str]) -> Charts:
        """Return the named services; without names, all.

        Raises:
            InputError: there is no such service.

        """
        known = self.compositions
        unknown = [name for name in names if name not in known]
        if unknown:
            hint = f"`{self.directory.name}/` has {', '.join(known)}"
            raise InputError(
                [
                    Problem(
                        "SERVICE",
                        0,
                        0,
                        f"there is no service {name!r}",
                        nearest(name, list(known)) or hint,
                    )
                    for name in unknown
                ]
            )
        chosen = {name: known[name] for name in known if name in names} if names else known
        return replace(self, compositions=chosen)


def open_charts(loaded: Loaded, digests: Mapping[str, str] | None = None) -> Charts:
    """Return the charts of a catalog; `digests` maps `<image>:<tag>` to the `sha256:<hex>` to pin
    it to.

    Raises:
        InputError: something is wrong with services, options or images.

    """
    refs = image_refs(loaded.catalog.registry, graph(loaded), digests)
    origin = Origin(catalog=loaded.catalog.name, url=loaded.catalog.url)
    places = sources(loaded.levels, loaded.catalog.charts.languages)
    composed, problems = composed_from(places, refs)
    if problems:
        raise InputError(problems)
    return _charts(places, origin, composed)


def _charts(places: ChartSources, origin: Origin, composed: Mapping[str, Composition]) -> Charts:
    return Charts(
        directory=places.places[-1].directory,
        folder=places.folder,
        is_fork=len(places.places) > 1,
        origin=origin,
        compositions=composed,
        places=places,
    )


def chart_problems(path: Path, loaded: Loaded | None) -> list[Problem]:
    """Return what is wrong with the charts of a catalog.yaml; empty if it describes no service.
    If the catalog itself is wrong, `loaded` is None: services are checked all the same, except for
    whether their images exist.
    """
    levels = loaded.levels if loaded else read(path)
    places = sources(levels)
    if not places.written or (levels.own.is_fork and not levels.whole):
        return []
    if loaded is None:
        refs, origin = ImageRefs(registry="", any_image=True), Origin(catalog="")
    else:
        refs = image_refs(loaded.catalog.registry, graph(loaded))
        origin = Origin(catalog=loaded.catalog.name, url=loaded.catalog.url)
    try:
        composed, problems = composed_from(places, refs)
    except InputError as error:
        return list(error.problems)
    charts = _charts(places, origin, composed)
    if loaded and not problems:
        problems += _unknown_highlights(loaded, composed)
    for name in composed:
        try:
            charts.tree(name)
        except InputError as error:
            problems += error.problems
    return problems


def _unknown_highlights(loaded: Loaded, known: Mapping[str, object]) -> Iterator[Problem]:
    for index, name in enumerate(loaded.catalog.charts.highlighted):
        if name not in known:
            path, message = ("charts", "highlighted", index), f"there is no service {name!r}"
            yield loaded.source.problem(path, message, nearest(name, list(known)))


def read_digests(path: Path | None) -> dict[str, str]:
    """Return what a JSON file maps `<image>:<tag>` to; empty without a file.

    Raises:
        InputError: the file cannot be read, or is not a map of strings.

    """
    if path is None:
        return {}
    try:
        digests = from_json(confined.regular(path))
    except OSError as error:
        raise InputError([Problem(str(path), 0, 0, str(error.strerror))]) from None
    except DocumentError as error:
        raise InputError([Problem(str(path), 0, 0, f"is no JSON: {error}")]) from None
    if not isinstance(digests, dict) or not all(
        isinstance(value, str) for value in digests.values()
    ):
        raise InputError([Problem(str(path), 0, 0, "does not map <image>:<tag> to digests")])
    return digests
