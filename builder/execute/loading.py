"""Bring images from the store into a Docker engine, layer by layer; unchanged layers do not
move.
"""

from __future__ import annotations

from collections.abc import Mapping

import docker

from builder.errors import BuilderError
from builder.events import Monitor, Note
from builder.execute import damage
from builder.execute.project import Project
from builder.execute.serve import Tagged, registry
from builder.oci.model import Descriptor
from builder.tools import engine


def load(
    project: Project,
    client: docker.DockerClient,
    images: Mapping[str, Descriptor],
    monitor: Monitor,
) -> dict[str, str]:
    """Load images; return the name that each has in the engine: the one under which it is
    published.

    Raises:
        BuilderError: the engine refused one.
        IntegrityError: it was right to, as a blob is damaged.

    """
    names: dict[str, str] = {}
    tags = {image: manifest.digest for image, manifest in images.items()}
    with registry(Tagged(project.store.root / "blobs" / "sha256", tags)) as served:
        for image, digest in tags.items():
            name = names[image] = project.reference(image)
            document = project.store.read_json(images[image])
            # Docker's own store, unlike containerd's, knows an image by its configuration.
            if engine.digest(client, name) in {digest, document["config"]["digest"]}:
                monitor(Note(f"{name}: already there"))
                continue
            served.sent.clear()
            _pull(project, client, f"{served.address}/{image}", name, images[image])
            moved = [layer for layer in document["layers"] if layer["digest"] in served.sent]
            size = sum(layer["size"] for layer in moved)
            monitor(
                Note(
                    f"{name}: {len(moved)} of {len(document['layers'])} layers moved,"
                    f" {size / 1e6:,.1f} MB"
                )
            )
    return names


def pinned(project: Project, client: docker.DockerClient, image: str, manifest: Descriptor) -> str:
    """Return the id by which the engine knows a loaded image. Its name may be another's at any
    time, as another catalog or branch may load an image under it.

    Raises:
        BuilderError: it is already.

    """
    name = project.reference(image)
    known = engine.digest(client, name)
    config = project.store.read_json(manifest)["config"]["digest"]
    if known not in {manifest.digest, config}:
        message = f"somebody else loads other images under the name {name}"
        raise BuilderError(message, hint="run it again when they are done")
    return str(known)


def _pull(
    project: Project, client: docker.DockerClient, source: str, name: str, manifest: Descriptor
) -> None:
    try:
        engine.pull(client, source, name)
    except BuilderError:
        damage.check(project.store, manifest)
        raise
