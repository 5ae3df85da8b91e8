{{/*
The name of a port of a Service: a service mesh takes the protocol from what stands before the first dash, and what it does
not know for bytes. Kubernetes allows 15 characters. Parameter: the name of the container's port.
*/}}
{{- define "library.portName" -}}
{{- $protocol := splitList "-" . | first -}}
{{- $known := list "grpc" "http" "http2" "https" "mongo" "mysql" "redis" "tcp" "tls" "udp" -}}
{{- has $protocol $known | ternary . (printf "tcp-%s" . | trunc 15 | trimSuffix "-") -}}
{{- end -}}

{{/* The Service of a workload that listens. Users connect to the first one; others are for the release itself. */}}
{{- define "library.objects.service" -}}
{{- $port := include "library.port" . }}
{{- $further := include "library.namedPorts" . | fromJson }}
{{- if and (not .Values.global.suspend) (or $port $further) }}
apiVersion: v1
kind: Service
{{ include "library.metadata" (dict "context" . "object" (include "library.workloadName" .)) }}
spec:
  {{- if .Further }}
  type: ClusterIP
  clusterIP: None
  {{- else }}
  type: {{ .Values.networking.type }}
  {{- if and .Values.networking.clusterIP (eq .Values.networking.type "ClusterIP") }}
  clusterIP: {{ .Values.networking.clusterIP | quote }}
  {{- end }}
  {{- end }}
  ports:
    {{- if $port }}
    - name: {{ include "library.portName" (include "library.protocol" .) }}
      port: {{ int $port }}
      targetPort: {{ int $port }}
      protocol: TCP
    {{- end }}
    {{- range $name, $number := $further }}
    - name: {{ include "library.portName" $name }}
      port: {{ int $number }}
      targetPort: {{ int $number }}
      protocol: TCP
    {{- end }}
    {{- range include "library.userPorts" . | fromJsonArray }}
    - name: http-user-{{ int . }}
      port: {{ int . }}
      targetPort: {{ int . }}
      protocol: TCP
    {{- end }}
    {{- include "library.ports" . | nindent 4 }}
  selector:
    {{- include "library.selectorLabels" . | nindent 4 }}
{{- end }}
{{- end -}}
