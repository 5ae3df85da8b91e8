"""A package server of Julia in a few lines: a registry, packages and artifacts as trees of files."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from builder.lock.gittree import FILE, PROGRAM, Leaf, blob, tree
from builder.lock.model import Artifact
from tests.integration.registries import tgz
from tests.integration.site import Site

REGISTRY = "23338594-aafe-5451-b93e-139f81909106"
OF_JULIA = {
    "Pkg": "44cfe95a-1eb2-52ea-b672-e2afdf69b78f",
    "Sockets": "6462fe0b-24de-5631-8697-dd941f90decc",
    "SHA": "ea8e919c-243c-51af-8825-aaa63cd721ce",
    "REPL": "3fa0cd96-eef1-5676-8a61-b3b8758bbffb",
}
"""Packages that are a part of Julia, with their real UUIDs."""
Tables = dict[str, dict[str, str | list[str]]]


def uuid_of(name: str) -> str:
    """Return the UUID that a package of a test has by its name."""
    return OF_JULIA.get(name) or str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


STDLIB = {"Printf": "", "Sockets": "", "SHA": "", "OpenSSL_jll": "3.5.1"}
"""What is a part of the Julia of tests: name -> version, perhaps none."""


def julia_itself(version: str = "1.12.7") -> bytes:
    """Return upstream's archive of Julia, with nothing but what is read of it."""
    series = ".".join(version.split(".")[:2])
    top = f"julia-{version}/share/julia/stdlib/v{series}"
    files = {}
    for name, own in STDLIB.items():
        text = f'name = "{name}"\nuuid = "{uuid_of(name)}"\n'
        files[f"{top}/{name}/Project.toml"] = text + (f'version = "{own}"\n' if own else "")
    return tgz({path: text.encode() for path, text in files.items()})


def of_julia(site: Site, version: str = "1.12.7") -> Artifact:
    """Publish upstream's archive of Julia, and return it as a lock has it."""
    data = julia_itself(version)
    path = f"/upstream/julia-{version}-linux-x86_64.tar.gz"
    site.files[path] = data
    return Artifact(
        id=f"archive:julia={version}",
        kind="archive",
        name="julia",
        version=version,
        origin="archive",
        locator=f"{site.url}{path}",
        digest=f"sha256:{hashlib.sha256(data).hexdigest()}",
        size=len(data),
    )


def tree_of(files: Mapping[str, bytes], programs: tuple[str, ...] = ()) -> str:
    """Return git's hash of files."""
    return tree(
        {
            path: Leaf(PROGRAM if path in programs else FILE, blob([data], len(data)))
            for path, data in files.items()
        }
    )


def packed(files: Mapping[str, bytes], programs: tuple[str, ...] = ()) -> bytes:
    """Return files as a tar archive that is not compressed, as some servers send it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, data in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(data), 0o755 if path in programs else 0o644
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


@dataclass
class PkgServer:
    """A package server below /julia of a site, with one registry."""

    site: Site
    packages: dict[str, dict[str, Tables]] = field(default_factory=dict)
    """Name -> file of the registry -> its tables."""

    @property
    def url(self) -> str:
        return f"{self.site.url}/julia"

    def publish(
        self,
        name: str,
        version: str,
        needs: Mapping[str, str | list[str]] | None = None,
        files: Mapping[str, str] | None = None,
        *,
        julia: str = "1",
        weak: Mapping[str, str] | None = None,
        artifacts: str = "",
        yanked: bool = False,
    ) -> str:
        """Publish a release, and return its path; what it needs with the range of a registry."""
        needed = dict(needs or {})
        described = f'name = "{name}"\nuuid = "{uuid_of(name)}"\nversion = "{version}"\n[deps]\n'
        described += "".join(f'{one} = "{uuid_of(one)}"\n' for one in needed)
        own = files or {f"src/{name}.jl": f"module {name}\nend\n"}
        every = {"Project.toml": described, **own}
        if artifacts:
            every["Artifacts.toml"] = artifacts
        data = {path: text.encode() for path, text in every.items()}
        tables = self.packages.setdefault(name, {})
        told: dict[str, str | list[str]] = {"git-tree-sha1": tree_of(data)}
        if yanked:
            told["yanked"] = "true"
        tables.setdefault("Versions.toml", {})[version] = told
        uuids: dict[str, str | list[str]] = {one: uuid_of(one) for one in needed}
        tables.setdefault("Deps.toml", {})[version] = uuids
        tables.setdefault("Compat.toml", {})[version] = {**needed, "julia": julia}
        if weak:
            tables.setdefault("WeakDeps.toml", {})[version] = {one: uuid_of(one) for one in weak}
            tables.setdefault("WeakCompat.toml", {})[version] = dict(weak)
        path = f"/julia/package/{uuid_of(name)}/{tree_of(data)}"
        self.site.files[path] = tgz(data)
        self.write()
        return path

    def bring(self, files: Mapping[str, bytes], programs: tuple[str, ...] = ()) -> str:
        """Publish an artifact, and return its tree's hash."""
        found = tree_of(files, programs)
        self.site.files[f"/julia/artifact/{found}"] = packed(files, programs)
        return found

    def write(self, **damaged: str) -> None:
        """Publish the registry; with files that are `damaged`: their text by name."""
        listed = "".join(
            f'{uuid_of(name)} = {{ name = "{name}", path = "{name[0]}/{name}" }}\n'
            for name in self.packages
        )
        head = f'name = "General"\nuuid = "{REGISTRY}"\n[packages]\n{listed}'
        files = {"Registry.toml": head.encode()}
        for name, tables in self.packages.items():
            for file, sections in tables.items():
                text = "".join(_section(key, table) for key, table in sections.items())
                files[f"{name[0]}/{name}/{file}"] = text.encode()
        files |= {path: text.encode() for path, text in damaged.items()}
        found = tree_of(files)
        self.site.files["/julia/registries"] = f"/registry/{REGISTRY}/{found}\n".encode()
        self.site.files[f"/julia/registry/{REGISTRY}/{found}"] = tgz(files)


def _section(key: str, table: Mapping[str, str | list[str]]) -> str:
    lines = [f"{name} = {_value(value)}" for name, value in table.items()]
    return f'["{key}"]\n' + "\n".join(lines) + "\n\n"


def _value(value: str | list[str]) -> str:
    return value if value == "true" else json.dumps(value)
