{{- define "library.objects.service" -}}
{{- if not .Values.global.suspend }}
apiVersion: v1
kind: Service
{{ include "library.metadata" (dict "context" .) }}
spec:
  type: {{ .Values.networking.type }}
  {{- if and .Values.networking.clusterIP (eq .Values.networking.type "ClusterIP") }}
  clusterIP: {{ .Values.networking.clusterIP | quote }}
  {{- end }}
  ports:
    - name: {{ include "library.protocol" . }}
      port: {{ int .Values.networking.service.port }}
      targetPort: {{ int .Values.networking.service.port }}
      protocol: TCP
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
