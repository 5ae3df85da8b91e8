"""Options and services: from YAML files to values, with every problem at its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import RootModel, TypeAdapter, ValidationError

from builder.catalog import source, wording
from builder.catalog.scalars import found
from builder.catalog.suggest import nearest
from builder.charts.model import ChartName, Group, Service
from builder.errors import InputError, Problem

OPTIONS = Path(__file__).with_name("options")
BUNDLES = "bundles.yaml"
SERVICE = "service.yaml"
JOINED = ("groups", "keywords")
"""Keys of a service that are joined with those of the service it extends."""


class Bundles(RootModel[Mapping[str, tuple[str, ...]]]):
    """Names that stand for several groups."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Groups:
    """All groups of options, and the bundles that name several of them."""

    groups: Mapping[str, Group]
    bundles: Mapping[str, tuple[str, ...]]

    def named(self, names: tuple[str, ...]) -> Mapping[str, Group]:
        """Return the groups that the names stand for, each once, in order.

        Raises:
            KeyError: a name stands for nothing.

        """
        return {
            group: self.groups[group] for name in names for group in self.bundles.get(name, (name,))
        }


def load_groups(directory: Path = OPTIONS) -> Groups:
    """Read all groups of options.

    Raises:
        InputError: files that say what the format does not know.

    """
    groups, problems = dict[str, Group](), list[Problem]()
    bundles = Bundles({})
    for path in sorted(directory.glob("*.yaml")):
        document = source.read(path, path.name)
        kind = Bundles if path.name == BUNDLES else Group
        try:
            if path.name == BUNDLES:
                bundles = wording.validate(document, Bundles)
            else:
                groups[path.stem] = wording.validate(document, Group)
        except ValidationError as error:
            problems += wording.problems(document, kind, error)
    for bundle, names in bundles.root.items() if not problems else ():
        problems += [
            _unknown(BUNDLES, name, groups, f"bundle {bundle!r}")
            for name in names
            if name not in groups
        ]
        problems += (
            [Problem(BUNDLES, 0, 0, f"{bundle!r} names a bundle and a group", "rename one of them")]
            if bundle in groups
            else []
        )
    if problems:
        raise InputError(problems)
    return Groups(groups=groups, bundles=bundles.root)


def load_services(directory: Path, groups: Groups) -> Mapping[str, Service]:
    """Read `<directory>/<service>/service.yaml` of every service, in the order of their names.

    Raises:
        InputError: the directory holds none, or files that say what the format does not know, or
        name unknown groups.

    """
    documents, problems = dict[str, source.YamlFile](), list[Problem]()
    for path in sorted(directory.glob(f"*/{SERVICE}")):
        try:
            documents[path.parent.name] = source.read(
                path, f"{directory.name}/{path.parent.name}/{SERVICE}"
            )
        except InputError as error:
            problems += error.problems
    if not documents and not problems:
        problems.append(
            Problem(
                str(directory),
                0,
                0,
                f"holds no {SERVICE}",
                f"a service is described in {directory.name}/<name>/{SERVICE}",
            )
        )
    services = dict[str, Service]()
    for name, document in documents.items():
        try:
            services[name] = _service(name, _extended(document, documents), groups)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return services


def _extended(
    document: source.YamlFile, documents: Mapping[str, source.YamlFile]
) -> source.YamlFile:
    """Return a document with what it takes from the service that it extends, which extends none
    itself.
    """
    data = document.data
    if not isinstance(data, dict) or "extends" not in data:
        return document
    others = {
        name: other.data
        for name, other in documents.items()
        if isinstance(other.data, dict) and "extends" not in other.data
    }
    parent = others.get(str(data["extends"]))
    if parent is None:
        message = f"{found(data['extends'])} is no service that can be extended"
        raise InputError(
            [document.problem(("extends",), message, nearest(str(data["extends"]), list(others)))]
        )
    joined = {
        key: [*parent.get(key, ()), *data.get(key, ())]
        for key in JOINED
        if isinstance(data.get(key, []), list)
    }
    return source.YamlFile(document.file, {**parent, **data, **joined}, document.spot)


def _service(name: str, document: source.YamlFile, groups: Groups) -> Service:
    try:
        TypeAdapter(ChartName).validate_python(name)
    except ValidationError:
        message = (
            f"{name!r} is no name for a chart: at most 46 lower-case letters, digits and '-', a"
            " letter first"
        )
        raise InputError([Problem(document.file, 0, 0, message, "rename the directory")]) from None
    try:
        service = wording.validate(document, Service)
    except ValidationError as error:
        raise InputError(wording.problems(document, Service, error)) from None
    known = {**groups.groups, **groups.bundles}
    unknown = [(index, group) for index, group in enumerate(service.groups) if group not in known]
    if unknown:
        raise InputError(
            [
                _unknown(document.file, group, known, "groups", document.at(("groups", index)))
                for index, group in unknown
            ]
        )
    return service


def _unknown(
    file: str, name: str, known: Mapping[str, object], where: str, place: tuple[int, int] = (0, 0)
) -> Problem:
    return Problem(
        file, *place, f"{where}: no group of options is named {name!r}", nearest(name, list(known))
    )
