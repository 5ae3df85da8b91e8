"""The names by which an API may replace a node of a schema, and what is known about the schemas
that every API has.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """One name of `overwriteSchemaWith`."""

    bundled: bool = True
    """Whether every API has a schema for it, unless an administrator replaces it."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """Path below the node -> type of the value that values.yaml must have: the bundled schema has
    no usable default."""
    drops: tuple[str, ...] = ()
    """Prefixes of the paths that the bundled schema does not inject."""
    accepts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Path below the node -> strings that the bundled schema accepts."""


_ADMIN: Final = Slot(bundled=False)
_TEXTS: Final = "string"
_PLAIN: Final = Slot()

SLOTS: Final[Mapping[str, Slot]] = {
    "ide/customImage.json": _PLAIN,
    "ide/extraenv.json": Slot(accepts={"*.name": ("my-name", "my.name", "1ST")}),
    "ide/git.json": _PLAIN,
    "ide/ingress.json": _PLAIN,
    "ide/init.json": _PLAIN,
    "ide/message.json": _PLAIN,
    "ide/networking.json": _ADMIN,
    "ide/openshiftSCC.json": _PLAIN,
    "ide/password.json": _PLAIN,
    "ide/persistence.json": _PLAIN,
    "ide/resources.json": Slot(drops=("region.resources",)),
    "ide/resources-gpu.json": Slot(drops=("region.resources",)),
    "ide/role.json": _PLAIN,
    "ide/route.json": _PLAIN,
    "ide/runtimeClassName.json": _ADMIN,
    "ide/s3.json": Slot(
        needs=dict.fromkeys(
            ("accessKeyId", "endpoint", "defaultRegion", "secretAccessKey", "sessionToken"), _TEXTS
        )
    ),
    "ide/startupProbe.json": _PLAIN,
    "ide/vault.json": Slot(needs=dict.fromkeys(("token", "url", "mount", "directory"), _TEXTS)),
    "ai.json": _ADMIN,
    "aiAssistant.json": _ADMIN,
    "certificates.json": _ADMIN,
    "network-policy.json": _PLAIN,
    "nodeSelector.json": Slot(needs={"": "object"}),
    "nodeSelector-gpu.json": _PLAIN,
    "proxy.json": Slot(needs={"enabled": "boolean"}),
    "repository.json": _ADMIN,
    "role-spark.json": _PLAIN,
    "spark.json": _ADMIN,
    "tolerations.json": _PLAIN,
}


def nearest(name: str, more: Collection[str] = ()) -> str:
    """Return the most similar known name, or ""."""
    known = [*SLOTS, *more]
    if name + ".json" in known:
        return name + ".json"
    return next(iter(difflib.get_close_matches(name, known, 1, 0.6)), "")
