{{- define "library.objects.secret-redis-discovery" -}}
{{- $data := dict
      "redis-service" (include "library.fullname" .)
      "redis-port" (include "library.port" .)
      "redis-password" (include "library.password" .) -}}
{{- include "library.discoverable" (dict "context" . "kind" "redis" "data" $data) -}}
{{- end -}}

{{- define "library.redis.notes" -}}
{{ include "library.engine.notes" (dict "context" . "how" (include "library.say" (dict "context" . "en" "Services of the namespace that start from now on have its address and its password in `REDIS_URL`."))) }}
{{- end -}}
