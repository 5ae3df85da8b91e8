#!/usr/bin/env python3
"""NVIDIA's packages are known to Python, and their libraries are in one place for all Pythons."""

import json
import pathlib
import subprocess
from importlib import metadata

import nvidia

held = json.loads(pathlib.Path("/catalog-test/image.json").read_text())["packages"]["shared"]
for name, version in held.items():
    there = metadata.version(name)
    assert there == version, f"{name}: {there} instead of {version}"
(place,) = nvidia.__path__
assert pathlib.Path(place).resolve() == pathlib.Path("/opt/cuda/site-packages/nvidia"), place
listed = subprocess.run(
    ["uv", "pip", "list", "--system", "--format=json"], check=True, capture_output=True
).stdout
there = {one["name"] for one in json.loads(listed)}
assert there >= held.keys(), f"uv does not see {held.keys() - there}, and would install them again"
assert not any(pathlib.Path("/usr").glob("local/cuda*")), "a second CUDA"
