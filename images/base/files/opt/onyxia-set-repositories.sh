#!/usr/bin/env bash
# Package mirrors and certificates, as the start script sets them: for scripts that the reference's images are started by,
# which run this file or source it.

# A caller that sources this keeps the options of its shell.
ONYXIA_OPTIONS=$(shopt -po errexit nounset pipefail || true)
ONYXIA_PARTS=$(readlink -f "${BASH_SOURCE[0]%/*}")/onyxia
ONYXIA_WORKSPACE=${WORKSPACE_DIR:-}
ONYXIA_STARTED_IN=$PWD
# shellcheck source=images/base/files/opt/onyxia/library.sh
source "$ONYXIA_PARTS/library.sh"
# shellcheck source=images/base/files/opt/onyxia/start.sh
source "$ONYXIA_PARTS/start.sh"
if open_state; then
  find_root
  for ONYXIA_FILE in "$ONYXIA_PARTS"/steps/{25-certificates,60-packages}.sh; do
    run_step "$ONYXIA_FILE"
  done
fi
eval "$ONYXIA_OPTIONS"
unset ONYXIA_OPTIONS
