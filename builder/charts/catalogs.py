"""What an administrator of Onyxia adds to `api.catalogs` to offer the charts, ready to paste."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue


def catalogs(
    name: str,
    description: str,
    location: str,
    *,
    maintainer: str,
    scm: str = "",
    highlighted: Sequence[str] = (),
) -> list[dict[str, JsonValue]]:
    """Return the entry for charts published as an index at `location`, as the API's `catalogs.json`
    has it.
    """
    return [
        {
            "id": name,
            "name": {"en": name, "fr": name},
            "description": {"en": description, "fr": description},
            "maintainer": maintainer,
            **({"scm": scm} if scm else {}),
            "location": location,
            "status": "PROD",
            "type": "helm",
            "highlightedCharts": list(highlighted),
            "allowSharing": True,
            "visible": {"user": True, "project": True},
            # Saved configurations and suspended services keep their version.
            "multipleServicesMode": "maxNumber",
            "maxNumberOfVersions": 5,
        }
    ]


def oci_catalog(
    name: str, description: str, location: str, versions: Mapping[str, Sequence[str]]
) -> dict[str, JsonValue]:
    """Return the entry for charts in a registry, for a services API that knows the type `oci`. A
    registry has no index, so the entry lists the versions.
    """
    return {
        "id": name,
        "name": {"en": name},
        "description": {"en": description},
        "location": location,
        "status": "PROD",
        "type": "oci",
        "packages": [
            {"name": chart, "versions": list(versions[chart])} for chart in sorted(versions)
        ],
    }
