"""Whether a release is signed by whom the catalog names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from builder.attest import keys, statement
from builder.attest.bundle import Bundle
from builder.attest.keys import PublicKey
from builder.catalog.load import Loaded
from builder.catalog.signers import Signers
from builder.errors import InputError, IntegrityError, Problem, listed
from builder.release.attached import bundles
from builder.release.shelf import Place, Released
from builder.settings import Settings
from builder.tools.cosign import Cosign

SHOWN = 3
MOST = 50
"""Bundles of one subject that are looked at: anybody who may write there may add some."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who signs without a key, and who vouches for that."""

    name: str
    issuer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """Who may sign: one of these has to have signed each part of a release."""

    cosign: Cosign
    keys: tuple[PublicKey, ...] = ()
    identities: tuple[Identity, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anybody has to sign."""
        return bool(self.keys or self.identities)

    @property
    def hints(self) -> frozenset[str]:
        """What names the keys in bundles."""
        return frozenset(key.hint for key in self.keys)

    @property
    def names(self) -> str:
        """Who may sign, in words."""
        names = [one.name for one in self.keys] + [one.name for one in self.identities]
        return listed(names, SHOWN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What was found of who signed something."""

    bundle: Bundle | None = None
    """The first one that one of a policy signed."""
    why: str = ""
    """What is wrong where there is none."""
    hint: str = ""


def policy_of(loaded: Loaded, settings: Settings) -> Policy:
    """Return who has to sign according to a catalog.

    Raises:
        InputError: a file holds no key.

    """
    return policy(loaded.catalog.signed_by, loaded.keys, loaded.root, settings)


def policy(
    signers: Signers | None, files: Mapping[str, bytes], root: Path, settings: Settings
) -> Policy:
    """Return the same of signers, whose keys are `files` below `root`.

    Raises:
        InputError: a file holds no key.

    """
    problems: list[Problem] = []
    found = []
    for file, data in files.items():
        try:
            found.append(keys.read(data, file))
        except ValueError as error:
            problems.append(Problem(str(root / file), 0, 0, str(error)))
    if problems:
        raise InputError(problems)
    identities = signers.identities if signers else ()
    return Policy(
        cosign=Cosign(ca_bundle=settings.ca_bundle),
        keys=tuple(found),
        identities=tuple(Identity(name=one.identity, issuer=one.issuer) for one in identities),
    )


NOBODY = Finding(
    why="nobody signed it", hint="set CATALOG_SIGN_KEY, and run `catalog publish` again"
)
STAGE = "stage it again with `catalog publish`, and find out who may write to the registry"
"""What to do where a signature is wrong; this and the hint of NOBODY are for who publishes."""


def check(place: Place, released: Released, policy: Policy) -> None:
    """Look whether the document, the images and the charts of a release are signed.

    Raises:
        IntegrityError: some are not; says which, and what is wrong with the signatures there are.
        BuilderError: the registry does not answer; or cosign is needed, and missing.

    """
    parts = list(_parts(place, released))

    def look(part: tuple[str, str, str]) -> Finding:
        _, repository, digest = part
        return find(place, policy, repository, digest, statement.SIGNED)

    with ThreadPoolExecutor(max(1, place.jobs)) as pool:
        found = list(pool.map(look, parts))
    wrong = [(part[0], one) for part, one in zip(parts, found, strict=True) if one.bundle is None]
    if wrong:
        lines = listed([f"{name}: {one.why}" for name, one in wrong], SHOWN, "\n  ")
        message = (
            f"{released.release.tag} is not signed by whom catalog.yaml names (signed_by:"
            f" {policy.names})\n  {lines}"
        )
        raise IntegrityError(message, hint=wrong[0][1].hint)


def find(place: Place, policy: Policy, repository: str, digest: str, kind: str) -> Finding:
    """Return the statement of a kind on a digest that one of a policy signed, or what is wrong with
    those there are.

    Raises:
        BuilderError: the registry does not answer; or cosign is needed, and missing.

    """
    last = NOBODY
    for number, bundle in enumerate(bundles(place, repository, digest, kind)):
        if number == MOST:
            break
        last = _judged(bundle, policy, digest, kind)
        if last.bundle is not None:
            break
    return last


def _parts(place: Place, released: Released) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the repository and the digest of all that a release is made of."""
    yield "the release itself", place.releases, released.digest
    for name, digest in released.release.images.items():
        yield name, place.image(name)[0], digest
    for name, chart in released.release.charts.items():
        yield f"chart {name}", place.chart(name), chart.digest


def _judged(bundle: Bundle, policy: Policy, digest: str, kind: str) -> Finding:
    """Return a bundle, if one of a policy signed it, or what is wrong with it."""
    try:
        said = statement.read(bundle.payload, "what is signed")
    except IntegrityError as error:
        return Finding(why=str(error), hint=STAGE)
    if digest not in said.subjects or said.kind != kind:
        return Finding(why="what is signed is something else", hint=STAGE)
    if bundle.signer(policy.keys):
        return Finding(bundle=bundle)
    if not bundle.hint:
        return _of_identity(bundle, policy, digest, kind)
    for key in policy.keys:
        if key.hint == bundle.hint:
            return Finding(why=f"the signature by {key.name} does not verify", hint=STAGE)
    return Finding(
        why=f"it is signed by a key that is not named (its SHA-256: {bundle.hint[:60]})",
        hint="if that key is right, name its public half under `signed_by: {keys: […]}`",
    )


def _of_identity(bundle: Bundle, policy: Policy, digest: str, kind: str) -> Finding:
    """Return a bundle, if one of the identities of a policy signed it: cosign knows."""
    if not policy.identities:
        return Finding(
            why="it is signed as an identity, and none is named",
            hint="if that is right, name it under `signed_by: {identities: […]}`",
        )
    reasons = []
    for one in policy.identities:
        why = policy.cosign.check(bundle.data, digest, kind, one.name, one.issuer)
        if not why:
            return Finding(bundle=bundle)
        reasons.append(f"not by {one.name} ({why})")
    return Finding(
        why=listed(reasons, SHOWN, "; "), hint="`cosign verify` tells who signed; compare"
    )
