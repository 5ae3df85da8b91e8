"""Programs that look for vulnerabilities in a bill of materials: grype, Trivy, osv-scanner."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.errors import ToolError
from builder.tools import process

BILL = "{bill}"
"""Stands for the file of the bill in arguments."""
ARGUMENTS: Mapping[str, Sequence[str]] = {
    "grype": ("--quiet", "--output", "json", f"sbom:{BILL}"),
    "trivy": ("sbom", "--quiet", "--format", "json", BILL),
    "osv-scanner": ("scan", "source", "--format", "json", "--lockfile", BILL),
}
FOUND: Mapping[str, Sequence[int]] = {"osv-scanner": (1,)}
"""Exit codes that say that something was found."""
NOTHING: Mapping[str, Sequence[int]] = {"osv-scanner": (128,)}
"""Exit codes that say that a bill holds no package that the program knows."""
EMPTY: Mapping[str, bytes] = {"osv-scanner": b'{"results": []}'}


def scan(program: str, bill: bytes, ends: str) -> bytes:
    """Return what a program writes of a bill, as JSON. `ends` is the end of the bill's file name,
    by which programs tell its format. They run where no configuration of a catalog is.

    Raises:
        ToolError: the program is missing, or failed: it may have no database.

    """
    with TemporaryDirectory(prefix="catalog-") as directory:
        file = Path(directory) / f"bill{ends}"
        file.write_bytes(bill)
        argv = [program, *(word.replace(BILL, str(file)) for word in ARGUMENTS[program])]
        try:
            done = process.run(argv, cwd=Path(directory), check=False)
        except ToolError as error:
            hint = f"install {program}, or give a database of OSV: --osv DIRECTORY"
            raise ToolError(error.argv[:1], error.code, error.tail, hint=hint) from None
    if done.returncode in NOTHING.get(program, ()):
        return EMPTY[program]
    if done.returncode and done.returncode not in FOUND.get(program, ()):
        tail = done.stderr.decode(errors="replace").splitlines()[-process.TAIL :]
        hint = f"run `{program}` by itself: its database has to be there"
        raise ToolError(argv[:1], done.returncode, "\n".join(tail), hint=hint)
    return done.stdout


def installed() -> list[str]:
    """Return the programs that are installed here."""
    return [program for program in ARGUMENTS if shutil.which(program)]
