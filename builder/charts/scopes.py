"""What stubs see of a chart's workloads: for each, its own keys, the templates that add to it, and
the path to its options.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from builder.charts.compose import MAIN, Composition, Further, inner_only
from builder.charts.compose import release_sections as release
from builder.charts.images import ImageRef
from builder.charts.model import Files, Group, Option, Part, Path, walk
from builder.charts.service import Running
from builder.templates.sandbox import callable_by_templates

PARTS: tuple[Part, ...] = get_args(Part)
OF_THE_FIRST: frozenset[Part] = frozenset({"ports", "help"})
"""Parts to which a service's groups add only for its first workload: users connect to that one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """One workload of a chart, and the values with which its templates are rendered."""

    path: Path
    """Names of the sections that lead to its options; empty for the chart's first workload."""
    composition: Composition
    """The service that it belongs to."""
    running: Running
    first: bool
    """Whether it is the first workload of its service."""
    image: ImageRef | None
    """Its image, if that is not the one from the service's options."""
    groups: Mapping[str, Group]
    """The groups that add to it."""
    own: Mapping[str, Group]
    """Those of the groups that are not the service's."""
    shared: tuple[str, ...]
    """Sections outside of its own that it sees."""
    port: Path | None
    """The option that holds its port; None if there is none."""

    @property
    def name(self) -> str:
        """What templates call it: `main`, `worker`, `database`, `database.worker`."""
        return ".".join(self.path) or MAIN

    @property
    def service(self) -> str:
        """The name of the first workload of its service."""
        return self.name if self.first else ".".join(self.path[:-1]) or MAIN

    @property
    def outer(self) -> str:
        """The name of what is around it."""
        return ".".join(self.path[:-1]) or MAIN

    @property
    def component(self) -> str:
        """Its label app.kubernetes.io/component; empty for none."""
        return self.running.component or (self.path[-1] if self.path else "")

    @property
    def contributions(self) -> Mapping[Part, tuple[str, ...]]:
        """Part -> named templates that add to it, in the order of the groups; the service's come
        last.
        """
        return {part: tuple(self._contributed(part)) for part in PARTS}

    @property
    def objects(self) -> tuple[str, ...]:
        """Its objects, each once."""
        named: list[str] = []
        for group in self.groups.values():
            named += group.each
        once = self.groups if self.first else self.own
        for group in once.values():
            named += group.objects
        if self.first:
            named += self.composition.service.objects
        return tuple(dict.fromkeys(named))

    @property
    def files(self) -> Mapping[str, Files]:
        """The configuration files that groups of its service write."""
        groups = self.composition.groups
        return {name: group.files for name, group in groups.items() if group.files}

    @callable_by_templates
    def boolean(self, path: Path) -> bool:
        """Tell whether an option of its service is a boolean."""
        return dict(walk(self.composition.options))[path].kind == "boolean"

    def _contributed(self, part: Part) -> Iterator[str]:
        for group in self.groups.values():
            if part in group.contributes:
                yield group.contributes[part]
        own = self.composition.service.contributes
        if part in own and (self.first or part not in OF_THE_FIRST):
            yield own[part]


def scopes(composition: Composition, path: Path = ()) -> Iterator[Scope]:
    """Yield the workloads of a chart, each after what is around it: the first one of the service,
    further ones, and those of the services inside it.
    """
    yield Scope(
        path=path,
        composition=composition,
        running=composition.service,
        first=True,
        image=None,
        groups=composition.groups,
        own=composition.groups,
        shared=tuple(sorted(release(composition))),
        port=_port(composition.options, inner_only(composition) | release(composition)),
    )
    for name, further in composition.workloads.items():
        yield _further(composition, further, (*path, name))
    for name, inner in composition.contained.items():
        yield from scopes(inner, (*path, name))


def _further(composition: Composition, further: Further, path: Path) -> Scope:
    inherited = {
        name: Group(
            description=group.description,
            each=group.each,
            contributes={
                part: template
                for part, template in group.contributes.items()
                if part not in OF_THE_FIRST
            },
        )
        for name, group in composition.groups.items()
    }
    sections = set(composition.options) - set(composition.workloads) - set(composition.contained)
    return Scope(
        path=path,
        composition=composition,
        running=further.workload,
        first=False,
        image=further.image,
        groups={**inherited, **further.groups},
        own=further.groups,
        shared=tuple(sorted(sections - set(further.options))),
        port=_port(further.options, frozenset(further.options)),
    )


def _port(options: Mapping[str, Option], sections: frozenset[str]) -> Path | None:
    """Return the option of some sections that holds a port."""
    given = {name: option for name, option in options.items() if name in sections}
    return next((path for path, option in walk(given) if option.role == "port"), None)
