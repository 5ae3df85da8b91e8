"""One chart, read and computed once, as every rule sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from jsonschema import ValidationError

from builder.charts.onyxia.context import contexts
from builder.charts.onyxia.editor import schema_errors
from builder.charts.onyxia.expression import Lookup
from builder.charts.onyxia.javascript import at
from builder.charts.onyxia.model import ChartFiles, SchemaNode
from builder.charts.onyxia.slots import SLOTS
from builder.charts.onyxia.source import Position, parse_json, parse_yaml
from builder.charts.onyxia.tree import SchemaTree, grow
from builder.charts.onyxia.values import Computed, compute_values, values_at


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A parsed file, or what is wrong with it."""

    value: object
    problem: str
    position: Position


class Subject:
    """What the rules read of a chart."""

    def __init__(self, chart: ChartFiles, slots: Collection[str] = ()) -> None:
        self.chart = chart
        self.slots = frozenset({*SLOTS, *slots})
        self.schema = ParsedFile(*parse_json(chart.schema or "null"))
        self.values = ParsedFile(*parse_yaml(chart.values or ""))
        self.chart_yaml = ParsedFile(*parse_yaml(chart.metadata))
        self.metadata: Mapping[str, object] = (
            self.chart_yaml.value if isinstance(self.chart_yaml.value, dict) else {}
        )

    @property
    def name(self) -> str:
        """The chart's name."""
        return str(self.metadata.get("name", ""))

    @cached_property
    def tree(self) -> SchemaTree:
        """The schema's nodes; of an empty object when the schema cannot be read."""
        return grow(
            self.schema.value
            if isinstance(self.schema.value, dict)
            else {"type": "object", "properties": {}}
        )

    @cached_property
    def nodes(self) -> tuple[SchemaNode, ...]:
        """Every node of the schema, each before what is below it."""
        return self.tree.nodes()

    @cached_property
    def parents(self) -> Mapping[str, SchemaNode]:
        """The parent of each node but the root, by the node's pointer."""
        parents: dict[str, SchemaNode] = {}
        for node in self.nodes:
            below = [
                *(node.properties or {}).values(),
                *([node.items] if node.items is not None else []),
            ]
            parents.update((child.pointer, node) for child in below)
        return parents

    def lineage(self, node: SchemaNode) -> Iterator[SchemaNode]:
        """Yield a node's parent, its parent, and so on to the root."""
        while node.pointer in self.parents:
            node = self.parents[node.pointer]
            yield node

    @cached_property
    def by_path(self) -> Mapping[tuple[str, ...], SchemaNode]:
        """The nodes by the keys that lead to their values."""
        return {node.path: node for node in self.nodes}

    @cached_property
    def computed(self) -> Mapping[str, Computed]:
        """The chart's values in each context."""
        values = self.values.value if isinstance(self.values.value, dict) else {}
        return {
            name: compute_values(self.tree.root, values, context)
            for name, context in contexts().items()
        }

    @cached_property
    def crashed(self) -> frozenset[str]:
        """Pointers of the nodes at which values cannot be computed in some context."""
        pointers: set[str] = set()
        for computed in self.computed.values():
            pointers.update(crash.pointer for crash in computed.crashes)
        return frozenset(pointers)

    @cached_property
    def schema_errors(self) -> tuple[ValidationError, ...]:
        """How the schema violates draft 07."""
        return tuple(schema_errors(self.tree.raw))

    @cached_property
    def lookups(self) -> Mapping[str, Lookup]:
        """For each context, how expressions look up paths in it."""
        return {name: _lookup(context) for name, context in contexts().items()}

    def values_of(self, node: SchemaNode, context: str) -> list[object]:
        """Return the values computed for a node in a context: none, one, or one for each item of
        the arrays that it is in.
        """
        return values_at(node, self.computed[context].values)

    def occurring(self, node: SchemaNode) -> Iterator[tuple[str, object]]:
        """Yield the values computed for a node in all contexts, each with its context."""
        for context in self.computed:
            for value in self.values_of(node, context):
                yield context, value

    def shown(self, node: SchemaNode) -> bool:
        """Tell whether the form may show the node: nothing hides it for good."""
        return not any(
            one.keywords.get("hidden") is True or one.onyxia.get("hidden") is True
            for one in (node, *self.lineage(node))
        )


def in_contexts(names: Sequence[str]) -> str:
    """Return in which contexts something happens, for the end of a message; empty if it happens in
    all of them.
    """
    if len(names) == len(contexts()):
        return ""
    word = "context" if len(names) == 1 else "contexts"
    return f" (in the {word} {', '.join(names)})"


def together(occurrences: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    """Merge (pointer, words, context) over contexts: yield each pointer with its words and the
    contexts they hold in.
    """
    merged: dict[tuple[str, str], list[str]] = {}
    for pointer, words, context in occurrences:
        names = merged.setdefault((pointer, words), [])
        if context not in names:
            names.append(context)
    for (pointer, words), names in merged.items():
        yield pointer, words + in_contexts(names)


def _lookup(context: Mapping[str, object]) -> Lookup:
    return lambda path: at(context, path)
