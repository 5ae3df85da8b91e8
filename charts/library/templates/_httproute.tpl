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
    - {{ include "library.host" (dict "host" .host "option" (hasPrefix "-user" .name | ternary "httproute.userHostname" "httproute.hostname")) | quote }}
  rules:
    - matches:
        - path:
            type: PathPrefix
            value: {{ .path | quote }}
      {{- with include "library.httproute.timeouts" .context | fromYaml }}
      timeouts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      backendRefs:
        - name: {{ include "library.fullname" .context | quote }}
          port: {{ int .port }}
{{- end -}}

{{/* Not every gateway takes timeouts, so there are none that nobody asked for. */}}
{{- define "library.httproute.timeouts" -}}
{{- with (.Values.httproute.timeouts).request }}
request: {{ . | quote }}
{{- end }}
{{- with (.Values.httproute.timeouts).backendRequest }}
backendRequest: {{ . | quote }}
{{- end }}
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
