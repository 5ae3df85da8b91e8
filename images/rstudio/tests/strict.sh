#!/bin/bash
# user: 12345:0
# read-only: /tmp /home/onyxia
# security: restricted
# timeout: 180
# As the strictest clusters start it: a uid that nobody knows, a root that cannot be written, no network, no privileges.
set -euo pipefail
if touch /usr/probe 2>/dev/null || sudo -n true 2>/dev/null; then echo "the container is not as strict as it should be" && exit 1; fi
export PASSWORD=secret
rserver >/tmp/server.log 2>&1 &
server=$!
for _ in {1..240}; do curl -fsS -o /dev/null localhost:8787/auth-sign-in 2>/dev/null && break; sleep 0.5; done
curl -fsS -o /dev/null localhost:8787/auth-sign-in || { cat /tmp/server.log && exit 1; }
kill $server
