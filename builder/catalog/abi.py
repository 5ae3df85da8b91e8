"""ABI templates: what a layer promises to those that stand on it, at a point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jinja2 import nodes

from builder.catalog.axes import Axis
from builder.templates import sandbox
from builder.templates.sandbox import RenderError

_environment = sandbox.Sandbox()


class AbiError(ValueError):
    """A template has no value at a point; the message says why."""


def render(text: str, point: Mapping[str, str], axes: Mapping[str, Axis]) -> str:
    """Return an ABI template's value. Its variables are each axis of the point, and
    `axes.<axis>.abi`.

    Raises:
        AbiError: it is not a template, uses an unknown name, or fails.

    """
    offered = {axis: {"abi": offers(axis, value, axes[axis])} for axis, value in point.items()}
    try:
        return sandbox.render(_environment, text, {**point, "axes": offered})
    except RenderError as error:
        raise AbiError(str(error)) from None


def sound(text: str) -> bool:
    """Tell whether a text is a template whose filters are known."""
    try:
        check(text)
    except RenderError:
        return False
    return True


def check(text: str) -> None:
    """Check that a text is a template whose filters are known.

    Raises:
        RenderError: it is not.

    """
    sandbox.check(_environment, text)


def offers(name: str, value: str, axis: Axis) -> str:
    """Return what `axes.<name>.abi` is at a value of the axis."""
    details = axis.values.get(value)
    return details.abi if details and details.abi else f"{name}-{value}"


def uses(text: str, known: Mapping[str, Axis]) -> Iterator[tuple[str, int]]:
    """Yield the axes that a template names, as variable or under `axes`, with the line in the
    template, from 1.

    Raises:
        RenderError: it is not a template.

    """
    tree = sandbox.parse(_environment, text)
    for variable in tree.find_all(nodes.Name):
        if variable.name in known and variable.name != "axes":
            yield variable.name, variable.lineno
    for attribute in tree.find_all(nodes.Getattr):
        if _is_axes(attribute.node):
            yield attribute.attr, attribute.lineno
    for item in tree.find_all(nodes.Getitem):
        name = getattr(item.arg, "value", None)
        if _is_axes(item.node) and isinstance(name, str):
            yield name, item.lineno


def _is_axes(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "axes"
