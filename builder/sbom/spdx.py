"""Bills of materials as SPDX 2.3 documents, in JSON."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from builder.sbom.bill import FORMAT, Bill, Component

ENDS = ".spdx.json"
MEDIA_TYPE = "application/spdx+json"
TOOL = f"Tool: catalog-sbom-{FORMAT}"
UNKNOWN = "NOASSERTION"
DOCUMENT, IMAGE, RELEASE = "SPDXRef-DOCUMENT", "SPDXRef-Image", "SPDXRef-OperatingSystem"
NAMESPACE = "https://spdx.org/spdxdocs"
"""Before a name that is this document's alone (SPDX 2.3, 6.5). Nothing is there."""
BUILT_FROM = "built package from: "
"""Where scanners look for a package's source package in SPDX documents."""
WITHOUT_FILES = {
    "filesAnalyzed": False,
    "licenseConcluded": UNKNOWN,
    "copyrightText": UNKNOWN,
}
"""Of every package: what nobody looked at."""


def document(bill: Bill) -> dict[str, Any]:
    """Return the document of a bill: a function of it."""
    image = bill.image
    name = image.reference.rpartition("/")[2]
    number = uuid.uuid5(uuid.NAMESPACE_URL, f"{bill.url}#{FORMAT}")
    references = dict(_references(bill))
    packages = [_image(bill), *_release(bill)]
    packages += [_package(component, image.created) for component in bill.components]
    made: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": image.reference,
        "documentNamespace": f"{NAMESPACE}/{name.replace(':', '-')}-{number}",
        "creationInfo": {"created": image.created, "creators": [TOOL]},
        "documentDescribes": [IMAGE],
        "packages": packages,
        "relationships": list(_relationships(bill)),
    }
    if references:
        made["hasExtractedLicensingInfos"] = [
            {"licenseId": reference, "name": named, "extractedText": text}
            for reference, (named, text) in sorted(references.items())
        ]
    return made


def _references(bill: Bill) -> Iterator[tuple[str, tuple[str, str]]]:
    for component in bill.components:
        source = component.source.partition(" ")[0]
        for reference, name in component.licence.references.items():
            text = f"What the copyright file of Debian's source package {source} calls {name!r}"
            yield reference, (name, text)


def _image(bill: Bill) -> dict[str, Any]:
    image = bill.image
    algorithm, _, value = image.digest.partition(":")
    return {
        **WITHOUT_FILES,
        "SPDXID": IMAGE,
        "name": image.reference.rpartition(":")[0],
        "versionInfo": image.reference.rpartition(":")[2],
        "downloadLocation": UNKNOWN,
        "licenseDeclared": UNKNOWN,
        "primaryPackagePurpose": "CONTAINER",
        "checksums": [{"algorithm": algorithm.upper(), "checksumValue": value}],
        "externalRefs": [_url(bill.url)],
    }


def _release(bill: Bill) -> Iterator[dict[str, Any]]:
    if bill.release.get("ID"):
        yield {
            **WITHOUT_FILES,
            "SPDXID": RELEASE,
            "name": bill.release["ID"],
            "versionInfo": bill.release.get("VERSION_ID", ""),
            "downloadLocation": UNKNOWN,
            "licenseDeclared": UNKNOWN,
            "primaryPackagePurpose": "OPERATING_SYSTEM",
        }


def _package(component: Component, created: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        **WITHOUT_FILES,
        "SPDXID": _id(component),
        "name": component.name,
        "downloadLocation": component.download or UNKNOWN,
        "licenseDeclared": component.licence.expression or UNKNOWN,
        "annotations": [
            {
                "annotationType": "OTHER",
                "annotator": TOOL,
                "annotationDate": created,
                "comment": f"catalog:layer={layer}",
            }
            for layer in component.layers
        ],
    }
    if component.version:
        made["versionInfo"] = component.version
    if component.stated and not component.licence.expression:
        made["licenseComments"] = f"It says of its licence: {'; '.join(component.stated)}"
    if component.source:
        made["sourceInfo"] = f"{BUILT_FROM}{component.source}"
    if component.url:
        made["externalRefs"] = [_url(component.url)]
    if component.digests:
        parts = [digest.partition(":") for digest in component.digests]
        made["checksums"] = [
            {"algorithm": algorithm.upper(), "checksumValue": value}
            for algorithm, _, value in parts
        ]
    return made


def _relationships(bill: Bill) -> Iterator[dict[str, str]]:
    yield _relationship(DOCUMENT, "DESCRIBES", IMAGE)
    if bill.release.get("ID"):
        yield _relationship(IMAGE, "CONTAINS", RELEASE)
    for component in bill.components:
        yield _relationship(IMAGE, "CONTAINS", _id(component))
    for component in bill.components:
        for other in component.needs:
            yield _relationship(_id(component), "DEPENDS_ON", f"SPDXRef-{other}")


def _relationship(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def _url(url: str) -> dict[str, str]:
    return {
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": url,
    }


def _id(component: Component) -> str:
    return f"SPDXRef-{component.id}"
