#!/bin/bash
# Every tool starts; DuckDB's command line has the extension that reads S3, without the network.
set -euo pipefail
export HOME; HOME=$(mktemp -d)
aws --version
duckdb -init /dev/null -csv -noheader -c 'select 6 * 7' | grep -qx 42
psql --version
dot -V
echo 'digraph { a -> b }' | dot -Tsvg | grep -q '</svg>'
kubectl version --client
helm version --short
[[ $(. /etc/os-release && echo "$VERSION_CODENAME") == bookworm ]] || mc --version
for tool in helm kubectl; do bash -c ". /usr/share/bash-completion/completions/$tool && complete -p $tool" >/dev/null; done
