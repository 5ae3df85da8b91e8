{{- define "library.objects.secret-redis-discovery" -}}
{{- $data := dict
      "redis-service" (include "library.fullname" .)
      "redis-port" (include "library.port" .)
      "redis-password" (include "library.password" .) -}}
{{- include "library.discoverable" (dict "context" . "kind" "redis" "data" $data) -}}
{{- end -}}

{{- define "library.backup.save" -}}
#!/bin/bash
set -euo pipefail
export REDISCLI_AUTH=$REDIS_PASSWORD
exec redis-cli -p "$REDIS_PORT" --rdb -
{{- end -}}

{{/* The server becomes a replica of another one that has the data, and then its own again: nothing else replaces all data of one that runs. */}}
{{- define "library.backup.restore" -}}
#!/bin/bash
set -euo pipefail
own=$(mktemp -d)
cat >"$own/dump.rdb"
other=$((REDIS_PORT + 1))
redis-server --dir "$own" --bind 127.0.0.1 --port "$other" --save '' --appendonly no >"$own/log" &
source=$!
mine() { REDISCLI_AUTH=$REDIS_PASSWORD redis-cli -p "$REDIS_PORT" "$@"; }
trap 'mine REPLICAOF NO ONE >/dev/null || true; kill "$source" 2>/dev/null || true; rm -rf "$own"' EXIT
until [[ $(redis-cli -p "$other" PING 2>/dev/null) == PONG ]]; do
  kill -0 "$source" 2>/dev/null || { cat "$own/log" >&2; exit 1; }
  sleep 0.2
done
mine REPLICAOF 127.0.0.1 "$other" >/dev/null
until mine INFO replication | grep -q '^master_link_status:up'; do
  kill -0 "$source"
  sleep 0.2
done
{{- end -}}

{{- define "library.redis.notes" -}}
{{ include "library.engine.notes" (dict "context" . "how" (include "library.say" (dict "context" . "en" "Services of the namespace that start from now on have its address and its password in `REDIS_URL`.")) "backup" true) }}
{{- end -}}
