"""A store as one of its users sees it: refs are the owner's own, blobs are everybody's.

    shelf = Shelf.of(path, "lab-1f0c")
    shelf.tag({"image/a:1": manifest})     # in the index: catalog/lab-1f0c/image/a:1
    shelf.find("image/a:1")                # no other owner's

Two catalogs with one image name never meet, and what both have is stored once: this is what
containerd's namespaces are to its content store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from builder.oci.model import Descriptor
from builder.oci.store import Store

PREFIX = "catalog/"
"""What the refs of an owner begin with. A ref without it was written by a former version of this
program, which knew no owners."""


def owner_of(ref: str) -> str:
    """Return whose a whole ref is; empty for one of the former format."""
    return ref.split("/")[1] if ref.startswith(PREFIX) else ""


def short(ref: str) -> str:
    """Return a whole ref as its owner calls it."""
    return ref.removeprefix(f"{PREFIX}{owner_of(ref)}/") if ref.startswith(PREFIX) else ref


class Shelf(Store):
    """The part of a store that is one owner's."""

    def __init__(self, root: Path, owner: str) -> None:
        super().__init__(root)
        self.owner = owner
        self._prefix = f"{PREFIX}{owner}/"
        self._lent: dict[str, Descriptor] = {}

    @classmethod
    def of(cls, root: Path, owner: str) -> Shelf:
        """Open the layout at `root` for an owner, and make it when it is not there. Raises as
        `Store.open` does.
        """
        Store.open(root)
        return cls(root, owner)

    @property
    def store(self) -> Store:
        """The whole store, with the refs of all owners by their whole names."""
        return Store(self.root)

    def find(self, ref: str) -> Descriptor | None:
        """Return what a ref names, or else what was lent under its name; None where it is not
        whole.
        """
        own = super().find(self._prefix + ref)
        if own is not None:
            return own
        lent = self._lent.get(ref)
        return lent if lent is not None and self.intact(lent) else None

    def refs(self, prefix: str = "") -> dict[str, Descriptor]:
        """Return the owner's refs that start with `prefix`, sorted."""
        own = super().refs(self._prefix + prefix)
        return {ref.removeprefix(self._prefix): manifest for ref, manifest in own.items()}

    def tag(self, refs: Mapping[str, Descriptor]) -> None:
        """Let each ref name its manifest, all at once."""
        super().tag({self._prefix + ref: manifest for ref, manifest in refs.items()})

    def untag(self, refs: Iterable[str]) -> None:
        """Forget these refs, and what was lent under their names."""
        names = list(refs)
        for ref in names:
            self._lent.pop(ref, None)
        super().untag(self._prefix + ref for ref in names)

    def others(self, prefix: str) -> dict[str, dict[str, Descriptor]]:
        """Return what others have: short names that start with `prefix`, then owners, sorted; what
        the former format has comes first. Nothing is checked but the index itself.
        """
        there: dict[str, dict[str, Descriptor]] = {}
        for ref, manifest in sorted(super().refs().items(), key=lambda item: owner_of(item[0])):
            name, owner = short(ref), owner_of(ref)
            if owner != self.owner and name.startswith(prefix):
                there.setdefault(name, {})[owner] = manifest
        return there

    def lend(self, ref: str, manifest: Descriptor) -> None:
        """Let `find` return another owner's manifest, in this process alone, until it is
        adopted.
        """
        self._lent[ref] = manifest

    def lent(self, prefix: str) -> dict[str, Descriptor]:
        """Return what was lent under names that start with `prefix`."""
        return {ref: one for ref, one in self._lent.items() if ref.startswith(prefix)}

    def adopt(self, refs: Collection[str]) -> None:
        """Make the owner's what was lent under these names, as far as it is still there."""
        wanted = {ref: manifest for ref, manifest in self._lent.items() if ref in refs}
        if not wanted:
            return
        with self._changing() as index:
            for ref, manifest in wanted.items():
                # Since it was lent, another process may have removed blobs of it.
                if self.intact(manifest):
                    index[self._prefix + ref] = manifest
                del self._lent[ref]
