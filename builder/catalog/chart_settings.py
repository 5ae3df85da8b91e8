"""What `catalog.yaml` says of all its charts."""

from __future__ import annotations

from pydantic import Field

from builder.catalog.language import LanguageTag
from builder.catalog.words import Model, Name


class ChartSettings(Model):
    """What the charts of a catalog share."""

    library: str = Field(
        "charts", description="Directory whose options/, library/ and stubs/ the charts use."
    )
    languages: tuple[LanguageTag, ...] = Field(
        ("en",),
        description=(
            "Languages (BCP 47), the preferred one first: of a chart's description, Helm shows the"
            " first that there is, or else the first of all."
        ),
        min_length=1,
    )
    highlighted: tuple[Name, ...] = Field(
        (), description="Services that Onyxia's page of the catalog shows first."
    )
