#!/bin/bash
# timeout: 180
# marimo serves, and asks for the password.
set -euo pipefail
export PASSWORD=correct-horse
marimo-server >/tmp/server.log 2>&1 &
server=$!
trap 'cat /tmp/server.log; kill $server' ERR
for _ in {1..120}; do curl -fsS -o /dev/null localhost:2718/health 2>/dev/null && break; sleep 0.5; done
status() { curl -sS -o /dev/null -w '%{http_code}' "$@"; }
[[ $(status localhost:2718/) != 200 ]]
[[ $(status -L -c /tmp/cookies -b /tmp/cookies "localhost:2718/?access_token=$PASSWORD") == 200 ]]
kill $server
