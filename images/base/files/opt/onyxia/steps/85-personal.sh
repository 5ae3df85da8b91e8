# shellcheck shell=bash
# The user's own script: PERSONAL_INIT_SCRIPT is its URL, PERSONAL_INIT_SCRIPT_CHECKSUM what it must be (optional), and
# PERSONAL_INIT_ARGS its arguments, quoted as in a shell but not evaluated.
without "what it sets up is missing"

[[ -n ${PERSONAL_INIT_SCRIPT:-} ]] || return 0
printf '%s\n' "${PERSONAL_INIT_ARGS:-}" | xargs -r printf '%s\0' >"$ONYXIA_STATE/arguments" 2>/dev/null ||
  problem "PERSONAL_INIT_ARGS has a quote that does not end"
readarray -d '' arguments <"$ONYXIA_STATE/arguments"
run_script "$PERSONAL_INIT_SCRIPT" "${PERSONAL_INIT_SCRIPT_CHECKSUM:-}" "${arguments[@]}"
