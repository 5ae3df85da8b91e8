#!/usr/bin/env bash
# Makes a whole Python of /opt/python: Debian's interpreter and library, with a prefix of its own, as if it had been
# configured with --prefix=/opt/python. Debian's own Python stays Debian's: its packages are not seen here, and
# nothing here is seen by its programs.
set -euo pipefail

python=python$AXIS_PYTHON
prefix=/opt/python
debian=/usr/lib/$python
library=$prefix/lib/$python
umask 002

# The image's user owns it. Its group is the one that engines give to a uid which nobody knows: pip and uv install into
# it as either.
for directory in "$prefix" "$prefix/bin" "$prefix/etc" "$prefix/include" "$prefix/include/$python" "$prefix/lib" \
  "$prefix/share" "$library" "$library/__pycache__" "$library/site-packages" "$library/dist-packages"; do
  install -d -o 1000 -g 0 -m 2775 "$directory"
done

# The interpreter looks for its library beside its own file, with links followed: so it is a copy.
cp "/usr/bin/$python" "$prefix/bin/$python"
ln -s "$python" "$prefix/bin/python3"
ln -s python3 "$prefix/bin/python"
for program in config pydoc; do
  case $program in
    config) name=$python-config short=python3-config ;;
    pydoc) name=pydoc$AXIS_PYTHON short=pydoc3 ;;
  esac
  sed "1s|^#! */usr/bin/$python|#!$prefix/bin/$python|" "/usr/bin/$name" >"$prefix/bin/$name"
  chmod 0775 "$prefix/bin/$name"
  ln -s "$name" "$prefix/bin/$short"
done
ln -s pydoc3 "$prefix/bin/pydoc"

# Its library is Debian's, by links, but for what speaks of Debian: what says that packages are apt's alone, where
# packages are, and what it was configured with.
own=(EXTERNALLY-MANAGED __pycache__ _distutils_system_mod.py dist-packages ensurepip site-packages sitecustomize.py
  sysconfig sysconfig.py)
is_own() {
  local name
  [[ $1 != _sysconfigdata_* ]] || return 0
  for name in "${own[@]}"; do
    [[ $1 != "$name" ]] || return 0
  done
  return 1
}
for path in "$debian"/*; do
  is_own "${path##*/}" || ln -sr "$path" "$library/"
done
for path in "$debian"/__pycache__/*; do
  name=${path##*/}
  is_own "${name%%.*}.py" || ln -sr "$path" "$library/__pycache__/"
done

# Debian's sysconfig holds to its layout unless it runs in a virtual environment, outside of which its ensurepip
# refuses to run.
for path in "$debian/ensurepip" "$debian"/sysconfig*; do
  cp -r "$path" "$library/"
done
find "$library/ensurepip" "$library"/sysconfig* -name __pycache__ -prune -exec rm -r {} +
grep -rlE 'hasattr\(sys, .real_prefix.\)' "$library/ensurepip" "$library"/sysconfig* | while read -r path; do
  sed -i -E "s/^( *if )(.* or )?hasattr\(sys, .real_prefix.\):/\1True:/" "$path"
done
for name in ensurepip "sysconfig*"; do
  # shellcheck disable=SC2086
  grep -rqE '^ *if True:' "$library"/$name || { echo "$name of $python is not as Debian had it" && exit 1; }
done

# So does its site, which is part of the interpreter itself: a module in a directory that it does read puts it right.
echo 'import site_packages' >"$library/dist-packages/site_packages.pth"
cat >"$library/dist-packages/site_packages.py" <<'END'
"""Python's own site-packages, where Debian's interpreter looks in dist-packages."""

import os
import site
import sys

_RELEASE = "python%d.%d" % sys.version_info[:2]


def getsitepackages(prefixes=None):
    """Return the directories of packages of each prefix, as site.getsitepackages does by itself."""
    chosen = dict.fromkeys(prefixes or site.PREFIXES)
    return [os.path.join(prefix, sys.platlibdir, _RELEASE, "site-packages") for prefix in chosen if prefix]


site.getsitepackages = getsitepackages
for _directory in getsitepackages():
    if os.path.isdir(_directory):
        site.addsitedir(_directory)
sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(__file__)]
END

# The paths of its configuration. Those of the compiler and of the library stay, they are right.
for path in "$debian"/_sysconfigdata_*.py; do
  sed -E -e "s|/usr/(lib\|include)/$python|$prefix/\1/$python|g" -e "s|'/usr/bin'|'$prefix/bin'|" \
    -e "s|('(exec_)?prefix': )'/usr'|\1'$prefix'|" -e "s|--prefix=/usr'|--prefix=$prefix'|" \
    "$path" >"$library/${path##*/}"
done

# What is compiled against it: headers, to which packages may add, and libpython.
ln -sr "/usr/include/$python"/* "$prefix/include/$python/"
ln -sr "/usr/lib/$(uname -m)-linux-gnu/lib$python"*.so* "$prefix/lib/"

# Byte code depends on what its process compiled before: one process for each file.
find "$library/dist-packages" "$library/ensurepip" "$library"/sysconfig* "$library"/_sysconfigdata_*.py -name '*.py' | while read -r path; do
  PYTHONHASHSEED=0 "$prefix/bin/$python" -m compileall -q --invalidation-mode checked-hash "$path"
done
chown -hR 1000:0 "$prefix"
