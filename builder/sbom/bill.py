"""The bill of materials of an image: its packages, where they come from, and what needs what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.utils import canonicalize_name

from builder.digest import sha256
from builder.kinds.archive import KIND as ARCHIVE
from builder.kinds.model import Described
from builder.kinds.table import BY_NAME
from builder.lock.model import Artifact
from builder.sbom import licences, urls
from builder.sbom.contents import DEBIAN, Contents
from builder.sbom.needs import PYTHON, Key, Needs

FORMAT = 1
"""To be raised when documents of the same image become others."""
SHORT = 16
"""Hex digits of a component's id."""
SOURCE = "source"
DEBIAN_ITSELF = "debian"
"""The distribution of an image without os-release: cells are made of Debian's packages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What a bill is of."""

    reference: str
    """`<registry>/<name>:<tag>`."""
    digest: str
    """Of its manifest."""
    created: str
    """RFC 3339, in UTC: the time of its newest file, as everywhere."""
    architecture: str
    """As OCI names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A cell of an image."""

    cell: str
    contents: Contents
    artifacts: Sequence[Artifact]
    """What the lock has for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A package of an image, in one version."""

    kind: str
    name: str
    version: str
    url: str
    """purl; empty if there is none."""
    layers: tuple[str, ...]
    """The cells that bring it."""
    paths: tuple[str, ...] = ()
    """Of the files that describe it."""
    licence: licences.Licence = field(default_factory=licences.Licence)
    stated: tuple[str, ...] = ()
    """What it says of its licence, as it is written."""
    source: str = ""
    """Name and version of the Debian source package that it was built from."""
    digests: tuple[str, ...] = ()
    """Of the files that the lock has of it: `sha256:<hex>`."""
    download: str = ""
    """Where that file is, if it is of no package registry."""
    needs: tuple[str, ...] = ()
    """Ids of components."""

    @property
    def id(self) -> str:
        """A word that is the same for the same package in every bill."""
        return f"{self.kind}-{sha256(repr(self.key).encode())[:SHORT]}"

    @property
    def key(self) -> Key:
        """What makes it one component."""
        return self.kind, self.name, self.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """All that an image holds."""

    image: Image
    components: tuple[Component, ...]
    """Sorted by kind, name and version."""
    release: Mapping[str, str]
    """The fields of os-release."""

    @property
    def url(self) -> str:
        """The image's own."""
        image = self.image
        return urls.of_image(image.reference, image.digest, image.architecture)


def bill(image: Image, layers: Sequence[Layer]) -> Bill:
    """Return the bill of an image of these layers, bottom first."""
    release: dict[str, str] = {}
    for layer in layers:
        release.update(layer.contents.release)
    made: dict[Key, Component] = {}
    described: dict[Key, list[Described]] = {}
    copyrights = _Copyrights(layers)
    for layer in layers:
        for package in layer.contents.packages:
            key = (package.kind, package.name, package.version)
            described.setdefault(key, []).append(package)
            if key in made:
                made[key] = _with(made[key], package, layer.cell)
            else:
                made[key] = _component(package, layer.cell, release, copyrights)
    for layer in layers:
        for artifact in layer.artifacts:
            _take(made, artifact, layer.cell, release)
    needs = Needs(described)
    components = [
        replace(made[key], needs=tuple(sorted(made[one].id for one in needs.of(key))))
        for key in sorted(made)
    ]
    return Bill(image=image, components=tuple(components), release=release)


class _Copyrights:
    """The copyright files of all layers: a package may share the one of a package below it."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._stated: dict[str, tuple[str, ...]] = {}
        self._borrowed: dict[str, str] = {}
        for layer in layers:
            self._stated.update(layer.contents.copyrights)
            self._borrowed.update(layer.contents.borrowed)

    def of(self, package: str) -> tuple[str, ...]:
        seen: set[str] = set()
        while package not in self._stated and package in self._borrowed and package not in seen:
            seen.add(package)
            package = self._borrowed[package]
        return self._stated.get(package, ())


def _component(
    package: Described, cell: str, release: Mapping[str, str], copyrights: _Copyrights
) -> Component:
    source = package.source.partition(" ")[0]
    if package.kind == DEBIAN:
        stated = copyrights.of(package.name)
        licence = licences.of_debian(source, stated)
    else:
        stated = package.licences
        licence = licences.Licence(expression=licences.of(stated))
    return Component(
        kind=package.kind,
        name=package.name,
        version=package.version,
        url=url_of(package, release),
        layers=(cell,),
        paths=(package.path,),
        licence=licence,
        stated=stated,
        source=package.source,
    )


def url_of(package: Described, release: Mapping[str, str]) -> str:
    """Return the package URL of a package of an image whose os-release has these fields."""
    return urls.url(package.kind, package.name, package.version, **_of_release(package, release))


def _of_release(package: Described, release: Mapping[str, str]) -> dict[str, str]:
    """Return what the URL of a package says beside its name. Of Debian's it is release and source
    package, by which scanners look for weaknesses; of Julia's a UUID, as names are not unique.
    """
    if package.kind != DEBIAN:
        return {"uuid": package.uuid}
    source, _, source_version = package.source.partition(" ")
    is_same = source_version == package.version
    upstream = source if is_same else f"{source}@{source_version}"
    return {
        "namespace": release.get("ID", DEBIAN_ITSELF),
        "arch": package.architecture,
        "distro": _distribution(release),
        "upstream": "" if is_same and source == package.name else upstream,
    }


def _distribution(release: Mapping[str, str]) -> str:
    version = release.get("VERSION_ID", "")
    return f"{release.get('ID', DEBIAN_ITSELF)}-{version}" if version else ""


def _with(component: Component, package: Described, cell: str) -> Component:
    """Return a component that another file describes, too: of this layer, or of another one."""
    made = replace(
        component,
        layers=tuple(dict.fromkeys([*component.layers, cell])),
        paths=tuple(dict.fromkeys([*component.paths, package.path])),
    )
    if package.kind == DEBIAN or component.licence.expression or not package.licences:
        return made
    licence = licences.Licence(expression=licences.of(package.licences))
    return replace(made, licence=licence, stated=package.licences)


def _take(
    made: dict[Key, Component], artifact: Artifact, cell: str, release: Mapping[str, str]
) -> None:
    """Give a component the digest of the file in the lock that it was installed from. What a
    layer's script unpacks describes itself nowhere: it becomes a component of its own.
    """
    kind = BY_NAME[artifact.kind]
    if not kind.url:
        return
    is_python = kind.url == BY_NAME[PYTHON].url
    key = (PYTHON if is_python else artifact.kind, artifact.name, artifact.version)
    known = made.get(key)
    if known is None and is_python:
        # Metadata may write a name in another way.
        known = _of_same_name(made, artifact)
    if known is None and not kind.unpacked:
        return
    if known is None:
        known = _unpacked(artifact, key, cell, release)
    digests = tuple(sorted({*known.digests, artifact.digest}))
    layers = tuple(dict.fromkeys([*known.layers, cell])) if kind.unpacked else known.layers
    made[known.key] = replace(known, digests=digests, layers=layers)


def _of_same_name(made: Mapping[Key, Component], artifact: Artifact) -> Component | None:
    name = canonicalize_name(artifact.name)
    for (kind, other, version), component in made.items():
        if kind == PYTHON and version == artifact.version and canonicalize_name(other) == name:
            return component
    return None


def _unpacked(artifact: Artifact, key: Key, cell: str, release: Mapping[str, str]) -> Component:
    qualifiers: dict[str, str] = {}
    download = ""
    if artifact.kind == ARCHIVE:
        download = artifact.locator
        qualifiers = {"download_url": download, "checksum": artifact.digest}
    elif artifact.kind == SOURCE:
        qualifiers = {"namespace": release.get("ID", DEBIAN_ITSELF), "arch": SOURCE}
    return Component(
        kind=key[0],
        name=artifact.name,
        version=artifact.version,
        url=urls.url(artifact.kind, artifact.name, artifact.version, **qualifiers),
        layers=(cell,),
        download=download,
    )
