#!/bin/bash
# timeout: 120
# Redis refuses a stranger, and has its data after it was killed and started again.
set -euo pipefail
export REDIS_PASSWORD="it's a \"\$ecret\" with \\ and spaces"
start() {
  redis-service >>/tmp/server.log 2>&1 &
  server=$!
  for _ in {1..120}; do [[ $(redis-cli PING 2>&1) =~ ^(NOAUTH|PONG) ]] && return; sleep 0.5; done
  return 1
}
trap 'cat /tmp/server.log' ERR
start
[[ $(redis-cli GET answer) == NOAUTH* ]]
[[ $(REDISCLI_AUTH=wrong redis-cli GET answer 2>&1) != *42* ]]
export REDISCLI_AUTH=$REDIS_PASSWORD
# What was answered is on the disk.
redis-cli CONFIG SET appendfsync always
redis-cli SET answer 42
kill -KILL "$server"
wait "$server" || true
start
[[ $(redis-cli GET answer) == 42 ]]
# No argument holds the password.
if tr '\0' ' ' <"/proc/$server/cmdline" | grep --quiet ecret; then echo "the password is an argument" && exit 1; fi
kill "$server"
wait "$server" || true
