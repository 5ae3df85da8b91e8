#!/bin/bash
# The tools that every image holds are there and start.
set -euo pipefail
for tool in awk bash curl file gcc git gpg gzip jq less make nano openssl ps ssh sudo tar tini unzip vi wget xz zip; do
  command -v "$tool" >/dev/null || missing+=" $tool"
done
[[ -z ${missing:-} ]] || { echo "missing:$missing"; exit 1; }
git --version && curl --version && jq --version
bash -lic 'complete -p git' >/dev/null || { echo "no completion for git"; exit 1; }
