"""Rules over what the charts of a catalog share: groups of options, and the library's templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from builder.charts.compose import sections_of
from builder.charts.library import NAME, ChartLibrary
from builder.charts.load import Groups
from builder.charts.model import Option, Path, walk
from builder.charts.option_rules import option_faults, option_keys
from builder.charts.references import line_and_column, template_problems
from builder.errors import Problem


def library_problems(groups: Groups, library: ChartLibrary) -> Iterator[Problem]:
    """Yield fields of options that would have no effect, and references in the library's templates
    to options that no group has.
    """
    # Charts with different groups share a template: it may refer to options of any of them.
    sections, _ = sections_of(groups.groups)
    yield from _options(groups, dict(walk(sections)))
    for name, text in library.partials.items():
        for wrong in template_problems(text, sections):
            place = line_and_column(text, wrong.offset)
            file = library.shown(f"{NAME}/templates/{name}")
            yield Problem(file, *place, wrong.message, wrong.hint)


def _options(groups: Groups, every: Mapping[Path, Option]) -> Iterator[Problem]:
    for name, group in groups.groups.items():
        for path, _ in walk(group.sections):
            for fault in option_faults(path, every[path], every):
                keys = ("sections", *option_keys(path), *fault.keys)
                message = f"{'.'.join(path)}: {fault.message}"
                yield groups.documents[name].problem(keys, message, fault.hint, key=True)
