"""mmdebstrap: a Debian root from packages that are already on this machine."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from builder.tools import process

# Files that the bootstrap leaves behind, some of them with traces of the machine it ran on.
LEFT = (
    "apt/sources.list",
    "apt/apt.conf.d/99mmdebstrap",
    "dpkg/dpkg.cfg.d/99mmdebstrap",
    "hostname",
    "resolv.conf",
)
# Where the root has the programs that assign ids to system accounts, and the DPkg::Path for them.
ACCOUNTS = "/artifacts/accounts"
PATH = f"{ACCOUNTS}/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CLEAN = "rm -f " + " ".join(f'"$1/etc/{path}"' for path in LEFT)
# Named as in Ubuntu's images.
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
    accounts: Path | None = None,
) -> None:
    """Write the root as a tar file to `output`, from a flat apt repository that holds exactly the
    packages that may be installed.

    `paths` are dpkg's `path-exclude=…` and `path-include=…`. They stay in the root, and apply to
    later installations. `accounts` is a directory of programs and files that assign ids to system
    accounts (see `builder.render.accounts`).

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
            *(_with_accounts(accounts) if accounts else ()),
            f"--include={','.join(packages)}",
            suite,
            output,
            f"deb [trusted=yes] copy:{repository} ./",
        ],
        env={"SOURCE_DATE_EPOCH": str(epoch), "LC_ALL": "C.UTF-8", **_path(accounts)},
        log=log,
    )


def _with_accounts(accounts: Path) -> Sequence[str]:
    """Return the options that copy the directory into the root, and remove it at the end."""
    bring = (
        f'mkdir -p "$1/artifacts" "$1/run" && cp -r {shlex.quote(str(accounts))} "$1{ACCOUNTS}"'
        f' && cp -r "$1{ACCOUNTS}/sysusers.d" "$1/run/"'
    )
    return (
        f"--setup-hook={bring}",
        '--customize-hook=rm -r "$1/artifacts" "$1/run/sysusers.d"',
        f'--aptopt=DPkg::Path "{PATH}"',
    )


def _path(accounts: Path | None) -> Mapping[str, str]:
    """Return the PATH of mmdebstrap, which the programs that it runs in the root inherit."""
    return {"PATH": f"{ACCOUNTS}/bin:{os.environ.get('PATH', os.defpath)}"} if accounts else {}


def _keep(paths: Sequence[str]) -> str:
    return f"printf '%s\\n' {shlex.join(paths)} >\"$1{EXCLUDES}\""
