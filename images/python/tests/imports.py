#!/opt/python/bin/python
"""Every Python package asked for is there in the version of the lock, and imports."""

import importlib
import json
import re
import sys
from importlib import metadata
from pathlib import Path

facts = json.loads(Path("/catalog-test/image.json").read_text())


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


modules = {}
for module, distributions in metadata.packages_distributions().items():
    for distribution in distributions:
        modules.setdefault(normal(distribution), set()).add(module)

wrong = []
for name, version in facts["packages"].get("python", {}).items():
    found = metadata.version(name)
    if found != version:
        wrong.append(f"{name}: the lock says {version}, the image has {found}")
for name in facts["asked"].get("python", []):
    # Its own module where it has one of its name; others may be bridges to what is not installed.
    own = name.replace("-", "_").lower()
    named = [
        module for module in modules.get(normal(name), ()) if re.fullmatch(r"[A-Za-z]\w*", module)
    ]
    for module in [own] if own in named else named or [own]:
        try:
            importlib.import_module(module)
        except Exception as error:
            wrong.append(f"{name}: import {module}: {type(error).__name__}: {error}")

installed = facts["packages"].get("python", {})
asked = facts["asked"].get("python", [])
print(f"{len(installed)} distributions, {len(asked)} asked for")
sys.exit("\n".join(wrong) or 0)
