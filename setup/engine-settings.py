"""Print the Docker engine's settings for this machine: those that it has, and what the catalog
needs on top.

Usage: engine-settings.py [--containerd-store] [--runtime PATH] [FILE]. What FILE already says is
never changed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def main() -> None:
    """Merge and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--containerd-store", action="store_true")
    parser.add_argument("--runtime", metavar="PATH")
    parser.add_argument("file", nargs="?", type=Path)
    arguments = parser.parse_args()
    present = (
        json.loads(arguments.file.read_text()) if arguments.file and arguments.file.exists() else {}
    )
    settings = dict(present)
    if arguments.containerd_store:
        settings["features"] = {"containerd-snapshotter": True, **present.get("features", {})}
    # What cells need to be built again is in the catalog's store: the engine's own cache need not
    # fill the disk.
    settings.setdefault("builder", {"gc": {"enabled": True, "defaultKeepStorage": "8GB"}})
    if arguments.runtime:
        settings["runtimes"] = {
            "any-oom-score": {"path": arguments.runtime},
            **present.get("runtimes", {}),
        }
        settings.setdefault("default-runtime", "any-oom-score")
    print(json.dumps(settings, indent=2))


main()
