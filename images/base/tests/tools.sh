#!/bin/bash
# The tools that every image holds are there and start.
set -euo pipefail
for tool in awk bash curl gcc git gpg gzip jq less make nano openssl ps ssh sudo tar tini unzip vi vim wget xz zip; do
  command -v "$tool" >/dev/null || missing+=" $tool"
done
[[ -z ${missing:-} ]] || { echo "missing:$missing"; exit 1; }
git --version && curl --version && jq --version
bash -ic 'complete -p -D' >/dev/null 2>&1 || { echo "an interactive shell completes nothing"; exit 1; }
[[ -e /usr/share/bash-completion/completions/git ]]
