"""Why a cell is built: the difference between the inputs it has now and those it was last built
from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from builder.errors import listed

Document = Mapping[str, object]
LISTED = 3


def reasons(now: Document, before: Document | None) -> tuple[str, ...]:
    """Return what moved, in words, down to the package version or the file; `("new",)` for a cell
    never built.
    """
    if before is None:
        return ("new",)
    found = tuple(_reasons(now, before))
    return found or ("its delta is not in the store",)


def _reasons(now: Document, before: Document) -> Iterator[str]:
    if now["format"] != before["format"]:
        yield f"key format {before['format']} → {now['format']}"
    yield from _versions(_mapping(now["artifacts"]), _mapping(before["artifacts"]))
    yield from _files(_mapping(now["context"]), _mapping(before["context"]), "")
    yield from _files(_mapping(now["files"]), _mapping(before["files"]), "locked ")
    if now["auto"] != before["auto"] and now["artifacts"] == before["artifacts"]:
        yield "which packages count as automatically installed"
    for key in ("replaces", "once.paths", "dpkg"):
        may, might = _list(now.get(key)), _list(before.get(key))
        if may != might:
            moved = [f"+ {path}" for path in may if path not in might] + [
                f"- {path}" for path in might if path not in may
            ]
            yield f"{key}: {listed(moved, LISTED) or 'in another order'}"
    yield from _accounts(_mapping(now.get("accounts")), _mapping(before.get("accounts")))
    if now["abi"] != before["abi"]:
        yield f"ABI {', '.join(_list(before['abi']))} → {', '.join(_list(now['abi']))}"


def _versions(now: Mapping[str, object], before: Mapping[str, object]) -> Iterator[str]:
    """Yield the packages that came, went and moved; an artifact's id is
    `<kind>:<name>=<version>…`.
    """
    new, old = ({_name(key): key for key in side} for side in (now, before))
    for name in sorted(new.keys() | old.keys()):
        if name not in old:
            yield f"+ {name} {_version(new[name])}"
        elif name not in new:
            yield f"- {name} {_version(old[name])}"
        elif _version(new[name]) != _version(old[name]):
            yield f"{name} {_version(old[name])} → {_version(new[name])}"
        elif now[new[name]] != before[old[name]]:
            yield f"{name} {_version(new[name])}: other bytes under the same version"


def _accounts(now: Mapping[str, object], before: Mapping[str, object]) -> Iterator[str]:
    moved = [
        f"{name} {before[name]} → {now[name]}" if name in before else f"{name} → {now[name]}"
        for name in sorted(now)
        if now[name] != before.get(name)
    ]
    if moved:
        yield f"ids of accounts: {listed(moved, LISTED)}"


def _files(now: Mapping[str, object], before: Mapping[str, object], what: str) -> Iterator[str]:
    for path in sorted(now.keys() | before.keys()):
        if path not in before:
            yield f"+ {what}{path}"
        elif path not in now:
            yield f"- {what}{path}"
        elif now[path] != before[path]:
            yield f"{what}{path} changed"


def _name(artifact: str) -> str:
    return artifact.partition("=")[0].partition(":")[2]


def _version(artifact: str) -> str:
    return artifact.partition("=")[2].lstrip("=")


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []
