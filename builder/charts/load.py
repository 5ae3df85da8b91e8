"""Options and services: from YAML files to values; every problem has its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, RootModel, TypeAdapter, ValidationError

from builder.catalog import overlay, source, wording
from builder.catalog.reader import Keys
from builder.catalog.scalars import in_words
from builder.catalog.suggest import nearest
from builder.charts.library import NAME as LIBRARY
from builder.charts.library import STUBS, absent
from builder.charts.model import ChartName, Group
from builder.charts.service import Service
from builder.charts.texts import TEXTS
from builder.errors import InputError, Problem

OPTIONS = "options"
BUNDLES = "bundles.yaml"
SERVICE = "service.yaml"
SOURCE = "source"
"""Directory of a service's own templates."""
M = TypeVar("M", bound=BaseModel)
Documents = Mapping[str, source.YamlFile]
RESERVED = {OPTIONS, LIBRARY, STUBS, TEXTS, "icons"}
JOINED = ("groups", "keywords")
"""Keys of a service that are added to those of the service it extends."""


class Bundles(RootModel[Mapping[str, tuple[str, ...]]]):
    """Names that stand for several groups."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Groups:
    """All groups of options, and the bundles that name several of them."""

    groups: Mapping[str, Group]
    bundles: Mapping[str, tuple[str, ...]]
    documents: Documents = field(default_factory=dict)
    """The file of each group, and that of the bundles."""

    def named(self, names: tuple[str, ...]) -> Mapping[str, Group]:
        """Return the groups that the names mean, each once, in order.

        Raises:
            KeyError: a name is neither a group nor a bundle.

        """
        chosen: dict[str, Group] = {}
        for name in names:
            chosen |= {group: self.groups[group] for group in self.bundles.get(name, (name,))}
        return chosen


def load_groups(*directories: tuple[Path, str]) -> Groups:
    """Read all groups of options: `options/*.yaml` below each directory, given with its name in
    problems. A group or a bundle of a later directory replaces an earlier one.

    Raises:
        InputError: there are none at all, or files that say what the format does not know.

    """
    if not any((path / OPTIONS).is_dir() for path, _ in directories):
        raise InputError([absent(f"{directories[0][1]}/{OPTIONS}")])
    documents, problems = dict[str, source.YamlFile](), list[Problem]()
    for path, file in directories:
        read, wrong = group_documents(path, file)
        documents = joined_groups(documents, read)
        problems += wrong
    return groups_of(documents, problems)


def group_documents(directory: Path, file: str) -> tuple[Documents, list[Problem]]:
    """Return the groups of options below one directory, unchecked, by the names of their files; the
    bundles are among them. `file` is the directory's name in problems.
    """
    documents, problems = dict[str, source.YamlFile](), list[Problem]()
    for path in sorted((directory / OPTIONS).glob("*.yaml")):
        try:
            documents[path.stem] = source.read(path, f"{file}/{OPTIONS}/{path.name}")
        except InputError as error:
            problems += error.problems
    return documents, problems


def joined_groups(below: Documents, above: Documents) -> dict[str, source.YamlFile]:
    """Return the groups of two directories; one of the second replaces one of the first."""
    both = {**below, **above}
    name = Path(BUNDLES).stem
    if name in below and name in above:
        bundles = overlay.joined(overlay.node(below[name]), overlay.node(above[name]))
        both[name] = overlay.document(bundles, above[name].file)
    return both


def groups_of(documents: Documents, problems: Sequence[Problem] = ()) -> Groups:
    """Return groups of options, checked; `problems` are those that are known of them.

    Raises:
        InputError: see `load_groups`.

    """
    groups, bundles = dict[str, Group](), dict[str, tuple[str, ...]]()
    problems = list(problems)
    for name, document in documents.items():
        try:
            if name == Path(BUNDLES).stem:
                bundles = dict(validated(document, Bundles).root)
            else:
                groups[name] = validated(document, Group)
        except InputError as error:
            problems += error.problems
    if not problems and bundles:
        problems += _bundle_problems(bundles, groups, documents[Path(BUNDLES).stem])
    if problems:
        raise InputError(problems)
    return Groups(groups=groups, bundles=bundles, documents=documents)


def validated(document: source.YamlFile, kind: type[M]) -> M:
    """Return a document as a `kind`.

    Raises:
        InputError: it says what the format does not know.

    """
    try:
        return wording.validate(document, kind)
    except ValidationError as error:
        raise InputError(wording.problems(document, kind, error)) from None


def _bundle_problems(
    bundles: Mapping[str, tuple[str, ...]],
    groups: Mapping[str, Group],
    document: source.YamlFile,
) -> Iterator[Problem]:
    """Yield the bundles that are named like a group, or name groups that do not exist."""
    for bundle, names in bundles.items():
        if bundle in groups:
            message = f"{bundle!r} names a bundle and a group"
            yield document.problem((bundle,), message, "rename one of them", key=True)
        for index, name in enumerate(names):
            if name not in groups:
                yield _unknown(document, (bundle, index), name, groups, f"bundle {bundle!r}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ServicesRead:
    """What was read of services; with problems, those services that are right."""

    services: Mapping[str, Service]
    documents: Documents
    """Every service.yaml that is YAML, by the name of its service, with what it takes from the one
    that it extends."""
    problems: tuple[Problem, ...]


def load_services(directory: Path, groups: Groups) -> Mapping[str, Service]:
    """Read `<directory>/<service>/service.yaml` of every service, in the order of their names.

    Raises:
        InputError: the directory holds none, or files that say what the format does not know, or
        name unknown groups.

    """
    documents, problems = service_documents(directory, directory.name)
    read = services_of(documents, groups, problems)
    if read.problems:
        raise InputError(read.problems)
    return read.services


def service_documents(
    directory: Path, file: str, upstream: Documents | None = None
) -> tuple[Documents, list[Problem]]:
    """Return every service.yaml below a directory, unchecked, by the name of its service, with what
    it takes from the one that it extends. `upstream` are the services of the catalog below this
    one; without it, there must be one here.
    """
    documents, problems = dict[str, source.YamlFile](), list[Problem]()
    for path in sorted(directory.glob(f"*/{SERVICE}")):
        name = path.parent.name
        try:
            documents[name] = source.read(path, f"{file}/{name}/{SERVICE}")
        except InputError as error:
            problems += error.problems
    if not documents and not problems and upstream is None:
        hint = f"a service is described in {directory.name}/<name>/{SERVICE}"
        problems.append(Problem(str(directory), 0, 0, f"holds no {SERVICE}", hint))
    whole = dict[str, source.YamlFile]()
    parents = {**(upstream or {}), **_extendable(documents)}
    for name, document in documents.items():
        try:
            whole[name] = _extended(document, parents)
        except InputError as error:
            problems += error.problems
    return whole, problems


def services_of(
    documents: Documents, groups: Groups, problems: Sequence[Problem] = ()
) -> ServicesRead:
    """Return services, checked; `problems` are those that are known of them."""
    problems = list(problems)
    services = dict[str, Service]()
    for name, document in documents.items():
        try:
            services[name] = _service(name, document, groups)
        except InputError as error:
            problems += error.problems
    for name, service in [*services.items()]:
        wrong = list(_contained(documents[name], service, services, documents))
        if wrong:
            problems += wrong
            del services[name]
    problems += _circles(services, documents)
    return ServicesRead(services=services, documents=documents, problems=tuple(problems))


def _contained(
    document: source.YamlFile,
    service: Service,
    services: Mapping[str, Service],
    known: Collection[str],
) -> Iterator[Problem]:
    """Yield what is wrong with the services that a service contains."""
    for key, name in service.contained.items():
        if name not in known:
            hint = nearest(name, list(known))
            yield document.problem(("with", key), f"there is no service {name!r}", hint)
        templates = services[name].templates if name in services else ()
        whole = [file for file in templates if not Path(file).name.startswith("_")]
        if whole:
            message = f"{name} cannot be contained: it is rendered only once ({', '.join(whole)})"
            hint = "define a named template `library.objects.x` and list `x` under `objects`"
            yield document.problem(("with", key), message, hint)


def _circles(
    services: dict[str, Service], documents: Mapping[str, source.YamlFile]
) -> Iterator[Problem]:
    """Yield the services that contain themselves, through others or not, and take them out."""
    while True:
        waiting = {name: set(service.contained.values()) for name, service in services.items()}
        try:
            TopologicalSorter(waiting).prepare()
        except CycleError as error:
            names: list[str] = error.args[1]
            message = f"the service contains itself: {' in '.join(names)}"
            yield documents[names[0]].problem(("with",), message)
            for name in set(names):
                del services[name]
        else:
            return


def _extendable(documents: Documents) -> dict[str, source.YamlFile]:
    return {
        name: document
        for name, document in documents.items()
        if isinstance(document.data, dict) and "extends" not in document.data
    }


def _extended(document: source.YamlFile, parents: Documents) -> source.YamlFile:
    """Return a document with what it takes from the service that it extends: one beside it that
    extends none itself, or one of upstream.
    """
    data = document.data
    if not isinstance(data, dict) or "extends" not in data:
        return document
    parent = parents.get(str(data["extends"]))
    if parent is None:
        message = f"{in_words(data['extends'])} is not a service that can be extended"
        hint = nearest(str(data["extends"]), list(parents))
        raise InputError([document.problem(("extends",), message, hint)])
    below, above = overlay.node(parent), overlay.node(document)
    whole = overlay.joined(below, above)
    for key in JOINED:
        if key in data and key in whole.data and key in overlay.entries(below):  # type: ignore[operator]  # a mapping
            both = overlay.followed(below.inside(key), above.inside(key))
            whole = overlay.replaced(whole, key, both)
    return overlay.document(whole, document.file)


def _service(name: str, document: source.YamlFile, groups: Groups) -> Service:
    if name in RESERVED:
        message = f"charts/{name} is where what charts share lies, and no service"
        raise InputError([Problem(document.file, 0, 0, message, "rename the directory")])
    try:
        TypeAdapter(ChartName).validate_python(name)
    except ValidationError:
        message = (
            f"{name!r} cannot be a chart's name: at most 46 lower-case letters, digits and '-', a"
            " letter first"
        )
        raise InputError([Problem(document.file, 0, 0, message, "rename the directory")]) from None
    service = validated(document, Service)
    known = {**groups.groups, **groups.bundles}
    problems = list(_unknown_groups(document, ("groups",), service.groups, known))
    for key, workload in service.workloads.items():
        path = ("workloads", key)
        problems += _unknown_groups(document, (*path, "groups"), workload.groups, known)
        problems += _whole_groups(document, (*path, "groups"), workload.groups, groups)
        if workload.volume and workload.volume.each and workload.kind != "StatefulSet":
            message = f"a {workload.kind} has one volume for all its pods"
            hint = "a StatefulSet has one for each"
            problems.append(document.problem((*path, "volume", "each"), message, hint))
    if problems:
        raise InputError(problems)
    return service


def _unknown_groups(
    document: source.YamlFile,
    path: tuple[str, ...],
    groups: tuple[str, ...],
    known: Mapping[str, object],
) -> Iterator[Problem]:
    for index, group in enumerate(groups):
        if group not in known:
            yield _unknown(document, (*path, index), group, known, ".".join(path))


def _whole_groups(
    document: source.YamlFile, path: tuple[str, ...], names: tuple[str, ...], groups: Groups
) -> Iterator[Problem]:
    """Yield the groups of a workload that give variables or files, which a whole service has."""
    for index, name in enumerate(names):
        inside = groups.bundles.get(name, (name,))
        chosen = [groups.groups[one] for one in inside if one in groups.groups]
        if any(group.environment or group.files for group in chosen):
            message = f"{name} gives variables or files, which all workloads of a service have"
            hint = "name it under the service's own groups"
            yield document.problem((*path, index), message, hint)


def _unknown(
    document: source.YamlFile, path: Keys, name: str, known: Mapping[str, object], where: str
) -> Problem:
    message = f"{where}: no group of options is named {name!r}"
    return document.problem(path, message, nearest(name, list(known)))
