"""Write an archive that `ctr images import` and `docker load` read: one image of one layer, without
an engine.

Usage: docker-archive.py [--entrypoint WORD]... NAME LAYER.tar OUTPUT.tar
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path


def main() -> None:
    """Write the layer, its configuration and the manifest."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--entrypoint", action="append", default=[], metavar="WORD")
    parser.add_argument("name")
    parser.add_argument("layer", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    with arguments.layer.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "Entrypoint": arguments.entrypoint,
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [arguments.name], "Layers": ["layer.tar"]}]
    with tarfile.open(arguments.output, "w") as archive:
        archive.add(arguments.layer, "layer.tar", filter=anonymous)
        for path, value in (("config.json", config), ("manifest.json", manifest)):
            content = json.dumps(value).encode()
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return the entry without time and owner."""
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


main()
