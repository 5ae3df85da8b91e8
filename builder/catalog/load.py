"""catalog.yaml and its layers, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from builder.catalog import (
    backport_rules,
    image_rules,
    layer_rules,
    lifecycle_rules,
    matrix_rules,
    mix_rules,
    naming,
    origin_rules,
    script,
    signer_rules,
)
from builder.catalog.directory import LAYER
from builder.catalog.document import EVERYTHING, Reading, checked
from builder.catalog.draft import Draft
from builder.catalog.expand import Expansion, Labels, Matrix, axis_constraints
from builder.catalog.family import FamilyMember, members
from builder.catalog.folder import Folder
from builder.catalog.levels import Levels
from builder.catalog.levels import read as read_levels
from builder.catalog.matrix import MAX_POINTS, TooManyPointsError, remembered
from builder.catalog.merged_catalog import catalog as merge_catalog
from builder.catalog.merged_layers import MergedLayers
from builder.catalog.merged_layers import layers as merge_layers
from builder.catalog.model import Catalog, Image, Layer
from builder.catalog.overlay import Misses, at, leaves, node
from builder.catalog.reader import Keys
from builder.catalog.source import YamlFile
from builder.catalog.stack import Layers, arrange
from builder.errors import InputError

YOURS, PATCHED, UPSTREAM = "yours", "patched", "upstream"
"""Whose a part of a catalog is: its own, upstream's with changes of its own, or upstream's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A valid catalog, and what follows from it."""

    catalog: Catalog
    path: Path
    """catalog.yaml as it was given."""
    root: Path
    """The directory that holds it."""
    layers: Mapping[str, Layer]
    """All layers, by name, in the order of their names."""
    layer_dirs: Mapping[str, Path | Folder]
    """The directory of each layer, below that of its level."""
    levels: Levels
    """The catalog, and those that it extends."""
    source: YamlFile
    """catalog.yaml as it is written."""
    layer_sources: Mapping[str, YamlFile]
    """Each layer's layer.yaml as it is written."""
    scripts: Mapping[str, Mapping[str, str]]
    """Each layer's scripts that are files of bash: key of layer.yaml -> text."""
    certificates: Mapping[str, bytes]
    """The OpenPGP certificate of each further repository, by its name."""
    keys: Mapping[str, bytes]
    """The public keys that sign releases, by their files."""
    arranged: Layers
    labels: Labels
    """Axis -> value -> label."""
    matrices: tuple[Matrix, ...]
    """Every image with its points, in the order of the catalog."""

    @property
    def home(self) -> Path:
        """The directory whose .catalog holds the store: that of the first catalog below this one
        that lies in a directory of the user's, so that all of them share cells.
        """
        return next(level.root for level in self.levels.levels if level.within is None)

    def whose(self, layer: str) -> str:
        """Tell whether a layer is the catalog's own, or of an upstream that it patches or not."""
        document, directory = self.layer_sources[layer], self.layer_dirs[layer]
        if self.is_own(document.file):
            return YOURS
        parts = directory.roots if isinstance(directory, Folder) else (directory,)
        files = [leaf.spot.file for _, leaf in leaves(node(document))]
        files += [part.as_posix() for part in parts]
        return PATCHED if any(self.is_own(file) for file in files) else UPSTREAM

    def whose_image(self, entry: str) -> str:
        """Tell the same of an entry of `images`."""
        value = at(node(self.source), ("images", entry))
        files = [leaf.spot.file for _, leaf in leaves(value)] if value else []
        own = [self.is_own(file or self.source.file) for file in files]
        if all(own):
            return YOURS
        return PATCHED if any(own) else UPSTREAM

    def is_own(self, file: str) -> bool:
        """Tell whether a file, as problems name it, is the catalog's own, or of one that it
        extends.
        """
        return self.levels.of_file(file) is self.levels.own


def load(path: Path) -> Loaded:
    """Read a catalog and its layers.

    Raises:
        InputError: something is wrong; holds every problem of every file, with its place and the
            nearest right word.

    """
    return load_levels(read_levels(path))


def load_levels(levels: Levels) -> Loaded:
    """Do the same with catalogs that are read already: the last of them, on those below it."""
    misses, path = Misses(), levels.own.path
    catalog = _catalog(levels, misses)
    merged = merge_layers(levels, misses)
    layers = {
        name: checked(yaml, wrong, (merged.directories[name] / LAYER).as_posix(), Layer)
        for name, (yaml, wrong) in merged.documents.items()
    }
    check = _Check(_draft(catalog, layers, merged, whole=levels.whole))
    problems = [*levels.problems, *catalog.problems, *merged.found.problems]
    for layer in layers.values():
        problems += layer.problems
    problems += check.problems
    problems += origin_rules.check(check.draft, levels)
    problems += signer_rules.check(check.draft, levels.own.root)
    for level in levels.levels:
        problems += signer_rules.check_upstream(level)
    if levels.whole:
        problems += misses.problems()
    if problems:
        raise InputError(problems)
    return Loaded(
        catalog=check.draft.catalog,
        path=path,
        root=path.parent,
        layers=check.draft.layers,
        layer_dirs=check.draft.directories,
        source=check.draft.yaml,
        layer_sources={name: layer.yaml for name, layer in layers.items()},
        scripts={
            name: script.texts(layer, check.draft.directories[name])
            for name, layer in check.draft.layers.items()
        },
        certificates=origin_rules.certificates(check.draft, levels),
        keys=signer_rules.key_files(check.draft.catalog.signed_by, levels.own.root),
        levels=levels,
        arranged=check.arranged,
        labels=check.labels,
        matrices=tuple(check.matrices),
    )


def _catalog(levels: Levels, misses: Misses) -> Reading[Catalog]:
    """Return catalog.yaml with what it takes from those that it extends, without what says so."""
    file = levels.own.document.file
    if levels.problems and not levels.levels[0].document.data:
        return checked(None, (), file, Catalog)
    reading = checked(merge_catalog(levels, misses), (), file, Catalog)
    if levels.whole:
        return reading
    # What upstream says is not known.
    return replace(reading, lost=frozenset({EVERYTHING}), problems=())


def _draft(
    catalog: Reading[Catalog],
    layers: Mapping[str, Reading[Layer]],
    merged: MergedLayers,
    *,
    whole: bool,
) -> Draft:
    nothing = Catalog.model_construct(name="", axes={}, images={})
    return Draft(
        catalog=catalog.value or nothing,
        reading=catalog,
        layers={name: layer.value for name, layer in layers.items() if layer.value is not None},
        readings=layers,
        directories=merged.directories,
        known=frozenset(layers) | merged.found.broken,
        all_known=merged.found.readable and whole,
        dropped=merged.dropped,
    )


class _Check:
    """What follows from a draft, as far as it is certain, and all problems.

    Rules about points skip what is uncertain: they would only report what follows from other
    problems.
    """

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.arranged = arrange(draft.catalog, draft.sound_layers)
        self.problems = list(layer_rules.check(draft, self.arranged.axes))
        self._expansion = Expansion(
            catalog=draft.catalog,
            layers=draft.layers,
            arranged=self.arranged,
            axes=axis_constraints(draft.catalog),
            cache=remembered(),
        )
        wrong_axes = list(image_rules.check_axes(draft))
        wrong_labels = list(image_rules.check_labels(draft))
        self.problems += [*wrong_axes, *wrong_labels]
        self.problems += backport_rules.check_axes(draft)
        self.problems += lifecycle_rules.check_versions(draft)
        self.problems += lifecycle_rules.check_tags(draft)
        self.problems += mix_rules.check(draft)
        lost = draft.reading.lost
        self._points_are_sure = not wrong_axes and not any(_decides_points(path) for path in lost)
        self._labels_are_sure = not wrong_labels and not any(_is_of_label(path) for path in lost)
        self._names_are_sure = not any(_decides_names(path) for path in lost)
        self._rules_are_sure = draft.sure("exclude") and draft.sure("require")
        self._elsewhere = frozenset(layer_rules.elsewhere(draft, self.arranged.axes))

        self._untagged: set[str] = set()
        self._unplaced: set[str] = set()
        by_entry = dict(self._entries())
        self.problems += image_rules.check_names(draft, by_entry)
        self._check_rules(by_entry)
        self.labels: Labels = naming.labels(draft.catalog) if self._labels_are_sure else {}
        self.matrices: list[Matrix] = []
        self._check_matrices(by_entry)

    def _entries(self) -> Iterator[tuple[str, list[FamilyMember]]]:
        """Check each entry of `images` by itself; yield those whose names and parameters agree,
        with their images.
        """
        draft = self.draft
        for entry, image in draft.catalog.images.items():
            wrong = list(image_rules.check_parameters(draft, entry, image))
            is_named = not wrong and set(naming.names(entry)) <= image.product.keys()
            images = list(members(entry, image)) if is_named else []
            self.problems += wrong
            self.problems += image_rules.check_layers(draft, entry, image)
            self.problems += image_rules.check_service(draft, entry, image)
            self.problems += lifecycle_rules.check_entry(draft, entry, image)

            axes = self._axes(images) if images and self._is_certain(entry, image) else None
            wrong_when = list(image_rules.check_conditions(draft, entry, image, axes))
            wrong_texts = list(image_rules.check_texts(draft, entry, image, axes))
            self.problems += [*wrong_when, *wrong_texts]
            if axes is None or wrong_when or not draft.sure("images", entry, "when"):
                self._unplaced.add(entry)
            if wrong_texts or not draft.sure("images", entry, "tag"):
                self._untagged.add(entry)
            if is_named:
                yield entry, images

    def _is_certain(self, entry: str, image: Image) -> bool:
        """Tell whether the layers of an entry's images are certain."""
        all_read = all(self.draft.sure("images", entry, key) for key in ("layers", "product"))
        return all_read and image_rules.asked(image) <= self.draft.sound

    def _axes(self, images: Sequence[FamilyMember]) -> tuple[str, ...]:
        """Return the axes that all of these images have."""
        shared = set(self.draft.catalog.axes)
        for member in images:
            shared &= set(self._expansion.stack(member).axes)
        return tuple(axis for axis in self.draft.catalog.axes if axis in shared)

    def _check_rules(self, by_entry: Mapping[str, Sequence[FamilyMember]]) -> None:
        """Check each rule by itself, and that its globs match something; that successors exist."""
        draft, names = self.draft, None
        if self._names_are_sure and len(by_entry) == len(draft.catalog.images):
            names = [member.name for member in _all(by_entry)]
            self.problems += lifecycle_rules.check_successors(draft, by_entry, names)
        for kind, rules in (("exclude", draft.catalog.exclude), ("require", draft.catalog.require)):
            for number, rule in enumerate(rules):
                self.problems += image_rules.check_rule(draft, (kind, number), rule)
                self.problems += image_rules.check_globs(draft, (kind, number), rule, names)

    def _check_matrices(self, by_entry: Mapping[str, Sequence[FamilyMember]]) -> None:
        """Check images with what they stand on and, as far as points are certain, at these."""
        draft, axes = self.draft, self.arranged.axes
        certain: list[FamilyMember] = []
        for entry, images in by_entry.items():
            if entry not in self._unplaced:
                certain += [member for member in images if member.asked]
        for member in certain:
            stacked = self._expansion.stack(member)
            self.problems += matrix_rules.check_bottom(draft, member, stacked)
            self.problems += matrix_rules.check_service(draft, self.arranged, member, stacked)
            if self._points_are_sure and self._elsewhere.isdisjoint(stacked.layers):
                self._check_points(member)

        if self._labels_are_sure and self._rules_are_sure:
            self.problems += matrix_rules.check_ids(draft, self.labels, self.matrices, axes)
        if self._rules_are_sure:
            self.problems += matrix_rules.check_abi(draft, self.matrices, axes)
        every = list(_all(by_entry))
        all_entries = self._names_are_sure and len(by_entry) == len(draft.catalog.images)
        if all_entries and draft.all_sound and len(self.matrices) == len(every):
            self.problems += matrix_rules.check_rules(draft, self._expansion, every)

    def _check_points(self, member: FamilyMember) -> None:
        try:
            matrix = self._expansion.matrix(member)
        except TooManyPointsError:
            message = f"the image {member.name!r} has more than {MAX_POINTS} points"
            path = ("images", member.entry)
            problem = self.draft.yaml.problem(path, message, "restrict it with `when`", key=True)
            self.problems.append(problem)
            return
        self.matrices.append(matrix)
        self.problems += matrix_rules.check_points(self.draft, matrix)
        # Points that a rule would remove may have the tags of others.
        is_tagged = self._labels_are_sure and member.entry not in self._untagged
        if is_tagged and self._rules_are_sure:
            self.problems += matrix_rules.check_tags(self.draft, self.labels, matrix)


def _all(by_entry: Mapping[str, Sequence[FamilyMember]]) -> Iterator[FamilyMember]:
    for images in by_entry.values():
        yield from images


def _decides_points(path: Keys) -> bool:
    """Tell whether points depend on what catalog.yaml says at a path."""
    if path[:1] not in {(), ("axes",)}:
        return False
    is_of_axis = len(path) == 3 and path[2] in {"description", "exact", "label", "tag"}
    is_of_value = len(path) == 5 and path[4] in {"abi", "because", *lifecycle_rules.KEYS}
    return not is_of_axis and not is_of_value


def _is_of_label(path: Keys) -> bool:
    """Tell whether tags depend on what catalog.yaml says at a path, apart from their points."""
    return path[:1] in {(), ("axes",)} and path[2:3] not in {("description",), ("values",)}


def _decides_names(path: Keys) -> bool:
    """Tell whether the names of images depend on what catalog.yaml says at a path."""
    return path[:1] in {(), ("images",)} and path[2:3] in {(), ("product",)}
