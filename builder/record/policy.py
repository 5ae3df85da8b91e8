"""vulnerabilities.yaml, read and checked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from builder.catalog.document import nothing, read
from builder.catalog.source import YamlFile
from builder.errors import InputError
from builder.vulnerabilities.judge import problems
from builder.vulnerabilities.policy import NAME, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A policy, and where it says what."""

    policy: Policy
    yaml: YamlFile


def policy_of(root: Path) -> Stated:
    """Return the policy beside catalog.yaml; where there is none, one that nothing breaks.

    Raises:
        InputError: something is wrong with it; holds every problem, with its place.

    """
    path = root / NAME
    if not os.path.lexists(path):
        return Stated(policy=Policy(), yaml=nothing(str(path)))
    reading = read(path, str(path), Policy)
    found = [*reading.problems, *problems(reading)]
    if found or reading.value is None:
        raise InputError(found)
    return Stated(policy=reading.value, yaml=reading.yaml)
