#!/usr/bin/env bash
# Installs PyTorch as other Python packages are: from its wheel, without a network, with byte code that is the same each time.
set -euo pipefail
umask 002
work=$(mktemp -d)
# An address has %2B for the + of its name.
wheel=(/artifacts/archives/torch-*/torch-*.whl)
name=${wheel[0]##*/}
cp "${wheel[0]}" "$work/${name//%2B/+}"
export UV_LINK_MODE=copy UV_NO_CACHE=1 UV_NO_CONFIG=1 UV_NO_INSTALLER_METADATA=1
uv --quiet pip install --python /opt/python/bin/python --offline --no-index --no-deps "$work"/*.whl
rm -rf "$work" /opt/python/.lock
packages=$(python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# Byte code depends on what its process has compiled before: one process for each file.
compile='import py_compile, sys; py_compile.compile(sys.argv[1], quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)'
for package in torch functorch torchgen; do
  [[ -d $packages/$package ]] || continue
  find "$packages/$package" -name '*.py' -print0 | PYTHONHASHSEED=0 xargs -0 -n 1 -P "$(nproc)" python3 -c "$compile"
  chown -R 1000:0 "$packages/$package"
  chmod -R g=u "$packages/$package"
done
