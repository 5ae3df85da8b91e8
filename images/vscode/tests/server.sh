#!/bin/bash
# timeout: 180
# code-server serves its login page, refuses a wrong password, and shows the workbench to the right one.
set -euo pipefail
export PASSWORD='correct horse'
code-server --bind-addr 127.0.0.1:8080 "$WORKSPACE_DIR" >/tmp/server.log 2>&1 &
server=$!
trap 'cat /tmp/server.log; kill $server' ERR
for _ in {1..120}; do curl -fsS -o /dev/null localhost:8080/healthz 2>/dev/null && break; sleep 0.5; done
[[ $(curl -sS -o /dev/null -w '%{http_code}' localhost:8080/) == 302 ]]
curl -sS -o /dev/null -c /tmp/wrong --data-urlencode 'password=wrong' localhost:8080/login
if grep -q code-server-session /tmp/wrong; then echo "a wrong password opens a session" && exit 1; fi
curl -sS -o /dev/null -c /tmp/right --data-urlencode "password=$PASSWORD" localhost:8080/login
curl -fsSL -b /tmp/right -o /tmp/page localhost:8080/
grep -q workbench /tmp/page
kill $server
