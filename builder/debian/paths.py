"""Paths that never become part of a delta."""

from __future__ import annotations

import re

# What a running system, a package manager or a test leaves behind, and can make again. `*` matches
# slashes, too.
VOLATILE = (
    "dev/*",
    "proc/*",
    "sys/*",
    "run/*",
    "tmp/*",
    "var/tmp/*",
    "artifacts",
    "artifacts/*",
    ".dockerenv",
    "root/.cache",
    "root/.cache/*",
    "root/.npm",
    "root/.npm/*",
    "home/*/.cache",
    "home/*/.cache/*",
    "etc/.pwd.lock",
    "etc/group-",
    "etc/gshadow-",
    "etc/hostname",
    "etc/hosts",
    "etc/machine-id",
    "etc/passwd-",
    "etc/resolv.conf",
    "etc/sgml/*.old",
    "etc/shadow-",
    "etc/subgid-",
    "etc/subuid-",
    "etc/xml/*.old",
    "usr/share/icons/*/icon-theme.cache",
    "usr/share/info/dir",
    "usr/share/info/dir.old",
    "var/cache/apt/*",
    "var/cache/debconf/*-old",
    "var/cache/fontconfig/*",
    "var/cache/ldconfig/*",
    "var/cache/man/*",
    "var/lib/apt/daily_lock",
    "var/lib/apt/lists/*",
    "var/lib/apt/periodic/*",
    "var/lib/dbus/machine-id",
    "var/lib/dpkg/*-old",
    "var/lib/dpkg/available",
    "var/lib/dpkg/lock",
    "var/lib/dpkg/lock-frontend",
    "var/lib/dpkg/triggers/Lock",
    "var/lib/dpkg/updates/*",
    "var/lib/sgml-base/*.old",
    "var/lib/systemd/catalog/database",
    "var/lib/ucf/hashfile.*",
    "var/lib/ucf/registry.*",
    "var/log/*",
)
# Directories below volatile ones that packages ship and programs expect.
KEPT = frozenset(
    {
        "run/lock",
        "var/cache/apt/archives",
        "var/cache/apt/archives/partial",
        "var/lib/apt/lists/partial",
    }
)
_VOLATILE = re.compile("|".join(re.escape(p).replace(r"\*", ".*") for p in VOLATILE), re.DOTALL)


def volatile(path: str, *, directory: bool = False) -> bool:
    """Tell whether a path (without leading slash) is dropped from deltas. Directories that packages
    ship stay.
    """
    if directory and (path in KEPT or path.startswith("var/log/")):
        return False
    return _VOLATILE.fullmatch(path) is not None
