#!/bin/bash
# timeout: 300
# RStudio starts, shows its page to a person who signs in, and to nobody else; R has the service's variables there.
set -euo pipefail
for program in rstudio-server rserver quarto; do command -v "$program" >/dev/null || { echo "no $program" && exit 1; }; done
export PASSWORD=secret PROBE=found
rserver --www-port=8788 >/tmp/server.log 2>&1 &
server=$!
address=http://localhost:8788
answers() { curl -fsS -o /dev/null "$address/auth-sign-in" 2>/dev/null; }
for _ in {1..240}; do answers && break; sleep 0.5; done
answers || { cat /tmp/server.log && exit 1; }
[[ $(curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' "$address/") == 302*auth-sign-in* ]]
rserver-password "$USER" <<<secret
if rserver-password "$USER" <<<wrong; then exit 1; fi
if rserver-password root <<<secret; then exit 1; fi
if PASSWORD='' rserver-password "$USER" <<<''; then exit 1; fi
kill $server
