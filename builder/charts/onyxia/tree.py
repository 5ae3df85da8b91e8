"""A values schema as a tree of nodes, its references resolved as the API resolves them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from builder.charts.onyxia.javascript import at
from builder.charts.onyxia.model import UNDEFINED, SchemaNode
from builder.charts.onyxia.shape import KEYWORDS, NAME, ONYXIA, TYPES
from builder.charts.onyxia.source import join

DEFINITIONS = "#/definitions/"


@dataclass(frozen=True, slots=True)
class SchemaTree:
    """A schema's nodes, and where they are in the file."""

    root: SchemaNode
    raw: object
    """The document, its references resolved."""
    moved: Mapping[str, str]
    """Pointer of a resolved reference -> pointer of what it refers to."""

    def nodes(self) -> tuple[SchemaNode, ...]:
        """Return all nodes, the root first, each before what is below it."""
        return tuple(walk(self.root))

    def origin(self, pointer: str) -> str:
        """Return the pointer in the file for one in the resolved schema."""
        prefix = max(
            (place for place in self.moved if pointer == place or pointer.startswith(place + "/")),
            key=len,
            default=None,
        )
        return pointer if prefix is None else self.moved[prefix] + pointer[len(prefix) :]


@dataclass(slots=True)
class _Resolver:
    """Resolves `$ref` as the API does: before it replaces slots, and not below a slot."""

    document: object
    moved: dict[str, str] = field(default_factory=dict)

    def resolve(self, value: object, pointer: str, seen: tuple[str, ...]) -> object:
        if isinstance(value, list):
            return [
                self.resolve(item, join(pointer, str(index)), seen)
                for index, item in enumerate(value)
            ]
        if not isinstance(value, dict):
            return value
        own = {
            key: self._member(key, member, join(pointer, key), seen)
            for key, member in value.items()
        }
        reference = value.get("$ref")
        if (
            not isinstance(reference, str)
            or not reference.startswith(DEFINITIONS)
            or reference in seen
        ):
            return own
        source = reference[1:]
        target = at(
            self.document,
            [key.replace("~1", "/").replace("~0", "~") for key in source.split("/")[1:]],
        )
        if not isinstance(target, dict):
            return own
        self.moved[pointer] = source
        resolved = self.resolve(target, pointer, (*seen, reference))
        own.pop("$ref")
        return own | resolved if isinstance(resolved, dict) else own

    def _member(self, key: str, value: object, pointer: str, seen: tuple[str, ...]) -> object:
        if key == "definitions" and not pointer.count("/") > 1:
            return value
        return value if has_slot(value) else self.resolve(value, pointer, seen)


def has_slot(value: object) -> bool:
    """Tell whether an API may replace this schema: then it looks no further below it."""
    onyxia = value.get("x-onyxia") if isinstance(value, dict) else None
    return isinstance(onyxia, dict) and "overwriteSchemaWith" in onyxia


def grow(document: object) -> SchemaTree:
    """Return the tree of a parsed values schema."""
    resolver = _Resolver(document)
    raw = resolver.resolve(document, "", ())
    return SchemaTree(node(raw), raw, resolver.moved)


def node(raw: object, pointer: str = "", path: Sequence[str] = ()) -> SchemaNode:
    """Return the node for a schema, and all nodes below it."""
    given = raw if isinstance(raw, dict) else {}
    keywords = {
        key: given[key]
        for key, shape in KEYWORDS.items()
        if key in given and shape.accepts(given[key])
    }
    onyxia = keywords.pop("x-onyxia", {})
    properties, items = keywords.pop("properties", None), keywords.pop("items", None)
    return SchemaNode(
        pointer=pointer,
        path=tuple(path),
        raw=raw,
        type=type_of(given),
        keywords=keywords,
        onyxia=_onyxia(onyxia if isinstance(onyxia, dict) else {}),
        properties=(
            {
                key: node(value, join(pointer, "properties", key), (*path, key))
                for key, value in properties.items()
            }
            if isinstance(properties, dict)
            else None
        ),
        items=(
            node(items, join(pointer, "items"), (*path, "*")) if isinstance(items, dict) else None
        ),
    )


def type_of(schema: Mapping[str, object]) -> str | None:
    """Return a node's type, or that of its `const` if it has none; None if it has neither, or an
    unknown type.
    """
    if "type" in schema:
        name = schema["type"]
        return name if isinstance(name, str) and name in TYPES else None
    kinds: Mapping[type, str] = {
        bool: "boolean",
        str: "string",
        int: "number",
        float: "number",
        list: "array",
        dict: "object",
    }
    return kinds.get(type(schema.get("const", UNDEFINED)))


def walk(start: SchemaNode) -> Iterator[SchemaNode]:
    """Yield a node and all below it, each before what is below it."""
    yield start
    for below in (start.properties or {}).values():
        yield from walk(below)
    if start.items is not None:
        yield from walk(start.items)


def _onyxia(given: Mapping[str, object]) -> Mapping[str, object]:
    kept = {
        key: given[key]
        for key, shape in ONYXIA.items()
        if key in given and shape.accepts(given[key])
    }
    name = given.get("overwriteSchemaWith")
    return kept | {"overwriteSchemaWith": name} if NAME.accepts(name) else kept
