"""After an engine failed: was it our bytes?"""

from __future__ import annotations

from builder.errors import IntegrityError
from builder.oci.blob import blobs_of, descriptor_from
from builder.oci.model import Descriptor
from builder.oci.store import Store


def check(store: Store, manifest: Descriptor) -> None:
    """Hash every blob of an image.

    Raises:
        IntegrityError: some are damaged; names the cells they belong to. They have been removed, so
        that they are made again.

    """
    document = store.read_json(manifest)
    config = store.read_json(descriptor_from(document["config"]))
    problems: list[IntegrityError] = []
    _, *layers = blobs_of(document)
    for layer, entry in zip(layers, config["history"], strict=True):
        try:
            store.verify(layer)
        except IntegrityError as error:
            cell = entry["created_by"].rpartition(": ")[2]
            problems.append(IntegrityError(f"{cell}: {error.message}", hint=error.hint))
    if problems:
        raise IntegrityError(
            "\n".join(problem.message for problem in problems), hint=problems[0].hint
        )
