#!/bin/bash
# Every tool starts.
set -euo pipefail
export HOME; HOME=$(mktemp -d)
aws --version
psql --version
dot -V
echo 'digraph { a -> b }' | dot -Tsvg | grep -q '</svg>'
[[ $(. /etc/os-release && echo "$VERSION_CODENAME") == bookworm ]] || mc --version
