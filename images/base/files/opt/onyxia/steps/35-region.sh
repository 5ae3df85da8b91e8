# shellcheck shell=bash
# The script of the region: REGION_INIT_SCRIPT is its URL, REGION_INIT_SCRIPT_CHECKSUM what it must be.
without "the region's settings are missing"

[[ -n ${REGION_INIT_SCRIPT:-} ]] || return 0
run_script "$REGION_INIT_SCRIPT" "${REGION_INIT_SCRIPT_CHECKSUM:-}"
