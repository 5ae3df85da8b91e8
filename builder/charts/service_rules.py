"""Rules for a service with all its options, beyond what its file alone can show: each yields
problems with their places in service.yaml, or in the service's own templates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from pydantic import ValidationError

from builder.catalog import wording
from builder.catalog.reader import Key, Spot
from builder.catalog.source import Site, YamlFile
from builder.charts.compose import Composition
from builder.charts.load import SERVICE, SOURCE
from builder.charts.model import Option, Path, walk
from builder.charts.option_rules import option_faults, option_keys
from builder.charts.references import line_and_column, template_problems
from builder.charts.service import Probe
from builder.charts.sources import ChartSources
from builder.errors import Problem

NO_TEMPLATES = {"annotations", "description", "options", "set", "title"}
"""Keys of service.yaml whose texts are not Helm templates; braces in them are Onyxia's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceFile:
    """A service as it is written: in its own file, in that of the service that it extends, and in
    the patches of forks.
    """

    document: YamlFile
    sources: ChartSources

    def problem(
        self, keys: tuple[Key, ...], message: str, hint: str = "", *, key: bool = False
    ) -> Problem:
        """Return a problem at the value (or the key) at some keys, in the file that has it."""
        return self.document.problem(keys, message, hint, key=key)

    def is_inherited(self, key: Key) -> bool:
        """Tell whether a key of the service is from another service.yaml."""
        file, _, _ = self.document.site((key,))
        return file != self.document.file and file not in self.sources.forks

    def site_of(self, keys: tuple[Key, ...], value: str, offset: int, token: str) -> Site:
        """Return the place of a token of a text, which is at `offset` of the text's value.

        However YAML writes the text (as a block, in quotes, folded), the token itself appears
        unchanged, so counting its occurrences finds it.
        """
        file, line, column = self.document.site(keys)
        path = self.sources.written.get(file, FilePath(file))
        text = path.read_text(encoding="utf-8-sig")
        lines = text.splitlines(keepends=True)
        position = sum(map(len, lines[: line - 1])) + column - 2
        for _ in range(value.count(token, 0, offset) + 1):
            position = text.find(token, position + 1)
            if position < 0:
                return file, line, column
        return file, *line_and_column(text, position)

    def sites_of(self, key: str) -> Mapping[str, Site]:
        """Return the place of each key below one of the service."""
        spot = self.document.spot.inside.get(key)
        names = spot.keys if spot else ()
        return {name: self.document.site((key, name), key=True) for name in names}

    def patched(self, key: str) -> frozenset[str]:
        """Return the keys below one of the service that only patches of forks have."""
        sites = self.sites_of(key)
        return frozenset(name for name, site in sites.items() if site[0] in self.sources.forks)

    def translated(self, key: str) -> frozenset[str]:
        """Return the keys below one of the service that only files of texts have."""
        sites = self.sites_of(key)
        return frozenset(name for name, (file, _, _) in sites.items() if self.sources.is_text(file))


def service_files(
    documents: Mapping[str, YamlFile], sources: ChartSources
) -> Mapping[str, ServiceFile]:
    """Return the files of services by the name of the service."""
    return {
        name: ServiceFile(document=document, sources=sources)
        for name, document in documents.items()
    }


def setting_problems(file: ServiceFile) -> Iterator[Problem]:
    """Yield fields of `set` that options do not have, and values that a field does not accept."""
    whole = file.document
    yield from _settings(whole.file, whole.data, whole.spot)
    workloads = whole.data.get("workloads") if isinstance(whole.data, dict) else None
    for name, workload in workloads.items() if isinstance(workloads, dict) else ():
        yield from _settings(whole.file, workload, whole.spot.inside["workloads"].inside[name])


def _settings(file: str, holder: object, place: Spot) -> Iterator[Problem]:
    """Yield what is wrong with `set` of a service or of a workload."""
    spot = place.inside.get("set")
    data = holder.get("set") if isinstance(holder, dict) else None
    if spot is None or not isinstance(data, dict):
        return
    for dotted, fields in data.items():
        inside = YamlFile(file, _less_of_a_slider(fields), spot.inside[dotted])
        try:
            wording.validate(inside, Option)
        except ValidationError as error:
            yield from wording.problems(inside, Option, error)


def _less_of_a_slider(fields: object) -> object:
    """Return fields of an option with a whole slider, of which they may say only a part."""
    slider = fields.get("slider") if isinstance(fields, dict) else None
    if not isinstance(fields, dict) or not isinstance(slider, dict):
        return fields
    return {**fields, "slider": {"min": 0, "max": 1, **slider}}


def service_problems(composition: Composition, file: ServiceFile) -> Iterator[Problem]:
    """Yield what is wrong with a service."""
    yield from _probes(composition, file)
    yield from _tests(composition, file)
    yield from _options(composition, file)
    yield from _default_image(composition, file)
    yield from _variables(composition, file)
    yield from _templates(composition, file)
    yield from _source(composition, file)


def _probes(composition: Composition, file: ServiceFile) -> Iterator[Problem]:
    """Yield the probes that say nothing, or several things of which only one would be used."""
    for keys, probe in _held(composition.service, Probe):
        given = [name for name in Probe.model_fields if getattr(probe, name)]
        if len(given) != 1:
            choices = ", ".join(Probe.model_fields)
            message = f"expected one of {choices}, found {' and '.join(given) or 'none'}"
            yield file.problem(keys, message)


def _tests(composition: Composition, file: ServiceFile) -> Iterator[Problem]:
    if composition.service.test_env and not composition.service.test:
        message = "'test_env' does nothing without 'test': the default one uses no variable"
        yield file.problem(("test_env",), message, "add 'test:', or remove it", key=True)


def _options(composition: Composition, file: ServiceFile) -> Iterator[Problem]:
    """Yield what is wrong with the service's own options, and with what it sets in others."""
    every = dict(walk(composition.options))
    for path, _ in walk(composition.service.options):
        for fault in option_faults(path, every[path], every):
            keys: tuple[Key, ...] = ("options", *option_keys(path), *fault.keys)
            yield file.problem(keys, f"{'.'.join(path)}: {fault.message}", fault.hint, key=True)
    known = {".".join(path): path for path in every}  # a name may have dots
    for dotted, fields in composition.service.set.items():
        path = known[dotted]
        if not fields:
            yield file.problem(("set", dotted), f"set: {dotted} has no fields", "remove it")
        for fault in option_faults(path, every[path], every):
            if fault.field in fields:
                keys = ("set", dotted, *fault.keys)
                yield file.problem(keys, f"{dotted}: {fault.message}", fault.hint, key=True)


def _default_image(composition: Composition, file: ServiceFile) -> Iterator[Problem]:
    """Yield a default that the service sets to a preview, or to what is yanked."""
    first = composition.images[0]
    known = {str(image): image.standing for image in (*composition.images, *composition.gone)}
    for dotted, fields in composition.service.set.items():
        name = fields.get("default")
        standing = known.get(name) if isinstance(name, str) else None
        if standing is None or standing.may_be_default or not first.standing.may_be_default:
            continue
        why = f"yanked: {standing.yanked}" if standing.yanked else "a preview"
        message = f"{dotted}: the default {name} is {why}"
        hint = f"remove it: the catalog's own default is {first}"
        yield file.problem(("set", dotted, "default"), message, hint)


def _variables(composition: Composition, file: ServiceFile) -> Iterator[Problem]:
    """Yield the options that share a variable with another one: one of the values would be lost."""
    holders: dict[str, Path] = {}
    own = {path for path, _ in walk(composition.service.options)}
    for path, option in walk(composition.own_options):
        if not option.variable:
            continue
        first = holders.setdefault(option.variable, path)
        is_taken = first != path
        if is_taken or option.variable in composition.service.password:
            held = f"the option {'.'.join(first)}" if is_taken else "the password"
            keys = (
                ("options", *option_keys(path), "variable")
                if path in own
                else ("set", ".".join(path))
            )
            message = f"{'.'.join(path)}: the variable {option.variable} already holds {held}"
            yield file.problem(keys, message, "give it another name")


def _templates(composition: Composition, file: ServiceFile) -> Iterator[Problem]:
    """Yield the references in service.yaml's templates to options that the chart does not have."""
    for keys, text in _texts(file.document.data):
        # A workload is at `workloads.<name>`, and its keys below that.
        key = keys[2] if keys[0] == "workloads" and len(keys) > 2 else keys[0]
        if key in NO_TEMPLATES or "{{" not in text:
            continue
        for wrong in template_problems(text, _seen(composition, keys)):
            site = file.site_of(keys, text, wrong.offset, wrong.token)
            message = f"{_named(keys)}: {wrong.message}"
            if file.is_inherited(keys[0]):
                message += f" (in {composition.name}, which extends this service)"
            yield Problem(*site, message, wrong.hint)


def _seen(composition: Composition, keys: tuple[Key, ...]) -> Mapping[str, Option]:
    """Return the options that a template of service.yaml sees: a workload's template sees the
    workload's own in place of the service's.
    """
    workload = composition.workloads.get(str(keys[1])) if keys[0] == "workloads" else None
    if workload is None:
        return composition.options
    return {**composition.own_options, **workload.options}


def _source(composition: Composition, file: ServiceFile) -> Iterator[Problem]:
    """Yield what is wrong with a service's own templates, and those that nothing uses."""
    directory = file.sources.written[file.document.file].parent / SOURCE
    if not directory.is_dir():
        return
    name = file.document.file.removesuffix(SERVICE) + SOURCE
    # A named template may be rendered for any of the workloads, which have their own options.
    seen = dict(composition.options)
    for workload in composition.workloads.values():
        seen |= workload.options
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        relative = path.relative_to(directory).as_posix()
        where = f"{name}/{relative}"
        if relative not in composition.service.templates:
            hint = "add it there, or remove it"
            yield Problem(where, 0, 0, "'templates' of service.yaml does not list it", hint)
            continue
        text = path.read_text(errors="replace")
        for wrong in template_problems(text, seen):
            place = line_and_column(text, wrong.offset)
            yield Problem(where, *place, wrong.message, wrong.hint)


def _texts(value: object, keys: tuple[Key, ...] = ()) -> Iterator[tuple[tuple[Key, ...], str]]:
    if isinstance(value, str):
        yield keys, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*keys, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*keys, index))


def _named(keys: tuple[Key, ...]) -> str:
    return ".".join(str(key) for key in keys)


def _held(value: object, kind: type[Probe]) -> Iterator[tuple[tuple[Key, ...], Probe]]:
    """Yield the values of a kind that a service holds at any depth, with the keys to them."""
    if isinstance(value, kind):
        yield (), value
        return
    for key, inner in _inside(value):
        for keys, one in _held(inner, kind):
            yield (key, *keys), one


def _inside(value: object) -> Iterator[tuple[Key, object]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, tuple):
        yield from enumerate(value)
    else:
        for field in getattr(type(value), "model_fields", ()):
            yield field, getattr(value, field)
