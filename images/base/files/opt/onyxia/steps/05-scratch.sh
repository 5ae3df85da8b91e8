# shellcheck shell=bash
# A directory for temporary files: with a read-only root, /tmp is often no volume.
without "programs that need temporary files fail"

if usable "${TMPDIR:-/tmp}"; then return 0; fi
scratch=/tmp
usable "$scratch" || scratch=$ONYXIA_STATE/tmp
mkdir -p "$scratch"
publish TMPDIR "$scratch"
say "${TMPDIR:-/tmp} cannot be written by user $EUID: temporary files are in $scratch"
