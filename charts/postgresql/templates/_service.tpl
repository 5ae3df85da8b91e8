{{/* What is this service's own. Generated from its service.yaml and its options. */}}

{{- define "library.title" -}}
PostgreSQL
{{- end -}}

{{- define "library.protocol" -}}
postgresql
{{- end -}}

{{/* Images that this version of the chart was made with: name and tag -> digest. */}}
{{- define "library.digests" -}}
{}
{{- end -}}

{{- define "library.volume.path" -}}
/var/lib/postgresql
{{- end -}}

{{- define "library.volume.subPath" -}}
data
{{- end -}}

{{- define "library.command" -}}
- /bin/bash
- /etc/service/start/start.sh
{{- end -}}

{{- define "library.probe" -}}
exec:
  command: ["/bin/bash", "/etc/service/start/ready.sh"]
{{- end -}}

{{/* What `helm test` runs, in the service's own image. */}}
{{- define "library.test" -}}
{{- include "library.postgresql.test" . }}
{{- end -}}

{{- define "library.test.env" -}}
{{- include "library.env" . }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "library.postgresql.secret" . | quote }}
      key: password
{{- end -}}

{{/* Variables of the container itself; those that options ask for come from `library.environment`. */}}
{{- define "library.env" -}}
- name: PGDATA
  value: /var/lib/postgresql/main
- name: PGPORT
  value: {{ .Values.networking.service.port | quote }}
- name: POSTGRES_USER
  value: {{ .Values.postgresql.auth.username | quote }}
- name: POSTGRES_DB
  value: {{ .Values.postgresql.auth.database | quote }}
{{- end -}}

{{- define "library.volumes" -}}
{{ include "library.postgresql.volumes" . | trim }}
{{- end -}}

{{- define "library.mounts" -}}
{{ include "library.postgresql.mounts" . | trim }}
{{- end -}}

{{- define "library.prepare.mounts" -}}
{{- end -}}

{{- define "library.ports" -}}
{{- end -}}

{{- define "library.help" -}}
{{- end -}}

{{- define "library.prepare" -}}
{{- end -}}

{{- define "library.checksums" -}}
{{ include "library.postgresql.checksums" . | trim }}
{{- end -}}

{{/* Objects that hold environment variables. */}}
{{- define "library.environment" -}}
- group: extraenv
  kind: Secret
  name: {{ (printf "%s-secretextraenv" (include "library.fullname" .)) | quote }}
{{- end -}}

{{- define "library.variables.extraenv" -}}
{{ include "library.extraEnv.variables" . }}
{{- end -}}

{{/* Secrets that hold configuration files. */}}
{{- define "library.files" -}}
{{- end -}}
