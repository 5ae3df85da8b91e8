"""Why a cell is built: the difference between the inputs it has now and those it was last built
from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from builder.errors import listed

Document = Mapping[str, object]
LISTED = 3


def reasons(now: Document, before: Document | None) -> tuple[str, ...]:
    """Return what changed, in words, down to the package version or the file; `("new",)` for a cell
    that was never built.
    """
    if before is None:
        return ("new",)
    moved = tuple(_reasons(now, before))
    return moved or ("its delta is not in the store",)


def _reasons(now: Document, before: Document) -> Iterator[str]:
    if now["format"] != before["format"]:
        yield f"key format {before['format']} → {now['format']}"
    yield from _versions(_mapping(now["artifacts"]), _mapping(before["artifacts"]))
    yield from _files(_mapping(now["context"]), _mapping(before["context"]), "")
    yield from _files(_mapping(now["files"]), _mapping(before["files"]), "locked ")
    if now["auto"] != before["auto"] and now["artifacts"] == before["artifacts"]:
        yield "which packages count as automatically installed"
    for key in ("replaces", "once.paths", "dpkg"):
        yield from _lists(key, _list(now.get(key)), _list(before.get(key)))
    if now["format"] != before["format"]:
        # The other inputs had a different form then.
        return
    yield from _chunks(_mapping(now.get("chunks")), _mapping(before.get("chunks")))
    yield from _accounts(_mapping(now.get("accounts")), _mapping(before.get("accounts")))
    yield from _environment(_mapping(now.get("environment")), _mapping(before.get("environment")))
    yield from _below(_mapping(now.get("below")), _mapping(before.get("below")))


def _lists(key: str, now: list[str], before: list[str]) -> Iterator[str]:
    if now == before:
        return
    added = [f"+ {entry}" for entry in now if entry not in before]
    gone = [f"- {entry}" for entry in before if entry not in now]
    yield f"{key}: {listed([*added, *gone], LISTED) or 'in another order'}"


def _environment(now: Mapping[str, object], before: Mapping[str, object]) -> Iterator[str]:
    new, old = _mapping(now.get("env")), _mapping(before.get("env"))
    for name in sorted(new.keys() | old.keys()):
        if new.get(name) != old.get(name):
            yield f"{name} below it: {old.get(name, 'unset')} → {new.get(name, 'unset')}"
    for key in ("path", "workdir"):
        if now.get(key) != before.get(key):
            yield f"{key} below it changed"


def _below(now: Mapping[str, object], before: Mapping[str, object]) -> Iterator[str]:
    """Yield what changed in the cells that it stands on."""
    for name in sorted(now.keys() | before.keys()):
        new, old = _mapping(now.get(name)), _mapping(before.get(name))
        if not old:
            yield f"now stands on {name}"
        elif not new:
            yield f"no longer stands on {name}"
        elif "key" in new and "key" in old:
            if new != old:
                yield f"{name} changed"
        elif new != old:
            yield f"ABI of {name}: {_abi(old)} → {_abi(new)}"


def _abi(relied_on: Mapping[str, object]) -> str:
    return ", ".join(_list(relied_on.get("abi"))) or "none"


def _versions(now: Mapping[str, object], before: Mapping[str, object]) -> Iterator[str]:
    """Yield the packages that were added, removed or moved; an artifact's id is
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
            yield f"{name} {_version(new[name])}: different bytes, same version"


def _accounts(now: Mapping[str, object], before: Mapping[str, object]) -> Iterator[str]:
    moved = [
        f"{name} {before[name]} → {now[name]}" if name in before else f"{name} → {now[name]}"
        for name in sorted(now)
        if now[name] != before.get(name)
    ]
    if moved:
        yield f"ids of accounts: {listed(moved, LISTED)}"


def _chunks(now: Mapping[str, object], before: Mapping[str, object]) -> Iterator[str]:
    """Yield that packages which stayed are divided otherwise."""
    if bool(now) != bool(before):
        yield "its delta is divided into chunks" if now else "its delta is one layer again"
        return
    moved = [name for name in sorted(now.keys() & before.keys()) if now[name] != before[name]]
    if moved:
        yield f"in another chunk: {listed(moved, LISTED)}"


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
