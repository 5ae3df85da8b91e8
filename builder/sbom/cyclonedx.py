"""Bills of materials as CycloneDX 1.6 documents, in JSON."""

from __future__ import annotations

import uuid
from typing import Any

from builder.kinds.archive import KIND as ARCHIVE
from builder.sbom.bill import FORMAT, Bill, Component

ENDS = ".cdx.json"
MEDIA_TYPE = "application/vnd.cyclonedx+json"
LAYER, SOURCE = "catalog:layer", "catalog:source"
IMAGE, RELEASE = "image", "operating-system"
ALGORITHMS = {"sha256": "SHA-256", "sha512": "SHA-512"}


def document(bill: Bill) -> dict[str, Any]:
    """Return the document of a bill: a function of it."""
    components = [_component(component) for component in bill.components]
    inside = [component.id for component in bill.components]
    if bill.release.get("ID"):
        components.insert(0, _release(bill))
        inside.insert(0, RELEASE)
    needs = [{"ref": one.id, "dependsOn": list(one.needs)} for one in bill.components if one.needs]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, f"{bill.url}#cyclonedx-{FORMAT}").urn,
        "version": 1,
        "metadata": {
            "timestamp": bill.image.created,
            "tools": {
                "components": [
                    {"type": "application", "name": "catalog-sbom", "version": str(FORMAT)}
                ]
            },
            "component": _image(bill),
        },
        "components": components,
        "dependencies": [{"ref": IMAGE, "dependsOn": inside}, *needs],
    }


def _image(bill: Bill) -> dict[str, Any]:
    name, _, tag = bill.image.reference.rpartition(":")
    return {
        "type": "container",
        "bom-ref": IMAGE,
        "name": name,
        "version": tag,
        "hashes": [_hash(bill.image.digest)],
        "purl": bill.url,
    }


def _release(bill: Bill) -> dict[str, Any]:
    return {
        "type": "operating-system",
        "bom-ref": RELEASE,
        "name": bill.release["ID"],
        "version": bill.release.get("VERSION_ID", ""),
        "description": bill.release.get("PRETTY_NAME", ""),
    }


def _component(component: Component) -> dict[str, Any]:
    properties = [{"name": LAYER, "value": layer} for layer in component.layers]
    if component.source:
        properties.append({"name": SOURCE, "value": component.source})
    made: dict[str, Any] = {
        "type": "application" if component.kind == ARCHIVE else "library",
        "bom-ref": component.id,
        "name": component.name,
        "properties": properties,
    }
    if component.version:
        made["version"] = component.version
    if licences := _licences(component):
        made["licenses"] = licences
    if component.url:
        made["purl"] = component.url
    if component.digests:
        made["hashes"] = [_hash(digest) for digest in component.digests]
    if component.download:
        made["externalReferences"] = [{"type": "distribution", "url": component.download}]
    if component.paths:
        places = [{"location": f"/{path}"} for path in component.paths]
        made["evidence"] = {"occurrences": places}
    return made


def _licences(component: Component) -> list[dict[str, Any]]:
    """Return the licence as an expression, or else as the package names it."""
    if component.licence.expression:
        return [{"expression": component.licence.expression, "acknowledgement": "declared"}]
    return [
        {"license": {"name": stated, "acknowledgement": "declared"}} for stated in component.stated
    ]


def _hash(digest: str) -> dict[str, str]:
    algorithm, _, value = digest.partition(":")
    return {"alg": ALGORITHMS[algorithm], "content": value}
