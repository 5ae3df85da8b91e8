"""What it takes to find the files of one kind of artifact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from builder.lock.model import Artifact
from builder.settings import Settings


class Locator(Protocol):
    """One kind of artifact: where its files are."""

    def __call__(
        self, artifacts: Sequence[Artifact], moment: str, settings: Settings
    ) -> Mapping[str, tuple[str, ...]]:
        """Return the addresses to try for each artifact, by id; none for what its origin no longer
        has.

        Raises:
            FetchError: an origin is not known on this machine, or does not answer.

        """
