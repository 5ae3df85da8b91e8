"""Charts to publish: each against its last published version, with the version and the changelog that follow from the difference."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml
from pydantic import JsonValue
from semver import Version

from builder.charts.archive import archive, unpack
from builder.charts.changes import Change, Level, Manifest, manifest_changes, raised, schema_changes
from builder.charts.chart import VERSION, Origin, chart
from builder.charts.compose import Composition
from builder.digest import sha256
from builder.errors import BuilderError, IntegrityError
from builder.record import index
from builder.tools import helm
from builder.tree import File, Tree, replace

CHANGES = "artifacthub.io/changes"
IMAGES = "artifacthub.io/images"


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """One chart of this run."""

    name: str
    version: str
    last: str | None
    """The version published before; None for the first."""
    changes: tuple[Change, ...]
    tree: Tree

    @property
    def kept(self) -> bool:
        """Whether the last published version is as good as this one: nothing differs."""
        return self.version == self.last

    @property
    def file(self) -> str:
        """The archive's name."""
        return f"{self.name}-{self.version}.tgz"


def prepare(composition: Composition, charts: Path, origin: Origin, published: Tree | None) -> Package:
    """Return what to publish of a service; `published` is the last published chart, if any.

    Raises:
        ToolError: Helm is missing, or refuses one of the two charts.
        InputError: see `builder.charts.chart.chart`.

    """
    name = composition.name
    if published is None:
        first = Change(Level.MINOR, "first version")
        tree = chart(composition, charts, origin, composition.service.version, (first.text,))
        return Package(name=name, version=composition.service.version, last=None, changes=(first,), tree=tree)
    last = str(_metadata(published)["version"])
    candidate = chart(composition, charts, origin)
    if _neutral(candidate) == _neutral(published):
        return Package(name=name, version=last, last=last, changes=(), tree=published)
    changes = tuple(sorted(set(differences(name, published, candidate)), reverse=True)) or (Change(Level.PATCH, "documentation"),)
    version = max(raised(last, changes), composition.service.version, key=Version.parse)
    tree = chart(composition, charts, origin, version, tuple(change.text for change in changes))
    return Package(name=name, version=version, last=last, changes=changes, tree=tree)


def differences(name: str, old: Tree, new: Tree) -> Iterator[Change]:
    """Yield what changed between two versions of a chart: options, images, and objects rendered by Helm from the defaults.

    Raises:
        ToolError: Helm is missing, or refuses one of the two.

    """
    schemas = _schema(old), _schema(new)
    yield from schema_changes(*schemas)
    before, after = _images(old), _images(new)
    yield from (Change(Level.PATCH, f"{image} is new") for image in after if image not in before)
    values = [passwords(schema) for schema in schemas]
    yield from manifest_changes(_rendered(name, old, values[0]), _rendered(name, new, values[1]))


def publish(packages: Mapping[str, Package], destination: Path, moment: datetime, url: str = "") -> index.Index:
    """Write the archives that are new into a directory and join its index with them; return the index.

    `url` is where the directory will be served; without it the index holds file names, which Helm takes as relative.

    Raises:
        IntegrityError: an archive is there with other bytes.
        BuilderError: see `builder.record.index.add`.

    """
    entries = []
    for package in packages.values():
        if package.kept:
            continue
        data = archive(package.name, package.tree)
        path = destination / package.file
        if path.exists() and path.read_bytes() != data:
            raise IntegrityError(f"{path} is there with other bytes", hint="a published version never changes: remove it if it never was published")
        replace(path, File(data))
        location = f"{url.rstrip('/')}/{package.file}" if url else package.file
        entries.append(index.entry(_metadata(package.tree), sha256(data), [location], moment))
    return index.add(destination, entries, moment)


def last_published(name: str, found: index.Index, destination: Path) -> Tree | None:
    """Return the newest published version of a chart, from the archive beside the index.

    Raises:
        BuilderError: the index names an archive that is not there.
        IntegrityError: the archive is not the one that the index means.

    """
    newest = found.newest(name)
    if newest is None:
        return None
    urls = newest.get("urls")
    file = str(urls[0]).rsplit("/", 1)[-1] if isinstance(urls, list) and urls else ""
    path = destination / file
    if not file or not path.is_file():
        hint = "put all published archives beside index.yaml: versions follow from what is published"
        raise BuilderError(f"{destination / index.NAME} names {name} {newest['version']}, and {path} is not there", hint=hint)
    data = path.read_bytes()
    if newest.get("digest") not in {None, sha256(data)}:
        raise IntegrityError(f"{path} has digest {sha256(data)}, and the index says {newest.get('digest')}")
    return unpack(data, str(path))


def passwords(schema: Mapping[str, object]) -> dict[str, JsonValue]:
    """Return values that set every password, so that two renderings of a chart differ by nothing that is random."""
    found: dict[str, JsonValue] = {}
    properties = schema.get("properties")
    for name, node in properties.items() if isinstance(properties, Mapping) else ():
        if node.get("render") == "password" and node.get("type") == "string":
            found[name] = "password"
        elif node.get("type") == "object" and (inner := passwords(node)):
            found[name] = inner
    return found


def _rendered(name: str, tree: Tree, values: Mapping[str, object]) -> list[Manifest]:
    with tempfile.TemporaryDirectory() as directory:
        tree.write(Path(directory) / name)
        text = helm.template(Path(directory) / name, values)
    return [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document]


def _neutral(tree: Tree) -> Tree:
    """Return a chart without what only tells its versions apart."""
    metadata = _metadata(tree)
    annotations = metadata.get("annotations")
    kept = {key: value for key, value in annotations.items() if key != CHANGES} if isinstance(annotations, dict) else {}
    neutral = json.dumps({**metadata, "version": VERSION, "annotations": kept}, sort_keys=True).encode()
    return tree.merged({"Chart.yaml": File(neutral)})


def _metadata(tree: Tree) -> dict[str, object]:
    found = yaml.load(tree["Chart.yaml"].data, Loader=yaml.CSafeLoader)
    return found if isinstance(found, dict) else {}


def _images(tree: Tree) -> list[str]:
    annotations = _metadata(tree).get("annotations")
    text = annotations.get(IMAGES, "") if isinstance(annotations, dict) else ""
    return [str(image.get("image")) for image in yaml.safe_load(text) or ()]


def _schema(tree: Tree) -> Mapping[str, object]:
    file = tree.get("values.schema.json")
    found = json.loads(file.data) if file else {}
    return found if isinstance(found, dict) else {}
