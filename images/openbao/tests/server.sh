#!/bin/bash
# timeout: 240
# OpenBao refuses a stranger, opens by itself after it was killed, and has its secrets, a changed password and no root token outside.
set -euo pipefail
export OPENBAO_PASSWORD="it's a \"\$ecret\"" BAO_ADDR=http://127.0.0.1:8200 HOME=/tmp/own
mkdir -p "$HOME"
start() {
  openbao-server >>/tmp/server.log 2>&1 &
  server=$!
  # The server that everybody reaches is this very process; before it, one on loopback takes over the password.
  for _ in {1..240}; do
    [[ $(readlink "/proc/$server/exe") == */bao ]] && bao status >/dev/null 2>&1 && login >/dev/null 2>&1 && return
    sleep 0.5
  done
  return 1
}
login() { printf %s "$OPENBAO_PASSWORD" | bao login -method=userpass username=admin password=-; }
trap 'cat /tmp/server.log' ERR
start
bao kv put secret/project/database password=42
[[ $(bao kv get -field=password secret/project/database) == 42 ]]
[[ $(curl --silent --output /dev/null --write-out '%{http_code}' "$BAO_ADDR/v1/secret/data/project/database") == 403 ]]
if printf wrong | bao login -method=userpass username=admin password=- 2>/dev/null; then echo "a wrong password opens it" && exit 1; fi
bao operator raft snapshot save /tmp/snapshot
[[ -s /tmp/snapshot ]]
kill -KILL "$server"
wait "$server" || true
export OPENBAO_PASSWORD=another
start
[[ $(bao kv get -field=password secret/project/database) == 42 ]]
[[ $(stat --format=%a "$OPENBAO_DATA/seal.key" "$OPENBAO_DATA/root.json" | sort --unique) == 600 ]]
if grep --quiet --fixed-strings "$(jq --raw-output .root_token "$OPENBAO_DATA/root.json")" /tmp/server.log; then echo "the log has the root token" && exit 1; fi
kill "$server"
wait "$server" || true
