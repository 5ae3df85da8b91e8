"""What catalog.yaml says of its continuous integration."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from builder.catalog.words import Model

CRON = r"[0-9*/,-]+( [0-9*/,A-Za-z-]+){4}"
"""Five fields of crontab(5), as GitHub and GitLab take them."""
RUNNER = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
Cron = Annotated[str, StringConstraints(pattern=f"^{CRON}$")]
Runner = Annotated[str, StringConstraints(pattern=f"^{RUNNER}$")]
Command = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=500)]


class Workflows(Model):
    """The workflows that `catalog workflows` writes."""

    forges: tuple[Literal["github", "gitlab"], ...] = Field(
        ("github",), description="Where the catalog is developed.", min_length=1
    )
    schedule: Cron = Field(
        "17 3 * * 1", description="When the weekly run starts: crontab's five fields, in UTC."
    )
    shards: int = Field(
        4, description="How many machines share a build at most.", ge=1, le=256, strict=True
    )
    runner: Runner = Field("ubuntu-24.04", description="The label of GitHub's machines.")
    install: Command = Field(
        "pip install 'catalog-builder[charts]'",
        description="The command that installs `catalog`, in a virtual environment of Python.",
    )
