{{/* A whole HTTPRoute. Parameters: context, name (suffix), path, host and port. */}}
{{- define "library.httproute" -}}
{{- $route := .context.Values.httproute -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
{{ include "library.metadata" (dict "context" .context "name" .name "annotations" $route.annotations) }}
spec:
  {{- with $route.parentRefs }}
  parentRefs:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  hostnames:
    - {{ .host | quote }}
  rules:
    - matches:
        - path:
            type: PathPrefix
            value: {{ .path | quote }}
      # Sessions last as long as the user's browser shows them.
      timeouts:
        request: 0s
      backendRefs:
        - name: {{ include "library.fullname" .context | quote }}
          port: {{ int .port }}
{{- end -}}

{{- define "library.objects.httproute" -}}
{{- if and .Values.httproute.enabled (not .Values.global.suspend) }}
{{ include "library.httproute" (dict "context" . "name" "-ui" "path" .Values.httproute.path "host" .Values.httproute.hostname "port" .Values.networking.service.port) }}
{{- end }}
{{- end -}}

{{- define "library.objects.httproute-user" -}}
{{- if and .Values.httproute.enabled (not .Values.global.suspend) }}
{{- $ports := include "library.userPorts" . | fromJsonArray }}
{{- range $port := $ports }}
---
{{ include "library.httproute" (dict "context" $ "name" (gt (len $ports) 1 | ternary (printf "-user-%d" (int $port)) "-user") "path" $.Values.httproute.userPath "host" (include "library.userHost" (dict "host" $.Values.httproute.userHostname "port" $port "ports" $ports)) "port" $port) }}
{{- end }}
{{- end }}
{{- end -}}
