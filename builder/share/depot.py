"""Cells in a registry: one repository; the index of a key's builds has the key as its tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from builder.errors import IntegrityError
from builder.oci.blob import blobs_of
from builder.oci.model import INDEX, MANIFEST, Descriptor
from builder.oci.store import Store
from builder.record.push import StoredBlob
from builder.release.shelf import Place
from builder.share import offer
from builder.tools import contents

CELLS = "cells"
"""The repository of cells, beside those of images."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Depot:
    """The cells of a registry."""

    place: Place
    of_upstream: bool = False
    """Whether an upstream has them: of these, only what it recorded is asked for."""

    @property
    def repository(self) -> str:
        """Where the cells are in the registry."""
        return self.place.address.repository(CELLS)

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"{self.place.address.host}/{self.repository}"

    def offers(self, key: str) -> list[Descriptor]:
        """Return the builds of a key that are there.

        Raises:
            BuilderError: the registry does not answer, or refuses.
            IntegrityError: what is there is something else.

        """
        data = contents.manifest(self.place.registry, self.repository, key)
        return [] if data is None else offer.read(data, f"{self.name}:{key}")

    def manifest(self, build: Descriptor) -> bytes:
        """Return the manifest of a build.

        Raises:
            BuilderError: the registry does not answer, or refuses.
            IntegrityError: it is not there, or is another.

        """
        data = contents.manifest(self.place.registry, self.repository, build.digest)
        if data is None:
            raise IntegrityError(f"{self.name} has no manifest {build.digest}")
        return data

    def pour(self, blob: Descriptor, file: Path) -> None:
        """Write a blob to a file. Raises as `contents.pour`."""
        contents.pour(self.place.registry, self.repository, blob, file)

    def put(
        self,
        store: Store,
        key: str,
        build: Descriptor,
        origins: Mapping[str, str] = MappingProxyType({}),
    ) -> int:
        """Offer a cell of a store, as `offer.offer` has it; return the bytes that were sent.
        `origins` are repositories of the same registry that have a blob, by its digest: it is
        mounted, and not sent.

        Blobs go first, then the manifest, then the index under the key: whoever finds a key finds
        all behind it.

        Raises:
            BuilderError: the registry does not answer, or refuses; or the store cannot be read.

        """
        registry, repository = self.place.registry, self.repository
        there = self._there(key)
        # An operator may have removed what an index still names.
        there = [one for one in there if registry.manifest(repository, one.digest) == one.digest]
        builds = offer.merged(build, there)
        if not builds:
            return 0
        sent = 0
        for blob in dict.fromkeys(blobs_of(store.read_json(build))):
            if registry.has_blob(repository, blob.digest):
                continue
            origin = origins.get(blob.digest, "")
            if not (origin and registry.mount(repository, blob.digest, origin)):
                registry.upload(repository, blob.digest, StoredBlob(store, blob))
                sent += blob.size
        registry.put_manifest(repository, build.digest, store.read(build), MANIFEST)
        registry.put_manifest(repository, key, offer.write(builds), INDEX)
        return sent

    def _there(self, key: str) -> Sequence[Descriptor]:
        """Return the builds that are there; none where something else is, which is replaced."""
        try:
            return self.offers(key)
        except IntegrityError:
            return ()
