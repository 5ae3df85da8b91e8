"""Images of which only what is loaded is known, for the tests of the loader's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from builder.cells import gpu, linking
from builder.cells.gpu import Gpu, Stated
from builder.cells.linking import Fault
from builder.cells.loadable import Loadable
from builder.cells.system import Filesystem, filesystem
from builder.cells.tree import merged
from builder.debian.frameworks import Built, Distribution
from builder.debian.model import Facts, SharedLibrary
from builder.debian.objects import Object
from builder.oci.model import Entry, ImageConfig
from tests.unit.oci.made import directory_entry, facts, file_entry, symlink_entry

LIB = "usr/lib/x86_64-linux-gnu"
SITE = "opt/python/lib/python3.13/site-packages"
CONF = "etc/ld.so.conf"
LIBC: dict[str, Mapping[str, Any]] = {
    f"{LIB}/libc.so.6": {
        "soname": "libc.so.6",
        "provides": ("GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.36"),
    }
}


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What a layer has: objects by path, the rest as it is."""

    name: str = "top"
    objects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    packages: Sequence[tuple[str, str, tuple[str, ...]]] = ()
    """Python packages: name, version, requirements."""
    built: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Framework -> the CUDA and cuDNN that it was built for."""
    owners: Mapping[str, str] = field(default_factory=dict)
    site: str = SITE

    def facts(self) -> Facts:
        entries: dict[str, Entry] = {CONF: file_entry(f"/{LIB}\n")}
        entries |= {path: file_entry(path) for path in self.objects}
        entries |= {path: symlink_entry(target) for path, target in self.links.items()}
        loadable = self.loadable()
        entries |= {one.path: file_entry(one.name) for one in loadable.distributions}
        entries |= {one.path: file_entry(one.cuda) for one in loadable.built}
        for path in list(entries):
            for parent in PurePosixPath(path).parents:
                if str(parent) != ".":
                    entries[str(parent)] = directory_entry()
        libraries = [
            SharedLibrary(one.path, one.soname, 0x0303, 0, one.needed)
            for one in loadable.objects
            if PurePosixPath(one.path).name.startswith("lib")
        ]
        made = facts(f"{self.name}@trixie", entries)
        texts = {CONF: f"/{LIB}\n"}
        return replace(made, libraries=tuple(libraries), texts=texts, owners=self.owners)

    def loadable(self) -> Loadable:
        objects = [
            Object(**{"machine": "EM_X86_64/64", **known, "path": path})
            for path, known in self.objects.items()
        ]
        distributions = [
            Distribution(
                path=f"{self.site}/{name.replace('-', '_')}-{version}.dist-info/METADATA",
                name=name,
                version=version,
                requires=requires,
            )
            for name, version, requires in self.packages
        ]
        built = [
            Built(path=f"{self.site}/{name}/version.py", cuda=cuda, cudnn=cudnn)
            for name, (cuda, cudnn) in self.built.items()
        ]
        return Loadable(
            objects=tuple(objects), distributions=tuple(distributions), built=tuple(built)
        )


BOTTOM = Layer(name="bottom", objects=LIBC)


def system(*layers: Layer, environment: Mapping[str, str] | None = None) -> Filesystem:
    every = [BOTTOM, *layers]
    known = [layer.facts() for layer in every]
    config = ImageConfig(env=environment or {})
    loadables = [layer.loadable() for layer in every]
    return filesystem(known, loadables, merged(known), config)


def faults(
    *layers: Layer,
    unloaded: Mapping[str, Sequence[str]] | None = None,
    stated: Sequence[Stated] = (),
    environment: Mapping[str, str] | None = None,
) -> list[Fault]:
    """Return all that is wrong with an image of these layers on a C library."""
    made = system(*layers, environment=environment)
    loadables = [layer.loadable() for layer in layers]
    return [*linking.faults(made, unloaded or {}), *gpu.faults(made, loadables, stated)]


def told(*layers: Layer, **given: Any) -> list[str]:
    return [f"{fault.kind}: {fault}" for fault in faults(*layers, **given)]


def needs(*layers: Layer) -> Gpu | None:
    return gpu.gpu_of(system(*layers), [layer.loadable() for layer in layers])
