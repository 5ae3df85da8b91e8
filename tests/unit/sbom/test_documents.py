"""The documents, by the official schemas of both formats, and by SPDX's own library."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from builder.record.bills import FORMATS, bill_of, text
from builder.sbom.bill import Bill
from tests.unit.execute.stock import Stock
from tests.unit.sbom.images import IMAGE, image, made

SCHEMA = Path(__file__).parents[2] / "fixtures/spdx/spdx-schema-2.3.json"


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    return made(tmp_path_factory.mktemp("lab") / "catalog")


@pytest.fixture(scope="module")
def bill(stock: Stock) -> Bill:
    return bill_of(stock.project(IMAGE), IMAGE, image(stock))


@pytest.fixture
def spdx(bill: Bill) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text(bill, "spdx"))
    return document


@pytest.fixture
def cyclonedx(bill: Bill) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text(bill, "cyclonedx"))
    return document


def test_spdx_documents_are_valid(spdx: dict[str, Any]) -> None:
    schema = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))
    assert [str(error) for error in schema.iter_errors(spdx)] == []
    parser = JsonLikeDictParser()  # type: ignore[no-untyped-call]  # it says so of itself alone
    messages = validate_full_spdx_document(parser.parse(spdx))
    assert [message.validation_message for message in messages] == []


def test_cyclonedx_documents_are_valid(bill: Bill) -> None:
    document = text(bill, "cyclonedx").decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(document) is None


def test_the_same_image_gives_the_same_bytes(stock: Stock, bill: Bill) -> None:
    again = bill_of(stock.project(IMAGE), IMAGE, image(stock))
    for name in FORMATS:
        assert text(again, name) == text(bill, name)


def test_a_path_that_is_no_utf_8_does_no_harm(bill: Bill) -> None:
    component = replace(bill.components[0], paths=("opt/na\udcffme",))
    for name in FORMATS:
        assert text(replace(bill, components=(component,)), name).decode()


def test_it_describes_the_image(
    stock: Stock, spdx: dict[str, Any], cyclonedx: dict[str, Any]
) -> None:
    algorithm, _, digest = image(stock).digest.partition(":")
    assert algorithm == "sha256"
    (root,) = [one for one in spdx["packages"] if one["SPDXID"] == spdx["documentDescribes"][0]]
    assert (root["name"], root["versionInfo"]) == ("registry.example.org/lab/both", "trixie")
    assert root["checksums"] == [{"algorithm": "SHA256", "checksumValue": digest}]
    component = cyclonedx["metadata"]["component"]
    assert (component["name"], component["version"]) == (root["name"], root["versionInfo"])
    assert component["hashes"] == [{"alg": "SHA-256", "content": digest}]
    assert component["purl"] == root["externalRefs"][0]["referenceLocator"]


PACKAGES = {
    ("a_b", "1.0"): ("MIT", "left@trixie"),
    ("c", "2"): ("NOASSERTION", "left@trixie right@trixie"),
    ("libc6", "2.41-12"): ("LGPL-2.1-or-later AND LicenseRef-glibc-Inner-Net", "bottom@trixie"),
    ("libgcc-s1", "14.2.0-19+b1"): ("NOASSERTION", "bottom@trixie"),
    ("gcc-14-base", "14.2.0-19"): ("NOASSERTION", "bottom@trixie"),
    ("r1", "1-2"): ("GPL-2.0-or-later", "left@trixie"),
    ("r2", "3"): ("NOASSERTION", "left@trixie"),
    ("x.org/a/b", "v1.0.0"): ("NOASSERTION", "left@trixie"),
    ("x.org/c", "v0.1.0"): ("NOASSERTION", "left@trixie"),
    ("stdlib", "go1.24.3"): ("NOASSERTION", "left@trixie"),
    ("crab", "0.1.0"): ("NOASSERTION", "left@trixie"),
    ("serde", "1.0.0"): ("NOASSERTION", "left@trixie"),
    ("top", "1.0.0"): ("ISC", "right@trixie"),
    ("@s/in", "1.2.3"): ("MIT", "right@trixie"),
    ("@s/in", "9.0.0"): ("MIT", "right@trixie"),
    ("g:a", "1"): ("Apache-2.0 OR EPL-2.0", "right@trixie"),
    ("g:b", "7"): ("NOASSERTION", "right@trixie"),
    ("h:i", "2"): ("NOASSERTION", "right@trixie"),
    ("plain", "3"): ("NOASSERTION", "right@trixie"),
}


def test_spdx_has_every_package_with_its_licence_and_layers(spdx: dict[str, Any]) -> None:
    told = {}
    for package in spdx["packages"]:
        comments = [one["comment"] for one in package.get("annotations", [])]
        layers = " ".join(comment.removeprefix("catalog:layer=") for comment in comments)
        if layers:
            told[package["name"], package["versionInfo"]] = (package["licenseDeclared"], layers)
    assert told == PACKAGES


def test_cyclonedx_has_the_same(cyclonedx: dict[str, Any]) -> None:
    told = {}
    for component in cyclonedx["components"]:
        properties = component.get("properties", [])
        layers = [one["value"] for one in properties if one["name"] == "catalog:layer"]
        licences = [one.get("expression") for one in component.get("licenses", [])]
        if layers:
            key = (component["name"], component["version"])
            told[key] = (next(filter(None, licences), "NOASSERTION"), " ".join(layers))
    assert told == PACKAGES


def test_a_licence_that_spdx_does_not_list_stands_as_it_was_stated(
    spdx: dict[str, Any], cyclonedx: dict[str, Any]
) -> None:
    (reference,) = spdx["hasExtractedLicensingInfos"]
    assert (reference["licenseId"], reference["name"]) == (
        "LicenseRef-glibc-Inner-Net",
        "Inner-Net",
    )
    (package,) = [one for one in spdx["packages"] if one["name"] == "c"]
    assert package["licenseComments"] == "It says of its licence: BSD"
    (component,) = [one for one in cyclonedx["components"] if one["name"] == "c"]
    assert component["licenses"] == [{"license": {"name": "BSD", "acknowledgement": "declared"}}]


NEEDS = {
    ("a_b", "c"),
    ("crab", "serde"),
    ("g:a", "g:b"),
    ("libc6", "libgcc-s1"),
    ("libgcc-s1", "gcc-14-base"),
    ("libgcc-s1", "libc6"),
    ("r1", "r2"),
    ("top", "@s/in"),
    ("x.org/a/b", "stdlib"),
    ("x.org/a/b", "x.org/c"),
}


def test_both_say_what_needs_what(spdx: dict[str, Any], cyclonedx: dict[str, Any]) -> None:
    names = {one["SPDXID"]: one["name"] for one in spdx["packages"]}
    relations = {
        (names[one["spdxElementId"]], names[one["relatedSpdxElement"]])
        for one in spdx["relationships"]
        if one["relationshipType"] == "DEPENDS_ON"
    }
    assert relations == NEEDS
    refs = {one["bom-ref"]: one["name"] for one in cyclonedx["components"]}
    pairs = set()
    for row in cyclonedx["dependencies"][1:]:
        pairs |= {(refs[row["ref"]], refs[other]) for other in row["dependsOn"]}
    assert pairs == NEEDS


def test_debian_packages_have_their_source_for_scanners(
    spdx: dict[str, Any], cyclonedx: dict[str, Any]
) -> None:
    (package,) = [one for one in spdx["packages"] if one["name"] == "libgcc-s1"]
    assert package["sourceInfo"] == "built package from: gcc-14 14.2.0-19"
    (component,) = [one for one in cyclonedx["components"] if one["name"] == "libgcc-s1"]
    assert {"name": "catalog:source", "value": "gcc-14 14.2.0-19"} in component["properties"]
    assert component["purl"].endswith("&distro=debian-13&upstream=gcc-14%4014.2.0-19")
