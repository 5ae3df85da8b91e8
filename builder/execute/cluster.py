"""Images of the store on a kind cluster: its node pulls them from this process, layer by layer, and
a shared layer once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from builder.execute.serve import Registry, Tagged, registry
from builder.oci.model import Descriptor
from builder.oci.store import Store
from builder.tools.kind import Kind, gateway


@contextmanager
def served(
    kind: Kind, store: Store, prefix: str, images: Mapping[str, Descriptor]
) -> Iterator[Registry]:
    """Let the nodes of a cluster find images of the store where they are published, while the
    context lasts.

    `prefix` is the registry of the catalog (`registry.example.org/team`), `images` maps
    `<name>:<tag>` to a manifest.
    """
    host, _, path = prefix.partition("/")
    tags = {
        f"{path}/{name}" if path else name: manifest.digest for name, manifest in images.items()
    }
    with (
        registry(Tagged(store.root / "blobs" / "sha256", tags), gateway()) as served_at,
        kind.mirror(host, f"http://{served_at.address}"),
    ):
        yield served_at
