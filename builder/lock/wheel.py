"""Which wheel of a distribution fits a Python on a platform: the pure part of resolving Python
packages.
"""

from __future__ import annotations

from collections.abc import Iterable

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from builder.lock.model import Artifact

# The oldest C library of any supported release: that of Debian 12.
GLIBC = 36
MACHINES = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "ppc64el": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}
# The names of manylinux profiles before they became glibc versions.
LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


def machine(arch: str) -> str:
    """Return the kernel's name of a Debian architecture."""
    return MACHINES.get(arch, arch)


def platform(arch: str) -> str:
    """Return the platform as resolvers name it, for example x86_64-manylinux_2_36."""
    return f"{machine(arch)}-manylinux_2_{GLIBC}"


def supported(python: str, arch: str) -> list[Tag]:
    """Return the tags of wheels that fit Python `python` ("3.13") on `arch`, best first."""
    name = machine(arch)
    platforms = []
    for minor in range(GLIBC, 4, -1):
        platforms.append(f"manylinux_2_{minor}_{name}")
        if minor in LEGACY:
            platforms.append(f"{LEGACY[minor]}_{name}")
    platforms.append(f"linux_{name}")
    major, minor = (int(part) for part in python.split("."))
    interpreter = f"cp{major}{minor}"
    return [
        *cpython_tags((major, minor), [interpreter], platforms),
        *compatible_tags((major, minor), interpreter, platforms),
    ]


def best(names: Iterable[str], tags: list[Tag]) -> str | None:
    """Return the file name of the wheel with the best tag, the highest build number among equals;
    None when none fits.
    """
    rank = {tag: index for index, tag in enumerate(tags)}
    fitting = []
    for name in names:
        _, _, build, own = parse_wheel_filename(name)
        ranks = [rank[tag] for tag in own if tag in rank]
        if ranks:
            fitting.append((min(ranks), -build[0] if build else 0, name))
    return min(fitting)[2] if fitting else None


def is_of_any_python(name: str) -> bool:
    """Tell whether a wheel is for every Python 3."""
    _, _, _, tags = parse_wheel_filename(name)
    return any(tag.interpreter == "py3" and tag.abi == "none" for tag in tags)


def requirements(artifacts: Iterable[Artifact]) -> str:
    """Return the requirements file that installs exactly these wheels."""
    lines = [
        f"{item.name}=={item.version} --hash={item.digest}\n"
        for item in artifacts
        if item.kind == "python"
    ]
    return "".join(sorted(lines))
