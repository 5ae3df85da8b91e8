"""What is attached to the images, the charts and the document of a release: bills of materials and
provenance as they are, and, where there is a key, the same and a bare signature, signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from builder.attest import bundle, keys, statement
from builder.digest import sha256
from builder.errors import IntegrityError
from builder.oci.model import MANIFEST, Descriptor
from builder.release.shelf import Place
from builder.tools import contents
from builder.tools.cosign import Cosign
from builder.tools.referrers import Artifact, Listing, Referrer, attach, blob, listed

CONTENT, KIND = "dev.sigstore.bundle.content", "dev.sigstore.bundle.predicateType"
"""Annotations of a bundle's manifest (cosign, specs/BUNDLE_SPEC.md)."""
STATEMENT, SIGNER = "org.catalog.statement", "org.catalog.signer"
"""Annotations of a bundle's manifest: the digest of what is signed, and the hint of the key. They
spare a second signature, and are no reason to trust one."""
MARK = "org.catalog.documents"
"""Annotation of what holds a document: what all documents of the subject are made from."""
AN_IDENTITY = "identity"
"""In place of the hint, where cosign signed as an identity."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A document about a subject."""

    kind: str
    """Media type."""
    data: bytes
    statement: bytes
    """The same as an in-toto statement, which may be signed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """An image, a chart or a release in a registry, and what there is to say about it."""

    name: str
    repository: str
    digest: str
    documents: Callable[[], Sequence[Document]] = tuple
    mark: str = ""
    """What the documents are made from: while it is the same, so are they, and those that are there
    need not be made again. Empty where that is not known."""
    count: int = 0
    """How many documents there are, where there is a mark."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """Who signs: cosign, by a key or, without one, as an identity."""

    cosign: Cosign
    key: str | None
    public: keys.PublicKey | None

    @property
    def mark(self) -> str:
        """What tells its signatures from those of others."""
        return self.public.hint if self.public else AN_IDENTITY


def signer(cosign: Cosign, key: str | None) -> Signer:
    """Return who signs by a key of cosign's, or as an identity.

    Raises:
        ToolError: cosign is missing, or cannot read the key.
        IntegrityError: what it gives is no public key.

    """
    if key is None:
        return Signer(cosign=cosign, key=None, public=None)
    try:
        public = keys.read(cosign.public_key(key), key)
    except ValueError as error:
        raise IntegrityError(f"the public half of {key} {error}") from None
    return Signer(cosign=cosign, key=key, public=public)


def attach_all(place: Place, subjects: Sequence[Subject], by: Signer | None) -> int:
    """Attach to each subject what it lacks, and return how much that was. What an interrupt leaves
    undone is done by running it again.

    Raises:
        BuilderError: the registry does not answer, or refuses; or cosign cannot sign.
        IntegrityError: a subject is not in the registry.

    """
    with ThreadPoolExecutor(max(1, place.jobs)) as pool:
        return sum(pool.map(lambda subject: _attach(place, subject, by), subjects))


def bundles(place: Place, repository: str, digest: str, kind: str) -> Iterator[bundle.Bundle]:
    """Yield the bundles of a subject that say of themselves that they are of a kind; nothing of
    them is checked. What is no bundle is passed over: anybody may attach it.

    Raises:
        BuilderError: the registry does not answer, or refuses.

    """
    for referrer in listed(place.registry, repository, digest).referrers:
        if referrer.kind == bundle.MEDIA_TYPE and referrer.annotations.get(KIND) == kind:
            found = _bundle(place, repository, referrer)
            if found is not None:
                yield found


def _attach(place: Place, subject: Subject, by: Signer | None) -> int:
    there = listed(place.registry, subject.repository, subject.digest)
    documents = () if _has_documents(there, subject, by) else subject.documents()
    marks = {MARK: subject.mark} if subject.mark else {}
    artifacts = [Artifact(kind=one.kind, data=one.data, annotations=marks) for one in documents]
    if by is not None:
        statements = [statement.signed(subject.digest), *(one.statement for one in documents)]
        for said in statements:
            if not _is_signed(place, subject, there, said, by):
                artifacts.append(_signed(said, subject, by))
    if not artifacts:
        return 0
    data = contents.manifest(place.registry, subject.repository, subject.digest)
    if data is None:
        message = f"{subject.repository}@{subject.digest} is no longer in the registry"
        raise IntegrityError(message)
    about = Descriptor(MANIFEST, subject.digest, len(data))
    return attach(place.registry, subject.repository, about, artifacts, there)


def _has_documents(there: Listing, subject: Subject, by: Signer | None) -> bool:
    """Tell whether all documents of a subject are there, signed where somebody signs."""
    marked = [one for one in there.referrers if one.annotations.get(MARK) == subject.mark]
    plain = [one for one in marked if one.kind != bundle.MEDIA_TYPE]
    signed = {
        one.annotations.get(KIND)
        for one in marked
        if by is not None and one.annotations.get(SIGNER) == by.mark
    }
    is_signed = by is None or len(signed) >= subject.count
    return bool(subject.mark) and len(plain) >= subject.count and is_signed


def _is_signed(place: Place, subject: Subject, there: Listing, said: bytes, by: Signer) -> bool:
    """Tell whether a statement is signed by this signer already. A bare signature is what others
    rely on, so it is looked at; the word of the registry is enough for what repeats a document.
    """
    digest = f"sha256:{sha256(said)}"
    for referrer in there.referrers:
        marks = referrer.annotations
        if marks.get(STATEMENT) != digest or marks.get(SIGNER) != by.mark:
            continue
        if marks.get(KIND) != statement.SIGNED or by.public is None:
            return True
        found = _bundle(place, subject.repository, referrer)
        if found and found.payload == said and found.signer([by.public]):
            return True
    return False


def _signed(said: bytes, subject: Subject, by: Signer) -> Artifact:
    data = by.cosign.sign(said, by.key)
    made = bundle.read(data, f"what cosign signed of {subject.name}")
    if made.payload != said or (by.public and not made.signer([by.public])):
        raise IntegrityError(f"cosign signed something else than was said of {subject.name}")
    annotations = {
        CONTENT: "dsse-envelope",
        KIND: statement.read(said, subject.name).kind,
        STATEMENT: f"sha256:{sha256(said)}",
        SIGNER: by.mark,
    }
    if subject.mark and said != statement.signed(subject.digest):
        annotations[MARK] = subject.mark
    return Artifact(kind=bundle.MEDIA_TYPE, data=data, annotations=annotations)


def _bundle(place: Place, repository: str, referrer: Referrer) -> bundle.Bundle | None:
    try:
        data = blob(place.registry, repository, referrer)
        return bundle.read(data, f"{repository}@{referrer.digest}")
    except IntegrityError:
        return None
