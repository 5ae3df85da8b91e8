"""A service as a Helm chart: every file of it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import yaml

from builder.charts.compose import Composition, walk
from builder.charts.jinja import environment
from builder.charts.model import Files, Part
from builder.charts.readme import readme
from builder.charts.schema import schema
from builder.charts.values import values
from builder.errors import InputError, Problem
from builder.tree import File, Tree

VERSION = "0.0.0"
"""Version of a chart that is not published: `catalog chart package` gives it its own."""
KUBERNETES = ">= 1.25.0-0"
LIBRARY = Path("library") / "templates"
ALWAYS = (
    "NOTES.txt",
    "environment.yaml",
    "service.yaml",
    "statefulset.yaml",
    "tests/test-connection.yaml",
)
"""Files of the library that every chart has; `_*.tpl` join when something uses what they define."""
DEFINE = re.compile(r'define "library\.([\w.]+)"')
USE = re.compile(r'(?<!define )"library\.([\w.]+?)\.?[%"]')


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What charts say of the catalog they come from."""

    catalog: str
    url: str | None = None
    maintainers: tuple[Mapping[str, str], ...] = ()


def chart(
    composition: Composition,
    directory: Path,
    origin: Origin,
    version: str = VERSION,
    changes: tuple[str, ...] = (),
) -> Tree:
    """Return the chart's files by path; `directory` is the catalog's charts/, `changes` the lines
    of its changelog.

    Raises:
        InputError: a file that service.yaml or an option names is not there.

    """
    files = {
        ".helmignore": "/service.yaml\n/source/\n",
        "Chart.yaml": metadata(composition, directory, origin, version, changes),
        "README.md": readme(composition, origin.catalog),
        "values.yaml": values(composition),
        "values.schema.json": json.dumps(schema(composition), indent=2, ensure_ascii=False) + "\n",
        **templates(composition, directory),
    }
    return Tree({path: File(files[path].encode()) for path in sorted(files)})


def metadata(
    composition: Composition,
    directory: Path,
    origin: Origin,
    version: str,
    changes: tuple[str, ...],
) -> str:
    """Return Chart.yaml."""
    service = composition.service
    annotations = {
        "artifacthub.io/category": service.category,
        "artifacthub.io/images": _yaml(
            [
                {
                    "name": image.tag,
                    "image": f"{image}@{image.digest}" if image.digest else str(image),
                }
                for image in composition.images
            ]
        ),
        **({"artifacthub.io/changes": _yaml(list(changes))} if changes else {}),
        **(
            {"catalog/description.fr": service.description["fr"]}
            if "fr" in service.description
            else {}
        ),
        **service.annotations,
    }
    home = service.home or origin.url
    return _yaml(
        {
            "apiVersion": "v2",
            "name": composition.name,
            "version": version,
            "appVersion": composition.images[0].tag,
            "kubeVersion": KUBERNETES,
            "description": service.description["en"],
            "type": "application",
            "keywords": list(service.keywords),
            **({"home": home} if home else {}),
            "sources": [*([origin.url] if origin.url else []), *service.sources],
            "maintainers": (
                [dict(person) for person in origin.maintainers] or [{"name": origin.catalog}]
            ),
            "icon": _icon(service.icon, directory, composition.name),
            "annotations": annotations,
        }
    )


def templates(composition: Composition, directory: Path) -> Mapping[str, str]:
    """Return templates/: the library's files that the service needs, its own in their place, and
    what is generated.

    The library's named templates get the chart's name in front of them. So a chart is whole in
    itself, and two charts with different versions of the library may be parts of a third without
    taking each other's templates.
    """
    wanted = {name: directory / LIBRARY / name for name in _library(composition)}
    wanted |= {
        name: directory / composition.name / "source" / name
        for name in composition.service.templates
    }
    missing = [
        Problem(str(path), 0, 0, "is not there", f"chart {composition.name} needs it")
        for path in wanted.values()
        if not path.is_file()
    ]
    if missing:
        raise InputError(missing)
    given = {name: path.read_text() for name, path in wanted.items()} | {
        "_service.tpl": _service(composition)
    }
    texts = _defined(given, directory / LIBRARY, composition.name)
    return {
        f"templates/{name}": re.sub(r'"library\.', f'"{composition.name}.', text)
        for name, text in texts.items()
    }


def _library(composition: Composition) -> tuple[str, ...]:
    named = [name for group in composition.groups.values() for name in group.templates]
    return tuple(dict.fromkeys([*ALWAYS, *named, *(["files.yaml"] if _files(composition) else [])]))


def _defined(texts: Mapping[str, str], library: Path, name: str) -> Mapping[str, str]:
    """Return the templates with those files of the library that define what they use, and what
    these use in turn.
    """
    partials = {path.name: path.read_text() for path in sorted(library.glob("_*.tpl"))}
    owner = {define: file for file, text in partials.items() for define in DEFINE.findall(text)}
    texts = dict(texts)
    while True:
        known = {define for text in texts.values() for define in DEFINE.findall(text)}
        used = {use for text in texts.values() for use in USE.findall(text)}
        lacking = {
            use for use in used - known if not any(define.startswith(f"{use}.") for define in known)
        }
        if unknown := sorted(lacking - owner.keys()):
            raise InputError(
                [
                    Problem(f"charts/{name}", 0, 0, f"nothing defines the template library.{use}")
                    for use in unknown
                ]
            )
        if not lacking:
            return texts
        texts |= {owner[use]: partials[owner[use]] for use in lacking}


def _files(composition: Composition) -> Mapping[str, Files]:
    return {name: group.files for name, group in composition.groups.items() if group.files}


def _service(composition: Composition) -> str:
    kinds = {path: option.kind for path, option in walk(composition.options)}
    parts: tuple[Part, ...] = get_args(Part)
    contributions = {part: list(composition.contributions(part)) for part in parts}
    files = _files(composition)
    if files:
        for part in ("volumes", "mounts", "prepare", "prepareMounts", "checksums"):
            contributions[part].append(f"files.{part}")
    return environment.get_template("_service.tpl.j2").render(
        service=composition.service,
        images=composition.images,
        contributions=contributions,
        variables=composition.variables,
        files=files,
        boolean=lambda path: kinds[path] == "boolean",
    )


def _icon(icon: str, directory: Path, name: str) -> str:
    if "://" in icon:
        return icon
    path = directory / "icons" / icon
    if not path.is_file():
        raise InputError(
            [
                Problem(
                    f"charts/{name}/service.yaml",
                    0,
                    0,
                    f"icon: {path.name} is not among charts/icons/",
                    "give a URL, or add the file",
                )
            ]
        )
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode()


def _yaml(value: object) -> str:
    return yaml.dump(
        value, Dumper=yaml.CSafeDumper, sort_keys=False, width=1000, allow_unicode=True
    )
