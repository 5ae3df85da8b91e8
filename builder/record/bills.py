"""Bills of materials of the images of a project: from the lock and from what the store records."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from builder.cells import records
from builder.errors import BuilderError, IntegrityError
from builder.execute.project import Project
from builder.oci.model import Descriptor
from builder.sbom import contents, cyclonedx, spdx, urls
from builder.sbom.bill import Bill, Image, Layer, bill


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format of documents."""

    ends: str
    """Of their files' names."""
    media_type: str
    document: Callable[[Bill], dict[str, Any]]


FORMATS: Mapping[str, Format] = {
    "spdx": Format(ends=spdx.ENDS, media_type=spdx.MEDIA_TYPE, document=spdx.document),
    "cyclonedx": Format(
        ends=cyclonedx.ENDS, media_type=cyclonedx.MEDIA_TYPE, document=cyclonedx.document
    ),
}


def bill_of(project: Project, image: str, manifest: Descriptor) -> Bill:
    """Return the bill of an image, of which `manifest` is the one in the store.

    Raises:
        BuilderError: a cell of it is not in the store.
        IntegrityError: what the store has of it is missing or damaged.

    """
    config = _config(project, manifest)
    layers = []
    for cell in project.graph.images[image].cells:
        known = records.find(project.store, project.inputs[cell].key)
        if known is None:
            raise BuilderError(f"{cell} is not in the store", hint=f"run `catalog build {cell}`")
        artifacts = [project.lock.artifacts[one] for one in project.lock.cells[cell].artifacts]
        layers.append(
            Layer(cell=cell, contents=contents.known(project.store, known), artifacts=artifacts)
        )
    return bill(
        Image(
            reference=project.reference(image),
            digest=manifest.digest,
            created=str(config.get("created", "")),
            architecture=str(config.get("architecture", "")),
        ),
        layers,
    )


def url_of(project: Project, image: str, manifest: Descriptor) -> str:
    """Return the package URL of an image, as its bill has it. Raises as `bill_of`."""
    architecture = str(_config(project, manifest).get("architecture", ""))
    return urls.of_image(project.reference(image), manifest.digest, architecture)


def text(made: Bill, name: str) -> bytes:
    """Return a bill as a document of a format, the same bytes for the same bill."""
    document = FORMATS[name].document(made)
    # A path that is no UTF-8 cannot be written as it is.
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def _config(project: Project, manifest: Descriptor) -> Mapping[str, Any]:
    try:
        descriptor = project.store.read_json(manifest)["config"]
        digest, size = str(descriptor["digest"]), int(descriptor["size"])
        config = project.store.read_json(Descriptor(str(descriptor["mediaType"]), digest, size))
    except (LookupError, TypeError, ValueError) as error:
        raise IntegrityError(f"{manifest.digest} is no manifest of an image ({error})") from error
    if not isinstance(config, Mapping):
        raise IntegrityError(f"{digest} is no configuration of an image")
    return config
