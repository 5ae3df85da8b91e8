"""Two versions of a chart side by side: defaults, schema, images, and the objects that Helm renders
of each.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from semver import Version

from builder.charts import contents
from builder.charts.changes import Change, Level, raised, schema_changes
from builder.charts.defaults import ValueChange, value_changes
from builder.charts.objects import Manifest, ObjectChange, manifest_changes, object_changes
from builder.charts.switches import Values, joined, passwords, shared, switched
from builder.errors import ToolError
from builder.tools import helm
from builder.tree import Tree
from builder.verify.manifests import VERSIONS, manifests

KUBERNETES = VERSIONS[-1]
"""The version of Kubernetes that objects are rendered for."""
DEFAULTS, SWITCHES = "the defaults", "every switch turned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What differs, nothing where nothing does."""

    values: tuple[ValueChange, ...] = ()
    options: tuple[Change, ...] = ()
    """What changed in the schema, or without one in the defaults."""
    images: tuple[Change, ...] = ()
    objects: Mapping[str, tuple[ObjectChange, ...]]
    """With which values -> the objects that differ then, each where it does so first."""
    rest: tuple[Change, ...] = ()
    """What cannot be seen in any of these."""

    @property
    def upgrade(self) -> tuple[Change, ...]:
        """What the objects mean for a release."""
        return tuple(
            dict.fromkeys(
                change for found in self.objects.values() for change in manifest_changes(found)
            )
        )

    @property
    def changes(self) -> tuple[Change, ...]:
        """The lines of the changelog, what weighs most first."""
        found = {*self.options, *self.images, *self.upgrade} or {*self.rest}
        return tuple(sorted(found, reverse=True))

    @property
    def level(self) -> Level | None:
        """The number of the version that is to be raised; None when nothing differs."""
        return max((change.level for change in self.changes), default=None)


def compare(name: str, old: Tree, new: Tree) -> Difference:
    """Return what differs between two versions of a chart, but for their numbers and changelogs.

    Raises:
        ToolError: Helm is missing, or refuses one of the two.

    """
    before, after = contents.neutral(old), contents.neutral(new)
    if before == after:
        return Difference(objects={})
    schemas = contents.schema(old), contents.schema(new)
    images = contents.images(old), contents.images(new)
    values, options = (
        tuple(value_changes(contents.values(old), contents.values(new))),
        tuple(schema_changes(*schemas)),
    )
    return Difference(
        values=values,
        options=(*options, *_defaults(values, options, bare=not all(schemas))),
        images=tuple(
            Change(Level.PATCH, f"{image} is new") for image in images[1] if image not in images[0]
        ),
        objects=_objects(name, before, after, _cases(schemas, old, new)),
        rest=(
            Change(
                Level.PATCH,
                (
                    "templates"
                    if contents.templates(old) != contents.templates(new)
                    else "documentation"
                ),
            ),
        ),
    )


def following(version: str, found: Difference) -> str:
    """Return the version that follows on another one: the same when nothing differs.

    Raises:
        ValueError: the version is none of SemVer.

    """
    return raised(version, found.changes) if found.changes else str(Version.parse(version))


def _defaults(
    values: Sequence[ValueChange], told: Sequence[Change], *, bare: bool
) -> Iterator[Change]:
    """Yield what values.yaml tells that the schema does not: other defaults and, where a version
    has no schema, other options.
    """
    known = {
        change.text.partition(" is ")[0]
        for change in told
        if " by default, and was " in change.text
    }
    for change in values:
        if change.kind == "changed" and change.path not in known:
            yield Change(
                Level.MINOR,
                f"{change.path} is {json.dumps(change.new)} by default, and was"
                f" {json.dumps(change.old)}",
            )
        elif bare and change.kind != "changed":
            yield Change(
                Level.MINOR if change.kind == "added" else Level.MAJOR,
                f"{change.kind} the option {change.path}",
            )


def _cases(
    schemas: tuple[Mapping[str, object], Mapping[str, object]], old: Tree, new: Tree
) -> Mapping[str, tuple[Values, Values]]:
    """Return the values to render both versions with: each with its own passwords, and with the
    switches that both have.
    """
    secret = [passwords(schema) for schema in schemas]
    turned = shared(
        switched(schemas[0], contents.values(old)), switched(schemas[1], contents.values(new))
    )
    return {
        DEFAULTS: (secret[0], secret[1]),
        SWITCHES: (joined(turned, secret[0]), joined(turned, secret[1])),
    }


def _objects(
    name: str, old: Tree, new: Tree, cases: Mapping[str, tuple[Values, Values]]
) -> Mapping[str, tuple[ObjectChange, ...]]:
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor() as pool:
        sides = [Path(directory) / side / name for side in ("old", "new")]
        for tree, path in zip((old, new), sides, strict=True):
            tree.write(path)
        jobs = {
            case: [
                pool.submit(_rendered, path, values)
                for path, values in zip(sides, both, strict=True)
            ]
            for case, both in cases.items()
        }
        found: dict[str, tuple[ObjectChange, ...]] = {}
        told: set[tuple[str, ...]] = set()
        for case, both in jobs.items():
            before, after = (_result(job, optional=case == SWITCHES) for job in both)
            changes = [] if before is None or after is None else list(object_changes(before, after))
            found[case] = tuple(change for change in changes if _lines(change) not in told)
            told |= {_lines(change) for change in changes}
        return found


def _lines(change: ObjectChange) -> tuple[str, ...]:
    """Return what tells a change from others, whatever stands around it."""
    return (change.name, *(line for line in change.diff.splitlines() if line[:1] in {"+", "-"}))


def _rendered(chart: Path, values: Values) -> Sequence[Manifest]:
    return manifests(helm.template(chart, values, kubernetes=KUBERNETES))


def _result(job: Future[Sequence[Manifest]], *, optional: bool) -> Sequence[Manifest] | None:
    """Return what was rendered. A chart need not take all switches at once: `catalog chart verify`
    judges that, for the version to come.
    """
    try:
        return job.result()
    except ToolError as error:
        if optional and error.code is not None:
            return None
        raise
