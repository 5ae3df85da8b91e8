{{/* What is this service's own. Generated from its service.yaml and its options. */}}

{{/* Images that this version of the chart was made with: name and tag -> digest. */}}
{{- define "library.digests" -}}
{}
{{- end -}}

{{- define "library.workload.main.kind" -}}
StatefulSet
{{- end -}}

{{- define "library.workload.main.component" -}}

{{- end -}}

{{- define "library.workload.main.protocol" -}}
postgresql
{{- end -}}

{{- define "library.workload.main.port" -}}
{{- int .Values.networking.service.port }}
{{- end -}}

{{/* Further ports: name -> number. */}}
{{- define "library.workload.main.namedPorts" -}}
{}
{{- end -}}

{{- define "library.workload.main.volume.path" -}}
/var/lib/postgresql
{{- end -}}

{{- define "library.workload.main.volume.subPath" -}}
data
{{- end -}}

{{- define "library.workload.main.volume.each" -}}

{{- end -}}

{{- define "library.workload.main.image" -}}

{{- end -}}

{{- define "library.workload.main.command" -}}
- /bin/bash
- /etc/service/start/start.sh
{{- end -}}

{{- define "library.workload.main.probe" -}}
exec:
  command: ["/bin/bash", "/etc/service/start/ready.sh"]
{{- end -}}

{{/* Variables of the container itself; those that options ask for come from `library.environment`. */}}
{{- define "library.workload.main.env" -}}
- name: PGDATA
  value: /var/lib/postgresql/main
- name: PGPORT
  value: {{ .Values.networking.service.port | quote }}
- name: POSTGRES_USER
  value: {{ .Values.postgresql.auth.username | quote }}
- name: POSTGRES_DB
  value: {{ .Values.postgresql.auth.database | quote }}
{{- end -}}

{{- define "library.workload.main.volumes" -}}
{{ include "library.postgresql.volumes" . | trim }}
{{- end -}}

{{- define "library.workload.main.mounts" -}}
{{ include "library.postgresql.mounts" . | trim }}
{{- end -}}

{{- define "library.workload.main.prepare" -}}
{{- end -}}

{{- define "library.workload.main.prepare.mounts" -}}
{{- end -}}

{{- define "library.workload.main.checksums" -}}
{{ include "library.postgresql.checksums" . | trim }}
{{- end -}}

{{- define "library.workload.main.ports" -}}
{{- end -}}

{{- define "library.workload.main.help" -}}
{{- end -}}

{{/* Containers beside it. */}}
{{- define "library.workload.main.sidecars" -}}
{{- end -}}

{{- define "library.service.main.title" -}}
PostgreSQL
{{- end -}}

{{/* What `helm test` runs, in the service's own image. */}}
{{- define "library.service.main.test" -}}
{{- include "library.postgresql.test" . }}
{{- end -}}

{{- define "library.service.main.test.env" -}}
{{- include "library.env" . }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "library.postgresql.secret" . | quote }}
      key: password
{{- end -}}

{{/* Objects that hold environment variables. */}}
{{- define "library.service.main.environment" -}}
- group: extraenv
  kind: Secret
  name: {{ (printf "%s-secretextraenv" (include "library.fullname" .)) | quote }}
{{- end -}}

{{- define "library.service.main.variables.extraenv" -}}
{{ include "library.extraEnv.variables" . }}
{{- end -}}

{{/* Secrets that hold configuration files. */}}
{{- define "library.service.main.files" -}}
{{- end -}}
