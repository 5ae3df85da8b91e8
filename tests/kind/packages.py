"""A Python wheel and an R package of a few lines, on mirrors as pip, uv and R read them."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

NAME = "greeting"
"""The package, in both languages: its function `greet` returns GREETING."""
GREETING = "hello from the mirror"


def publish(root: Path) -> None:
    """Write both mirrors: /simple for Python, /cran for R."""
    _wheel(root / "simple" / NAME)
    _r_package(root / "cran" / "src" / "contrib")


def _wheel(folder: Path) -> None:
    info = f"{NAME}-1.0.dist-info"
    files = {
        f"{NAME}.py": f"def greet():\n    return {GREETING!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n",
        f"{info}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    record = (
        "".join(f"{path},sha256={_hash(text)},{len(text)}\n" for path, text in files.items())
        + f"{info}/RECORD,,\n"
    )
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"{NAME}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


def _r_package(folder: Path) -> None:
    description = (
        f"Package: {NAME}\nVersion: 1.0\nTitle: Greeting\nDescription: Greets.\nLicense:"
        " MIT\nAuthor: A\nMaintainer: A <a@example.invalid>\n"
    )
    files = {
        "DESCRIPTION": f"{description}Author: A\nMaintainer: A <a@example.invalid>\n",
        "NAMESPACE": "export(greet)\n",
        "R/greet.R": f'greet <- function() "{GREETING}"\n',
    }
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / f"{NAME}_1.0.tar.gz", "w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{NAME}/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    (folder / "PACKAGES").write_text(f"Package: {NAME}\nVersion: 1.0\nNeedsCompilation: no\n")


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
