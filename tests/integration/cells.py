"""Real cells: Debian roots by mmdebstrap, builds by BuildKit, with packages from the machine's own
archive."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.cells import compose, records
from builder.cells.delta import normalise
from builder.debian.model import Facts
from builder.oci.model import Descriptor, ImageConfig
from builder.oci.store import Store
from builder.tools import process

CONFIG = ImageConfig(
    path=("/opt/tool/bin",), env={"LANG": "C.UTF-8", "TOOL": "it's set"}, cmd=("bash",)
)
GROUPING = {"deb:glibc": 1, "deb:perl": 3, "deb:vim": 1, "deb:zsh": 2}
"""Deltas of a few layers: packages that it does not name are in these chunks, too."""
BUILDX = ("docker", "buildx", "build", "--progress=plain", "--provenance=false")

# It parts what packages bring from what builds write. It is an argument of every step, so that the
# engine takes no step from an earlier run, whose files are older.
BEGAN = int(time.time())


def key_of(name: str) -> str:
    """Return a key such as cells have."""
    return hashlib.sha256(name.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Yard:
    """Where cells are built: a store, and a directory for work in progress."""

    store: Store
    scratch: Path

    def bootstrap(self, release: str) -> Facts:
        """A Debian root with apt."""
        root = self.scratch / "root.tar"
        process.run(["mmdebstrap", "--quiet", "--variant=apt", "--include=passwd", release, root])
        return self.keep(
            normalise(
                [root],
                cell=f"debian@{release}",
                key=key_of(f"debian-{release}"),
                ancestors=[],
                store=self.store,
                built_since=BEGAN,
                grouping=GROUPING,
            )
        )

    def build(self, name: str, script: str, below: Sequence[Facts], *, cache: bool = True) -> Facts:
        """A cell: what a script adds to the composed image of the cells below."""
        added = self.layers(name, script, below, cache=cache)
        return self.keep(
            normalise(
                added,
                cell=name,
                key=key_of(name),
                ancestors=below,
                store=self.store,
                built_since=BEGAN,
                grouping=GROUPING,
            )
        )

    def layers(
        self, name: str, script: str, below: Sequence[Facts], *, cache: bool = True
    ) -> list[Path]:
        """The layers that a script adds to the composed image of the cells below, as BuildKit
        writes them."""
        parent = compose.compose(self.store, below, CONFIG)
        output = self.scratch / f"{name}-{time.monotonic_ns()}"
        self._run(
            script,
            parent,
            [
                f"--output=type=oci,tar=false,compression=uncompressed,dest={output}",
                *["--no-cache"][cache:],
            ],
        )
        blobs = output / "blobs" / "sha256"
        index = json.loads((output / "index.json").read_bytes())
        manifest = json.loads(
            (blobs / index["manifests"][0]["digest"].removeprefix("sha256:")).read_bytes()
        )
        number = len(self.store.read_json(parent)["layers"])
        return [
            blobs / layer["digest"].removeprefix("sha256:") for layer in manifest["layers"][number:]
        ]

    def ask(self, script: str, image: Descriptor) -> str:
        """What a script prints in a container of an image, as root and without a network."""
        output = self.scratch / f"answer-{time.monotonic_ns()}"
        self._run(
            f"mkdir /answer; exec >/answer/text 2>&1; {script}",
            image,
            ["--network=none", f"--output=type=local,dest={output}"],
            only="/answer",
        )
        return (output / "text").read_text()

    def keep(self, facts: Facts) -> Facts:
        """Record a cell and read it again, as a later run would."""
        return records.facts(self.store, records.record(self.store, facts, {}))

    def _run(self, script: str, parent: Descriptor, options: Sequence[str], only: str = "") -> None:
        context = self.scratch / f"context-{time.monotonic_ns()}"
        context.mkdir()
        (context / "script").write_text(
            f"set -eu\nexport DEBIAN_FRONTEND=noninteractive\n{script}\n"
        )
        lines = [
            "FROM base AS it",
            "USER root",
            f"ARG BEGAN={BEGAN}",
            "RUN --mount=type=bind,target=/context bash /context/script",
        ]
        lines += [f"FROM scratch\nCOPY --from=it {only} /"] if only else []
        (context / "Dockerfile").write_text("\n".join(lines) + "\n")
        process.run(
            [
                *BUILDX,
                f"--build-context=base=oci-layout://{self.store.root}@{parent.digest}",
                *options,
                context,
            ]
        )
