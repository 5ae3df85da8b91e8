"""A Debian archive and a Python index in a few lines, made as the real ones are: packages, indexes,
hashes, a signature."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.integration.openpgp import ARCHIVE, Key
from tests.integration.site import Site

DATE = "Sat, 03 Jan 2026 12:00:00 UTC"


@dataclass(frozen=True, kw_only=True)
class Deb:
    """A Debian package, as a rule without content."""

    name: str
    version: str
    fields: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def control(self) -> str:
        given = dict(self.fields)
        head = {
            "Package": self.name,
            "Version": self.version,
            "Architecture": given.pop("Architecture", "amd64"),
            "Maintainer": "A <a@example.invalid>",
        }
        return "".join(
            f"{name}: {value}\n"
            for name, value in {**head, **given, "Description": f"{self.name}\n of a test"}.items()
        )

    @property
    def path(self) -> str:
        return f"pool/main/{self.name[0]}/{self.name}/{self.name}_{self.version.rpartition(':')[2]}_amd64.deb"

    @property
    def data(self) -> bytes:
        members = {
            "debian-binary": b"2.0\n",
            "control.tar.gz": tgz({"./control": self.control.encode()}),
            "data.tar.gz": tgz(dict(self.files)),
        }
        out = b"!<arch>\n"
        for name, data in members.items():
            out += (
                f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
                + data
                + b"\n" * (len(data) % 2)
            )
        return out


def deb(name: str, version: str = "1", **fields: str) -> Deb:
    """Return a package; `pre_depends="a"` gives `Pre-Depends: a`."""
    return Deb(
        name=name,
        version=version,
        fields=tuple(
            ("-".join(part.capitalize() for part in key.split("_")), value)
            for key, value in fields.items()
        ),
    )


@dataclass
class Archive:
    """A Debian archive on a site; `publish` is what its maintainers do."""

    site: Site
    key: Key = ARCHIVE
    date: str = DATE
    files: set[str] = field(default_factory=set)

    def publish(
        self, packages: Iterable[Deb], *, security: Iterable[Deb] = (), keep: bool = True
    ) -> None:
        """Publish packages, and updates of them for security. Without `keep`, the files of former
        packages go."""
        if not keep:
            for path in self.files:
                del self.site.files[path]
            self.files.clear()
        held: dict[tuple[str, str], list[Deb]] = {("debian", "trixie-updates"): []}
        held["debian", "trixie"], held["debian-security", "trixie-security"] = (
            list(packages),
            list(security),
        )
        for (archive, suite), mine in held.items():
            self._suite(f"/{archive}", suite, mine)

    def _suite(self, base: str, suite: str, packages: list[Deb]) -> None:
        index = ""
        for package in packages:
            data = package.data
            self.site.files[f"{base}/{package.path}"] = data
            self.files.add(f"{base}/{package.path}")
            index += (
                f"{package.control}Filename: {package.path}\nSize: {len(data)}\nSHA256:"
                f" {hashlib.sha256(data).hexdigest()}\n\n"
            )
        self._sign(base, suite, "main/binary-amd64/Packages", index.encode())

    def publish_repository(self, base: str, suite: str, packages: Iterable[Deb]) -> None:
        """Publish packages in a repository below `base`."""
        self._suite(base, suite, list(packages))

    def publish_source(
        self, package: str, version: str, files: Mapping[str, bytes], release: str = "sid"
    ) -> None:
        """Publish a source package as the only one of a release."""
        directory = f"pool/main/{package[0]}/{package}"
        sums = ""
        for name, data in files.items():
            self.site.files[f"/debian/{directory}/{name}"] = data
            sums += f"\n {hashlib.sha256(data).hexdigest()} {len(data)} {name}"
        stanza = (
            f"Package: {package}\nVersion: {version}\nDirectory: {directory}\n"
            f"Checksums-Sha256: {sums}\n\n"
        )
        self.publish_index(release, stanza)

    def publish_index(self, release: str, text: str) -> None:
        """Publish an index of source packages as it is."""
        self._sign("/debian", release, "main/source/Sources", text.encode())

    def _sign(self, base: str, suite: str, name: str, body: bytes) -> None:
        """Publish the only index of a suite."""
        release = (
            f"Origin: Debian\nSuite: {suite.replace('trixie', 'stable')}\nCodename: {suite}\nDate:"
            f" {self.date}\nArchitectures: amd64\nComponents: main\nSHA256:\n"
            f" {hashlib.sha256(body).hexdigest()} {len(body)} {name}\n"
        )
        self.site.files[f"{base}/dists/{suite}/{name}"] = body
        self.site.files[f"{base}/dists/{suite}/InRelease"] = self.key.clearsign(release).encode()


def publish_wheel(
    site: Site,
    name: str,
    version: str,
    requires: Iterable[str] = (),
    tag: str = "py3-none-any",
    *,
    index: str = "",
) -> str:
    """Put a wheel into the index under /simple/, or into another, and return its file name."""
    file = f"{name.replace('-', '_')}-{version}-{tag}.whl"
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(
        f"Requires-Dist: {item}\n" for item in requires
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in (
            (f"{info}/METADATA", metadata),
            (f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"),
            (f"{info}/RECORD", ""),
        ):
            archive.writestr(zipfile.ZipInfo(path), text)
    put_wheel(site, name, file, buffer.getvalue(), index)
    return file


def publish_sdist(site: Site, name: str, version: str, files: dict[str, bytes]) -> str:
    """Put a source distribution into the index under /simple/, and return its file name."""
    file = f"{name}-{version}.tar.gz"
    put_wheel(
        site, name, file, tgz({f"{name}-{version}/{path}": data for path, data in files.items()})
    )
    return file


def put_wheel(site: Site, name: str, file: str, data: bytes, index: str = "") -> None:
    """Put a wheel as it is into the index."""
    site.files[f"{index}/files/{file}"] = data
    _index(site, name, index)


def withdraw_wheel(site: Site, name: str, file: str) -> None:
    """Take a wheel out of the index."""
    del site.files[f"/files/{file}"]
    _index(site, name, "")


def _index(site: Site, name: str, index: str) -> None:
    prefix = f"{index}/files/{name.replace('-', '_')}-"
    links = "".join(
        f'<a href="{quote(path)}#sha256={hashlib.sha256(data).hexdigest()}">'
        f"{path.rpartition('/')[2]}</a>\n"
        for path, data in site.files.items()
        if path.startswith(prefix)
    )
    page = f"<!DOCTYPE html><html><body>\n{links}</body></html>".encode()
    site.files[f"{index or '/simple'}/{name}/"] = page


def publish_npm(
    site: Site, name: str, version: str, files: dict[str, str] | None = None, **manifest: object
) -> None:
    """Put a version of a package into the npm registry under /npm/."""
    whole = {"name": name, "version": version, **manifest}
    texts = {"package.json": json.dumps(whole), **(files or {})}
    data = tgz({f"package/{path}": text.encode() for path, text in texts.items()})
    path = f"/npm/{name}/-/{name}-{version}.tgz"
    site.files[path] = data
    known = json.loads(site.files.get(f"/npm/{name}", b'{"versions": {}}'))
    integrity = f"sha512-{base64.b64encode(hashlib.sha512(data).digest()).decode()}"
    versions = known["versions"] | {
        version: whole | {"dist": {"tarball": site.url + path, "integrity": integrity}}
    }
    site.files[f"/npm/{name}"] = json.dumps(
        {"name": name, "dist-tags": {"latest": version}, "versions": versions}
    ).encode()


def publish_maven(site: Site, coordinates: str, *needs: str, **more: bytes) -> str:
    """Put a project into the Maven repository under /maven/, with what it needs to run; return the
    path of its archive. `more` are files beside it by their ends: `sha256`, `sha1`."""
    group, artifact, version = coordinates.split(":")
    folder = f"/maven/{group.replace('.', '/')}/{artifact}"
    dependencies = ""
    for need in needs:
        words = zip(("groupId", "artifactId", "version"), need.split(":"), strict=True)
        inside = "".join(f"<{name}>{word}</{name}>" for name, word in words)
        dependencies += f"<dependency>{inside}</dependency>"
    site.files[f"{folder}/{version}/{artifact}-{version}.pom"] = (
        f"<project><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
        f"<version>{version}</version><dependencies>{dependencies}</dependencies></project>"
    ).encode()
    path = f"{folder}/{version}/{artifact}-{version}.jar"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        place = f"META-INF/maven/{group}/{artifact}/pom.properties"
        archive.writestr(zipfile.ZipInfo(place), f"version={version}\n")
    data = buffer.getvalue()
    site.files[path] = data
    site.files[f"{path}.sha1"] = hashlib.sha1(data, usedforsecurity=False).hexdigest().encode()
    site.files |= {f"{path}.{end}": text for end, text in more.items()}
    versions = {
        name.split("/")[-2]
        for name in site.files
        if name.startswith(f"{folder}/") and name.endswith(".pom")
    }
    listed = "".join(f"<version>{name}</version>" for name in sorted(versions))
    site.files[f"{folder}/maven-metadata.xml"] = (
        f"<metadata><versioning><versions>{listed}</versions></versioning></metadata>".encode()
    )
    return path


def publish_go(site: Site, module: str, version: str, files: dict[str, str]) -> None:
    """Put a version of a module into the proxy under /go/; `files` holds its go.mod."""
    folder = f"/go/{module}/@v"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(f"{module}@{version}/{path}"), text)
    site.files[f"{folder}/{version}.zip"] = buffer.getvalue()
    site.files[f"{folder}/{version}.mod"] = files.get("go.mod", f"module {module}\n").encode()
    site.files[f"{folder}/{version}.info"] = json.dumps({"Version": version}).encode()
    site.files[f"{folder}/list"] = site.files.get(f"{folder}/list", b"") + f"{version}\n".encode()


def tgz(files: dict[str, bytes]) -> bytes:
    """Return files as a compressed tar archive, the same bytes each time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)
