#!/bin/bash
# timeout: 240
# The Python is a whole one, and nobody's project: what people type and their tools ask for works.
set -euo pipefail
work=$(mktemp -d)
cd "$work"
failed=0
is() { [[ $2 == "$3" ]] || { echo "$1: expected «$2», got «$3»" && failed=1; }; }
works() { "$@" >"$work/said" 2>&1 || { echo "fails: $*" && sed 's/^/  /' "$work/said" && failed=1; }; }
in_python() { python -c "import site, sys, sysconfig, os; print($1)"; }

version=$(in_python '"python%d.%d" % sys.version_info[:2]')
library=/opt/python/lib/$version
is prefixes "/opt/python /opt/python" "$(in_python 'sys.prefix, sys.base_prefix' | tr -d "(),'")"
is "site-packages" "$library/site-packages" "$(in_python 'sysconfig.get_path("purelib")')"
is "site.getsitepackages()" "['$library/site-packages']" "$(in_python 'site.getsitepackages()')"
is "place in sys.path" "$library/site-packages" "$(in_python 'sys.path[-1]')"
is "twice in sys.path" "" "$(in_python '*[path for path in sys.path if sys.path.count(path) > 1]')"
is "without frozen modules" "$library/site-packages" "$(python -X frozen_modules=off -c 'import sys; print(sys.path[-1])')"
is "Debian's packages" "" "$(in_python '*[path for path in sys.path if path.startswith("/usr/")]')"
is VIRTUAL_ENV "" "${VIRTUAL_ENV-}"
is "marker of what is externally managed" "" "$(find -L /opt/python/lib -maxdepth 2 -name EXTERNALLY-MANAGED)"
is "links to nothing" "" "$(find /opt/python -xtype l)"
is "what was compiled at start" "" "$(python -v -c 'import json, sysconfig, ensurepip, site_packages' 2>&1 | grep -E '^# (wrote|bytecode is stale|could not)' || true)"
for program in python python3 pip pip3 uv python3-config pydoc3; do
  is "$program" "/opt/python/bin/$program" "$(command -v $program)"
done

cat >make.py <<'PY'
import sys, zipfile

for name in sys.argv[1:]:
    with zipfile.ZipFile(f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        info = f"{name}-1.0.dist-info"
        wheel.writestr(f"{name}.py", "ANSWER = 42\n\n\ndef main():\n    print(ANSWER)\n")
        wheel.writestr(f"{name}-1.0.data/headers/{name}.h", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: probe\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
        wheel.writestr(f"{info}/RECORD", "")
PY
names=(probe_pip probe_user probe_uv probe_root_pip probe_root_uv probe_project probe_venv probe_project_pip)
python make.py "${names[@]}"
offline=(--no-index --find-links "$work")

# Into the image's Python
works pip install "${offline[@]}" probe_pip
works pip install --user "${offline[@]}" probe_user
works uv pip install --system --offline "${offline[@]}" probe_uv
works python -m pip check
for name in probe_pip probe_user probe_uv; do
  is "$name runs" 42 "$($name)"
done
is "a user's own programs are found by" "$HOME/.local/bin/probe_user" "$(command -v probe_user)"
if sudo -n true 2>/dev/null; then
  works sudo pip install "${offline[@]}" probe_root_pip
  works sudo uv pip install --system --offline "${offline[@]}" probe_root_uv
  for name in probe_root_pip probe_root_uv; do
    is "$name runs" 42 "$($name)"
    is "owner of $name" "$(stat -c %u /opt/python)" "$(stat -c %u "$library/site-packages/$name.py")"
  done
fi

# Projects: nothing is said of an active environment, and the nearer one is used
mkdir project && cd project
cat >pyproject.toml <<TOML
[project]
name = "project"
version = "1"
requires-python = ">=3.11"

[tool.uv]
package = false
find-links = ["$work"]
no-index = true
TOML
works uv sync --offline
is "uv sync" "" "$(grep -i -e warning -e VIRTUAL_ENV "$work/said" || true)"
works uv add --offline probe_project
is "uv add" "" "$(grep -i -e warning -e VIRTUAL_ENV "$work/said" || true)"
is "uv run" "$PWD/.venv 42" "$(uv run --offline python -c 'import sys, probe_project; print(sys.prefix, probe_project.ANSWER)' 2>&1)"
works uv pip install --offline "${offline[@]}" probe_project_pip
is "uv pip install beside a .venv" "$PWD/.venv/lib/$version/site-packages/probe_project_pip.py" \
  "$(find / -xdev -path '*/site-packages/probe_project_pip.py' 2>/dev/null)"
cd ..
works python -m venv --system-site-packages v
is "a virtual environment sees" "$work/v pandas" "$(v/bin/python -c 'import sys, pandas; print(sys.prefix, pandas.__name__)')"
works v/bin/python -m pip install "${offline[@]}" probe_venv
is "pip in a virtual environment" "$work/v" "$(v/bin/python -c 'import sys, probe_venv; print(sys.prefix)')"
works python -m venv plain
is "a plain virtual environment has" "no pandas" "$(plain/bin/python -c 'import importlib.util; print("pandas" if importlib.util.find_spec("pandas") else "no pandas")')"
works python -m ensurepip --version

# What is compiled against it
echo '#include <Python.h>' >include.c
# shellcheck disable=SC2046
works gcc -fsyntax-only $(python3-config --includes) include.c
works gcc -fsyntax-only -I"$(in_python 'sysconfig.get_path("include")')" include.c
is "libpython" libpython "$(basename "$(readlink -e "$(in_python 'sysconfig.get_config_var("LIBDIR") + "/" + sysconfig.get_config_var("LDLIBRARY")')")" | cut -c 1-9)"
[[ -e /opt/python/lib/lib$version.so ]] || { echo "no lib$version.so in /opt/python/lib" && failed=1; }
cat >embed.c <<'C'
#include <Python.h>
int main(void) {
  Py_Initialize();
  PyRun_SimpleString("import sys, numpy; print(sys.prefix, numpy.__name__)");
  return Py_FinalizeEx();
}
C
# shellcheck disable=SC2046
works gcc embed.c -o embed $(python3-config --cflags --ldflags --embed)
is "Python in another program" "/opt/python numpy" "$(./embed 2>&1)"
is "Python in another program that was told where" "/opt/python numpy" "$(PYTHONHOME=/opt/python ./embed 2>&1)"
mkdir -p source/backend && cd source
cat >pyproject.toml <<'TOML'
[build-system]
requires = []
build-backend = "build_here"
backend-path = ["backend"]

[project]
name = "compiled"
version = "1"
TOML
cat >compiled.c <<'C'
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "compiled", 0, -1, 0};
PyMODINIT_FUNC PyInit_compiled(void) { return PyModule_Create(&module); }
C
cat >backend/build_here.py <<'PY'
"""Builds a wheel of one extension module with what sysconfig says, as setuptools does."""
import subprocess, sysconfig, zipfile
from pathlib import Path


def build_wheel(directory, config_settings=None, metadata_directory=None):
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    command = [*sysconfig.get_config_var("LDSHARED").split(), *sysconfig.get_config_var("CFLAGS").split(), "-fPIC"]
    subprocess.run([*command, "-I" + sysconfig.get_path("include"), "compiled.c", "-o", "/tmp/compiled.so"], check=True)
    tag = f"cp{sysconfig.get_config_var('py_version_nodot')}"
    name = f"compiled-1-{tag}-{tag}-linux_x86_64.whl"
    with zipfile.ZipFile(Path(directory) / name, "w") as wheel:
        wheel.write("/tmp/compiled.so", f"compiled{suffix}")
        wheel.writestr("compiled-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: compiled\nVersion: 1\n")
        wheel.writestr("compiled-1.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}-{tag}-linux_x86_64\n")
        wheel.writestr("compiled-1.dist-info/RECORD", "")
    return name


def build_sdist(directory, config_settings=None):
    import tarfile

    with tarfile.open(Path(directory) / "compiled-1.tar.gz", "w:gz") as archive:
        for path in ("pyproject.toml", "compiled.c", "backend"):
            archive.add(path, f"compiled-1/{path}")
        info = tarfile.TarInfo("compiled-1/PKG-INFO")
        archive.addfile(info)
    return "compiled-1.tar.gz"
PY
works python -c 'import sys; sys.path.insert(0, "backend"); import build_here; build_here.build_sdist("..")'
cd ..
works pip install --no-binary :all: --no-index ./compiled-1.tar.gz
is "an extension of its own source" compiled "$(python -c 'import compiled; print(compiled.__name__)')"
mkdir other && cd other
printf '[project]\nname = "other"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["compiled"]\n[tool.uv.sources]\ncompiled = {path = "../compiled-1.tar.gz"}\n' >pyproject.toml
works uv sync --offline
is "a source in uv sync" compiled "$(uv run --offline python -c 'import compiled; print(compiled.__name__)')"

# A project's kernel installs where it runs
cd ../project
is "%pip in a kernel of a project" "$PWD/.venv" "$(.venv/bin/python -c 'import sys; print(sys.prefix)')"
exit $failed
