"""The first files of a new layer or a new service: they build and pass their tests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from packaging.requirements import Requirement

from builder.render.jinja import environment
from builder.tree import File, Tree

DEBIAN_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
EXECUTABLE = 0o755


@dataclass(frozen=True, kw_only=True, slots=True)
class NewLayer:
    """What a person says about a new layer."""

    name: str
    description: str
    on: Sequence[str]
    apt: Sequence[str] = ()
    """Names of Debian packages."""
    python: Sequence[str] = ()
    """Requirements (PEP 508)."""
    cran: Sequence[str] = ()
    """R packages, as layer.yaml names them."""
    when: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Axis -> the values at which it exists."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewService:
    """What is known about a new service."""

    title: str
    description: str
    image: str
    icon: str
    """A file of charts/icons/, or a URL."""
    groups: Sequence[str]
    port: int
    command: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class NewFork:
    """What a person says about a new fork."""

    name: str
    title: str
    extends: Mapping[str, object] | str
    """What `extends` says: a directory, or where git or a registry has it."""
    registry: str


def layer(new: NewLayer) -> Tree:
    """Return the files of a layer's directory.

    Raises:
        packaging.requirements.InvalidRequirement: an entry of `python` is not a requirement.

    """
    values = {
        "name": new.name,
        "description": new.description,
        "on": new.on,
        "apt": new.apt,
        "python": new.python,
        "cran": new.cran,
        "when": new.when,
        "marker": f"/opt/{new.name}/name",
        "debian_packages": new.apt,
        "distributions": list(_everywhere(new.python)),
        "r_packages": [text.partition("(")[0].strip() for text in new.cran],
    }
    return Tree(
        {
            "layer.yaml": File(_rendered("layer.yaml", values)),
            "tests/works.sh": File(_rendered("works.sh", values), EXECUTABLE),
        }
    )


def _everywhere(requirements: Sequence[str]) -> Iterator[str]:
    """Yield the distributions that are there whatever the Python: those without a marker."""
    for text in requirements:
        requirement = Requirement(text)
        if requirement.marker is None:
            yield requirement.name


def service(new: NewService) -> Tree:
    """Return the files of a service's directory."""
    values = {
        "title": new.title,
        "description": new.description,
        "image": new.image,
        "icon": new.icon,
        "groups": new.groups,
        "port": new.port,
        "command": new.command,
    }
    return Tree({"service.yaml": File(_rendered("service.yaml", values))})


def fork(new: NewFork) -> Tree:
    """Return the files of a fork's directory."""
    fetched = {} if isinstance(new.extends, str) else new.extends
    values = {
        "name": new.name,
        "title": new.title,
        "path": new.extends if isinstance(new.extends, str) else "",
        "fetched": fetched,
        "shown": fetched.get("git") or fetched.get("oci") or new.extends,
        "registry": new.registry,
    }
    return Tree(
        {
            "catalog.yaml": File(_rendered("catalog.yaml", values)),
            "README.md": File(_rendered("README.md", values)),
            ".gitignore": File(b"/.catalog/\n"),
        }
    )


def icon(title: str) -> File:
    """Return an icon that shows the first letter of a title."""
    values = {"title": escape(title, {'"': "&quot;"}), "letter": escape(title[0].upper())}
    return File(_rendered("icon.svg", values))


def _rendered(name: str, values: Mapping[str, object]) -> bytes:
    return environment.get_template(f"new/{name}.j2").render(values).encode()
