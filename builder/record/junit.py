"""Test outcomes as JUnit XML, for any program that shows test results."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from builder.redact import redact
from builder.tree import File, replace
from builder.verify.image import Outcome


def write(outcomes: Iterable[Outcome], path: Path) -> None:
    """Write a JUnit report, atomically."""
    suite = ET.Element("testsuite", name="catalog")
    for outcome in outcomes:
        image, _, name = outcome.test.partition(" ")
        case = ET.SubElement(
            suite, "testcase", classname=image, name=name, time=f"{outcome.seconds:.3f}"
        )
        if not outcome.ok:
            output = redact(outcome.output)
            last_line = output.strip().rpartition("\n")[2]
            failure = ET.SubElement(case, "failure", message=last_line)
            failure.text = output
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    replace(path, File(ET.tostring(suite, encoding="utf-8", xml_declaration=True)))
