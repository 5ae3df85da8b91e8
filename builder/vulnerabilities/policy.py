"""vulnerabilities.yaml: which vulnerabilities fail a run, and which do not count, why and until
when. The only definition of the format.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from builder.catalog.words import (
    HELD_PACKAGE,
    IMAGE_GLOB,
    VULNERABILITY,
    Day,
    Model,
    Reason,
)

NAME = "vulnerabilities.yaml"
"""The file's name, beside catalog.yaml."""
MOST_DAYS = 3650

Id = Annotated[str, StringConstraints(pattern=VULNERABILITY)]
Severities = Literal["low", "medium", "high", "critical"]
Status = Literal["not_affected", "affected", "fixed", "under_investigation"]
NOT_AFFECTED, AFFECTED = "not_affected", "affected"
Justification = Literal[
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
]


class FailOn(Model):
    """What breaks the policy."""

    severity: Severities = Field("high", description="From which severity on (CVSS's words).")
    fixed: bool = Field(
        default=True, description="Only what a newer version closes; false: also what none does."
    )
    unknown: bool = Field(default=False, description="Also what no database gives a severity.")


class Waiver(Model):
    """A vulnerability that does not count, for a time."""

    id: Id = Field(description="The vulnerability, by any of its names: CVE-2026-1234, GHSA-…")
    package: Annotated[str, StringConstraints(pattern=HELD_PACKAGE)] | None = Field(
        None, description="Only in this package, by its name or its Debian source package's."
    )
    images: tuple[Annotated[str, StringConstraints(pattern=IMAGE_GLOB)], ...] = Field(
        (), description="Only in these images: globs over names, and over name:tag. Default: all."
    )
    reason: Reason = Field(description="Why it does not count, in a sentence.")
    status: Status = Field(description="What the images are, in OpenVEX's words.")
    justification: Justification | None = Field(
        None, description="Why they are not affected, in OpenVEX's words."
    )
    until: Day = Field(description="The last day on which the waiver counts, such as 2027-10-31.")


class Policy(Model):
    """vulnerabilities.yaml."""

    format: Literal[1] = Field(1, description="Version of this format.")
    fail_on: FailOn | None = Field(
        None, description="What breaks the policy. Default: nothing; findings are shown alone."
    )
    hold: bool = Field(
        default=False, description="Whether `catalog weekly` publishes nothing when it is broken."
    )
    max_age: Annotated[int, Field(ge=1, le=MOST_DAYS)] = Field(
        14, description="Days after which a database without a change is told to be old."
    )
    author: Reason | None = Field(
        None, description="Who says what waivers say, in OpenVEX. Default: the catalog's name."
    )
    waivers: tuple[Waiver, ...] = Field((), description="What does not count, and why.")
