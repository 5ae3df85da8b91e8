#!/usr/bin/env bash
# Unpacks NVIDIA's wheels into one directory of Python packages, which no Python has for itself.
set -euo pipefail
packages=/opt/cuda/site-packages
install -d "$packages"
for wheel in /artifacts/wheels/*.whl; do
  unzip -q -o "$wheel" -d "$packages"
done
chmod -R u=rwX,go=rX /opt/cuda
# What the start script compares the node's driver with (layer.yaml, `gpu`).
case $AXIS_CUDA in
  13) driver=580.65.06 ;;
  12) driver=525.60.13 ;;
  *) echo "CUDA $AXIS_CUDA: its oldest driver is not known" && exit 1 ;;
esac
printf 'CUDA=%s\nDRIVER=%s\n' "$AXIS_CUDA" "$driver" >/opt/cuda/needs
