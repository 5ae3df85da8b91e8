{{/* A whole VirtualService. Parameters: context, name (suffix), path, host and port. */}}
{{- define "library.virtualservice" -}}
{{- $istio := .context.Values.istio -}}
apiVersion: networking.istio.io/v1
kind: VirtualService
{{ include "library.metadata" (dict "context" .context "name" .name "annotations" $istio.annotations) }}
spec:
  hosts:
    - {{ .host | quote }}
  {{- with $istio.gateways }}
  gateways:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  http:
    - match:
        - uri:
            prefix: {{ .path | quote }}
      route:
        - destination:
            host: {{ printf "%s.%s.svc" (include "library.fullname" .context) .context.Release.Namespace | quote }}
            port:
              number: {{ int .port }}
{{- end -}}

{{- define "library.objects.virtualservice" -}}
{{- if and (.Values.istio).enabled (not .Values.global.suspend) }}
{{ include "library.virtualservice" (dict "context" . "name" "-ui" "path" .Values.istio.path "host" (include "library.host" (dict "host" .Values.istio.hostname "option" "istio.hostname")) "port" .Values.networking.service.port) }}
{{- end }}
{{- end -}}

{{- define "library.objects.virtualservice-user" -}}
{{- if and (.Values.istio).enabled (not .Values.global.suspend) }}
{{- $ports := include "library.userPorts" . | fromJsonArray }}
{{- range $port := $ports }}
---
{{ include "library.virtualservice" (dict "context" $ "name" (gt (len $ports) 1 | ternary (printf "-user-%d" (int $port)) "-user") "path" $.Values.istio.userPath "host" (include "library.host" (dict "host" (include "library.userHost" (dict "host" $.Values.istio.userHostname "port" $port "ports" $ports)) "option" "istio.userHostname")) "port" $port) }}
{{- end }}
{{- end }}
{{- end -}}
