#!/bin/bash
# user: 12345:0
# A uid that nobody knows, in the group that engines give to it, installs as the image's user does.
set -euo pipefail
work=$(mktemp -d)
cd "$work"
python - probe_pip probe_user probe_uv <<'PY'
import sys, zipfile

for name in sys.argv[1:]:
    with zipfile.ZipFile(f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        info = f"{name}-1.0.dist-info"
        wheel.writestr(f"{name}.py", "def main():\n    print(42)\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: probe\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
        wheel.writestr(f"{info}/RECORD", "")
PY
offline=(--quiet --no-index --find-links "$work")
pip install "${offline[@]}" probe_pip
pip install --user "${offline[@]}" probe_user
uv pip install --system --offline "${offline[@]}" probe_uv
for name in probe_pip probe_user probe_uv; do
  [[ $($name) == 42 ]] || { echo "$name does not run" && exit 1; }
done
uv venv --quiet --offline project
[[ $(project/bin/python -c 'import sys; print(sys.base_prefix)') == /opt/python ]]
