#!/bin/bash
# A login shell keeps the image's PATH and variables, whoever started it.
# shellcheck disable=SC2016  # the shells that are tested expand what is in single quotes
set -euo pipefail
for shell in bash sh; do
  found=$("$shell" -lc 'printf %s "$PATH"')
  for directory in ${PATH//:/ }; do
    [[ :$found: == *:$directory:* ]] || { echo "$shell -l: PATH lacks $directory: $found"; exit 1; }
  done
done
found=$(env -i HOME="$HOME" bash -lc 'echo "$LANG $WORKSPACE_DIR $SHELL"')
[[ $found == "en_US.UTF-8 /home/onyxia/work /bin/bash" ]] || { echo "a login shell without an environment has: $found"; exit 1; }
