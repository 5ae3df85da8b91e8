#!/bin/bash
# user: 12345:100
# As OpenShift starts it: a uid that nobody knows, in the group of the image's user.
set -euo pipefail
check() { [[ $2 == "$3" ]] || { echo "$1: expected «$2», found «$3»"; exit 1; }; }
check name onyxia "$(whoami)"
check entry "onyxia $HOME" "$(getent passwd 12345 | cut -d: -f1,6 | tr : ' ')"
check "working directory" "$WORKSPACE_DIR" "$PWD"
touch ~/probe "$WORKSPACE_DIR/probe" "$ROOT_PROJECT_DIRECTORY/probe"
[[ -e ~/.bashrc ]] || { echo "the home lacks .bashrc"; exit 1; }
git init -q probe-repository && git -C probe-repository -c user.name=Ada -c user.email=ada@example.org commit -q --allow-empty -m probe
bash -lc 'cd && touch probe-of-a-login-shell'
