#!/bin/bash
# timeout: 180
# PostgreSQL makes its database, refuses a stranger, and has its data after it was killed and started again.
set -euo pipefail
export POSTGRES_PASSWORD="it's a \$ecret" PGUSER=postgres PGHOST=127.0.0.1
start() {
  postgresql-server >>/tmp/server.log 2>&1 &
  server=$!
  for _ in {1..120}; do pg_isready --quiet && return; sleep 0.5; done
  return 1
}
trap 'cat /tmp/server.log' ERR
start
if PGPASSWORD=wrong psql -c 'SELECT 1' 2>/dev/null; then echo "a wrong password opens a session" && exit 1; fi
export PGPASSWORD=$POSTGRES_PASSWORD
psql -c 'CREATE TABLE kept AS SELECT 42 AS answer'
kill -KILL "$(head -n 1 "$PGDATA/postmaster.pid")"
wait "$server" || true
unset POSTGRES_PASSWORD
start
[[ $(psql -tAc 'SELECT answer FROM kept') == 42 ]]
kill "$server"
wait "$server"
# Nothing of the image is shared by every server that runs it.
[[ -z $(find /etc/ssl -name 'ssl-cert-snakeoil*') ]]
