"""What catalog.yaml says of the points that the matrix does not have."""

from __future__ import annotations

from pydantic import Field

from builder.catalog.words import Model, When


class Rule(Model):
    """A constraint on the matrix: which points of which images or layers are absent (exclude) or
    the only ones (require).
    """

    image: str | None = Field(None, description="Glob over image names.")
    layer: str | None = Field(
        None, description="Glob over layer names; the rule concerns every image that has one."
    )
    when: When = Field(
        {},
        description=(
            "exclude: the points removed. require: the only points kept, as far as an image has"
            " these axes."
        ),
    )
    because: str = Field(
        description="The reason, shown by `catalog show` and `plan` for the absent points."
    )
