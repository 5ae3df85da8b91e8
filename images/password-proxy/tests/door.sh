#!/bin/bash
# user: 12345:0
# read-only: /tmp /home/onyxia
# security: restricted
# timeout: 120
# Nobody comes in without the password; who gave it once is known by a cookie; other sites are not.
set -euo pipefail
cat >/tmp/inner.sh <<'END'
#!/bin/bash
cat >/tmp/inner.conf <<CONF
daemon off; pid /tmp/inner.pid; events {}
http {
  access_log off; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f; scgi_temp_path /tmp/s; uwsgi_temp_path /tmp/u;
  server { listen 127.0.0.1:$PORT; location / { return 200 "for \$http_host by \$http_x_forwarded_proto \$http_authorization.\n"; } }
}
CONF
[[ -z ${PASSWORD:-} ]] || exit 9
exec /usr/sbin/nginx -e stderr -c /tmp/inner.conf
END
chmod +x /tmp/inner.sh
start() {
  password-proxy 8000 /tmp/inner.sh >/tmp/server.log 2>&1 &
  server=$!
  for _ in {1..120}; do
    password-proxy --ready 8000 && return
    kill -0 "$server" || return 1
    sleep 0.5
  done
  return 1
}
trap 'cat /tmp/server.log' ERR
status() { curl -sS -o /dev/null -w '%{http_code}' "$@"; }
export PASSWORD="it's a: \$ecret\\"
start
[[ $(status localhost:8000/) == 401 ]]
[[ $(status --user onyxia:wrong localhost:8000/) == 401 ]]
[[ $(status --user "other:$PASSWORD" localhost:8000/) == 401 ]]
[[ $(status --cookie password_proxy= localhost:8000/) == 401 ]]
[[ $(curl -fsS --cookie-jar /tmp/cookies --user "onyxia:$PASSWORD" localhost:8000/) == "for localhost:8000 by http ." ]]
[[ $(status --cookie /tmp/cookies localhost:8000/) == 200 ]]
[[ $(status --cookie /tmp/cookies --header 'Origin: http://localhost:8000' localhost:8000/) == 200 ]]
[[ $(status --cookie /tmp/cookies --header 'Origin: https://evil.example' localhost:8000/) == 403 ]]
if pgrep --full ecret; then echo "the password is an argument" && exit 1; fi
# It ends as a whole, and a restart knows who was there.
kill "$server"
wait "$server" || true
start
[[ $(status --cookie /tmp/cookies localhost:8000/) == 200 ]]
kill "$(cat /tmp/inner.pid)"
wait "$server" || true
PASSWORD=another start
[[ $(status --cookie /tmp/cookies localhost:8000/) == 401 ]]
kill "$server"
wait "$server" || true
unset PASSWORD
if password-proxy 8000 true 2>/dev/null; then echo "a door without a password" && exit 1; fi
PASSWORD_PUBLIC=true start
[[ $(curl -fsS --header 'Authorization: Bearer abc' --header 'Origin: https://other.example' localhost:8000/) == "for localhost:8000 by http Bearer abc." ]]
kill "$server"
