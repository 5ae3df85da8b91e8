"""The values with which the web application opens a chart's form, computed in one context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from builder.charts.onyxia.expression import Lookup, evaluate, references
from builder.charts.onyxia.javascript import at
from builder.charts.onyxia.model import UNDEFINED, Crash, SchemaNode
from builder.charts.onyxia.validation import options, problem, show, validate

Source = Literal["const", "injected", "default", "values.yaml", "empty"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An injected value or a default that its node did not accept."""

    node: SchemaNode
    value: object
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Computed:
    """What the application would pass to Helm, or where it would throw."""

    values: object
    """UNDEFINED if nothing could be computed; what crashed is left out."""
    crashes: tuple[Crash, ...]
    sources: Mapping[str, Source]
    """Where each value came from, by the pointer of its node."""
    refusals: tuple[Refusal, ...]
    """Injected values that were not accepted."""
    uses_s3: bool
    """Whether the page offers a choice of S3 profiles."""


def compute_values(schema: SchemaNode, values: object, context: Mapping[str, object]) -> Computed:
    """Compute a chart's values: for each node its constant, what the context injects, its default,
    its value in values.yaml.

    The value of an object with properties is that of its properties, whatever else it says; an
    array without a value is empty, or has as many items as it must have. Unlike the application,
    this goes on after a crash, to find all of them.
    """
    evaluation = _Evaluation(lambda path: at(context, path))
    result = evaluation.node(schema, values)
    return Computed(
        values=result,
        crashes=tuple(evaluation.crashes),
        sources=evaluation.sources,
        refusals=tuple(evaluation.refusals),
        uses_s3=evaluation.uses_s3,
    )


def default_item(items: SchemaNode, context: Mapping[str, object]) -> object:
    """Return the item that the button of an array adds, or UNDEFINED when none can be computed."""
    evaluation = _Evaluation(lambda path: at(context, path))
    value = evaluation.node(items, UNDEFINED)
    return UNDEFINED if evaluation.crashes else value


@dataclass(slots=True)
class _Evaluation:
    lookup: Lookup
    crashes: list[Crash] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    uses_s3: bool = False

    def node(self, node: SchemaNode, given: object, implicit: str | None = None) -> object:
        """Return the node's value; a crash is recorded, and gives UNDEFINED. `implicit` is the
        expression for a node that has none.
        """
        if node.type is None:
            return UNDEFINED
        try:
            if "const" in node.keywords:
                return self._const(node)
            if node.type == "object" and node.properties is not None:
                return self._object(node, given, implicit is not None)
            return self._leaf(node, given, implicit)
        except Crash as crash:
            self.crashes.append(crash)
            return UNDEFINED

    def _const(self, node: SchemaNode) -> object:
        value = node.keywords["const"]
        if not validate(node, value, self.lookup).valid:
            raise Crash(
                "const",
                node.pointer,
                f"its const {show(value)} {problem(node, value, self.lookup)}",
            )
        self.sources[node.pointer] = "const"
        return value

    def _object(self, node: SchemaNode, given: object, implied: bool) -> object:  # noqa: FBT001  private
        record: dict[str, object] = {}
        for key, below in (node.properties or {}).items():
            implicit = "{{" + key + "}}" if implied and below.properties is None else None
            value = self.node(
                below, given.get(key, UNDEFINED) if isinstance(given, dict) else UNDEFINED, implicit
            )
            if value is not UNDEFINED:
                record[key] = value
        return record

    def _leaf(self, node: SchemaNode, given: object, implicit: str | None) -> object:
        tried: list[str] = []
        expression = (
            node.expression if node.expression is not UNDEFINED or implicit is None else implicit
        )
        if expression is not UNDEFINED:
            value = self._injected(node, expression, tried)
            if value is not UNDEFINED:
                return value
        if node.default is not UNDEFINED:
            why = problem(node, node.default, self.lookup)
            if not why:
                self.sources[node.pointer] = "default"
                return node.default
            tried.append(f"its default {show(node.default)} {why}")
        if given is not UNDEFINED:
            why = problem(node, given, self.lookup)
            if why:
                raise Crash(
                    "values.yaml",
                    node.pointer,
                    "; ".join([*tried, f"its value {show(given)} in values.yaml {why}"]),
                )
            self.sources[node.pointer] = "values.yaml"
            return given
        if node.type == "array":
            return self._empty(node)
        tried += [] if node.default is not UNDEFINED else ["it has no default"]
        raise Crash(
            "object" if node.type == "object" else "value",
            node.pointer,
            "; ".join([*tried, "values.yaml has no value"]),
        )

    def _injected(self, node: SchemaNode, expression: object, tried: list[str]) -> object:
        paths = list(references(expression))
        self.uses_s3 |= any(reference.path[0] == "s3" for reference in paths)
        value = evaluate(expression, self.lookup)
        if value is UNDEFINED:
            missing = [
                str(reference) for reference in paths if self.lookup(reference.path) is UNDEFINED
            ]
            tried.append(f"{', '.join(missing) or 'what it injects'} is undefined")
            return UNDEFINED
        value = self._mapped(node, value)
        verdict = validate(node, value, self.lookup)
        if not verdict.usable:
            why = problem(node, value, self.lookup)
            self.refusals.append(Refusal(node, value, why))
            tried.append(f"the injected {show(value)} {why}")
            return UNDEFINED
        self.sources[node.pointer] = "injected"
        return value if verdict.valid else verdict.instead

    def _mapped(self, node: SchemaNode, value: object) -> object:
        """Return an injected array of objects with each of them read through the item's own
        expressions; as it was if one fails.
        """
        items = node.items
        if (
            node.type != "array"
            or not isinstance(value, list)
            or items is None
            or items.properties is None
            or items.type != "object"
        ):
            return value
        mapped: list[object] = []
        for element in value:
            if not isinstance(element, dict):
                return value
            inner = _Evaluation(partial(self._inside, element))
            item = inner.node(items, UNDEFINED, implicit="")
            self.uses_s3 |= inner.uses_s3
            if inner.crashes:
                return value
            mapped.append(item)
        return mapped

    def _inside(self, element: Mapping[str, object], path: tuple[str, ...]) -> object:
        """Look a path up in an element of a list first, then in the context of the list."""
        return at(element, path) if path[0] in element else self.lookup(path)

    def _empty(self, node: SchemaNode) -> object:
        least = int(node.number("minItems") or 0)
        item: object = None
        if least > 0:
            inner = _Evaluation(self.lookup)
            item = inner.node(node.items, UNDEFINED) if node.items is not None else UNDEFINED
            if item is UNDEFINED or inner.crashes:
                raise Crash(
                    "items",
                    node.pointer,
                    f"it must have {least} items, and its items have no usable default",
                )
        self.sources[node.pointer] = "empty"
        return [item] * least


def selectable(node: SchemaNode, context: Mapping[str, object]) -> bool:
    """Tell whether the form shows the node as a choice between options."""
    try:
        return options(node, lambda path: at(context, path)) is not None
    except Crash:
        return True


def values_at(node: SchemaNode, values: object) -> list[object]:
    """Return the values of a node in computed values: one, or one for each item of the arrays that
    it is in.
    """
    reached = [values]
    for key in node.path:
        below: list[object] = []
        for value in reached:
            if key == "*" and isinstance(value, list):
                below += value
            else:
                below.append(at(value, [key]))
        reached = below
    return [value for value in reached if value is not UNDEFINED]
