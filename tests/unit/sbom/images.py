"""An image with packages of every kind, made without an engine."""

from __future__ import annotations

from pathlib import Path

from builder.execute.hold import looked_up
from builder.oci.model import Descriptor
from tests.unit.execute.stock import Stock, make
from tests.unit.kinds.programs import of_go, of_rust
from tests.unit.kinds.test_statements import POM, jar, project
from tests.unit.oci.made import Content, file, symlink

IMAGE = "both:trixie"
SITE = "opt/python/lib/python3.13/site-packages"
FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.41-12
Depends: libgcc-s1 (>= 14)

Package: libgcc-s1
Status: install ok installed
Architecture: amd64
Source: gcc-14 (14.2.0-19)
Version: 14.2.0-19+b1
Depends: gcc-14-base (= 14.2.0-19), libc6 | libc6.1

Package: gcc-14-base
Status: install ok installed
Architecture: amd64
Source: gcc-14
Version: 14.2.0-19
Provides: compiler-base (= 14)

"""
MANIFEST = {"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n"}
METADATA = "Metadata-Version: 2.4\nName: {}\nVersion: {}\n{}\n"
CONTENT: dict[str, Content] = {
    "bottom": {
        "usr/lib/os-release": 'PRETTY_NAME="Debian GNU/Linux 13"\nID=debian\nVERSION_ID="13"\n',
        "var/lib/dpkg/status": STATUS,
        "usr/share/doc/libc6/copyright": (
            f"{FORMAT}\nFiles: *\nCopyright: x\nLicense: LGPL-2.1+\n\n"
            "Files: y\nCopyright: y\nLicense: Inner-Net\n"
        ),
        "usr/share/doc/gcc-14-base/copyright": "This is the copyright file of GCC.\n",
        "usr/share/doc/libgcc-s1": symlink("gcc-14-base"),
    },
    "left": {
        f"{SITE}/a_b-1.0.dist-info/METADATA": METADATA.format(
            "a_b", "1.0", "License-Expression: MIT\nRequires-Dist: c\n"
        ),
        f"{SITE}/c-2.dist-info/METADATA": METADATA.format("c", "2", "License: BSD\n"),
        "usr/lib/R/site-library/r1/DESCRIPTION": (
            "Package: r1\nVersion: 1-2\nLicense: GPL (>= 2)\nImports: r2\n"
        ),
        "usr/lib/R/site-library/r2/DESCRIPTION": "Package: r2\nVersion: 3\nLicense: x\n",
        "usr/bin/gopher": file(
            of_go("mod\tx.org/a/b\tv1.0.0\th1:x\ndep\tx.org/c\tv0.1.0\t\n"), 0o755
        ),
        "usr/bin/crab": file(
            of_rust(
                [
                    {"name": "crab", "version": "0.1.0", "root": True, "dependencies": [1]},
                    {"name": "serde", "version": "1.0.0"},
                ]
            ),
            0o755,
        ),
    },
    "right": {
        "opt/n/node_modules/top/package.json": (
            '{"name": "top", "version": "1.0.0", "license": "ISC", "dependencies": {"@s/in": "1"}}'
        ),
        "opt/n/node_modules/top/node_modules/@s/in/package.json": (
            '{"name": "@s/in", "version": "1.2.3", "license": "MIT"}'
        ),
        "opt/n/node_modules/@s/in/package.json": (
            '{"name": "@s/in", "version": "9.0.0", "license": "MIT"}'
        ),
        "opt/jars/a-1.jar": file(
            jar(
                {
                    **MANIFEST,
                    **project("g:a", "1"),
                    "META-INF/maven/g/a/pom.xml": POM,
                    **project("h:i", "2"),
                }
            )
        ),
        "opt/jars/b-7.jar": file(jar({**MANIFEST, **project("g:b", "7")})),
        "opt/jars/plain-3.jar": file(jar(MANIFEST)),
        # The other layer has the same.
        f"{SITE}/c-2.dist-info/METADATA": METADATA.format("c", "2", "License: BSD\n"),
    },
}


def made(root: Path) -> Stock:
    stock = make(root)
    stock.build(CONTENT)
    return stock


def image(stock: Stock) -> Descriptor:
    manifests, why = looked_up(stock.project(IMAGE))
    assert not why
    return manifests[IMAGE]
