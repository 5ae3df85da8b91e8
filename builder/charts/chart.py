"""A service as a Helm chart: all its files, in git and in an archive."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from builder.catalog.folder import Folder, folder
from builder.charts import library
from builder.charts.compose import Composition
from builder.charts.gpus import needed
from builder.charts.images import ImageRef
from builder.charts.load import SERVICE, SOURCE
from builder.charts.readme import rows, variables
from builder.charts.roles import told
from builder.charts.schema import schema
from builder.charts.scopes import scopes
from builder.charts.translation import preferred
from builder.charts.values import completion, values
from builder.errors import InputError, IntegrityError, Problem
from builder.tree import File, Tree

VERSION = "0.0.0"
"""Version of a chart that is not published: `catalog chart package` gives it its own."""
KUBERNETES = ">= 1.25.0-0"
MOST_ICON = 1 << 20
"""Bytes of an icon, which becomes a part of the chart's metadata."""
LINK = f"charts/{library.NAME}"
"""Where Helm looks for the library of a chart in git."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What charts say about the catalog they come from."""

    catalog: str
    url: str | None = None
    maintainers: tuple[Mapping[str, str], ...] = ()


def chart(
    composition: Composition,
    directory: Path | Folder,
    origin: Origin,
    version: str = VERSION,
    changes: tuple[str, ...] = (),
) -> Tree:
    """Return the files of a self-contained chart, by path; `directory` is the catalog's charts/,
    `changes` the lines of the chart's changelog.

    It contains the library's named templates that it uses, prefixed with the chart's name. Helm
    keeps all named templates in one namespace: without the prefix, those of two charts of different
    age would replace each other once both are dependencies of a third.

    Raises:
        InputError: a file that service.yaml names does not exist, or a template that is used is not
        defined.

    """
    texts = library.with_used(_templates(composition, directory, origin), composition.library)
    renamed = {
        f"templates/{name}": re.sub(r'"library\.', f'"{composition.name}.', text)
        for name, text in texts.items()
    }
    about = metadata(composition, directory, origin, version, changes)
    return _tree({**_common(composition, origin), "Chart.yaml": about, **renamed})


def source(composition: Composition, directory: Path, origin: Origin) -> Tree:
    """Return the files of a chart as git has it: its templates are stubs that include those of the
    library, which is a link in the chart. Helm follows the link.

    Raises:
        InputError: see `chart`.

    """
    shared = composition.library.directory / library.NAME
    place = directory / composition.name
    about = metadata(
        composition, directory, origin, VERSION, repository=f"file://{_relative(shared, place)}"
    )
    texts = {
        f"templates/{name}": text
        for name, text in _templates(composition, directory, origin).items()
    }
    link = File.link(_relative(shared, (place / LINK).parent))
    tree = _tree({**_common(composition, origin), "Chart.yaml": about, **texts})
    return tree.merged({LINK: link})


def metadata(
    composition: Composition,
    directory: Path | Folder,
    origin: Origin,
    version: str,
    changes: tuple[str, ...] = (),
    *,
    repository: str = "",
) -> str:
    """Return Chart.yaml; `repository` is where Helm finds the library on which the chart depends,
    empty for a self-contained chart.
    """
    service = composition.service
    images = [
        {"name": image.tag, "image": f"{image}@{image.digest}" if image.digest else str(image)}
        for image in composition.every_image
    ]
    annotations = {
        "artifacthub.io/category": service.category,
        "artifacthub.io/images": _yaml(images),
    }
    if all(image.standing.status == "preview" for image in composition.images):
        annotations["artifacthub.io/prerelease"] = "true"
    if changes:
        annotations["artifacthub.io/changes"] = _yaml(list(changes))
    for language, text in service.description.items():
        if language != composition.language:
            annotations[f"catalog/description.{language}"] = text
    about: dict[str, object] = {
        "apiVersion": "v2",
        "name": composition.name,
        "version": version,
        "appVersion": composition.images[0].tag,
        "kubeVersion": KUBERNETES,
        "description": service.description[composition.language],
        "type": "application",
        "keywords": list(service.keywords),
    }
    if home := service.home or origin.url:
        about["home"] = home
    about["sources"] = [*([origin.url] if origin.url else []), *service.sources]
    people = [dict(person) for person in origin.maintainers]
    about["maintainers"] = people or [{"name": origin.catalog}]
    about["icon"] = _icon(service.icon, directory, composition.name)
    if repository:
        needed = {"name": library.NAME, "version": VERSION, "repository": repository}
        about["dependencies"] = [needed]
    about["annotations"] = annotations | dict(service.annotations)
    return _yaml(about)


def _common(composition: Composition, origin: Origin) -> dict[str, str]:
    """Return the files that are the same in git and in an archive: all except templates."""
    context = _context(composition, origin)
    stubs = {
        path: composition.library.render(path, context)
        for path in composition.library.stubs
        if not path.startswith("templates/")
    }
    return {
        ".helmignore": f"/{SERVICE}\n/{SOURCE}/\n",
        "values.yaml": values(composition),
        "values.schema.json": json.dumps(schema(composition), indent=2, ensure_ascii=False) + "\n",
        **stubs,
    }


def _templates(
    composition: Composition, directory: Path | Folder, origin: Origin
) -> dict[str, str]:
    """Return templates/ without the library: the stubs, and the service's own files.

    Raises:
        InputError: a file does not exist; a template is not defined, or defined twice.

    """
    own = _own(composition, directory)
    context = _context(composition, origin)
    texts = dict(own)
    for path in composition.library.stubs:
        if path.startswith("templates/"):
            texts[path.removeprefix("templates/")] = composition.library.render(path, context)
    problems = [*_twice(own, composition), *_undefined(texts, own, composition, directory)]
    if problems:
        raise InputError(problems)
    return texts


def _own(composition: Composition, directory: Path | Folder) -> dict[str, str]:
    """Return the templates of the service, and of those that it contains."""
    hint = f"{SERVICE} names it under `templates`"
    places = {name: _place(name, composition, directory) for name in composition.service.templates}
    missing = [
        Problem(str(directory / place), 0, 0, "is not there", hint)
        for place in places.values()
        if not (directory / place).is_file()
    ]
    if missing:
        raise InputError(missing)
    own = {name: _text(directory, place) for name, place in places.items()}
    for inner in composition.contained.values():
        own |= _own(inner, directory)
    return own


def _place(name: str, composition: Composition, directory: Path | Folder) -> str:
    """Return the path of a template: the service's own, or that of the one that it extends."""
    own = f"{composition.name}/{SOURCE}/{name}"
    inherited = f"{composition.service.extends}/{SOURCE}/{name}"
    return inherited if composition.service.extends and not (directory / own).is_file() else own


def _text(directory: Path | Folder, path: str) -> str:
    """Return a text of the catalog's own below charts/.

    Raises:
        InputError: it is not a text, no file, or reached through a link.

    """
    try:
        return folder(directory).read(path).decode()
    except OSError as error:
        raise InputError([Problem(str(directory / path), 0, 0, error.strerror or "")]) from None
    except UnicodeDecodeError as error:
        message = f"is not UTF-8: {error.reason}"
        raise InputError([Problem(str(directory / path), 0, 0, message)]) from None


def _twice(own: Mapping[str, str], composition: Composition) -> Iterator[Problem]:
    """Yield the files and named templates of a service that the library has too: which of the two
    Helm used would depend on the order of files.
    """
    partials = composition.library.partials
    for file in own:
        if file in {*partials, *(Path(stub).name for stub in composition.library.stubs)}:
            place = f"charts/{composition.name}/{SOURCE}/{file}"
            yield Problem(place, 0, 0, "the library has a file of that name", "rename it")
    shared: set[str] = set()
    for text in partials.values():
        shared.update(library.DEFINE.findall(text))
    for file, text in own.items():
        for match in library.DEFINE.finditer(text):
            if match[1] in shared:
                place = f"charts/{composition.name}/{SOURCE}/{file}"
                message = f"the library defines library.{match[1]} too"
                yield _at(place, text, match.start(1), message, "give it another name")


def _undefined(
    texts: Mapping[str, str],
    own: Mapping[str, str],
    composition: Composition,
    directory: Path | Folder,
) -> Iterator[Problem]:
    """Yield the named templates that are used but not defined, at the file in which a person uses
    them.
    """
    name = composition.name
    service = directory / f"{name}/{SERVICE}"
    written = {
        f"charts/{name}/{SERVICE}": _text(directory, f"{name}/{SERVICE}")
        if service.is_file()
        else ""
    }
    written |= {f"charts/{name}/{SOURCE}/{file}": text for file, text in own.items()}
    partials = composition.library.partials
    for file, text in partials.items():
        written[composition.library.shown(f"{library.NAME}/templates/{file}")] = text
    used = library.with_used(texts, composition.library)
    for template in sorted(library.undefined(used)):
        message = f"nothing defines the template library.{template}"
        pattern = re.compile(rf"(?<![\w.-])(library\.)?{re.escape(template)}(?![\w-])")
        for file, text in written.items():
            if match := pattern.search(text):
                yield _at(file, text, match.start(), message)
                break
        else:
            yield Problem(f"charts/{name}", 0, 0, message, _group(template, composition))


def _group(template: str, composition: Composition) -> str:
    """Return which group of options names a template."""
    for name, group in composition.groups.items():
        objects = {f"objects.{item}" for item in (*group.objects, *group.each)}
        files = {group.files.template} if group.files else set()
        if template in objects | files | set(group.contributes.values()):
            return f"{composition.library.file}/options/{name}.yaml names it"
    return ""


def _at(file: str, text: str, offset: int, message: str, hint: str = "") -> Problem:
    line = text.count("\n", 0, offset) + 1
    return Problem(file, line, offset - text.rfind("\n", 0, offset), message, hint)


def _context(composition: Composition, origin: Origin) -> dict[str, object]:
    """Return the variables that stubs may use."""
    known = tuple(_known_images(composition))
    return {
        "name": composition.name,
        "catalog": origin.catalog,
        "service": composition.service,
        "language": composition.language,
        "languages": preferred(composition.languages),
        "sentences": {language: {**said} for language, said in composition.sentences.items()},
        "images": composition.every_image,
        "known_images": known,
        "lifecycle": told(known),
        "gpus": needed(known),
        "scopes": tuple(scopes(composition)),
        "defaults": completion(composition.options),
        "rows": list(rows(composition.options)),
        "described_variables": variables(composition),
    }


def _known_images(composition: Composition) -> Iterator[ImageRef]:
    """Yield all images that releases of a chart may run: the yanked ones, too."""
    yield from composition.every_image
    yield from composition.gone
    for inner in composition.contained.values():
        yield from inner.gone


def _icon(icon: str, directory: Path | Folder, name: str) -> str:
    if "://" in icon:
        return icon
    file = f"charts/{name}/{SERVICE}"
    try:
        data = folder(directory).read(f"icons/{icon}", MOST_ICON)
    except (FileNotFoundError, NotADirectoryError, IntegrityError):
        message = f"icon: {Path(icon).name} is not among charts/icons/"
        hint = "give a URL, or add the file"
        raise InputError([Problem(file, 0, 0, message, hint)]) from None
    except OSError as error:
        message = f"icon: charts/icons/{icon} {error.strerror}"
        raise InputError([Problem(file, 0, 0, message)]) from None
    return "data:image/svg+xml;base64," + base64.b64encode(data).decode()


def _relative(path: Path, start: Path) -> str:
    return Path(os.path.relpath(path, start)).as_posix()


def _tree(texts: Mapping[str, str]) -> Tree:
    return Tree({path: File(text.encode()) for path, text in texts.items()})


def _yaml(value: object) -> str:
    return yaml.dump(
        value, Dumper=yaml.CSafeDumper, sort_keys=False, width=1000, allow_unicode=True
    )
