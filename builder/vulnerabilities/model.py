"""What images hold, and the vulnerabilities of it, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from builder.lock.osv import OsvPackage
from builder.lock.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A package of a cell."""

    kind: str
    """A row of `builder.kinds.table`."""
    name: str
    version: str
    url: str
    """purl; empty if there is none."""
    cell: str
    osv: OsvPackage | None
    """What databases call it; None where no ecosystem has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A vulnerability of one version of one package, as a database names it: several packages of
    an image may come from one source package.
    """

    id: str
    """The CVE, or else the advisory's own id."""
    aliases: tuple[str, ...]
    """Its other names."""
    summary: str
    severity: Severity
    ecosystem: str
    package: str
    version: str
    fixed: tuple[str, ...]
    """The versions that are free of it, if there are some."""
    held: tuple[Held, ...]
    """The packages that have it."""
    images: tuple[str, ...]
    direct: bool | None
    """Whether a layer asks for one of them by name; None where no layer is known."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same vulnerability after an upgrade that does not close it."""
        return self.id, self.ecosystem, self.package

    @property
    def names(self) -> frozenset[str]:
        """All names that people know it by."""
        return frozenset((self.id, *self.aliases))

    @property
    def packages(self) -> tuple[str, ...]:
        """The names of the packages that have it."""
        return tuple(dict.fromkeys(one.name for one in self.held))

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells that bring it."""
        return tuple(dict.fromkeys(one.cell for one in self.held))


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Who was asked."""

    source: str
    """`osv`, or the program."""
    advisories: int | None = None
    """How many there are; None where a program does not tell."""
    newest: str = ""
    """The day of the newest change; empty where nobody tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A finding, by a policy."""

    finding: Finding
    waived: Mapping[str, int] = field(default_factory=dict)
    """Image -> the number of the waiver that covers it there."""
    breaks: tuple[str, ...] = ()
    """The images in which it breaks the policy."""
    ended: tuple[int, ...] = ()
    """Waivers that covered it and are past their day."""

    @property
    def is_waived(self) -> bool:
        """Whether it is waived wherever it is."""
        return bool(self.waived) and len(self.waived) == len(self.finding.images)
