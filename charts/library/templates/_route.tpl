{{/* Annotations of a Route, those of the values last. */}}
{{- define "library.route.annotations" -}}
{{- $annotations := dict "haproxy.router.openshift.io/timeout" "24h" "haproxy.router.openshift.io/timeout-tunnel" "24h" -}}
{{- with .Values.security.allowlist -}}
{{- if .enabled -}}
{{- $_ := set $annotations "haproxy.router.openshift.io/ip_whitelist" (.ip | replace "," " ") -}}
{{- end -}}
{{- end -}}
{{- toJson (mergeOverwrite $annotations (deepCopy (.Values.route.annotations | default dict))) -}}
{{- end -}}

{{/* A whole Route. Parameters: context, name (suffix), host and port. */}}
{{- define "library.route" -}}
{{- $route := .context.Values.route -}}
apiVersion: route.openshift.io/v1
kind: Route
{{ include "library.metadata" (dict "context" .context "name" .name "annotations" (include "library.route.annotations" .context | fromJson)) }}
spec:
  host: {{ include "library.host" (dict "host" .host "option" (hasPrefix "-user" .name | ternary "route.userHostname" "route.hostname")) | quote }}
  {{- if ne $route.tls.termination "passthrough" }}
  path: /
  {{- end }}
  to:
    kind: Service
    name: {{ include "library.fullname" .context | quote }}
    weight: 100
  port:
    targetPort: {{ int .port }}
  tls:
    termination: {{ $route.tls.termination }}
    insecureEdgeTerminationPolicy: Redirect
    {{- range $key := list "key" "certificate" "caCertificate" "destinationCACertificate" }}
    {{- with get $route.tls $key }}
    {{- if ne $key "key" }}
    {{- $_ := include "library.pem" (dict "pem" . "option" (printf "route.tls.%s" $key)) }}
    {{- end }}
    {{ $key }}: {{ . | quote }}
    {{- end }}
    {{- end }}
  wildcardPolicy: {{ $route.wildcardPolicy | quote }}
{{- end -}}

{{- define "library.objects.route" -}}
{{- if and .Values.route.enabled (not .Values.global.suspend) }}
{{ include "library.route" (dict "context" . "name" "-ui" "host" .Values.route.hostname "port" .Values.networking.service.port) }}
{{- end }}
{{- end -}}

{{- define "library.objects.route-user" -}}
{{- if and .Values.route.enabled (not .Values.global.suspend) }}
{{- $ports := include "library.userPorts" . | fromJsonArray }}
{{- range $port := $ports }}
---
{{ include "library.route" (dict "context" $ "name" (gt (len $ports) 1 | ternary (printf "-user-%d" (int $port)) "-user") "host" (include "library.userHost" (dict "host" $.Values.route.userHostname "port" $port "ports" $ports)) "port" $port) }}
{{- end }}
{{- end }}
{{- end -}}
