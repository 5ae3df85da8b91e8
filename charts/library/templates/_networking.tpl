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
    - name: {{ include "library.protocol" . }}
      port: {{ int $port }}
      targetPort: {{ int $port }}
      protocol: TCP
    {{- end }}
    {{- range $name, $number := $further }}
    - name: {{ $name }}
      port: {{ int $number }}
      targetPort: {{ int $number }}
      protocol: TCP
    {{- end }}
    {{- range include "library.userPorts" . | fromJsonArray }}
    - name: user-{{ int . }}
      port: {{ int . }}
      targetPort: {{ int . }}
      protocol: TCP
    {{- end }}
    {{- include "library.ports" . | nindent 4 }}
  selector:
    {{- include "library.selectorLabels" . | nindent 4 }}
{{- end }}
{{- end -}}
