"""What charts tell of graphics processors: which driver images need, and for which they have
code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from builder.charts.images import ImageRef
from builder.charts.model import Option
from builder.graph.gpu import Needs


def described(option: Option, images: Sequence[ImageRef]) -> Mapping[str, JsonValue]:
    """Return the description of an option that asks for graphics processors, with what the images
    need of the node.
    """
    tags: dict[Needs, list[str]] = {}
    for image in images:
        if image.needs is not None:
            tags.setdefault(image.needs, []).append(image.tag)
    sentences = [option.description]
    for needs, names in tags.items():
        of = f"{', '.join(names)}: " if len(tags) > 1 else ""
        sentences.append(_sentence(of, needs))
    return {"description": " ".join(filter(None, sentences))}


def needed(images: Sequence[ImageRef]) -> dict[str, dict[str, str]]:
    """Return what images need as values, for templates: name and tag -> driver, architectures."""
    return {
        str(image): {
            "driver": image.needs.driver,
            "architectures": ", ".join(image.needs.architectures),
        }
        for image in images
        if image.needs is not None
    }


def _sentence(of: str, needs: Needs) -> str:
    driver = f"the node needs an NVIDIA driver {needs.driver} or newer" if needs.driver else ""
    code = f"there is code for {', '.join(needs.architectures)}" if needs.architectures else ""
    said = "; ".join(filter(None, (driver, code)))
    if not said:
        return ""
    return f"{of}{said}." if of else f"{said[:1].upper()}{said[1:]}."
