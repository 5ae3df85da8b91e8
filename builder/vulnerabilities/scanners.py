"""What programs that look for vulnerabilities say of a bill of materials: grype, Trivy and
osv-scanner. Their documents are others' words: each value that is used has a type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from pydantic import BaseModel, Field, ValidationError

from builder.documents import DocumentError, from_json
from builder.errors import BuilderError
from builder.lock.osv import CVE, Advisory, OsvPackage
from builder.lock.severity import Severity, of_score, of_word, severity, worst

MOST = 256 << 20
"""Bytes of a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A vulnerability that a program found in a package of a bill."""

    ids: tuple[str, ...]
    """Its names."""
    summary: str
    severity: Severity
    fixed: tuple[str, ...]
    name: str
    version: str
    url: str
    """purl, where the program gives it back."""

    @property
    def id(self) -> str:
        """The CVE, or else its first name."""
        return next((one for one in self.ids if CVE.fullmatch(one)), self.ids[0])


class _GrypeFix(BaseModel):
    versions: list[str] | None = None


class _GrypeMetrics(BaseModel):
    base: float | None = Field(None, alias="baseScore")


class _GrypeCvss(BaseModel):
    metrics: _GrypeMetrics = _GrypeMetrics()


class _GrypeVulnerability(BaseModel):
    id: str = Field(min_length=1)
    severity: str = ""
    description: str = ""
    fix: _GrypeFix | None = None
    cvss: list[_GrypeCvss] | None = None


class _GrypeArtifact(BaseModel):
    name: str
    version: str = ""
    purl: str = ""


class _GrypeMatch(BaseModel):
    vulnerability: _GrypeVulnerability
    related: list[_GrypeVulnerability] | None = Field(None, alias="relatedVulnerabilities")
    artifact: _GrypeArtifact


class _Grype(BaseModel):
    matches: list[_GrypeMatch]


class _TrivyScores(BaseModel):
    v3: float | None = Field(None, alias="V3Score")
    v4: float | None = Field(None, alias="V40Score")


class _TrivyIdentifier(BaseModel):
    purl: str = Field("", alias="PURL")


class _TrivyVulnerability(BaseModel):
    id: str = Field(alias="VulnerabilityID", min_length=1)
    vendor: list[str] | None = Field(None, alias="VendorIDs")
    name: str = Field(alias="PkgName")
    version: str = Field("", alias="InstalledVersion")
    fixed: str = Field("", alias="FixedVersion")
    severity: str = Field("", alias="Severity")
    title: str = Field("", alias="Title")
    identifier: _TrivyIdentifier = Field(_TrivyIdentifier(), alias="PkgIdentifier")
    cvss: dict[str, _TrivyScores] | None = Field(None, alias="CVSS")


class _TrivyResult(BaseModel):
    vulnerabilities: list[_TrivyVulnerability] | None = Field(None, alias="Vulnerabilities")


class _Trivy(BaseModel):
    version: int = Field(alias="SchemaVersion")
    results: list[_TrivyResult] | None = Field(None, alias="Results")


class _OsvPackage(BaseModel):
    name: str
    version: str = ""
    ecosystem: str = ""


class _OsvGroup(BaseModel):
    ids: list[str]
    aliases: list[str] | None = None
    max_severity: str = ""


class _OsvEntry(BaseModel):
    package: _OsvPackage
    vulnerabilities: list[Advisory] | None = None
    groups: list[_OsvGroup] | None = None


class _OsvResult(BaseModel):
    packages: list[_OsvEntry] | None = None


class _OsvScanner(BaseModel):
    results: list[_OsvResult] | None


def grype(value: object) -> Iterator[Match]:
    """Yield what `grype --output json` found."""
    for one in _Grype.model_validate(value).matches:
        about = [one.vulnerability, *(one.related or ())]
        bases = [each.metrics.base for each in chain.from_iterable(v.cvss or () for v in about)]
        fix = one.vulnerability.fix
        yield Match(
            ids=tuple(dict.fromkeys(each.id for each in about)),
            summary=next((each.description for each in about if each.description), ""),
            severity=_said(one.vulnerability.severity, bases),
            fixed=tuple(fix.versions or ()) if fix else (),
            name=one.artifact.name,
            version=one.artifact.version,
            url=one.artifact.purl,
        )


def trivy(value: object) -> Iterator[Match]:
    """Yield what `trivy sbom --format json` found."""
    results = _Trivy.model_validate(value).results or ()
    for one in chain.from_iterable(result.vulnerabilities or () for result in results):
        scores = ((each.v3, each.v4) for each in (one.cvss or {}).values())
        yield Match(
            ids=tuple(dict.fromkeys([one.id, *(one.vendor or ())])),
            summary=one.title,
            severity=_said(one.severity, chain.from_iterable(scores)),
            fixed=tuple(word.strip() for word in one.fixed.split(",") if word.strip()),
            name=one.name,
            version=one.version,
            url=one.identifier.purl,
        )


def osv_scanner(value: object) -> Iterator[Match]:
    """Yield what `osv-scanner --format json` found: one match for each of its groups."""
    results = _OsvScanner.model_validate(value).results or ()
    for entry in chain.from_iterable(result.packages or () for result in results):
        by_id = {one.id: one for one in entry.vulnerabilities or ()}
        for group in entry.groups or ():
            members = [by_id[name] for name in group.ids if name in by_id]
            if members:
                yield _group(entry.package, group, members)


def _group(package: _OsvPackage, group: _OsvGroup, members: list[Advisory]) -> Match:
    known = OsvPackage(package.ecosystem, package.name, package.version)
    fixed: dict[str, None] = {}
    for one in members:
        fixed.update(dict.fromkeys(one.fixed(known)))
    return Match(
        ids=tuple(dict.fromkeys([*group.ids, *(group.aliases or ())])),
        summary=next((one.summary for one in members if one.summary), ""),
        severity=worst([severity(one, known) for one in members]),
        fixed=tuple(fixed),
        name=package.name,
        version=package.version,
        url="",
    )


READERS: Mapping[str, Callable[[object], Iterable[Match]]] = {
    "grype": grype,
    "trivy": trivy,
    "osv-scanner": osv_scanner,
}
"""By the program that writes the document."""


def read(program: str, data: bytes) -> list[Match]:
    """Return what a program found.

    Raises:
        BuilderError: what it wrote is not what it should be.

    """
    try:
        return list(READERS[program](from_json(data, most=MOST)))
    except DocumentError as error:
        raise _odd(program, str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise _odd(program, f"{where}: {first['msg']}") from None


def _odd(program: str, why: str) -> BuilderError:
    hint = f"look at the version of {program}: its documents may have another form by now"
    return BuilderError(f"what {program} found cannot be understood: {why}", hint=hint)


def _said(word: str, scores: Iterable[float | None]) -> Severity:
    """Return the word that a program chose, with the score that fits it, if there is one."""
    said = of_word(word)
    given = [of_score(score) for score in scores if score is not None]
    fitting = [one for one in given if one.word == said.word]
    if fitting:
        return worst(fitting)
    return worst(given) if said == Severity() else said
