#!/bin/bash
# pip and uv install into the image's Python, as the image's user, without the network.
set -euo pipefail
work=$(mktemp -d)
cd "$work"
cat >make.py <<'PY'
import zipfile

for name in ("catalog_probe_pip", "catalog_probe_uv"):
    with zipfile.ZipFile(f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", "ANSWER = 42\n")
        info = f"{name}-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: probe\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
PY
python make.py
pip install --quiet --no-index --find-links . catalog_probe_pip
uv pip install --quiet --offline --no-index --find-links . catalog_probe_uv
python -c 'import catalog_probe_pip, catalog_probe_uv; assert catalog_probe_pip.ANSWER == catalog_probe_uv.ANSWER == 42'
[[ $(bash -lc 'command -v python') == /opt/python/bin/python ]] || { echo "a login shell finds another python: $(bash -lc 'command -v python')"; exit 1; }
# Nothing of the image was recompiled or left half installed.
uv pip check
