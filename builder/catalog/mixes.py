"""What catalog.yaml says of images that it does not list."""

from __future__ import annotations

from fnmatch import fnmatchcase

from pydantic import Field

from builder.catalog.words import Line, Model


class Mixes(Model):
    """Which images may be asked for by the names of their layers."""

    layers: tuple[Line, ...] = Field(
        ("*",), description="Globs over the layers that may be named.", min_length=1
    )
    most: int = Field(
        8, description="How many layers may be named at once.", ge=1, le=64, strict=True
    )
    kept: int = Field(
        100,
        description=(
            "How many such images `catalog serve` keeps; the one that was asked for longest ago"
            " goes first."
        ),
        ge=1,
        le=100_000,
        strict=True,
    )

    def allow(self, layer: str) -> bool:
        """Tell whether a layer may be named."""
        return any(fnmatchcase(layer, glob) for glob in self.layers)


class PutTogether(Model):
    """What a catalog says of putting images together."""

    mixes: Mixes | None = Field(
        None,
        description=(
            "Which images that are not listed may be asked for by their layers, for example"
            " `catalog build lab+r`; none without it."
        ),
    )
    layer_budget: int = Field(
        64, ge=2, le=127, description="The most OCI layers of an image; engines take 127."
    )
