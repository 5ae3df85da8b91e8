# shellcheck shell=bash
# What the start script does around its steps: where it keeps its state, how a step runs, how the service starts.

# A shell that is process 1 ignores TERM, and nothing below it can hear that the service should stop.
warn_if_term_is_lost() {
  local first=""
  [[ $(parent_of "$PPID") != 1 ]] || read -r first </proc/1/comm
  case $first in
    sh | bash | dash) say "process 1 is a shell that waits for this script and ignores TERM; start the service by 'exec ${ONYXIA_SELF}'" ;;
  esac
}

# parent_of PID: print the parent of a process
parent_of() {
  local key value
  while read -r key value; do
    [[ $key == PPid: ]] && printf '%s' "$value" && return
  done <"/proc/$1/status" 2>/dev/null
}

# Make the directory that holds what must not outlive the container: the session's environment, secrets included.
open_state() {
  local candidate
  for candidate in "/var/lib/onyxia/$EUID" "/tmp/onyxia-$EUID" "/dev/shm/onyxia-$EUID"; do
    mkdir -m 0700 "$candidate" 2>/dev/null || true
    if [[ -d $candidate && -O $candidate && -w $candidate && ! -L $candidate ]]; then
      ONYXIA_STATE=$candidate
      : >"$ONYXIA_STATE/published"
      return 0
    fi
  done
  say "none of /var/lib/onyxia, /tmp and /dev/shm can be written by user $EUID: no step is run, the service starts as it is"
  return 1
}

# settle: enter the directory that the service was started in; the workspace may be another one now, and a directory that
# was made anew has to be entered again: in one that is gone or unreadable, Git and others do nothing.
settle() {
  local candidate started=$ONYXIA_STARTED_IN
  [[ $started != "$ONYXIA_WORKSPACE" ]] || started=
  for candidate in "$started" "${WORKSPACE_DIR:-}" "${HOME:-}" /; do
    [[ $candidate == /* && -r $candidate ]] && cd -- "$candidate" 2>/dev/null && return
  done
}

# run_step FILE: run one step; what it published is part of the environment from here on, even if it failed later
run_step() {
  # No local variables: when `set -e` ends a step, its EXIT trap would no longer see them.
  ONYXIA_STEP=${1##*/}
  ONYXIA_STEP=${ONYXIA_STEP%.sh}
  ONYXIA_STEP=${ONYXIA_STEP#[0-9][0-9]-}
  # Neither `if` nor `||` here: inside them, bash would ignore `set -e` in the whole step.
  set +e
  (
    set -eEuo pipefail
    trap 'report $?' EXIT
    trap ': "${ONYXIA_FAILED:=$BASH_COMMAND}"' ERR
    unset ONYXIA_REASON ONYXIA_FAILED ONYXIA_CONSEQUENCE
    settle
    # shellcheck disable=SC1090
    source "$1"
  ) </dev/null # the service's own input is left for the service
  set -e
  while IFS= read -r -d '' ONYXIA_PAIR; do
    export "${ONYXIA_PAIR?}" || say "${ONYXIA_PAIR%%=*} cannot be set"
  done <"$ONYXIA_STATE/published"
  : >"$ONYXIA_STATE/published"
  ONYXIA_STEP=
}

# Become the service. An image's CMD is not expanded by the engine, so ${WORKSPACE_DIR} in its arguments is expanded here.
become() {
  # shellcheck disable=SC2016
  set -- "${@//'${WORKSPACE_DIR}'/"${WORKSPACE_DIR:-${HOME:-/}}"}"
  (($#)) || set -- bash -l
  settle
  exec "$@"
}
