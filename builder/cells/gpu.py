"""What an image has of CUDA: whether its parts agree, which driver a node needs at least, and for
which graphics processors there is code.

The driver follows from CUDA's major version (NVIDIA, "Minor Version Compatibility"): every driver
that runs a major version runs all libraries of it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from builder.cells.linking import STUBS, Fault, Kind
from builder.cells.loadable import Loadable
from builder.cells.system import PACKAGES, Filesystem
from builder.debian.frameworks import CONCERNED, Distribution
from builder.debian.objects import Object

DRIVERS = {11: "450.80.02", 12: "525.60.13", 13: "580.65.06"}
"""CUDA's major version -> the oldest driver for Linux that runs it."""
LIBRARY = re.compile(
    r"lib(?:cudart|cublas|cublasLt|cudnn\w*|cufft\w*|curand|cusolver\w*|cusparse\w*|nccl|nvrtc"
    r"|nvrtc-builtins|nvJitLink|nvshmem_host|cupti|cufile)\.so\.\d[\d.]*"
)
"""Libraries of CUDA, by the names under which they are loaded."""
MARKERS = {
    "platform_system": "Linux",
    "sys_platform": "linux",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}
"""What requirements may depend on, whatever machine this program runs on."""
KERNELS = {"EM_X86_64/64": "x86_64", "EM_AARCH64/64": "aarch64"}
PYTHON = re.compile(r".*/python(?P<version>3\.\d+)/.*")
LABEL = "org.catalog.gpu."
"""What the names of the labels begin with that tell this to whoever schedules a container."""
NVIDIA = "nvidia"
"""The Python package in which NVIDIA's own libraries are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of CUDA that frameworks are built for."""

    name: str
    library: str
    """What the name of its library begins with; its major version follows."""
    package: re.Pattern[str]


RUNTIME = Part(
    name="CUDA",
    library="libcudart.so.",
    package=re.compile(r"nvidia-cuda-runtime(?:-cu\d+)?"),
)
CUDNN = Part(name="cuDNN", library="libcudnn.so.", package=re.compile(r"nvidia-cudnn(?:-cu\d+)?"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """What an image needs of a node with graphics processors."""

    cuda: str
    """Version of the CUDA runtime: `13.2`, or its major version alone."""
    driver: str
    """The oldest driver that runs it; empty where that is not known."""
    architectures: tuple[str, ...]
    """What every framework has code for: `sm_90`, and `compute_90` for what the driver compiles."""

    def labels(self) -> dict[str, str]:
        """Return it as labels of the image."""
        words = {
            "cuda": self.cuda,
            "driver": f">={self.driver}" if self.driver else "",
            "architectures": " ".join(self.architectures),
        }
        return {LABEL + name: word for name, word in words.items() if word}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a layer says of the graphics processors that it is for."""

    layer: str
    driver: str = ""
    architectures: tuple[str, ...] = ()


def gpu_of(system: Filesystem, loadables: Sequence[Loadable]) -> Gpu | None:
    """Return what an image needs of a node; None if it has no CUDA."""
    return _Cuda(system, loadables).gpu


def faults(
    system: Filesystem, loadables: Sequence[Loadable], stated: Sequence[Stated] = ()
) -> list[Fault]:
    """Return on what the parts of CUDA in an image, its frameworks and its layers' own words do not
    agree, sorted.
    """
    cuda = _Cuda(system, loadables)
    return sorted(
        {*cuda.twice(), *cuda.built_for_another(), *cuda.unmet(), *cuda.misstated(stated)}
    )


class _Cuda:
    def __init__(self, system: Filesystem, loadables: Sequence[Loadable]) -> None:
        self.system = system
        packages = chain.from_iterable(loadable.distributions for loadable in loadables)
        self.distributions = [one for one in packages if one.path in system.tree]
        statements = chain.from_iterable(loadable.built for loadable in loadables)
        self.built = [one for one in statements if one.path in system.tree]
        # A library to link against is never loaded, and one in the directory of another package,
        # such as Triton's own, by that package alone.
        libraries = [
            one
            for one in system.objects.values()
            if LIBRARY.fullmatch(one.soname) and STUBS not in f"/{one.path}"
        ]
        common = [one for one in libraries if not _is_private(one.path)]
        self.libraries = common or libraries

    @cached_property
    def gpu(self) -> Gpu | None:
        majors = self.majors(RUNTIME)
        if not majors:
            return None
        version = next(iter(self.versions(RUNTIME)))
        return Gpu(
            cuda=".".join(version.split(".")[:2]),
            driver=DRIVERS.get(max(majors), ""),
            architectures=tuple(sorted(self._architectures(), key=_order)),
        )

    def majors(self, part: Part) -> list[int]:
        """Return the major versions of a part, by the names of its libraries."""
        stem = part.library
        names = {one.soname for one in self.libraries if one.soname.startswith(stem)}
        return sorted(int(name.removeprefix(stem).partition(".")[0]) for name in names)

    def versions(self, part: Part) -> list[str]:
        """Return the versions of a part that are there, as exactly as is known."""
        named = [
            one.version
            for one in self.distributions
            if part.package.fullmatch(canonicalize_name(one.name))
        ]
        return named or [str(major) for major in self.majors(part)]

    def twice(self) -> Iterator[Fault]:
        """Yield the libraries of CUDA that are there more than once, or in two major versions."""
        by_name: dict[str, list[Object]] = {}
        for one in sorted(self.libraries, key=lambda one: one.path):
            by_name.setdefault(one.soname, []).append(one)
        for name, (first, *others) in by_name.items():
            for other in others:
                what = f"is a second {name}: CUDA's is also at /{first.path}"
                yield self._fault("twice", other.path, what)
        runtimes = [name for name in by_name if name.startswith(RUNTIME.library)]
        for name in runtimes[1:]:
            first = by_name[runtimes[0]][0]
            what = f"is of another CUDA than /{first.path}: an image has one major version"
            yield self._fault("cuda", by_name[name][0].path, what)

    def built_for_another(self) -> Iterator[Fault]:
        """Yield the frameworks that were built for another CUDA or cuDNN than is there."""
        for one in self.built:
            for part, wanted in ((RUNTIME, one.cuda), (CUDNN, one.cudnn)):
                there = self.versions(part)
                if not wanted or any(_serves(version, wanted) for version in there):
                    continue
                has = f"the image has {', '.join(there)}" if there else "the image has none"
                what = f"says that it was built for {part.name} {wanted}, and {has}"
                yield self._fault("cuda", one.path, what)

    def unmet(self) -> Iterator[Fault]:
        """Yield what packages require of NVIDIA's, and these do not meet."""
        packages = {canonicalize_name(one.name): one for one in self.distributions}
        extras: dict[str, frozenset[str]] = dict.fromkeys(packages, frozenset())
        todo = list(packages)
        while todo:
            name = todo.pop()
            for wanted in self._applying(packages[name], extras[name]):
                other = canonicalize_name(wanted.name)
                if other in extras and not wanted.extras <= extras[other]:
                    extras[other] |= wanted.extras
                    todo.append(other)
        for name, one in packages.items():
            for wanted in self._applying(one, extras[name]):
                beside = packages.get(canonicalize_name(wanted.name))
                if not CONCERNED.fullmatch(wanted.name) or _meets(beside, wanted):
                    continue
                has = f"has {beside.version}" if beside else "does not have it"
                what = f"requires {wanted}, and the image {has}"
                yield self._fault("cuda", one.path, what)

    def _applying(self, one: Distribution, extras: Collection[str]) -> Iterator[Requirement]:
        """Yield the requirements of a package with these extras, without those of other systems and
        Pythons.
        """
        place = PYTHON.fullmatch(one.path)
        python = place["version"] if place else ""
        machines = {known.machine for known in self.system.objects.values()}
        facts = {
            **MARKERS,
            **({"python_version": python, "python_full_version": f"{python}.0"} if python else {}),
            "platform_machine": KERNELS.get(min(machines, default=""), ""),
        }
        for line in one.requires:
            try:
                wanted = Requirement(line)
            except InvalidRequirement:
                continue
            marker, wanted.marker = wanted.marker, None
            asked = ("", *sorted(extras))
            if marker is None or any(marker.evaluate({**facts, "extra": extra}) for extra in asked):
                yield wanted

    def misstated(self, stated: Sequence[Stated]) -> Iterator[Fault]:
        """Yield where a layer's own words are not what is there."""
        for one in stated:
            for what in self._misstated(one):
                yield Fault(kind="cuda", path="layer.yaml", layer=one.layer, what=what)

    def _misstated(self, stated: Stated) -> Iterator[str]:
        has = self.gpu
        if has is None:
            yield "has `gpu`, and there is no CUDA in the image"
            return
        if stated.driver and has.driver and Version(stated.driver) < Version(has.driver):
            yield f"says `driver: {stated.driver}`, and CUDA {has.cuda} needs {has.driver}"
        own = self._code_of(stated.layer)
        lacking = [name for name in stated.architectures if name not in own]
        if lacking and own:
            there = " ".join(sorted(own, key=_order))
            yield f"says `architectures` {' '.join(lacking)}, and it has code for {there} alone"

    def _code_of(self, layer: str) -> set[str]:
        code: set[str] = set()
        for one in self.system.objects.values():
            if self.system.layers.get(one.path) == layer:
                code.update(one.gpu)
        return code

    def _architectures(self) -> set[str]:
        """Return what all frameworks have code for; without one, what CUDA's libraries have."""
        by_package: dict[str, set[str]] = {}
        for one in self.system.objects.values():
            if one.gpu:
                by_package.setdefault(_package(one.path), set()).update(one.gpu)
        nvidia = by_package.pop(NVIDIA, set())
        return set.intersection(*by_package.values()) if by_package else nvidia

    def _fault(self, kind: Kind, path: str, what: str) -> Fault:
        return Fault(kind=kind, path=path, layer=self.system.layers.get(path, ""), what=what)


def _serves(there: str, wanted: str) -> bool:
    """Tell whether a version runs what was built for another: the same major version, and no older
    as far as both say.
    """
    try:
        have, need = Version(there).release, Version(wanted).release
    except InvalidVersion:
        return False
    # The name of a library has its major version alone.
    digits = min(len(have), len(need), 2)
    return have[0] == need[0] and have[:digits] >= need[:digits]


def _meets(one: Distribution | None, wanted: Requirement) -> bool:
    return one is not None and wanted.specifier.contains(one.version, prereleases=True)


def _package(path: str) -> str:
    """Return the Python package that an object belongs to, else its directory."""
    if f"/{NVIDIA}/" in f"/{path}":
        return NVIDIA
    place = PACKAGES.fullmatch(path)
    return place["package"].removesuffix(".libs") if place else posixpath.dirname(path)


def _is_private(path: str) -> bool:
    place = PACKAGES.fullmatch(path)
    return place is not None and place["package"] != NVIDIA


def _order(name: str) -> tuple[bool, int]:
    kind, _, number = name.partition("_")
    return kind != "sm", int(number)
