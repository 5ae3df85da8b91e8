#!/bin/bash
# timeout: 180
# MinIO has its bucket, refuses a stranger, and has an object after it was killed and started again.
set -euo pipefail
export MINIO_ROOT_USER=ann MINIO_ROOT_PASSWORD="it's a \$ecret/+" MINIO_BUCKET=data MC_CONFIG_DIR=/tmp/mc
start() {
  minio-server >>/tmp/server.log 2>&1 &
  server=$!
  curl --fail --silent --output /dev/null --retry 60 --retry-delay 1 --retry-all-errors http://127.0.0.1:9000/minio/health/live
}
trap 'cat /tmp/server.log' ERR
start
printf '%s\n' "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" | mc --quiet alias set own http://127.0.0.1:9000
if printf '%s\n' ann another-secret | mc --quiet alias set other http://127.0.0.1:9000 2>/dev/null; then
  echo "another secret opens the store" && exit 1
fi
[[ $(curl --silent --output /dev/null --write-out '%{http_code}' http://127.0.0.1:9000/data) == 403 ]]
echo 42 | mc --quiet pipe own/data/kept/answer
kill -KILL "$server"
wait "$server" || true
start
[[ $(mc cat own/data/kept/answer) == 42 ]]
mc --quiet mb own/second
mc --quiet rm own/data/kept/answer
kill "$server"
wait "$server" || true
if (unset MINIO_ROOT_PASSWORD && minio-server 2>/tmp/said); then echo "it starts without a password" && exit 1; fi
grep --quiet MINIO_ROOT_PASSWORD /tmp/said
