"""catalog.yaml and the layers that it names, read and found right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from builder.catalog import image_rules, layer_rules, matrix_rules, naming
from builder.catalog.directory import Found, find
from builder.catalog.document import Document, read
from builder.catalog.draft import Draft
from builder.catalog.expand import Expansion, Labels, Matrix, axis_constraints
from builder.catalog.family import Member, members
from builder.catalog.matrix import MAX_POINTS, TooManyPointsError, remembered
from builder.catalog.model import Catalog, Layer
from builder.catalog.source import Source
from builder.catalog.stack import Layers, arrange
from builder.errors import InputError, Problem

PARTS = ("images", "exclude", "require")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A catalog without a mistake, and what follows from it."""

    catalog: Catalog
    path: Path
    """catalog.yaml as it was given."""
    root: Path
    """The directory that holds it."""
    layers: Mapping[str, Layer]
    """All layers, by name, in the order of their names."""
    layer_dirs: Mapping[str, Path]
    """The directory of each layer, below `root`."""
    source: Source
    """catalog.yaml as it is written."""
    layer_sources: Mapping[str, Source]
    """Each layer's layer.yaml as it is written."""
    arranged: Layers
    labels: Labels
    """Axis -> value -> label."""
    matrices: tuple[Matrix, ...]
    """Every image with its points, in the order of the catalog."""


def load(path: Path) -> Loaded:
    """Read a catalog and its layers.

    Raises:
        InputError: something is wrong; holds every problem of every file, with its place and the
        nearest right word.

    """
    document = read(path, path.as_posix(), Catalog, parts=PARTS)
    found = find(path.parent, document)
    problems = [*document.problems, *found.problems]
    documents = {
        name: read(directory / "layer.yaml", file, Layer)
        for name, (directory, file) in found.layers.items()
    }
    problems += [problem for layer in documents.values() for problem in layer.problems]
    if document.value is None or not found.there:
        raise InputError(problems)
    draft = _draft(document, document.value, documents, found)
    loaded = _check(draft, path, problems)
    if problems or loaded is None:
        raise InputError(problems)
    return loaded


def _draft(
    document: Document[Catalog],
    catalog: Catalog,
    documents: Mapping[str, Document[Layer]],
    found: Found,
) -> Draft:
    return Draft(
        catalog=catalog,
        source=document.source,
        layers={name: layer.value for name, layer in documents.items() if layer.value is not None},
        sources={name: layer.source for name, layer in documents.items()},
        directories={name: directory for name, (directory, _) in found.layers.items()},
        known=frozenset(documents) | found.broken,
        whole=document.whole
        and not found.problems
        and all(layer.whole for layer in documents.values()),
    )


def _check(draft: Draft, path: Path, problems: list[Problem]) -> Loaded | None:
    """Add the draft's problems; return what was loaded when there are none at all."""
    arranged = arrange(
        draft.catalog, {name: draft.layers[name] for name in draft.layers if name in draft.sound}
    )
    problems += layer_rules.check(draft, arranged.axes)
    wrong_axes = list(image_rules.check_axes(draft))
    problems += wrong_axes
    for kind in ("exclude", "require"):
        for number, rule in enumerate(getattr(draft.catalog, kind)):
            problems += image_rules.check_rule(draft, (kind, number), rule)
    expansion = Expansion(
        catalog=draft.catalog,
        layers=draft.layers,
        arranged=arranged,
        axes=axis_constraints(draft.catalog),
        cache=remembered(),
    )
    by_entry = dict(_entries(draft, expansion, problems))
    problems += image_rules.check_names(draft, by_entry)
    if wrong_axes:
        return None
    matrices, labels = _matrices(draft, expansion, by_entry, problems)
    if problems:
        return None
    return Loaded(
        catalog=draft.catalog,
        path=path,
        root=path.parent,
        layers=draft.layers,
        layer_dirs=draft.directories,
        source=draft.source,
        layer_sources=draft.sources,
        arranged=arranged,
        labels=labels,
        matrices=matrices,
    )


def _entries(
    draft: Draft, expansion: Expansion, problems: list[Problem]
) -> Iterator[tuple[str, list[Member]]]:
    """Yield the images of each entry whose layers and words are right; add the problems of the
    others.
    """
    for entry, image in draft.catalog.images.items():
        asked = {
            *image.layers,
            *(
                name
                for choices in image.product.values()
                for layers in choices.values()
                for name in layers
            ),
        }
        wrong = list(image_rules.check_parameters(draft, entry, image))
        found = list(members(entry, image)) if asked <= draft.sound and not wrong else []
        having = set(draft.catalog.axes).intersection(
            *(expansion.stack(member).axes for member in found)
        )
        axes = tuple(axis for axis in draft.catalog.axes if axis in having) if found else None
        wrong += image_rules.check_entry(draft, entry, image, axes)
        if found and not wrong:
            yield entry, found
        problems += wrong


def _matrices(
    draft: Draft,
    expansion: Expansion,
    by_entry: Mapping[str, list[Member]],
    problems: list[Problem],
) -> tuple[tuple[Matrix, ...], Labels]:
    labels = naming.labels(draft.catalog)
    matrices: list[Matrix] = []
    every = [member for found in by_entry.values() for member in found if member.asked]
    for member in every:
        try:
            matrix = expansion.matrix(member)
        except TooManyPointsError:
            message = f"the image {member.name!r} has more than {MAX_POINTS} points"
            problems.append(
                draft.source.problem(
                    ("images", member.entry), message, "restrict it by `when`", key=True
                )
            )
            continue
        problems += matrix_rules.check_bottom(draft, matrix)
        problems += matrix_rules.check_points(draft, matrix)
        problems += matrix_rules.check_tags(draft, labels, matrix)
        matrices.append(matrix)
    axes = expansion.arranged.axes
    problems += matrix_rules.check_ids(draft, labels, matrices, axes)
    problems += matrix_rules.check_abi(draft, matrices, axes)
    if draft.whole and len(by_entry) == len(draft.catalog.images) and len(matrices) == len(every):
        problems += matrix_rules.check_rules(draft, expansion, every)
    return tuple(matrices), labels
