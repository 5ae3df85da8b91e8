# shellcheck shell=bash
# Whether the node's driver runs the image's CUDA: programs would say it late, and in other words.
without "nobody tells whether the node's driver runs CUDA"

needs=${ONYXIA_CUDA:-/opt/cuda/needs} there=${ONYXIA_NVIDIA:-/proc/driver/nvidia/version}
[[ -r $needs ]] || return 0
CUDA='' DRIVER=''
# shellcheck source=/dev/null
source "$needs"

if [[ ! -r $there ]]; then
  say "no NVIDIA driver here: programs compute without a graphics processor. On Kubernetes, nvidia.com/gpu asks for one"
  return 0
fi
version=$(grep -m1 -oE '[0-9]{3}\.[0-9]+(\.[0-9]+)?' "$there" | head -n1) || return 0
oldest=$(printf '%s\n' "$version" "$DRIVER" | sort --version-sort | head -n1)
if [[ -n $version && $version != "$DRIVER" && $oldest == "$version" ]]; then
  say "the node's NVIDIA driver $version is too old for CUDA $CUDA, which needs $DRIVER: programs will not find its graphics" \
    "processors. A newer driver runs every older CUDA"
fi
