{{/* A script that asks for a page of the service. Parameters: context and path. */}}
{{- define "library.test.page" -}}
exec curl --fail --silent --show-error --output /dev/null --retry 10 --retry-delay 3 --retry-all-errors --noproxy '*' 'http://{{ include "library.fullname" .context }}:{{ include "library.port" .context }}{{ .path }}'
{{- end -}}

{{- define "library.objects.test" -}}
{{- if not .Values.global.suspend }}
apiVersion: v1
kind: Pod
metadata:
  name: {{ printf "%s-test" (include "library.fullname" .) | quote }}
  namespace: {{ .Release.Namespace | quote }}
  # Not the labels of the service's own pods, lest the Service send requests here.
  labels:
    {{- with include "library.commonLabels" . | trim }}
    {{- . | nindent 4 }}
    {{- end }}
    app.kubernetes.io/name: {{ printf "%s-test" (include "library.name" . | trunc 58) | quote }}
    app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  securityContext:
    {{- include "library.podSecurityContext" . | nindent 4 }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: test
      image: {{ include "library.image" . | quote }}
      imagePullPolicy: {{ .Values.service.image.pullPolicy }}
      command: [/bin/sh, -euc]
      args:
        - |
          {{- include "library.test" . | trim | nindent 10 }}
      {{- with include "library.test.env" . | trim }}
      env:
        {{- . | nindent 8 }}
      {{- end }}
      resources:
        requests:
          cpu: 50m
          memory: 64Mi
        limits:
          cpu: 500m
          memory: 256Mi
      securityContext:
        {{- include "library.securityContext.readOnly" . | nindent 8 }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}
