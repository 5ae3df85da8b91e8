#!/bin/bash
# env: AWS_S3_ENDPOINT=minio.example.org
# env: AWS_ACCESS_KEY_ID=key
# env: AWS_SECRET_ACCESS_KEY=secret
# env: GIT_USER_NAME=Ada
# env: HTTP_PROXY=http://proxy:3128
# env: DARK_MODE=true
# env: REGION_INIT_SCRIPT=http://localhost:1/unreachable
# The start script does its steps, one that fails included, and an init is process 1, which forwards TERM and reaps orphans.
# shellcheck disable=SC2016,SC2154
set -euo pipefail
check() { [[ $2 == "$3" ]] || { echo "$1: expected «$2», found «$3»"; exit 1; }; }
check "process 1" tini "$(</proc/1/comm)"
check MC_HOST_s3 https://key:secret@minio.example.org "$MC_HOST_s3"
check user.name Ada "$(git config user.name)"
check "proxy of another session" http://proxy:3128 "$(env -i HOME="$HOME" bash -lc 'echo "$http_proxy"')"
check "mode of what holds secrets" 600 "$(stat -c %a "$ONYXIA_SESSION/environment")"
(exec -a orphan sleep 0.1 &)
for _ in {1..100}; do
  left=$(ps -eo stat=,args= | awk '/^Z|[o]rphan/')
  [[ -z $left ]] && break
  sleep 0.1
done
check orphans "" "$left"
# A chart's `sh -c` must be replaced by what it starts, or TERM would never come there.
check "processes of sh and of what it starts" 1 "$(/bin/sh -c 'echo $$ && env bash -c "echo \$\$"' | uniq | wc -l)"
trap 'exit 0' TERM
kill -TERM 1
for _ in {1..100}; do sleep 0.1; done
echo "TERM to process 1 never came here"
exit 1
