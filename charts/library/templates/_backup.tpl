{{/*
Scripts that save the data of a running service to standard output, and restore it from standard input. They are the service's
own: `backup.save` and `backup.restore`.
*/}}
{{- define "library.objects.configmap-backup" -}}
apiVersion: v1
kind: ConfigMap
{{ include "library.metadata" (dict "context" . "name" "-backup") }}
data:
  save: |
    {{- include "library.backup.save" . | nindent 4 }}
  restore: |
    {{- include "library.backup.restore" . | nindent 4 }}
{{- end -}}

{{- define "library.backup.volumes" -}}
- name: backup
  configMap:
    name: {{ printf "%s-backup" (include "library.fullname" .) | quote }}
{{- end -}}

{{- define "library.backup.mounts" -}}
- name: backup
  mountPath: /etc/service/backup
  readOnly: true
{{- end -}}
