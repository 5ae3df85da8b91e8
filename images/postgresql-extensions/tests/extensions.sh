#!/bin/bash
# timeout: 240
# PostGIS measures, pgvector finds the nearest, where the release has it; both after the server was killed.
set -euo pipefail
export POSTGRES_PASSWORD=secret PGUSER=postgres PGHOST=127.0.0.1 PGPASSWORD=secret
start() {
  postgresql-server >>/tmp/server.log 2>&1 &
  server=$!
  for _ in {1..120}; do pg_isready --quiet && return; sleep 0.5; done
  return 1
}
trap 'cat /tmp/server.log' ERR
start
psql --quiet --set=ON_ERROR_STOP=1 <<'SQL'
CREATE EXTENSION postgis;
CREATE TABLE places AS SELECT 'Paris' AS name, ST_SetSRID(ST_MakePoint(2.35, 48.86), 4326)::geography AS place;
SQL
if [[ $(psql -tAc "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'") == 1 ]]; then
  psql --quiet --set=ON_ERROR_STOP=1 <<'SQL'
CREATE EXTENSION vector;
CREATE TABLE meanings (word text, at vector(2));
INSERT INTO meanings VALUES ('near', '[1,1]'), ('far', '[9,9]');
CREATE INDEX ON meanings USING hnsw (at vector_l2_ops);
SQL
  vectors=yes
else
  vectors=
  grep --quiet bookworm /etc/os-release
fi
kill -KILL "$(head -n 1 "$PGDATA/postmaster.pid")"
wait "$server" || true
start
[[ $(psql -tAc "SELECT round(ST_Distance(place, ST_SetSRID(ST_MakePoint(-0.13, 51.51), 4326)::geography) / 1000) FROM places") == 34* ]]
if [[ $vectors ]]; then [[ $(psql -tAc "SELECT word FROM meanings ORDER BY at <-> '[0,0]' LIMIT 1") == near ]]; fi
kill "$server"
wait "$server"
