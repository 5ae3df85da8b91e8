"""mmdebstrap: a Debian root from packages that are already here."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from builder.tools import process

# What the bootstrap itself leaves behind, and the machine it ran on.
LEFT = (
    "apt/sources.list",
    "apt/apt.conf.d/99mmdebstrap",
    "dpkg/dpkg.cfg.d/99mmdebstrap",
    "hostname",
    "resolv.conf",
)
CLEAN = "rm -f " + " ".join(f'"$1/etc/{path}"' for path in LEFT)
# As Ubuntu's images name it.
EXCLUDES = "/etc/dpkg/dpkg.cfg.d/excludes"


def bootstrap(
    suite: str,
    packages: Sequence[str],
    repository: Path,
    output: Path,
    *,
    epoch: int,
    log: Path,
    paths: Sequence[str],
) -> None:
    """Write the root as a tar file to `output`, from a flat apt repository that holds exactly what
    may be installed.

    `paths` are dpkg's `path-exclude=…` and `path-include=…`. They stay in the root, for what is
    installed there later.

    Raises:
        ToolError: mmdebstrap is missing, or a package could not be installed; `log` has all its
        output.

    """
    process.run(
        [
            "mmdebstrap",
            "--mode=root",
            "--variant=apt",
            "--format=tar",
            "--skip=output/dev",
            "--aptopt=APT::Sandbox::User root",
            "--dpkgopt=force-confold",
            "--dpkgopt=force-unsafe-io",
            *(f"--dpkgopt={path}" for path in paths),
            f"--customize-hook={CLEAN}",
            *([f"--customize-hook={_keep(paths)}"] if paths else []),
            f"--include={','.join(packages)}",
            suite,
            output,
            f"deb [trusted=yes] copy:{repository} ./",
        ],
        env={"SOURCE_DATE_EPOCH": str(epoch), "LC_ALL": "C.UTF-8"},
        log=log,
    )


def _keep(paths: Sequence[str]) -> str:
    return f"printf '%s\\n' {shlex.join(paths)} >\"$1{EXCLUDES}\""
