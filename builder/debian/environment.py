"""The image's environment, for shells and sessions that do not inherit it from the container."""

from __future__ import annotations

import shlex

from builder.oci.model import ImageConfig

DEFAULT_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
PROFILE, ENVIRONMENT = "etc/profile.d/00-catalog-environment.sh", "etc/environment"
CACHE = "etc/ld.so.cache"
DEFERRED = "var/lib/dpkg/triggers/Unincorp"
"""Pending triggers of dpkg. If the file is missing, dpkg assumes that all are pending, and runs
each."""
GENERATED = frozenset({PROFILE, ENVIRONMENT, CACHE, DEFERRED})
"""Paths that the seal writes for each image; a build's own files there are dropped."""
# They belong to the user who logs in, not to the image.
_PERSONAL = frozenset({"HOME", "USER", "LOGNAME", "SHELL", "PWD", "PATH"})


def variables(config: ImageConfig) -> dict[str, str]:
    """Return the environment of the container, PATH first."""
    return {"PATH": ":".join((*config.path, *DEFAULT_PATH)), **dict(sorted(config.env.items()))}


def profile(config: ImageConfig) -> str:
    """Return the script for login shells, which start with Debian's own PATH: it puts the
    image's PATH back, before what else is there.

    A variable that is set already keeps its value: it may come from whoever started the container.
    """
    own = variables(config)["PATH"]
    lines = [
        "# Environment of the image, for login shells.",
        "catalog_path=$PATH:",
        f"PATH={shlex.quote(own)}",
        'while [ -n "$catalog_path" ]; do',
        "  catalog_entry=${catalog_path%%:*} catalog_path=${catalog_path#*:}",
        '  case ":$PATH:" in *:"$catalog_entry":*) ;; *) PATH=$PATH:$catalog_entry ;; esac',
        "done",
        "unset catalog_path catalog_entry",
        "export PATH",
    ]
    for name, value in sorted(config.env.items()):
        if name not in _PERSONAL:
            lines.append(f'[ -n "${{{name}+x}}" ] || export {name}={shlex.quote(value)}')
    return "\n".join(lines) + "\n"


def environment(config: ImageConfig) -> str:
    """Return /etc/environment, for sessions that PAM opens, without values that the format cannot
    express.
    """
    pairs = (
        (name, value)
        for name, value in variables(config).items()
        if name not in _PERSONAL - {"PATH"}
    )
    return "".join(
        f'{name}="{value}"\n' for name, value in pairs if not set(value) & set('"\n\\$#')
    )
