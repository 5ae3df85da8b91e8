"""Two versions of a chart compared: defaults, schema, images, and the objects that Helm renders."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from semver import Version

from builder.charts import contents
from builder.charts.changes import about_changes, default_change, schema_changes
from builder.charts.defaults import ValueChange, value_changes
from builder.charts.levels import ChartChange, Level, raised
from builder.charts.objects import KubernetesObject, ObjectChange, object_changes
from builder.charts.switches import Values, joined, leaves, passwords, shared, switched
from builder.charts.upgrade.release import upgrade_changes
from builder.errors import ToolError
from builder.tools import helm
from builder.tree import Tree
from builder.verify.manifests import VERSIONS, manifests

KUBERNETES = VERSIONS[-1]
"""The version of Kubernetes that objects are rendered for."""
Rendering = Sequence[KubernetesObject]
DEFAULTS, SWITCHES = "the defaults", "every switch turned"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartDifference:
    """What differs between two versions of a chart; empty if nothing does."""

    values: tuple[ValueChange, ...] = ()
    options: tuple[ChartChange, ...] = ()
    """What changed in the schema and, where the schema does not say, in the defaults."""
    images: tuple[ChartChange, ...] = ()
    objects: Mapping[str, tuple[ObjectChange, ...]]
    """Case of values -> the objects that differ when both are rendered with them. A difference is
    listed under the first case that shows it."""
    upgrade: tuple[ChartChange, ...] = ()
    """What the changed objects, and Chart.yaml, mean for somebody who upgrades a release."""
    rest: tuple[ChartChange, ...] = ()
    """Changes that none of the above shows."""

    @property
    def changes(self) -> tuple[ChartChange, ...]:
        """The lines of the changelog, the most important first."""
        visible = {*self.options, *self.images, *self.upgrade}
        return tuple(sorted(visible or {*self.rest}, reverse=True))

    @property
    def level(self) -> Level | None:
        """Which number of the version must be raised; None when nothing differs."""
        return max((change.level for change in self.changes), default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rendered:
    """The objects of both versions, rendered with the same values."""

    case: str
    old: Sequence[KubernetesObject]
    new: Sequence[KubernetesObject]


def compare(name: str, old: Tree, new: Tree) -> ChartDifference:
    """Return what differs between two versions of a chart, apart from their numbers and changelogs.

    Raises:
        ToolError: Helm is missing, or refuses one of the two.

    """
    before, after = contents.neutral(old), contents.neutral(new)
    if before == after:
        return ChartDifference(objects={})
    schemas = contents.schema(old), contents.schema(new)
    values = tuple(value_changes(contents.values(old), contents.values(new)))
    rendered = _render_both(name, before, after, _cases(schemas, old, new))
    upgrade = dict.fromkeys(about_changes(contents.metadata(old), contents.metadata(new)))
    for both in rendered:
        upgrade.update(dict.fromkeys(upgrade_changes(both.old, both.new)))
    return ChartDifference(
        values=values,
        options=(*schema_changes(*schemas), *_default_changes(values, schemas)),
        images=tuple(_new_images(contents.images(old), contents.images(new))),
        objects=_objects(rendered),
        upgrade=tuple(upgrade),
        rest=(_unseen(old, new),),
    )


def following(version: str, difference: ChartDifference) -> str:
    """Return the next version; the same one when nothing differs.

    Raises:
        ValueError: the version is not SemVer.

    """
    if not difference.changes:
        return str(Version.parse(version))
    return raised(version, difference.changes)


def _new_images(old: Sequence[str], new: Sequence[str]) -> Iterator[ChartChange]:
    for image in new:
        if image not in old:
            yield ChartChange(Level.PATCH, f"{image} is new")


def _unseen(old: Tree, new: Tree) -> ChartChange:
    other_templates = contents.templates(old) != contents.templates(new)
    return ChartChange(Level.PATCH, "templates" if other_templates else "documentation")


def _default_changes(
    values: Sequence[ValueChange], schemas: tuple[Mapping[str, object], Mapping[str, object]]
) -> Iterator[ChartChange]:
    """Yield changes that only values.yaml shows: different defaults and, where a version has no
    schema, different options.
    """
    told = _told(*schemas)
    lacks_schema = not all(schemas)
    for change in values:
        if change.kind == "changed" and change.path not in told:
            yield default_change(change.path, change.old, change.new)
        elif lacks_schema and change.kind == "added":
            yield ChartChange(Level.MINOR, f"added the option {change.path}")
        elif lacks_schema and change.kind == "removed":
            yield ChartChange(Level.MAJOR, f"removed the option {change.path}")


def _told(old: Mapping[str, object], new: Mapping[str, object]) -> set[str]:
    """Return the options for which both schemas give a default, but different ones."""
    before, after = dict(leaves(old)), dict(leaves(new))
    told: set[str] = set()
    for path, node in before.items():
        other = after.get(path, {})
        if "default" in node and "default" in other and node["default"] != other["default"]:
            told.add(".".join(path))
    return told


def _cases(
    schemas: tuple[Mapping[str, object], Mapping[str, object]], old: Tree, new: Tree
) -> Mapping[str, tuple[Values, Values]]:
    """Return the values to render both versions with: each with its own passwords, and with the
    switches that both have.
    """
    old_secrets, new_secrets = passwords(schemas[0]), passwords(schemas[1])
    turned = shared(
        switched(schemas[0], contents.values(old)), switched(schemas[1], contents.values(new))
    )
    return {
        DEFAULTS: (old_secrets, new_secrets),
        SWITCHES: (joined(turned, old_secrets), joined(turned, new_secrets)),
    }


def _render_both(
    name: str, old: Tree, new: Tree, cases: Mapping[str, tuple[Values, Values]]
) -> list[_Rendered]:
    """Return both versions rendered with the values of each case that both accept."""
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor() as pool:
        old_path, new_path = Path(directory) / "old" / name, Path(directory) / "new" / name
        old.write(old_path, settled=False)
        new.write(new_path, settled=False)
        jobs: dict[str, tuple[Future[Rendering], Future[Rendering]]] = {}
        for case, (old_values, new_values) in cases.items():
            jobs[case] = (
                pool.submit(_render, old_path, old_values),
                pool.submit(_render, new_path, new_values),
            )
        rendered = []
        for case, (old_job, new_job) in jobs.items():
            before = _result(old_job, optional=case == SWITCHES)
            after = _result(new_job, optional=case == SWITCHES)
            if before is not None and after is not None:
                rendered.append(_Rendered(case=case, old=before, new=after))
        return rendered


def _objects(rendered: Sequence[_Rendered]) -> Mapping[str, tuple[ObjectChange, ...]]:
    """Return the objects that differ in each case, without those that an earlier case shows."""
    objects: dict[str, tuple[ObjectChange, ...]] = {DEFAULTS: (), SWITCHES: ()}
    told: set[tuple[str, ...]] = set()
    for both in rendered:
        changes = list(object_changes(both.old, both.new))
        objects[both.case] = tuple(change for change in changes if _lines(change) not in told)
        told.update(_lines(change) for change in changes)
    return objects


def _lines(change: ObjectChange) -> tuple[str, ...]:
    """Return what identifies a change: its lines without their context."""
    changed = [line for line in change.diff.splitlines() if line.startswith(("+", "-"))]
    return (change.name, *changed)


def _render(chart: Path, values: Values) -> Rendering:
    return manifests(helm.template(chart, values, kubernetes=KUBERNETES))


def _result(job: Future[Rendering], *, optional: bool) -> Rendering | None:
    """Return what was rendered; None if the chart refuses the values and the case is `optional`.

    A chart need not accept all switches at once: `catalog chart verify` checks that for the new
    version.
    """
    try:
        return job.result()
    except ToolError as error:
        helm_is_missing = error.code is None
        if optional and not helm_is_missing:
            return None
        raise
