"""Which packages of which kind a delta holds, read from the files of package managers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from builder.debian import stanzas
from builder.debian.scan import LIST, usr
from builder.kinds.table import KINDS
from builder.oci.model import DIRECTORY, Entry


def by_kind(told: Iterable[tuple[str, str, str]], status: str) -> dict[str, dict[str, str]]:
    """Return kind -> name -> version, sorted; several versions of one package are joined by commas.

    `told` are the packages that files describe: (kind, name, version). `status` is the contribution
    to dpkg's status file, for Debian packages.
    """
    debian = [("deb", name, version) for name, version in stanzas.versions(status).items()]
    versions: dict[str, dict[str, set[str]]] = {kind.name: {} for kind in KINDS}
    for kind, name, version in (*debian, *told):
        versions[kind].setdefault(name, set()).add(version)
    return {
        kind: {name: ", ".join(sorted(having)) for name, having in sorted(names.items())}
        for kind, names in versions.items()
        if names
    }


def owners(texts: Mapping[str, str], entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return path -> Debian package, sorted, from their lists of files, without directories: these
    belong to many.
    """
    paths = {path for path, entry in entries.items() if entry.type != DIRECTORY}
    owner_of: dict[str, str] = {}
    for path, text in texts.items():
        if package := LIST.fullmatch(path):
            names = (usr(line.removeprefix("/")) for line in text.splitlines())
            owner_of.update((name, package[1]) for name in names if name in paths)
    return dict(sorted(owner_of.items()))
