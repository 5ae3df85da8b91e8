#!/usr/bin/env bash
# Prepare a service from the variables its chart sets, then become the service.
#
#   /opt/onyxia-init.sh COMMAND [ARGUMENT]...
#
# Each file of onyxia/steps is one step, run in a subshell of its own and in the order of the names. A step that fails is
# reported on one line of standard error, and the service starts without it. No step prints a secret.
set -euo pipefail

# Secrets become variables of any name, so this program's own all begin with ONYXIA_.
ONYXIA_SELF=$(readlink -f "${BASH_SOURCE[0]}")
ONYXIA_PARTS=${ONYXIA_SELF%-init.sh}
ONYXIA_WORKSPACE=${WORKSPACE_DIR:-}
ONYXIA_STARTED_IN=$PWD

# As process 1 a server would get no default action for TERM and would have to reap orphans: tini does both, whoever starts us.
if [[ -z ${ONYXIA_SUPERVISED:-} ]] && command -v tini >/dev/null; then
  ONYXIA_SUPERVISED=1 exec tini -s -g -- "$ONYXIA_SELF" "$@"
fi
unset ONYXIA_SUPERVISED

# shellcheck source=images/base/files/opt/onyxia/root-path.sh
source "$ONYXIA_PARTS/root-path.sh"
# shellcheck source=images/base/files/opt/onyxia/library.sh
source "$ONYXIA_PARTS/library.sh"
# shellcheck source=images/base/files/opt/onyxia/start.sh
source "$ONYXIA_PARTS/start.sh"

warn_if_term_is_lost
if open_state; then
  find_root
  for ONYXIA_FILE in "$ONYXIA_PARTS"/steps/*.sh; do
    run_step "$ONYXIA_FILE"
  done
fi
become "$@"
