#!/bin/bash
# volume: /home/onyxia/work
# A workspace on an empty volume that root made.
set -euo pipefail
check() { [[ $2 == "$3" ]] || { echo "$1: expected «$2», found «$3»"; exit 1; }; }
check home /home/onyxia "$HOME"
check "owners" "1000 1000" "$(stat -c %u ~ "$WORKSPACE_DIR" | tr '\n' ' ' | sed 's/ $//')"
check "working directory" /home/onyxia/work "$PWD"
touch ~/probe probe
