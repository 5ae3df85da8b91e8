"""Why apt cannot install some packages."""

from __future__ import annotations

from collections.abc import Sequence

from builder.lock.deb import Complaint


class AptRefusedError(Exception):
    """apt cannot install some packages on top of those that are installed.

    `complaints` are the relations between packages that prevent it. `upgrades` are installed
    packages that would have to move: (name, installed version, new version). `removals` are those
    that would have to be removed. If apt reports none of these, `said` holds its errors.
    """

    def __init__(
        self,
        *,
        complaints: Sequence[Complaint] = (),
        upgrades: Sequence[tuple[str, str, str]] = (),
        removals: Sequence[str] = (),
        said: str = "",
    ) -> None:
        super().__init__(said)
        self.complaints, self.upgrades = tuple(complaints), tuple(upgrades)
        self.removals, self.said = tuple(removals), said
