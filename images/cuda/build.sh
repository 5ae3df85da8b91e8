#!/usr/bin/env bash
# Unpacks NVIDIA's wheels into one directory of Python packages, which no Python has for itself.
set -euo pipefail
packages=/opt/cuda/site-packages
install -d "$packages"
for wheel in /artifacts/wheels/*.whl; do
  unzip -q -o "$wheel" -d "$packages"
done
# As /opt/python: the image's user may install others, and so may a uid that nobody knows.
chown -R 1000:0 /opt/cuda
chmod -R u=rwX,g=u,o=rX /opt/cuda
find /opt/cuda -type d -exec chmod g+s {} +
# What the start script compares the node's driver with (layer.yaml, `gpu`).
case $AXIS_CUDA in
  13) driver=580.65.06 ;;
  12) driver=525.60.13 ;;
  *) echo "CUDA $AXIS_CUDA: its oldest driver is not known" && exit 1 ;;
esac
printf 'CUDA=%s\nDRIVER=%s\n' "$AXIS_CUDA" "$driver" >/opt/cuda/needs
