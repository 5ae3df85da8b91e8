#!/bin/bash
# timeout: 180
# JupyterLab serves, refuses a stranger, lets in who knows the password, and its terminals keep PATH.
set -euo pipefail
export PASSWORD="it's a \$ecret"
jupyter lab >/tmp/server.log 2>&1 &
server=$!
trap 'cat /tmp/server.log; kill $server' ERR
for _ in {1..120}; do curl -fsS -o /dev/null localhost:8888/login 2>/dev/null && break; sleep 0.5; done
status() { curl -sS -o /dev/null -w '%{http_code}' "$@"; }
[[ $(status localhost:8888/api/contents) == 403 ]]
[[ $(status -H "Authorization: token $PASSWORD" localhost:8888/api/contents) == 200 ]]
[[ $(status -H "Authorization: token $PASSWORD" localhost:8888/lab) == 200 ]]
# Word for word what a terminal runs: a login shell.
[[ $(bash -lc 'command -v jupyter') == /opt/python/bin/jupyter ]]
if grep -qF "$PASSWORD" /proc/$server/cmdline; then echo "the password stands in the process list" && exit 1; fi
kill $server
wait $server || true
