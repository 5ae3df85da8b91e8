"""Who has to have signed a release before it is made public."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from builder.catalog.words import FILE, Line, Model

KeyFile = Annotated[str, StringConstraints(pattern=FILE)]


class SigningIdentity(Model):
    """Whoever signs without a key, as a workflow of a forge does (Sigstore's keyless signing)."""

    identity: Line = Field(
        description="The subject of its certificate, such as a workflow at a branch."
    )
    issuer: Line = Field(description="The URL of the OpenID provider that vouches for it.")


class Signers(Model):
    """Those of whom one has to have signed each part of a release."""

    keys: tuple[KeyFile, ...] = Field(
        (),
        description=(
            "Files beside catalog.yaml, or below it, each with a public key in PEM: what `cosign"
            " public-key` prints."
        ),
    )
    identities: tuple[SigningIdentity, ...] = Field(
        (), description="Identities that sign without a key."
    )


class Signed(Model):
    """What a catalog says of signatures."""

    signed_by: Signers | None = Field(
        None,
        description=(
            "Who has to have signed a release: `catalog promote` and `catalog rollback` make no"
            " other public. Default: nobody."
        ),
    )
