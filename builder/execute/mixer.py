"""Images on demand: what a catalog lists or allows by the names of layers, put together when it is
first asked for.

The cells have to be in the store. What is put together is a manifest, a configuration and a seal;
these go to a store of their own, of which the oldest images go when there are more than the catalog
says (`mixes.kept`). So no stranger fills a disk.
"""

from __future__ import annotations

import contextlib
import fcntl
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from builder import confined
from builder.catalog.mix import is_mix
from builder.catalog.mixes import Mixes
from builder.cells import compose
from builder.errors import BuilderError, InputError, Problem
from builder.events import Monitor, Note
from builder.execute.hold import hold, looked_up
from builder.execute.images import count, key_of, labelled
from builder.execute.project import Project, image_ref, project_of
from builder.execute.workshop import Workshop
from builder.graph.select import unknown
from builder.graph.tags import published
from builder.oci.blob import blobs_of, disk
from builder.oci.model import Descriptor
from builder.oci.store import Store

DIRECTORY = "mixes"
"""Below .catalog: an OCI layout with what was put together."""


@dataclass(frozen=True, kw_only=True)
class Mixer:
    """The images of a whole project. Several threads may ask at once; one puts together."""

    project: Project
    monitor: Monitor
    own: Store
    """What was put together."""
    tags: Mapping[str, frozenset[str]]
    """The tags of each image that the catalog lists, by its id."""
    _known: dict[str, Path] = field(default_factory=dict)
    """Digests of what was served -> their files."""
    _used: OrderedDict[str, None] = field(default_factory=OrderedDict)
    """Refs of what is kept, the one that was asked for last at the end."""
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def manifest(self, name: str, reference: str) -> Path | None:
        """Return the file of an image's manifest; of a digest that was served before, too.

        Raises:
            BuilderError: why the image cannot be had.

        """
        if reference.startswith("sha256:"):
            return self._known.get(reference)
        try:
            with self._guard:
                return self._found(self._id(name, reference))
        except InputError as error:
            # Whoever pulls typed no argument of a command.
            raise BuilderError("; ".join(map(_told, error.problems))) from None

    def blob(self, digest: str) -> Path | None:
        """Return the file of a blob of an image that was served."""
        return self._known.get(digest)

    def _id(self, name: str, tag: str) -> str:
        """Return the word that asks for an image: its id, or that of a mix."""
        word = f"{name}:{tag}"
        if is_mix(word) or word in self.project.graph.images:
            return word
        for image, tags in self.tags.items():
            if image.rpartition(":")[0] == name and tag in tags:
                return image
        raise InputError([unknown(self.project.graph, word, "IMAGE")])

    def _found(self, word: str) -> Path:
        whole = self.project
        part = project_of(whole.loaded, whole.lock, whole.settings, [word], cells=False)
        (image,) = part.graph.images
        key = key_of(part, image)
        ref = image_ref(image, key)
        built = part.store.find(ref)
        if built is not None:
            return self._serve(part, built, part.store)
        return self._serve(part, self._composed(part, image, ref), self.own)

    def _composed(self, part: Project, image: str, ref: str) -> Descriptor:
        """Return the manifest of an image that is not in the project's own store."""
        self._used[ref] = None
        self._used.move_to_end(ref)
        there = self.own.refs().get(ref)
        if there is not None and self.own.path(there.digest).is_file():
            return there
        shop = Workshop(project=part, builder="", logs=part.state / "logs", monitor=self.monitor)
        layers = [shop.facts(cell) for cell in part.graph.images[image].cells]
        count(part, shop, image, layers)
        made = compose.compose(self.own, layers, labelled(part, image, layers), ref=ref)
        self.monitor(Note(f"{image}: put together, {made.digest[7:19]}"))
        self._evict()
        return made

    def _serve(self, part: Project, manifest: Descriptor, store: Store) -> Path:
        """Note where an image's blobs are; return its manifest's file."""
        for blob in blobs_of(store.read_json(manifest)):
            own = self.own.path(blob.digest)
            self._known[blob.digest] = own if own.is_file() else part.store.path(blob.digest)
        path = self._known[manifest.digest] = store.path(manifest.digest)
        return path

    def _evict(self) -> None:
        """Remove the images that were asked for longest ago, if there are too many."""
        most = (self.project.loaded.catalog.mixes or Mixes()).kept
        late = [ref for ref, _ in zip(self._used, range(len(self._used) - most), strict=False)]
        if not late:
            return
        for ref in late:
            del self._used[ref]
        self.own.untag(late)
        self.own.gc(grace=0)
        for digest in [name for name, path in self._known.items() if not path.is_file()]:
            del self._known[digest]


def _told(problem: Problem) -> str:
    hint = f" ({problem.hint})" if problem.hint else ""
    return problem.message + hint


@contextlib.contextmanager
def mixer(project: Project, monitor: Monitor) -> Iterator[Mixer]:
    """Open the store of a project's images on demand, and hold the project's cells, while the
    context lasts.

    Raises:
        BuilderError: another process has it open, or it cannot be written.

    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(hold(project))
        with disk(project.state), confined.directory(project.loaded.root, ".catalog", make=True):
            lock = stack.enter_context(confined.lock(project.state, f"{DIRECTORY}.lock"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = "another `catalog serve` has this catalog"
            raise BuilderError(message, hint="stop it first") from None
        own = Store.open(project.state / DIRECTORY)
        # Whoever was killed while it put something together left parts of it.
        own.gc(grace=0)
        digests = {name: manifest.digest for name, manifest in looked_up(project)[0].items()}
        tags = published(project.loaded, project.whole, project.lock, digests)
        yield Mixer(
            project=project,
            monitor=monitor,
            own=own,
            tags={name: frozenset(one.text for one in of_image) for name, of_image in tags.items()},
            _used=OrderedDict.fromkeys(own.refs()),
        )
