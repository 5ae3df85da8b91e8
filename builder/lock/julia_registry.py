"""A registry of Julia packages, as its files tell it (Pkg's manual, "Registries"). What they say is
looked at when a package is asked for: a registry has ten thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, Field, RootModel, ValidationError

from builder.confined import steps
from builder.documents import DocumentError, from_toml
from builder.errors import IntegrityError
from builder.lock.julia import (
    EVERY,
    NAME,
    TREE,
    UUID,
    JuliaError,
    Need,
    Release,
    Spec,
    ranges,
    version_key,
    version_range,
)

REGISTRY = "Registry.toml"
ITSELF = "julia"
"""How Compat.toml calls Julia."""
WEAK_SINCE = (1, 9)
"""Of Julia: an older one has no weak dependencies."""
_M = TypeVar("_M", bound=BaseModel)


class _Entry(BaseModel):
    name: str = Field(pattern=f"^{NAME.pattern}$")
    path: str = Field(max_length=512)


class _Registry(BaseModel):
    name: str = Field(max_length=255)
    packages: dict[str, _Entry]


class _Version(BaseModel):
    tree: str = Field(alias="git-tree-sha1", pattern=f"^{TREE.pattern}$")
    yanked: bool = False


class _Versions(RootModel[dict[str, _Version]]):
    pass


class _Uuids(RootModel[dict[str, dict[str, str]]]):
    pass


class _Bounds(RootModel[dict[str, dict[str, str | list[str]]]]):
    pass


@dataclass(frozen=True, slots=True)
class Named:
    """A package of a registry."""

    name: str
    uuid: str
    path: str
    """Its directory in the registry."""


@dataclass(slots=True)
class Registry:
    """A registry in memory."""

    files: Mapping[str, bytes]
    """All of its files by path."""
    label: str = "the registry"
    """How errors call it."""
    packages: Mapping[str, Named] = field(init=False)
    """By UUID."""

    def __post_init__(self) -> None:
        """Read what packages it has.

        Raises:
            IntegrityError: it is none.

        """
        head = self._read(_Registry, REGISTRY)
        if head is None:
            raise IntegrityError(f"{self.label} has no {REGISTRY}")
        self.label = f"the registry {head.name}"
        self.packages = {uuid: self._named(uuid, entry) for uuid, entry in head.packages.items()}

    def releases(self, package: Named, julia: str) -> list[Release]:
        """Return the releases of a package as they are for a version of Julia, the newest first;
        also those that it cannot take, and the yanked ones.

        Raises:
            IntegrityError: a file of the package is damaged.

        """
        versions = self._read(_Versions, f"{package.path}/Versions.toml")
        deps = self._tables(_Uuids, package, "Deps.toml")
        compat = self._tables(_Bounds, package, "Compat.toml")
        weak_deps = self._tables(_Uuids, package, "WeakDeps.toml")
        weak_compat = self._tables(_Bounds, package, "WeakCompat.toml")
        has_weak = _series(julia) >= WEAK_SINCE
        made = []
        for version, told in (versions.root if versions else {}).items():
            self._check_version(package, version)
            place = _Place(self, package, version)
            weak = place.needs(weak_deps, weak_compat)
            needs = place.needs(deps, compat)
            names = {one.uuid for one in weak} if has_weak else set()
            made.append(
                Release(
                    name=package.name,
                    uuid=package.uuid,
                    version=version,
                    tree=told.tree,
                    julia=place.spec(compat, ITSELF),
                    needs=tuple(one for one in needs if one.uuid not in names),
                    weak=weak if has_weak else (),
                    yanked=told.yanked,
                )
            )
        return sorted(made, key=lambda one: version_key(one.version), reverse=True)

    def _check_version(self, package: Named, version: str) -> None:
        try:
            version_key(version)
        except JuliaError as error:
            raise self.wrong(f"{package.path}/Versions.toml", error) from None

    def wrong(self, path: str, why: object) -> IntegrityError:
        """Return the error that a file is damaged."""
        return IntegrityError(f"{self.label} has a damaged {path}: {why}")

    def _named(self, uuid: str, entry: _Entry) -> Named:
        if not UUID.fullmatch(uuid):
            raise self.wrong(REGISTRY, f"{uuid[:80]!r} is not a UUID")
        try:
            steps(entry.path)
        except IntegrityError as error:
            raise self.wrong(REGISTRY, error.message) from None
        return Named(entry.name, uuid, entry.path)

    def _tables(self, kind: type[_M], package: Named, name: str) -> Mapping[str, Mapping[str, Any]]:
        read = self._read(kind, f"{package.path}/{name}")
        return getattr(read, "root", {})

    def _read(self, kind: type[_M], path: str) -> _M | None:
        data = self.files.get(path)
        if data is None:
            return None
        try:
            return kind.model_validate(from_toml(data))
        except DocumentError as error:
            raise self.wrong(path, error.why) from None
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(step) for step in first["loc"])
            raise self.wrong(path, f"{place}: {first['msg']}") from None


@dataclass(frozen=True, slots=True)
class _Place:
    """One version in the files of a package, whose tables are for ranges of versions."""

    registry: Registry
    package: Named
    version: str

    def needs(
        self, deps: Mapping[str, Mapping[str, str]], compat: Mapping[str, Mapping[str, Any]]
    ) -> tuple[Need, ...]:
        """Return what the version needs, by name."""
        found: dict[str, str] = {}
        for table in self._holding(deps):
            for name, uuid in table.items():
                if not NAME.fullmatch(name) or not UUID.fullmatch(uuid):
                    raise self._wrong(f"{name[:80]!r} = {uuid[:80]!r} is not a package")
                if found.setdefault(name, uuid) != uuid:
                    raise self._wrong(f"{name} is two packages")
        return tuple(Need(name, found[name], self.spec(compat, name)) for name in sorted(found))

    def spec(self, compat: Mapping[str, Mapping[str, Any]], name: str) -> Spec:
        """Return what the version admits of a package: all where nothing is said."""
        bounds = [table[name] for table in self._holding(compat) if name in table]
        if not bounds:
            return EVERY
        if len(bounds) > 1:
            raise self._wrong(f"{name} is bounded twice")
        try:
            return ranges([bounds[0]] if isinstance(bounds[0], str) else bounds[0])
        except JuliaError as error:
            raise self._wrong(error) from None

    def _holding(self, tables: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Yield the tables for this version."""
        for text, table in tables.items():
            try:
                holds = Spec((version_range(text),)).admits(self.version)
            except JuliaError as error:
                raise self._wrong(error) from None
            if holds:
                yield table

    def _wrong(self, why: object) -> IntegrityError:
        return self.registry.wrong(self.package.path, f"{self.package.name} {self.version}: {why}")


def _series(version: str) -> tuple[int, ...]:
    return tuple(int(one) for one in version.split(".")[:2] if one.isdecimal())
