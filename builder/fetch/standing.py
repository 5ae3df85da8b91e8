"""What is kept of the signature of an upstream that was looked at: it need not be asked for again,
as long as the catalog names the same signers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from builder import confined
from builder.catalog.fork import OciUpstream
from builder.catalog.levels import Level, location
from builder.catalog.signer_rules import key_files
from builder.digest import canonical, sha256

MOST = 1 << 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A file beside an upstream, and what it says once signers of the upstream were found right."""

    path: Path
    says: str

    @property
    def is_known(self) -> bool:
        """Whether it says so."""
        try:
            return confined.text(self.path, MOST) == self.says
        except (OSError, UnicodeDecodeError):
            return False


def standing(home: Path, level: Level, upstream: OciUpstream) -> Standing:
    """Return what is kept of an upstream that a level extends, and whose signers it names; `home`
    is the directory of the catalog itself.
    """
    signers = upstream.signed_by
    keys = {file: sha256(data) for file, data in key_files(signers, level.root).items()}
    named = [one.model_dump(mode="json") for one in (signers.identities if signers else ())]
    digest = sha256(canonical({"keys": sorted(keys.values()), "identities": named}))
    beside = location(home, upstream)
    return Standing(path=beside.with_name(f"{beside.name}.signed"), says=f"{digest}\n")
