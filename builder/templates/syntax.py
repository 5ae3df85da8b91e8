"""The syntax tree of a template: what is refused, and what is made to count itself."""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from builder.templates.budget import CHARACTERS

CHARGED, CONCATENATED, WEIGHED = " charged", " concatenated", " weighed"
"""Filters that no template can name: what its parts are wrapped in."""


_REFUSED: tuple[tuple[type[nodes.Node], str], ...] = (
    (nodes.Extends, "extends"),
    (nodes.Block, "block"),
    (nodes.Import, "import"),
    (nodes.FromImport, "from"),
)


def refuse(tree: nodes.Template) -> None:
    """Refuse what would need other files, or a recursion that is not counted."""
    for kind, word in _REFUSED:
        for node in tree.find_all(kind):
            message = f"`{word}` is not known here"
            raise TemplateSyntaxError(message, node.lineno)
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            message = "a loop cannot be recursive here: use a macro"
            raise TemplateSyntaxError(message, loop.lineno)


def count(tree: nodes.Template) -> None:
    """Make the parts of a template count what they do."""
    for node in [tree, *tree.find_all(nodes.Node)]:
        for field, value in node.iter_fields():
            if isinstance(value, nodes.Expr):
                setattr(node, field, _wrapped(value))
            elif isinstance(value, list):
                value[:] = [_wrapped(one) for one in value]
        if isinstance(node, nodes.For | nodes.Macro | nodes.CallBlock):
            node.body.insert(0, nodes.ExprStmt(_cost(node), lineno=node.lineno))
        if isinstance(node, nodes.For) and node.test is not None:
            node.test = nodes.And(_cost(node.test), node.test, lineno=node.lineno)


def _wrapped(node: Any) -> Any:
    """Return an expression that counts what it makes."""
    if isinstance(node, nodes.Concat):
        pieces = nodes.List(node.nodes, lineno=node.lineno)
        return _filter(pieces, CONCATENATED)
    if isinstance(node, nodes.Compare):
        # What is compared is read to its end, perhaps.
        node.expr = _filter(node.expr, WEIGHED)
        for operand in node.ops:
            operand.expr = _filter(operand.expr, WEIGHED)
    is_target = isinstance(node, nodes.Tuple) and node.ctx != "load"
    if isinstance(node, nodes.List | nodes.Tuple | nodes.Dict) and not is_target:
        return _filter(node, WEIGHED)
    return node


def _filter(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _cost(node: nodes.Node) -> nodes.Filter:
    """Return the expression that counts what a part costs each time: its own parts, its text."""
    parts, characters = 1, 0
    for one in node.find_all(nodes.Node):
        parts += 1
        characters += len(one.data) if isinstance(one, nodes.TemplateData) else 0
    cost = parts + characters // CHARACTERS
    return _filter(nodes.Const(cost, lineno=node.lineno), CHARGED)
