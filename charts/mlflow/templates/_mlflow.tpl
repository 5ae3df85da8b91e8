{{/* Where other services of the namespace find it, and what opens it. Files of runs come and go through the server, so clients need no object store. */}}
{{- define "library.objects.secret-mlflow" -}}
{{- $data := dict "uri" (printf "http://%s:%s" (include "library.fullname" .) (include "library.port" .)) "MLFLOW_TRACKING_USERNAME" .Values.environment.user "MLFLOW_TRACKING_PASSWORD" (include "library.password" .) }}
{{- include "library.discoverable" (dict "context" . "kind" "mlflow" "data" $data) }}
{{- end -}}
