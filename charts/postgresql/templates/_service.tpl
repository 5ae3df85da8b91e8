{{/* What is this service's own. Generated from its service.yaml and its options. */}}

{{- define "postgresql.title" -}}
PostgreSQL
{{- end -}}

{{- define "postgresql.protocol" -}}
postgresql
{{- end -}}

{{/* Images that this version of the chart was made with: name and tag -> digest. */}}
{{- define "postgresql.digests" -}}
{}
{{- end -}}

{{- define "postgresql.volume.path" -}}
/var/lib/postgresql
{{- end -}}

{{- define "postgresql.volume.subPath" -}}
data
{{- end -}}

{{- define "postgresql.command" -}}
- /bin/bash
- /etc/service/start/start.sh
{{- end -}}

{{- define "postgresql.probe" -}}
exec:
  command: ["/bin/bash", "/etc/service/start/ready.sh"]
{{- end -}}

{{/* What `helm test` runs, in the service's own image. */}}
{{- define "postgresql.test" -}}
{{- include "postgresql.postgresql.test" . }}
{{- end -}}

{{- define "postgresql.test.env" -}}
{{- include "postgresql.env" . }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "postgresql.postgresql.secret" . | quote }}
      key: password
{{- end -}}

{{/* Variables of the container itself; those that options ask for come from `library.environment`. */}}
{{- define "postgresql.env" -}}
- name: PGDATA
  value: /var/lib/postgresql/main
- name: PGPORT
  value: {{ .Values.networking.service.port | quote }}
- name: POSTGRES_USER
  value: {{ .Values.postgresql.auth.username | quote }}
- name: POSTGRES_DB
  value: {{ .Values.postgresql.auth.database | quote }}
{{- end -}}

{{- define "postgresql.volumes" -}}
{{ include "postgresql.postgresql.volumes" . | trim }}
{{- end -}}

{{- define "postgresql.mounts" -}}
{{ include "postgresql.postgresql.mounts" . | trim }}
{{- end -}}

{{- define "postgresql.prepare.mounts" -}}
{{- end -}}

{{- define "postgresql.ports" -}}
{{- end -}}

{{- define "postgresql.help" -}}
{{- end -}}

{{- define "postgresql.prepare" -}}
{{- end -}}

{{- define "postgresql.checksums" -}}
{{ include "postgresql.postgresql.checksums" . | trim }}
{{- end -}}

{{/* Objects that hold environment variables. */}}
{{- define "postgresql.environment" -}}
- group: extraenv
  kind: Secret
  name: {{ (printf "%s-secretextraenv" (include "postgresql.fullname" .)) | quote }}
{{- end -}}

{{- define "postgresql.variables.extraenv" -}}
{{ include "postgresql.extraEnv.variables" . }}
{{- end -}}

{{/* Secrets that hold configuration files. */}}
{{- define "postgresql.files" -}}
{{- end -}}
