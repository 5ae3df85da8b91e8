"""What there is to say about the images of a project: bills of materials and provenance, as they
are attached to images in a registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib.metadata import version

from builder.attest import statement
from builder.cells import records
from builder.digest import canonical, sha256
from builder.documents import from_json
from builder.errors import BuilderError
from builder.execute.project import Project
from builder.lock.model import Artifact
from builder.oci.model import Descriptor
from builder.plan import provenance
from builder.plan.provenance import DISTRIBUTION, Made, Provenance
from builder.record.bills import FORMATS, bill_of, text
from builder.release.attached import Document, Subject
from builder.release.shelf import CHARTS, Place, Released
from builder.sbom import urls
from builder.sbom.bill import FORMAT

KINDS = {"spdx": statement.SPDX, "cyclonedx": statement.CYCLONEDX}
"""Format of a bill -> the predicate that holds one."""


def about(project: Project, place: Place, images: Mapping[str, Descriptor]) -> list[Subject]:
    """Return the images of a project in a registry, with what there is to say about them."""
    number = version(DISTRIBUTION)
    return [
        Subject(
            name=name,
            repository=place.image(name)[0],
            digest=manifest.digest,
            documents=partial(documents, project, name, manifest, number),
            mark=_mark(project, name, manifest, number),
            count=len(KINDS) + 1,
        )
        for name, manifest in images.items()
    ]


def about_rest(place: Place, released: Released) -> list[Subject]:
    """Return the charts of a release, and the release itself with its provenance."""
    release = released.release
    parts = [
        Subject(name=name, repository=place.chart(name), digest=chart.digest)
        for name, chart in release.charts.items()
    ]
    digests = dict(release.images)
    digests |= {f"{CHARTS}/{name}": chart.digest for name, chart in release.charts.items()}
    materials = {urls.of_part(name, digest): digest for name, digest in digests.items()}
    predicate = provenance.of_release(
        release.catalog, release.lock, materials, version(DISTRIBUTION)
    )
    said = statement.write(released.digest, statement.PROVENANCE, predicate, name=release.tag)
    document = Document(kind=statement.MEDIA_TYPE, data=said, statement=said)
    itself = Subject(
        name=release.tag,
        repository=place.releases,
        digest=released.digest,
        documents=lambda: [document],
    )
    return [*parts, itself]


def documents(project: Project, image: str, manifest: Descriptor, number: str) -> list[Document]:
    """Return the bills and the provenance of an image, of which `manifest` is the one in the store;
    `number` is the version of this program. They are the same bytes for the same image.

    Raises:
        BuilderError: a cell of it is not in the store.
        IntegrityError: what the store has of it is missing or damaged.

    """
    bill = bill_of(project, image, manifest)
    made = []
    for name, kind in KINDS.items():
        data = text(bill, name)
        said = statement.write(manifest.digest, kind, from_json(data), name=image)
        made.append(Document(kind=FORMATS[name].media_type, data=data, statement=said))
    predicate = provenance.predicate(origin(project, image, number), _artifacts(project, image))
    said = statement.write(manifest.digest, statement.PROVENANCE, predicate, name=image)
    return [*made, Document(kind=statement.MEDIA_TYPE, data=said, statement=said)]


def _mark(project: Project, image: str, manifest: Descriptor, number: str) -> str:
    """Return a digest of all that the documents of an image are made from, in milliseconds."""
    artifacts = [(one.id, one.locator, one.digest) for one in _artifacts(project, image)]
    keys = [project.inputs[cell].key for cell in project.graph.images[image].cells]
    made_from = [number, FORMAT, project.reference(image), manifest.digest, keys, artifacts]
    return sha256(canonical(made_from))


def _artifacts(project: Project, image: str) -> list[Artifact]:
    """Return what the lock has for the cells of an image."""
    found: list[Artifact] = []
    for cell in project.graph.images[image].cells:
        found += [project.lock.artifacts[name] for name in project.lock.cells[cell].artifacts]
    return found


def origin(project: Project, image: str, number: str) -> Provenance:
    """Return what an image is made from as the catalog, its lock and the store have it now.

    Raises:
        BuilderError: a cell of it is not in the store.

    """
    made = []
    for cell in project.graph.images[image].cells:
        inputs = project.inputs[cell]
        known = records.find(project.store, inputs.key)
        if known is None:
            raise BuilderError(f"{cell} is not in the store", hint=f"run `catalog build {cell}`")
        made.append(Made(cell=cell, key=inputs.key, digest=known.digest, inputs=inputs.document))
    return Provenance(
        catalog=project.loaded.catalog.name,
        image=image,
        key=project.image_key(image, [one.digest for one in made]),
        cells=tuple(made),
        version=number,
    )
